"""The agency's choice of where the pens (quyền cấp số) of new books go: the setting `pen_policy`.

`desk` (who opens holds) or `server`, and behind it registers of their own, with `desk`, `server` or a desk's code:
`server DEN=desk DI=02`.
"""

from __future__ import annotations

from dataclasses import dataclass

from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_

AT_DESK, AT_SERVER = "desk", "server"


class PolicyWrong(BadInput):
    """The setting cannot be read."""

    sentence = N_(
        "Nơi giữ quyền cấp số ghi là “desk” hoặc “server”, thêm sổ riêng nếu cần, ví dụ: server DEN=desk DI=02. Giá trị cũ được giữ nguyên."
    )
    field = "value"


@dataclass(frozen=True, slots=True)
class Policy:
    """Where new pens go: `desk`, `server` or a desk's code; `of` holds the registers with a place of their own."""

    others: str
    of: dict[str, str]

    def place(self, register_code: str) -> str:
        """Return where the pen of a register goes."""
        return self.of.get(register_code, self.others)


def read_policy(text: str) -> Policy:
    """Return what the setting says; raises PolicyWrong."""
    others, of = "", {}
    for word in text.split():
        code, given, place = word.partition("=")
        if given and code and place:
            of[code] = place
        elif not given and not others and word in (AT_DESK, AT_SERVER):
            others = word
        else:
            raise PolicyWrong
    if not others:
        raise PolicyWrong
    return Policy(others, of)
