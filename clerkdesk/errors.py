"""Everything that can go wrong in the office's terms: each error carries one sentence that tells the user what to do."""

from __future__ import annotations

from typing import ClassVar

from clerkdesk.i18n import N_, _


class ClerkDeskError(Exception):
    """Base of all errors that a person may see.

    `sentence` says what happened, what is safe and what to press; `facts` fill its places. `field` names the entry
    field to go back to, where there is one.
    """

    sentence: ClassVar[str] = N_("Có lỗi ngoài dự kiến. Không có gì bị mất; bấm F1 để xem cách báo lỗi.")
    field: str = ""

    def __init__(self, *, field: str = "", **facts: object) -> None:
        self.facts = facts
        if field:
            self.field = field
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """A stable name for scripts, logs and the error report: the class's name."""
        return type(self).__name__

    @property
    def message(self) -> str:
        """The sentence in the language in use, with its facts filled in."""
        return _(self.sentence).format(**self.facts)

    def __str__(self) -> str:
        return self.message


def rebuilt(code: str, facts: dict[str, object]) -> ClerkDeskError | None:
    """Return an error that another machine has named by its code and facts, or None for a code unknown here.

    Args:
        code: `ClerkDeskError.code`.
        facts: its facts; `field` among them is the entry field to go back to.
    """
    kinds = [ClerkDeskError]
    for kind in kinds:
        if kind.__name__ == code:
            error = kind.__new__(kind)
            named = {**facts}
            field = str(named.pop("field", "") or "")
            try:
                ClerkDeskError.__init__(error, field=field, **named)
            except (KeyError, IndexError):  # another version's facts do not fill our sentence
                return None
            return error
        kinds.extend(kind.__subclasses__())
    return None


class RuleBroken(ClerkDeskError):
    """A rule of the law or of the agency forbids what was asked; the person can change the entry."""


class NotAllowed(ClerkDeskError):
    """The person may not do this."""


class StoreTrouble(ClerkDeskError):
    """The store (disk, file, key) does not work as it should."""


class BadFile(ClerkDeskError):
    """A file cannot be taken as it is."""


class BadInput(ClerkDeskError):
    """A typed value cannot be understood."""


class Unavailable(ClerkDeskError):
    """A part of the machine that this needs is missing here."""


class NotYet(ClerkDeskError):
    """What is asked needs something that is on its way; the same asked again later will do."""
