"""Keys and pastes handled strictly one after the other, as the terminal sent them.

To be removed once Textual issue #6605 is fixed and `tests/screens/test_serial_keys.py` passes without it.

Why: Textual 8.2.8 puts a printable key straight into the focused widget's queue, but a *bound* key (Backspace, Tab,
Enter, a function key) acts only after it has bubbled through every ancestor to the app. Keys that arrive together
overtake each other. Vietnamese input methods retype: Unikey turns `tieengs` into letters, backspaces and the new
letters in one burst, and the burst comes out scrambled. A clerk typing ahead over Tab, Enter or F2 gets text in the
wrong field.

How: one key is in the works at a time. After handing it over, a callback is queued behind it in the widget, then in
the widget's parent, and so on along the path that the key itself takes; where the key was stopped, or at the app, it
is done. A key that may have acted (anything but consumed text) must also *settle*: the same walk is made from the old
and the new focused widget, and from every widget with messages waiting, until none is left. So the exit of a field, a
new screen's mounting and its first focus are over before the next key. A key costs
about half a millisecond of CPU more than in stock Textual when many come at once.

What cannot go wrong:
- No key is dropped: it waits here, or was handed to the widget in focus at its turn. A widget that was removed while
  keys waited never gets one, because the target is looked up when its turn comes.
- No dead-lock: a handler that holds a widget's queue for longer than `KEY_TIMEOUT` (say it waits for another key) lets
  the next key through, and its widget is not waited for again until it answers. Time in which the whole program
  stood still does not count.
- An exception in a handler ends the app as ever; keys waiting then are dropped with it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

if TYPE_CHECKING:
    _Base = App[Any]
else:
    _Base = object

_SETTLE_ROUNDS = 12  # a widget that never stops sending itself messages must not hold up the keys for ever
_START_POLL = 0.05
_STOOD_STILL = 0.25


class SerialKeys(_Base):
    """App mixin: `class ClerkApp(SerialKeys, App[None])`. See the module's text."""

    KEY_TIMEOUT = 2.0
    """Seconds after which a silent handler no longer holds up the keys."""

    serial_keys_on = True
    """Turn this off to see what stock Textual does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._keys_waiting: deque[events.Key | events.Paste] = deque()
        self._key_busy = False
        self._key_turn = 0  # grows with each key done; callbacks of an older turn are ignored
        self._key_target: DOMNode | None = None
        self._key_settled_on: Screen[Any] | None = None  # nothing is settled before the first screen stands
        self._key_rounds = 0
        self._key_walking = 0
        self._key_awaited: list[DOMNode] = []  # where the walks of this turn stand
        self._key_deaf: WeakSet[DOMNode] = WeakSet()  # let KEY_TIMEOUT pass once, and have not answered since
        self._key_holds: set[object] = set()
        self._key_alarm: asyncio.TimerHandle | None = None
        super().__init__(*args, **kwargs)

    def hold_keys(self, seconds: float = 10.0) -> Callable[[], None]:
        """Let keys wait until the returned function is called, for work that goes on outside the message queues.

        A screen that saves in a worker holds the keys, so that the next record, typed ahead, goes into a clean form.

        Args:
            seconds: The hold ends by itself after this time.
        """
        hold = object()
        self._key_holds.add(hold)

        def release() -> None:
            alarm.cancel()
            if hold in self._key_holds:
                self._key_holds.discard(hold)
                self.call_later(self._resume_keys)

        alarm = asyncio.get_running_loop().call_later(seconds, release)
        return release

    async def on_event(self, event: events.Event) -> None:
        """Put keys and pastes in line; everything else goes on as ever."""
        if self.serial_keys_on and isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keys_waiting.append(event)
            await self._resume_keys()
        else:
            await super().on_event(event)

    async def _resume_keys(self) -> None:
        """Hand over the next key in line; runs in the app's own task, as it does in stock Textual."""
        if self._key_busy or self._key_holds or not self._keys_waiting:
            return
        if not self.screen_stack:
            if self.is_running:  # typed before the first screen was there
                asyncio.get_running_loop().call_later(_START_POLL, self.call_later, self._resume_keys)
            return
        self._key_busy = True
        self._key_rounds = 0
        self._set_key_alarm()
        self._key_target = self.focused or self.screen
        if self.screen is not self._key_settled_on:
            self._settle([self._key_target])
            return
        event = self._keys_waiting.popleft()
        await super().on_event(event)
        if event.is_forwarded:
            self._walk(self._key_target, event)
        else:  # a priority binding took it
            self._settle(self._targets())

    def _key_done(self) -> None:
        """Let the next key come."""
        if self._key_alarm:
            self._key_alarm.cancel()
        self._key_turn += 1
        self._key_awaited.clear()
        self._key_target = None
        self._key_busy = False
        if self._keys_waiting:
            self.call_later(self._resume_keys)

    # -- walking behind a message, from a widget up to the app ---------------------------------------------------------

    def _walk(self, start: DOMNode, event: events.Event | None) -> None:
        """Queue a callback behind everything that waits in `start`; from there it goes on to the parent.

        Without an event this is one of the walks that find out whether all is settled.
        """
        node: DOMNode | None = start
        while node is not None:
            if node not in self._key_deaf and node.call_later(self._walked, node, event, self._key_turn):
                self._key_awaited.append(node)
                return
            node = node.parent  # a widget that is closing takes no more callbacks, nor does it handle keys
        self._walk_ended(event)

    def _walked(self, node: DOMNode, event: events.Event | None, turn: int) -> None:
        self._key_deaf.discard(node)
        if turn != self._key_turn:
            return
        self._key_awaited.remove(node)
        if node.parent is None or (event is not None and event._stop_propagation):
            self._walk_ended(event)
        else:
            self._walk(node.parent, event)

    def _walk_ended(self, event: events.Event | None) -> None:
        if event is None:
            self._key_walking -= 1
            if not self._key_walking:
                self._settle(self._nodes_with_messages())
        elif event._stop_propagation and (isinstance(event, events.Paste) or _is_text(event)) and not self._in_modal:
            self._key_done()  # a field took the text in; nothing else can have happened
        else:
            self._settle(self._targets())

    @property
    def _in_modal(self) -> bool:
        """Whether a question is open: text may answer it at once, as two letters do after Ctrl+G."""
        return bool(self.screen_stack) and self.screen.is_modal

    # -- settling: all that the key has set off is over ----------------------------------------------------------------

    def _settle(self, starts: Collection[DOMNode]) -> None:
        """Walk from each of these nodes; when all have come through, from those that have messages by then."""
        self._key_rounds += 1
        if not starts or self._key_rounds > _SETTLE_ROUNDS:
            self._key_settled_on = self.screen if self.screen_stack else None
            self._key_done()
            return
        self._key_walking = len(starts)
        for start in starts:
            self._walk(start, None)

    def _targets(self) -> Collection[DOMNode]:
        """Where the key went, and where the focus is now: an action has posted its messages to one of them."""
        found = [self._key_target] if self._key_target else []
        if self.screen_stack and (now := self.focused or self.screen) is not self._key_target:
            found.append(now)
        return found or [self]

    def _nodes_with_messages(self) -> Collection[DOMNode]:
        if not self.screen_stack:
            return ()
        nodes = self.screen.walk_children(with_self=True)
        return [node for node in nodes if node.message_queue_size and node not in self._key_deaf]

    # -- the way out of a dead-lock ------------------------------------------------------------------------------------

    def _set_key_alarm(self) -> None:
        loop = asyncio.get_running_loop()
        if self._key_alarm:
            self._key_alarm.cancel()
        self._key_alarm = loop.call_later(self.KEY_TIMEOUT, self._key_overdue, self._key_turn, loop.time())

    def _key_overdue(self, turn: int, since: float) -> None:
        if turn != self._key_turn or not self._key_busy:
            return
        late = asyncio.get_running_loop().time() - since - self.KEY_TIMEOUT
        if late > _STOOD_STILL:  # the whole program stood still (a slow disk, a suspended laptop): no handler's fault
            self._set_key_alarm()
            return
        self.log.warning(f"a key was let through early, no answer from {self._key_awaited}")
        self._key_deaf.update(self._key_awaited)
        self._key_settled_on = self.screen if self.screen_stack else None
        self._key_done()


def _is_text(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.is_printable
