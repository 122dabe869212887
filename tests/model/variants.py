"""The explorations: small bounds, a few misfortunes each, and for every guard the exploration that shows its need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .states import Document, Left, World

A, B, C = 0, 1, 2

PEN = ("number_with_pen", "take_pen", "return_pen", "push", "grant", "receive_return", "receive_op")
ONLINE = ("ask", "take_answer", "number_online")
CODE = ("release_by_telephone", "receive_code")
STEPS = ("next_step", "show_committed", "crash", "start")
RESTORED_DESK = ("back_up_desk", "restore_desk", "start", "receive_loss")
RESTORED_SERVER = ("back_up_server", "restore_server", "report", "reopen")
RESERVATIONS = ("reserve_with_pen", "use_with_pen", "take_kept", "expire")
YEAR = ("open_next", "give_up_old_year", "close")
EMERGENCY = ("write_line", "send_lines", "receive_line", "check_in", "convert")


@dataclass(frozen=True)
class Variant:
    """One exploration. `aim` is what must be reachable; `fault` is expected where no rule of ours can help.

    The quick ones run with the tests, some 400,000 states; the others by `python -m bench model` only.
    """

    name: str
    world: World
    rules: tuple[str, ...]
    aim: str = "numbered"
    fault: str = ""
    quick: bool = True


VARIANTS = (
    Variant(
        "pen, two desks, numbers through the server",
        World((Document(A), Document(B)), Left(grants=2)),
        (*PEN, *ONLINE),
    ),
    Variant(
        "pen, two desks, three papers",
        World((Document(A), Document(A), Document(B)), Left(grants=2)),
        (*PEN, *ONLINE),
        quick=False,
    ),
    Variant(
        "telephone code",
        World((Document(A), Document(B)), Left(grants=2)),
        (*PEN, *CODE, *ONLINE),
    ),
    Variant(
        "crash between any two steps",
        World((Document(A), Document(A)), Left(grants=2, crashes=2), stepwise=True),
        (*PEN, *STEPS),
    ),
    Variant(
        "desk restored from an old backup",
        World((Document(A), Document(B)), Left(grants=2, desk_backups=1, desk_restores=1)),
        (*PEN, *ONLINE, *RESTORED_DESK),
        quick=False,
    ),
    Variant(
        "desk restored twice",
        World((Document(A), Document(A), Document(B)), Left(grants=2, desk_backups=2, desk_restores=2)),
        (*PEN, *RESTORED_DESK),
        quick=False,
    ),
    Variant(
        "crash and restore",
        World((Document(A), Document(A)), Left(grants=1, crashes=1, desk_backups=1, desk_restores=1), stepwise=True),
        (*PEN, *ONLINE, *STEPS, *RESTORED_DESK),
        quick=False,
    ),
    Variant(
        "desk copied to a second machine",
        World((Document(A), Document(B)), Left(grants=2, copies=1), desks=1),
        (*PEN, *ONLINE, "write_line", "copy_desk"),
    ),
    Variant(
        "desk rebuilt on another machine, without its mark",
        World((Document(A), Document(A)), Left(grants=2, desk_backups=1, rebuilds=1, takeovers=1), desks=1),
        (*PEN, *ONLINE, "write_line", "back_up_desk", "rebuild_desk", "take_over"),
        quick=False,
    ),
    Variant(
        "desk destroyed, true last number",
        World((Document(A), Document(A), Document(B)), Left(grants=1, losses=1, takeovers=1)),
        (*PEN, *ONLINE, "destroy_desk", "take_over"),
        quick=False,
    ),
    Variant(
        "desk destroyed, last number one too low",
        World((Document(A), Document(B)), Left(grants=1, losses=1, takeovers=1), declared="one too low"),
        (*PEN, *ONLINE, "destroy_desk", "take_over"),
        fault="DUPLICATE",
    ),
    Variant(
        "desk declared destroyed that is alive",
        World((Document(A), Document(B)), Left(grants=1, takeovers=1), may_be_alive=True),
        (*PEN, *ONLINE, "take_over"),
        fault="DUPLICATE",
    ),
    Variant(
        "desk set aside that may be alive, on behind its cap",
        World(
            (Document(A), Document(A), Document(B)),
            Left(grants=1, takeovers=1),
            may_be_alive=True,
            declared="cap",
            cap=2,
            order_excused=True,
        ),
        (*PEN, *ONLINE, "take_over"),
    ),
    Variant(
        "server restored, numbers through the server",
        World((Document(A), Document(B)), Left(server_backups=1, server_restores=1)),
        (*ONLINE, *RESTORED_SERVER),
    ),
    Variant(
        "server restored, pen at a desk",
        World((Document(A), Document(B)), Left(grants=1, server_backups=1, server_restores=1)),
        (*PEN, *ONLINE, *RESTORED_SERVER),
        quick=False,
    ),
    Variant(
        "desk destroyed, server restored",
        World(
            (Document(A), Document(B)),
            Left(grants=1, losses=1, takeovers=1, server_backups=1, server_restores=1),
        ),
        (*PEN, *ONLINE, "destroy_desk", "take_over", "declare_lost", *RESTORED_SERVER),
        quick=False,
    ),
    Variant(
        "desk and server restored",
        World(
            (Document(A), Document(B)),
            Left(grants=1, desk_backups=1, desk_restores=1, server_backups=1, server_restores=1),
        ),
        (*PEN, *ONLINE, *RESTORED_DESK, *RESTORED_SERVER),
        quick=False,
    ),
    Variant(
        "desk and server restored, no pens",
        World((Document(A), Document(B)), Left(desk_backups=1, desk_restores=1, server_backups=1, server_restores=1)),
        (*ONLINE, "back_up_desk", "restore_desk", "start", *RESTORED_SERVER),
    ),
    Variant(
        "emergency register of two desks",
        World((Document(A), Document(A), Document(B)), Left(), skew=(0, 3)),
        (*EMERGENCY, "take_answer"),
    ),
    Variant(
        "emergency register after a lost answer",
        World((Document(A), Document(B)), Left()),
        (*EMERGENCY, *ONLINE),
    ),
    Variant(
        "emergency register, a desk missing",
        World((Document(A), Document(A), Document(B)), Left(crashes=1)),
        (*EMERGENCY, "take_answer", "crash", "start", "go_on_without"),
    ),
    Variant(
        "emergency register of a restored desk",
        World((Document(A), Document(A)), Left(desk_backups=1, desk_restores=1, retyped=1), desks=1),
        (*EMERGENCY, "take_answer", "back_up_desk", "restore_desk", "start", "type_again"),
    ),
    Variant(
        "emergency register while another desk has the pen",
        World((Document(A), Document(B)), Left(grants=1)),
        (*PEN, *EMERGENCY, *ONLINE),
        quick=False,
    ),
    Variant(
        "emergency register, server restored",
        World((Document(A), Document(B)), Left(server_backups=1, server_restores=1)),
        (*EMERGENCY, "take_answer", *RESTORED_SERVER),
        quick=False,
    ),
    Variant(
        "reservations",
        World((Document(A, reserve=True), Document(B)), Left(grants=2)),
        (*PEN, *ONLINE, *RESERVATIONS),
    ),
    Variant(
        "reservations and the telephone code",
        World((Document(A, reserve=True), Document(B)), Left(grants=1)),
        (*PEN, *CODE, *ONLINE, *RESERVATIONS),
    ),
    Variant(
        "new year, pen at a desk",
        World((Document(A), Document(A, 1), Document(B, 1)), Left(grants=2), years=2),
        (*PEN, *CODE, *YEAR, "open_next_with_pen"),
        aim="closed",
        quick=False,
    ),
    Variant(
        "new year, late papers and reservations",
        World((Document(A, 0, reserve=True), Document(B, 1)), Left(grants=1), years=2),
        (*PEN, *ONLINE, *RESERVATIONS, *YEAR, "open_next_with_pen"),
        aim="closed",
    ),
    Variant(
        "new year, emergency registers",
        World((Document(A), Document(B, 1)), Left(), years=2),
        (*EMERGENCY, *ONLINE, *YEAR),
        aim="closed",
    ),
    Variant(
        "new year, three papers and emergency registers",
        World((Document(A), Document(B), Document(B, 1)), Left(), years=2),
        (*EMERGENCY, *ONLINE, *YEAR),
        aim="closed",
        quick=False,
    ),
    Variant(
        "new year, desk restored from an old backup",
        World((Document(A, 1), Document(B, 1)), Left(grants=2, desk_backups=1, desk_restores=1), years=2),
        (*PEN, *YEAR, "open_next_with_pen", *RESTORED_DESK, "settle_holes"),
        aim="closed",
        quick=False,
    ),
    Variant(
        "new year, holes of a desk destroyed",
        World((Document(A), Document(B, 1)), Left(grants=1, losses=1, takeovers=1), years=2),
        (*PEN, *ONLINE, *YEAR, "open_next_with_pen", "destroy_desk", "take_over", "settle_holes"),
        aim="closed",
    ),
)


@dataclass(frozen=True)
class Guard:
    """A rule of the protocol, the exploration that goes wrong without it, and how."""

    name: str
    variant: str
    fault: str


GUARDS = (
    Guard("pen dropped before telling", "pen, two desks, three papers", "DUPLICATE"),
    Guard("same uid, same number", "pen, two desks, three papers", "TWO NUMBERS"),
    Guard("grant never seen before", "pen, two desks, three papers", "ORDER"),
    Guard("return names the epoch", "pen, two desks, three papers", "DUPLICATE"),
    Guard("return after the outbox", "pen, two desks, three papers", "GAP"),
    Guard("outbox in order", "pen, two desks, three papers", "GAP"),
    Guard("grant brings the entries", "pen, two desks, three papers", "CHANGED"),
    Guard("request names the epoch", "telephone code", "CHANGED"),
    Guard("request names the term", "desk destroyed, server restored", "CHANGED"),
    Guard("code names the epoch", "telephone code", "DUPLICATE"),
    Guard("code carries the next number", "telephone code", "DUPLICATE"),
    Guard("locked before the code is shown", "telephone code", "DUPLICATE"),
    Guard("counter and entry in one transaction", "crash between any two steps", "GAP"),
    Guard("mark outside the store", "desk restored from an old backup", "DUPLICATE"),
    Guard("mark knows whether the pen is held", "desk restored from an old backup", "DUPLICATE"),
    Guard("grant bound to incarnation", "desk rebuilt on another machine, without its mark", "DUPLICATE"),
    Guard("new emergency code without the mark", "desk rebuilt on another machine, without its mark", "DUPLICATE"),
    Guard("loss of the pen on the mark", "desk restored twice", "DUPLICATE"),
    Guard("intent before commit", "crash and restore", "DUPLICATE"),
    Guard("push after done", "crash and restore", "CHANGED"),
    Guard("a copy is another desk", "desk copied to a second machine", "DUPLICATE"),
    Guard("epochs seen are marked", "desk set aside that may be alive, on behind its cap", "CHANGED"),
    Guard("recovery mode", "server restored, numbers through the server", "DUPLICATE"),
    Guard("recovery hears every desk", "server restored, numbers through the server", "DUPLICATE"),
    Guard("answers of an old term refused", "server restored, numbers through the server", "DUPLICATE"),
    Guard("acknowledged commands kept", "server restored, numbers through the server", "LOST"),
    Guard("mark keeps numbers seen online", "desk and server restored, no pens", "DUPLICATE"),
    Guard("reports carry the mark", "desk and server restored, no pens", "DUPLICATE"),
    Guard("term on the mark", "desk and server restored, no pens", "DUPLICATE"),
    Guard("one order for all desks", "emergency register of two desks", "ORDER"),
    Guard("clocks corrected", "emergency register of two desks", "ORDER"),
    Guard("conversion hears every desk", "emergency register of two desks", "ORDER"),
    Guard("heard after the last line", "emergency register of two desks", "ORDER"),
    Guard("uid links line and number", "emergency register after a lost answer", "TWO NUMBERS"),
    Guard("emergency counter on the mark", "emergency register of a restored desk", "DUPLICATE"),
    Guard("one line per emergency number", "emergency register of a restored desk", "TWO NUMBERS"),
    Guard("expiry by the holder of the pen", "reservations", "CHANGED"),
    Guard("expiry waits for the outbox", "reservations and the telephone code", "CHANGED"),
    Guard("next year goes with the pen", "new year, pen at a desk", "DUPLICATE"),
    Guard("opening waits for the outbox", "new year, pen at a desk", "DUPLICATE"),
    Guard("a lost pen covers next year", "new year, holes of a desk destroyed", "DUPLICATE"),
    Guard("opened once", "new year, pen at a desk", "DUPLICATE"),
    Guard("the year is in the command", "new year, pen at a desk", "CHANGED"),
    Guard("close needs the pen", "new year, pen at a desk", "CLOSED"),
    Guard("close needs reservations settled", "new year, late papers and reservations", "CLOSED"),
    Guard("closed accepts nothing", "new year, late papers and reservations", "CLOSED"),
    Guard("close needs emergency registers empty", "new year, emergency registers", "CLOSED"),
    Guard("desk gives up the old year first", "new year, emergency registers", "CLOSED"),
)


def without(guard: Guard) -> Variant:
    """The guard's exploration with the guard switched off."""
    variant = next(variant for variant in VARIANTS if variant.name == guard.variant)
    return replace(
        variant,
        world=replace(variant.world, off=frozenset({guard.name})),
        rules=(*variant.rules, "drop_after_answer"),
    )
