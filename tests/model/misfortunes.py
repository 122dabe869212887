"""What may go wrong. Lost, late, doubled and reordered messages need no rule: messages stay on their way for ever."""

from __future__ import annotations

from .common import Steps
from .recovery import restored
from .states import ABSENT, DESTROYED, DOWN, RUNNING, Desk, Height, Mark, State, World, spent, with_desk

NEW_CODE = 10


def crash(state: State, world: World) -> Steps:
    """A desk loses its power between any two of its steps."""
    for index, desk in enumerate(state.desks):
        if desk.phase == RUNNING and state.left.crashes:
            yield (
                f"desk {index} crashes",
                spent(with_desk(state, index, desk._replace(phase=DOWN, doing=None)), "crashes"),
            )


def back_up_desk(state: State, world: World) -> Steps:
    """Somebody copies a desk's database."""
    for index, desk in enumerate(state.desks):
        if desk.phase == RUNNING and state.left.desk_backups and desk.store not in desk.backups:
            kept = desk._replace(backups=(*desk.backups, desk.store))
            yield f"desk {index} is backed up", spent(with_desk(state, index, kept), "desk_backups")


def restore_desk(state: State, world: World) -> Steps:
    """Somebody puts an old database back. The mark, outside of it, stays as it is."""
    for index, desk in enumerate(state.desks):
        if desk.phase not in (RUNNING, DOWN) or not state.left.desk_restores:
            continue
        for number, backup in enumerate(desk.backups):
            old = desk._replace(phase=DOWN, store=backup, doing=None)
            yield f"desk {index} gets its backup {number} back", spent(with_desk(state, index, old), "desk_restores")


def copy_desk(state: State, world: World) -> Steps:
    """The folder of desk 0 is copied to a second machine, with its mark. Both go on.

    The fingerprint differs: the copy is another desk, without pens, with an emergency register of its own.
    """
    slot = len(state.desks) - 1
    if not state.left.copies or state.desks[slot].phase != ABSENT or state.desks[0].doing:
        return
    original = state.desks[0]
    if world.on("a copy is another desk"):
        store = original.store._replace(pens=(None,) * world.years, lines=())
        heights = tuple(height._replace(held=False) for height in original.mark.books)
        copy = Desk(RUNNING, slot, store, Mark(heights, 1, original.mark.term, code=slot))
    else:
        copy = original._replace(phase=RUNNING, backups=())
    yield "desk 0 is copied to a second machine", spent(with_desk(state, slot, copy), "copies")


def rebuild_desk(state: State, world: World) -> Steps:
    """A machine dies with its mark; its backup is put on another one. The fingerprint differs: a new incarnation.

    It has no pen and no memory of what it has seen; its emergency register gets a new code.
    """
    for index, desk in enumerate(state.desks):
        for backup in desk.backups:
            if desk.phase not in (RUNNING, DOWN) or not state.left.rebuilds:
                continue
            code = desk.mark.code + (NEW_CODE if world.on("new emergency code without the mark") else 0)
            mark = Mark((Height(),) * world.years, desk.mark.incarnation + 1, code=code)
            store = backup._replace(pens=(None,) * world.years, lines=())
            rebuilt = desk._replace(phase=RUNNING, store=store, mark=mark, doing=None, backups=())
            yield f"desk {index} is rebuilt on another machine", spent(with_desk(state, index, rebuilt), "rebuilds")


def destroy_desk(state: State, world: World) -> Steps:
    """A machine burns, with its mark and its backups."""
    for index, desk in enumerate(state.desks):
        if desk.phase in (RUNNING, DOWN) and state.left.losses:
            gone = desk._replace(phase=DESTROYED, doing=None)
            yield f"desk {index} is destroyed", spent(with_desk(state, index, gone), "losses")


def back_up_server(state: State, world: World) -> Steps:
    """The nightly backup of the server."""
    if state.left.server_backups and not state.server.recovering:
        yield "server is backed up", spent(state._replace(server_backup=state.server), "server_backups")


def restore_server(state: State, world: World) -> Steps:
    """The server comes back from its backup: a new term; no number until every desk has reported."""
    if state.server_backup is None or not state.left.server_restores:
        return
    server = restored(state.server_backup, state.server.term + 1, world.on("recovery mode"))
    yield "server is restored", spent(state._replace(server=server), "server_restores")


RULES = (
    crash, back_up_desk, restore_desk, copy_desk, rebuild_desk, destroy_desk, back_up_server, restore_server,
)  # fmt: skip
