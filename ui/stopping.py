"""Stopping: how a server ends when it is told to, whatever its threads are at.

A signal raises nothing while it serves: an exception in the midst of an import, or of a library's own clean-up, may be
taken for another, or be lost. Knows nothing of what is served.
"""

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop() -> Iterator["SimpleQueue[int]"]:
    """Signals that ask for an end, as they come, in the main thread alone; a second one ends it the hard way.

    Ctrl+C stays unheard where whoever began the process made it deaf to that, as shells do in the background.
    """
    told: SimpleQueue[int] = SimpleQueue()  # may be put to by what interrupts its own reader, as a lock could not
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number in _SIGNALS if before[number] != signal.SIG_IGN]

    def tell(number: int, _frame: FrameType | None) -> None:
        told.put(number)
        for other in heard:
            signal.signal(other, signal.SIG_DFL)

    for number in heard:
        signal.signal(number, tell)
    try:
        yield told
    finally:
        for number in heard:
            signal.signal(number, before[number])


def end(code: int) -> NoReturn:
    """End this process with its exit functions, but wait for no thread.

    Threads may wait for a language model for minutes, or compute in torch, which aborts where Python is taken down
    around it.
    """
    atexit._run_exitfuncs()  # noqa: SLF001  # what ends the builds that were begun is among them
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
