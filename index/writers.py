"""Writers: who writes a build's shards while the next is made: threads of this process, and processes beside it.

Chroma does not let go of Python's interpreter while it takes passages: in a thread, large shards would hold up all that
is read and embedded meanwhile. The processes are loky's, which do not import the program that was started. Knows
nothing of what is in a shard, nor of how it is written.
"""

import os
import pickle
import signal
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

from index.building import Building, ShardWriter
from index.errors import StoreError
from index.garbage import seldom_collected
from index.generation import ShardEntry
from index.plan import SMALL_SHARD
from index.shard import StoryPassages
from index.shard_writing import write_shard

AT_ONCE = max(1, min(8, (os.cpu_count() or 1) // 2))
"""Processes that write shards at the same time: each writes about 2,100 passages/s, which takes 400 MB."""
WORTH_A_PROCESS = 2_000
"""Passages of a shard that a process is begun for, which takes a second of a core; so many are written in about one."""
IDLE_SECONDS = 300
"""How long a process without work is kept, if whoever began it does not end it."""
LOOK_SECONDS = 0.2
"""How often a process looks whether whoever began it is still there."""


class Writers:
    """The writers of one build. Use it in a `with`, which waits for the shards that are being written."""

    def __init__(self, building: Building, fingerprint: Mapping[str, str]) -> None:
        self._building = building
        self._fingerprint = fingerprint
        self._threads = ThreadPoolExecutor(AT_ONCE + 2, thread_name_prefix="shards")  # two halves, and those before
        self._processes: Any = None
        self._begun: list[Future[ShardEntry]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._processes is not None:
            self._processes.shutdown()

    def write(self, contents: Sequence[StoryPassages]) -> None:
        """Begin to write a shard of these stories, which others come after. Waits while too many are being written.

        Raises what an earlier one met with, as `written` does.
        """
        apart = sum(len(item.passages) for item in contents) >= WORTH_A_PROCESS
        self._begin(contents, self._apart() if apart else write_shard)
        if len(self._begun) > AT_ONCE:
            self._begun[-1 - AT_ONCE].result()  # raises what went wrong, before more is embedded

    def write_last(self, contents: Sequence[StoryPassages], *, in_haste: bool) -> None:
        """Begin to write the last shard, here.

        In haste it becomes two, if it is large enough and there is a process by now, which then writes one of them.
        """
        size = sum(len(item.passages) for item in contents)
        if in_haste and self._processes is not None and size >= 2 * SMALL_SHARD and len(contents) > 1:
            first, contents = _halves(contents)
            self._begin(first, self._apart())
        self._begin(contents, write_shard)

    def written(self) -> list[ShardEntry]:
        """All shards, as soon as they are written. Raises `StoreError` where one could not be."""
        return [future.result() for future in self._begun]

    def _begin(self, contents: Sequence[StoryPassages], how: ShardWriter) -> None:
        self._begun.append(self._threads.submit(self._building.write, contents, self._fingerprint, how))

    def _apart(self) -> ShardWriter:
        """A process that writes a shard; this one, where none can be made."""
        with suppress(OSError, NotImplementedError):  # a machine without memory that processes share
            self._processes = self._processes or process_pool()
            return partial(_write_by, self._processes)
        return write_shard


def process_pool() -> Any:
    """Loky's executor: processes that end when whoever began them does.

    Raises `OSError` or `NotImplementedError` where there can be none.
    """
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(AT_ONCE, timeout=IDLE_SECONDS, initializer=_set_up, initargs=(os.getpid(),))


def _write_by(processes: Any, folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
    """As `write_shard`, by one of some processes; here, where none can be started."""
    try:
        written = processes.submit(_write, folder, pickle.dumps(contents, pickle.HIGHEST_PROTOCOL), fingerprint)
    except OSError:
        write_shard(folder, contents, fingerprint)
        return
    try:
        written.result()
    except BrokenProcessPool as error:
        raise StoreError(
            f"{folder}: the process that wrote this part of the index has ended before it was done. Systems end "
            "processes where memory runs out; if it had another reason, it said so above. What was published before is "
            "not lost. Free some memory, then build again: what was finished is not made again."
        ) from error


def _halves(contents: Sequence[StoryPassages]) -> tuple[Sequence[StoryPassages], Sequence[StoryPassages]]:
    """Several stories in two parts, of about as many passages."""
    ends = list(accumulate(len(item.passages) for item in contents))
    half = ends[-1] / 2
    place = min(max(bisect_left(ends, half), 1), len(contents) - 1)
    if place + 1 < len(contents) and abs(ends[place] - half) < abs(ends[place - 1] - half):
        place += 1
    return contents[:place], contents[place:]


def _write(folder: Path, pickled: bytes, fingerprint: Mapping[str, str]) -> None:
    """Of a process: write a shard."""
    with seldom_collected():
        write_shard(folder, pickle.loads(pickled), fingerprint)  # noqa: S301  # whoever began us made it


def _set_up(parent: int) -> None:
    """Of a process: it ends when whoever began it says so, or is not there any more, and not for Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
