"""Commands up, records down: the server makes the desk's rows, and the feed holds every one of them."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import text

from clerkdesk.data.feed import FED, columns_of, source_of
from clerkdesk.server.hub import Hub
from clerkdesk.services.audit import check_chain
from clerkdesk.services.desk import Desk
from clerkdesk.services.vocabulary import OutgoingStatus

from ..office import arrivals_book, bring_to, dismiss, employ, register, reserve, void
from .desks import Remote, bring, log_of

# Kept by the server on its own: its chain is of all desks, its passwords never travel.
SAME = ("agency", "unit", "person", "setting", "register", "symbol", "register_year", "entry", "arrival", "outgoing",
        "dispatch", "attachment", "correction", "template")  # fmt: skip


def table(store: Any, name: str) -> list[dict[str, Any]]:
    columns = columns_of(name)
    with store.reading() as connection:
        quoted = ", ".join(f'"{column}"' for column in columns)
        rows = connection.execute(text(f"SELECT {quoted} FROM {source_of(name).name}")).all()
    return sorted((dict(zip(columns, row, strict=True)) for row in rows), key=lambda row: json.dumps(row, default=str))


def a_years_work(desk: Desk) -> None:
    register(desk)
    number = reserve(desk, arrivals_book(desk))
    register(desk, reserved_number=number)
    register(desk, sub_number_of=1, sub_number_reason="Bỏ sót")
    void(desk, arrivals_book(desk), 1)
    bring_to(desk, OutgoingStatus.RELEASED, recipients=3)
    bring_to(desk, OutgoingStatus.VOIDED)
    person = employ(desk, "binhtt")
    dismiss(desk, person)


def test_the_server_makes_the_same_rows_from_a_desks_log(hub: Hub, http: TestClient, desk: Desk) -> None:
    a_years_work(desk)
    bring(hub, http, desk)
    for name in SAME:
        ours, theirs = table(desk.store, name), table(hub.store, name)
        assert theirs == ours, name
    with hub.store.reading() as connection:
        report = check_chain(connection, desk.agency_id)
    assert report.broken_at is None
    assert report.entries == len(log_of(desk))


def test_the_feed_replayed_gives_the_servers_records(hub: Hub, http: TestClient, desk: Desk) -> None:
    a_years_work(desk)
    remote = bring(hub, http, desk)
    records: dict[tuple[Any, ...], dict[str, Any]] = {}
    page = remote.pull(0)
    assert [change["seq"] for change in page["changes"]] == list(range(1, page["cursor"] + 1))
    for change in page["changes"]:
        record = change["record"]
        keys = [column.name for column in source_of(change["name"]).primary_key.columns]
        keys = ["agency_id", "id"] if keys == ["row"] else keys
        key = (change["name"], *(record[name] for name in keys))
        if record.get("gone"):
            del records[key]
        else:
            records[key] = record
    for name in FED:
        replayed = [record for key, record in records.items() if key[0] == name]
        stored = table(hub.store, name)
        assert sorted(json.dumps(one, sort_keys=True) for one in replayed) == sorted(
            json.dumps(one, sort_keys=True, default=str) for one in stored
        ), name
    lines = remote.snapshot()
    assert lines[0]["seq"] == page["cursor"]
    assert lines[-1] == {"end": len(lines) - 2}
    assert sorted(json.dumps([line["name"], line["record"]], sort_keys=True) for line in lines[1:-1]) == sorted(
        json.dumps([key[0], record], sort_keys=True) for key, record in records.items()
    )


def test_pushing_again_changes_nothing(hub: Hub, remote: Remote, desk: Desk) -> None:
    register(desk)
    log = log_of(desk)
    assert [one.verdict.value for one in remote.push(log)] == ["repeated"] * (len(log) - 1) + ["applied"]
    before = remote.pull(0)["cursor"]
    assert {one.verdict.value for one in remote.push(log)} == {"repeated"}
    assert {one.verdict.value for one in remote.push(log[-1:])} == {"repeated"}
    assert remote.pull(0)["cursor"] == before
