"""The server's figures in OpenMetrics; no agency, desk or person is named in them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Figures:
    """Counters of one running server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "clerkdesk_requests", "Requests answered", ["route", "status"], registry=self.registry
        )  # fmt: skip
        self.seconds = Histogram(
            "clerkdesk_request_seconds", "Time to answer a request", ["route"], registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30),
        )  # fmt: skip
        self.pushed = Counter(
            "clerkdesk_pushed_commands", "Commands that desks pushed", ["verdict"], registry=self.registry
        )  # fmt: skip
        self.calls = Counter("clerkdesk_calls", "Commands that desks called for", ["outcome"], registry=self.registry)
        self.file_bytes = Counter(
            "clerkdesk_file_bytes", "Bytes of files brought and taken", ["direction"], registry=self.registry
        )  # fmt: skip
        self.alarms = Counter("clerkdesk_alarms", "What somebody should look at", ["what"], registry=self.registry)
        self.group_size = Histogram(
            "clerkdesk_group_requests", "Requests written in one transaction", registry=self.registry,
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
        )  # fmt: skip
        self.recovering = Gauge(
            "clerkdesk_recovering", "1 while the server waits for desks after a restore", registry=self.registry
        )
        self.without_standby = Gauge(
            "clerkdesk_without_standby", "1 when PostgreSQL numbers without a synchronous standby",
            registry=self.registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """Return all figures as OpenMetrics text."""
        text: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]
        return text
