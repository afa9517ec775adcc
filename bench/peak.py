"""How much memory a process held, and those that it began. Imports nothing of the project: asking costs nothing."""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STATUS = Path("/proc/self/status")
EVERY = 1.0
"""Seconds between two looks at the processes that this one began."""


def peak() -> float:
    """The most memory that this process held so far, in MB. Raises `ImportError` on Windows.

    Of Linux the kernel's own mark of this program: what `getrusage` tells there may be the process's that started it.
    """
    if STATUS.exists():
        return in_mb(STATUS, "VmHWM")
    import resource

    a_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes, elsewhere kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / a_megabyte


@contextmanager
def with_children() -> Iterator[Callable[[], float]]:
    """While this is entered, the processes that this one begins are looked at, each second; on Linux alone.

    What it gives tells `peak()` and the most that each of them had held when it was last seen, in MB.
    """
    before = set(_children())
    most: dict[int, float] = {}
    done = threading.Event()

    def look() -> None:
        while not done.wait(EVERY):
            for child in set(_children()) - before:
                with suppress(OSError, IndexError):  # of one that has ended meanwhile
                    most[child] = in_mb(Path(f"/proc/{child}/status"), "VmHWM")

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield lambda: peak() + sum(most.values())
    finally:
        done.set()
        watcher.join()


def in_mb(told: Path, field: str) -> float:
    """A figure of what Linux tells of a process, in MB. Raises `OSError` or `IndexError` for one that has ended."""
    return int(re.findall(rf"^{field}:\s+(\d+) kB", told.read_text("ascii"), re.MULTILINE)[0]) / 1024


def _children() -> Iterator[int]:
    for listing in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # of a thread that has ended meanwhile
            yield from map(int, listing.read_text("ascii").split())
