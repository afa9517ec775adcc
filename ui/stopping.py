"""Stopping: how a server ends when it is told to, whatever its threads are at.

A signal raises nothing while it serves: an exception in the midst of an import, or of a library's own clean-up, may be
taken for another, or be lost. Knows nothing of what is served.
"""

import atexit
import os
import signal
import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn

LOOK_SECONDS = 1.0
"""How often is looked for a signal on Windows, where waiting for something else is not interrupted by one."""


class Signals:
    """Signals that ask for an end, as they come from now on. To be made in the main thread.

    The first one is told to whoever waits, and closes what is served; the second ends the process with its exit
    functions alone; a third kills it. Ctrl+C stays unheard where whoever began the process made it deaf to that, as
    shells do in the background.
    """

    def __init__(self) -> None:
        self._told: SimpleQueue[int] = SimpleQueue()  # may be put to by what interrupts its reader: a lock could not
        self._heard = [
            number for number in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(number) != signal.SIG_IGN
        ]
        self._handle(self._first)

    @property
    def have_come(self) -> bool:
        """Whether there was one that nobody waited for yet."""
        return not self._told.empty()

    def wait(self) -> None:
        """Return at SIGTERM; raises `KeyboardInterrupt` at Ctrl+C."""
        while True:
            with suppress(Empty):
                if self._told.get(timeout=LOOK_SECONDS) == signal.SIGINT:
                    raise KeyboardInterrupt
                return

    def _first(self, number: int, _frame: FrameType | None) -> None:
        self._handle(self._second)
        self._told.put(number)

    def _second(self, number: int, _frame: FrameType | None) -> None:
        self._handle(signal.SIG_DFL)
        end(128 + number)

    def _handle(self, handler: "signal._HANDLER") -> None:
        for number in self._heard:
            signal.signal(number, handler)


def end(code: int) -> NoReturn:
    """End this process with its exit functions, but wait for no thread.

    Threads may wait for a language model for minutes, or compute in torch, which aborts where Python is taken down
    around it.
    """
    try:
        atexit._run_exitfuncs()  # noqa: SLF001  # what ends the builds that were begun is among them
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
