"""A terminal that has gone holds nobody up."""

from __future__ import annotations

import io
import threading

from clerkdesk.screens.terminal_output import PatientWriter


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_pictures_for_a_closed_window_are_thrown_away_and_the_program_can_end() -> None:
    writer = PatientWriter(Gone())
    writer.start()

    def work() -> None:
        for _ in range(100):  # more than the queue holds
            writer.write("x")
        writer.stop()

    working = threading.Thread(target=work, daemon=True)
    working.start()
    working.join(timeout=30)
    assert not working.is_alive()


def test_what_is_written_arrives_in_order() -> None:
    paper = io.StringIO()
    writer = PatientWriter(paper)
    writer.start()
    for text in "abc":
        writer.write(text)
    writer.stop()
    assert paper.getvalue() == "abc"
