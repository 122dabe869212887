"""What goes to the terminal may find nobody there: the window was closed, the line broke."""

from __future__ import annotations

import os

from textual.drivers._writer_thread import WriterThread


class PatientWriter(WriterThread):
    """Textual's writer, which goes on taking text after the terminal has gone.

    Without it the program would wait for ever at the next picture instead of hearing that it must end.
    """

    def run(self) -> None:
        """Write until there is nobody to write to, then only throw away."""
        try:
            super().run()
        except OSError:
            while self._queue.get() is not None:
                pass


def outlive_the_terminal() -> None:
    """Let Textual use our writer."""
    if os.name != "posix":
        return
    from textual.drivers import linux_driver

    linux_driver.WriterThread = PatientWriter  # type: ignore[attr-defined]
