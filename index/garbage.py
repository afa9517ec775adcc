"""Garbage: how often Python looks for cycles of objects that nobody needs any more."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
SELDOM = 100_000
"""Objects that are made before it is looked again while something is imported; Python's own measure is 700 or 2,000."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While this is entered, Python seldom looks for garbage: imports make many objects and hardly any of that.

    Of the time of importing Gradio and torch, looking through what is there again and again is a quarter. Where threads
    overlap, the first to leave ends it for all: that costs time and nothing else.
    """
    gc.set_threshold(SELDOM, *USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)
