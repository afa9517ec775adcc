"""Writers: who writes a build's shards while the next is made: threads of this process, and processes beside it.

Chroma does not let go of Python's interpreter while it takes passages: in a thread, large shards would hold up all that
is read and embedded meanwhile. Knows nothing of what is in a shard, nor of how it is written.
"""

import multiprocessing
import os
import signal
import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Self

from index.building import Building, ShardWriter
from index.errors import StoreError
from index.garbage import seldom_collected
from index.generation import ShardEntry
from index.plan import SMALL_SHARD
from index.shard import StoryPassages
from index.shard_writing import write_shard

AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
"""Shards that are written by processes at the same time: Chroma takes about 1,500 passages/s in each."""
WORTH_A_PROCESS = 2_000
"""Passages of a shard that a process is begun for, which takes .8 s of a core; Chroma takes 1.4 s for so many."""


class Writers:
    """The writers of one build. Use it in a `with`, which waits for the shards that are being written."""

    def __init__(self, building: Building, fingerprint: Mapping[str, str]) -> None:
        self._building = building
        self._fingerprint = fingerprint
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="shards")
        self._processes: ProcessPoolExecutor | None = None
        self._written: list[Future[ShardEntry]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        if self._processes is not None:
            self._processes.shutdown(cancel_futures=True)

    def write(self, contents: Sequence[StoryPassages], *, more: bool) -> None:
        """Begin to write a shard of these stories. Waits while too many are being written.

        `more` says that others come after it. The last one is written by a process and here, half by half, if there is
        a process by now and it is large enough. Raises what an earlier shard met with, as `written` does.
        """
        size = sum(len(item.passages) for item in contents)
        if more and size >= WORTH_A_PROCESS:
            if self._processes is None:
                self._processes = ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn"), initializer=_begin)
            self._submit(contents, partial(_write_by, self._processes))
        elif self._processes is not None and not more and size >= 2 * SMALL_SHARD and len(contents) > 1:
            first, second = _halves(contents)
            self._submit(first, partial(_write_by, self._processes))
            self._submit(second, write_shard)
        else:
            self._submit(contents, write_shard)
        if more and len(self._written) > AT_ONCE:
            self._written[-1 - AT_ONCE].result()  # raises what went wrong, before more is embedded

    def written(self) -> list[ShardEntry]:
        """All shards, as soon as they are written. Raises `StoreError` where one could not be."""
        return [future.result() for future in self._written]

    def _submit(self, contents: Sequence[StoryPassages], how: ShardWriter) -> None:
        self._written.append(self._threads.submit(self._building.write, contents, self._fingerprint, how))


def _write_by(
    processes: ProcessPoolExecutor, folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]
) -> None:
    """As `write_shard`, by one of some processes."""
    try:
        processes.submit(_write, folder, contents, fingerprint).result()
    except BrokenProcessPool as error:
        raise StoreError(
            f"{folder}: the process that wrote this part of the index was ended from outside, as systems do when "
            "memory runs out. What was published before is not lost. Free some memory, then build again: what was "
            "finished is not made again."
        ) from error


def _halves(contents: Sequence[StoryPassages]) -> tuple[Sequence[StoryPassages], Sequence[StoryPassages]]:
    """Several stories in two parts, of about as many passages."""
    ends = list(accumulate(len(item.passages) for item in contents))
    place = min(bisect_left(ends, ends[-1] / 2) + 1, len(contents) - 1)
    return contents[:place], contents[place:]


def _write(folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
    with seldom_collected():
        write_shard(folder, contents, fingerprint)


def _begin() -> None:
    """Of a process: it stops when whoever began it says so, or is not there any more, and not at once for Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
