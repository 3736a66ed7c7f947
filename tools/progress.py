"""One line on the terminal that says how far a long run is.

    progress = Progress("configurations", total)
    progress.step()                     12 of 40 configurations
    progress.show("text", key="left")   several parts that go on side by side
    progress.clear()                    before the program prints something else

Nothing is written where standard error is no terminal. integration/run.py reads the output of the stages through a
pipe; it passes its own terminal on in the environment variable PROGRESS_FD.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time

VARIABLE = "PROGRESS_FD"
CLEAR = "\r\033[K"
LEAST_SECONDS = 0.1  # between two writes


def terminal() -> int | None:
    """The descriptor of a terminal to write to, if there is one."""
    if os.isatty(2):
        return 2
    named = os.environ.get(VARIABLE, "")
    return int(named) if named.isdigit() and os.isatty(int(named)) else None


class Progress:
    """May be used from several threads."""

    def __init__(self, what: str = "", total: int | None = None) -> None:
        self.what, self.total, self.done = what, total, 0
        self.parts: dict[str, str] = {}
        self.written = 0.0
        self.lock = threading.Lock()
        self.fd = terminal()

    def step(self, text: str = "") -> None:
        """One more is done."""
        with self.lock:
            self.done += 1
            of = "" if self.total is None else f" of {self.total}"
            self._put("", f"{self.done}{of} {self.what} {text}".rstrip())

    def show(self, text: str, key: str = "") -> None:
        """Shows this text, beside those of other keys; an empty text takes the key's away."""
        with self.lock:
            self._put(key, text)

    def clear(self) -> None:
        """Removes the line. The next call of another method writes it again."""
        with self.lock:
            self.parts.clear()
            self._write("")

    def _put(self, key: str, text: str) -> None:
        self.parts.pop(key, None)
        if text:
            self.parts[key] = f"{key} {text}" if key else text
        if time.monotonic() - self.written >= LEAST_SECONDS:
            self._write(", ".join(sorted(self.parts.values())))

    def _write(self, text: str) -> None:
        if self.fd is None:
            return
        self.written = time.monotonic() if text else 0.0
        width = shutil.get_terminal_size().columns - 1
        try:
            os.write(self.fd, (CLEAR + text[:width]).encode())
        except OSError:  # the terminal is gone: no reason to stop
            self.fd = None


def clear_line() -> None:
    """Removes whatever a program that this one runs has left on the line."""
    if os.isatty(2):
        sys.stderr.write(CLEAR)
        sys.stderr.flush()
