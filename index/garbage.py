"""Garbage: how often Python looks for cycles of objects that nobody needs any more."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
SELDOM = 100_000
"""Objects that are made before it is looked again in seldom times; Python's own measure is 700 or 2,000."""

_lock = threading.Lock()
_entered = 0


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While this is entered, Python seldom looks for garbage; by several threads, until the last of them leaves.

    For what makes many objects and hardly any garbage, such as imports: of the time of importing Gradio and torch,
    looking through what is there again and again is a quarter.
    """
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)


def leave_alone() -> None:
    """Look for garbage once more, and from now on no more among what is there: it is going to stay.

    What has to be looked through is what is made afterwards. Nobody is answered meanwhile, a tenth of a second or two.
    """
    gc.collect()
    gc.freeze()


def _enter(by: int) -> None:
    global _entered  # noqa: PLW0603  # there is one collector
    with _lock:
        _entered += by
        gc.set_threshold(*((SELDOM, *USUAL[1:]) if _entered else USUAL))
