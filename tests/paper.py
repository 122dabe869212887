"""Paper truth: every number that anybody was ever told, and what a careful person does with store files behind the office's back."""

from __future__ import annotations

from pathlib import Path

from clerkdesk.services import commands as c
from clerkdesk.services.arrivals import ArrivalRegistered
from clerkdesk.services.desk import Desk

from .office import arrivals_book

STORE = "clerkdesk.db"


class OnTwoPapers(AssertionError):
    """A number was given to a second document."""


class Paper:
    """Every number that anybody was ever told, and the document that it was written on."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[int, str], object] = {}

    def write(self, answer: ArrivalRegistered) -> int:
        """Write a number on its document."""
        key = (answer.number, answer.sub_number)
        if self.numbers.setdefault(key, answer.subject) != answer.subject:
            raise OnTwoPapers(key)
        return answer.number

    @property
    def last(self) -> int:
        """The highest number on paper."""
        return max((number for number, _ in self.numbers), default=0)


def paper_confirmed(desk: Desk, last: int) -> None:
    """Do what the screen asks for."""
    desk.do(
        desk.make(c.ConfirmLastNumber, register_id=arrivals_book(desk), year=2026, last_number=last, reason="Phục hồi")
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return the store's files as they are on disk now."""
    return {path.name: path.read_bytes() for path in folder.glob(STORE + "*")}


def pour_back(folder: Path, files: dict[str, bytes]) -> None:
    """Write old bytes into the store's files: same file, same machine, older content."""
    for path in folder.glob(STORE + "*"):
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        with (folder / name).open("r+b" if (folder / name).exists() else "wb") as file:
            file.truncate()
            file.write(content)
