"""Work on the library that is some Python program, and how it ends."""

import sys
import threading
import time

from ui.building import Progress, Work

PATIENCE = 120.0
ENDLESS = 'import time\nprint(\'{"embedded": 1, "total": 9}\', flush=True)\ntime.sleep(600)'
"""Tells how far it is, once, and goes on for ever."""


def ended(work: Work) -> Progress:
    """How it ended; fails where it does not."""
    deadline = time.monotonic() + PATIENCE
    while not work.progress.has_ended:
        assert time.monotonic() < deadline, work.progress
        time.sleep(0.02)
    return work.progress


def until(state: str, work: Work) -> None:
    """Wait until it is so far."""
    deadline = time.monotonic() + PATIENCE
    while work.progress.state != state:
        assert time.monotonic() < deadline, work.progress
        time.sleep(0.02)


def script(text: str, turn: "threading.Lock | None" = None) -> Work:
    """Some work that is a Python program."""
    return Work([sys.executable, "-c", text], lambda: None, turn or threading.Lock())
