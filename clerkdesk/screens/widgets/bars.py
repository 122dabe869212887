"""The two lines at the bottom: what is so (status) and what can be pressed (keys)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters
from textual.widgets import Static

from clerkdesk.i18n import _
from clerkdesk.screens.keys import key_name, usual_keys
from clerkdesk.screens.widgets.plain_text import fit, one_line

if TYPE_CHECKING:
    from clerkdesk.screens.app import ClerkApp

# The order and the short words of the key line; what a screen cannot do is left blank, so that keys keep their place.
KEY_LINE = ("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f12", "delete")


class KeyBar(Static):
    """The F-keys that work here, always in the same order."""

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def on_mount(self) -> None:
        """Follow the focus: some keys belong to a field."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.show_keys())
        self.call_after_refresh(self.show_keys)

    def show_keys(self) -> None:
        """Write the line anew."""
        if not self.is_attached or not self.screen.is_current:
            return
        shown: dict[int, str] = {}
        for key, active in self.screen.active_bindings.items():
            binding = active.binding
            if not (binding.description and binding.show and binding.id and active.enabled):
                continue
            usual = usual_keys(type(active.node), binding.id)
            place = next((KEY_LINE.index(one) for one in (*usual, key) if one in KEY_LINE), None)
            # A person's own key stands where the usual one would, unless that one works too.
            if place is not None and (key in KEY_LINE or key not in usual) and (key in usual or place not in shown):
                shown[place] = f"{key_name(key)} {_(binding.description)}"
        self.update(" ".join(shown[place] for place in sorted(shown)))


class StatusBar(Static):
    """Next number, connection, who works here; in words, always visible."""

    if TYPE_CHECKING:
        app = getters.app(ClerkApp)

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def on_mount(self) -> None:
        """Show the state at once and keep it fresh."""
        self.show_state()
        self.set_interval(20, self.show_state)

    def connection(self) -> str:
        """Say in words how the desk stands with its server."""
        from clerkdesk.services.clock import local, now

        desk = self.app.desk
        if not desk.has_server:
            return _("Tại chỗ")
        if desk.link is None:
            return _("Mất kết nối")
        standing = desk.link.standing()
        parts = [_("Trực tuyến")]
        if not standing.online:
            since = local(standing.since) if standing.since is not None else None
            when = (
                "" if since is None else f"{since:%H:%M}" if since.date() == local(now()).date() else f"{since:%d/%m}"
            )
            parts = [_("Mất kết nối từ {when}").format(when=when) if when else _("Mất kết nối")]
        elif standing.trouble:
            parts = [_("Máy chủ không nhận")]
        if standing.unsent:
            parts.append(_("chờ gửi {count}").format(count=standing.unsent))
        if standing.refused:
            parts.append(_("trả lại {count}").format(count=standing.refused))
        return ", ".join(parts)

    def show_state(self) -> None:
        """Read the state from the desk."""
        from clerkdesk.services.status import desk_status

        desk = self.app.desk
        if desk.session is None or not self.is_attached:
            return
        status = desk_status(desk)
        person = desk.person
        parts = [
            _("SỔ TẠM, số tiếp: {number}").format(number=status.emergency)
            if status.emergency
            else _("Số đến tiếp: {number}").format(number=status.next_arrival or "—"),
            self.connection(),
            f"{person.full_name} ({status.roles})",
        ]
        if self.app.telex_on:
            parts.append("VN-T")
        clock = status.local_time
        width = max(10, self.app.size.width - 2)
        left = one_line(" · ".join(parts))
        self.update(fit(left, width - len(clock) - 1) + " " + clock)
