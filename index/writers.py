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
from itertools import accumulate
from pathlib import Path
from queue import Empty, LifoQueue
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
        self._processes = Processes()
        self._apart = False
        self._begun: list[Future[ShardEntry]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._processes.end()

    def write(self, contents: Sequence[StoryPassages]) -> None:
        """Begin to write a shard of these stories, which others come after. Waits while too many are being written.

        Raises what an earlier one met with, as `written` does.
        """
        apart = sum(len(item.passages) for item in contents) >= WORTH_A_PROCESS
        self._apart |= apart
        self._begin(contents, self._processes.write if apart else write_shard)
        if len(self._begun) > AT_ONCE:
            self._begun[-1 - AT_ONCE].result()  # raises what went wrong, before more is embedded

    def write_last(self, contents: Sequence[StoryPassages], *, in_haste: bool) -> None:
        """Begin to write the last shard, here.

        In haste it becomes two, if it is large enough and there is a process by now, which then writes one of them.
        """
        size = sum(len(item.passages) for item in contents)
        if in_haste and self._apart and size >= 2 * SMALL_SHARD and len(contents) > 1:
            first, contents = _halves(contents)
            self._begin(first, self._processes.write)
        self._begin(contents, write_shard)

    def written(self) -> list[ShardEntry]:
        """All shards, as soon as they are written. Raises `StoreError` where one could not be."""
        return [future.result() for future in self._begun]

    def _begin(self, contents: Sequence[StoryPassages], how: ShardWriter) -> None:
        self._begun.append(self._threads.submit(self._building.write, contents, self._fingerprint, how))


class Processes:
    """Processes that write shards: one more is begun when all are busy, `AT_ONCE` at most."""

    def __init__(self) -> None:
        self._begun: list[Any] = []
        self._idle: LifoQueue[Any] = LifoQueue()
        self._left = AT_ONCE
        self._lock = threading.Lock()

    def write(self, folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
        """As `write_shard`, by one of them; here, where none can be begun. Waits until one is free."""
        process = self._take()
        try:
            process, work = _submitted(process, folder, pickle.dumps(contents, pickle.HIGHEST_PROTOCOL), fingerprint)
            if work is None:
                write_shard(folder, contents, fingerprint)
            else:
                work.result()
        except BrokenProcessPool as error:
            raise StoreError(
                f"{folder}: the process that wrote this part of the index has ended before it was done. Systems end "
                "processes where memory runs out; if it had another reason, it said so above. What was published "
                "before is not lost. Free some memory, then build again: what was finished is not made again."
            ) from error
        finally:
            self._idle.put(process)

    def end(self) -> None:
        """End them all, as soon as they have written what they were given."""
        for process in self._begun:
            process.shutdown()

    def _take(self) -> Any:
        """A process that has nothing to do; in the place of one that cannot be begun, None."""
        with suppress(Empty):
            return self._idle.get_nowait()
        with self._lock:
            if self._left:
                self._left -= 1
                with suppress(OSError, NotImplementedError):  # a machine without memory that processes share
                    self._begun.append(one_process())
                    return self._begun[-1]
                return None
        return self._idle.get()


def one_process() -> Any:
    """Loky's executor of one process, which begins with its first work and ends when whoever began it does.

    Raises `OSError` or `NotImplementedError` where there can be none.
    """
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(1, timeout=IDLE_SECONDS, initializer=_set_up, initargs=(os.getpid(),))


def _submitted(process: Any, *work: object) -> tuple[Any, Any]:
    """A process, and the shard it has begun to write; None and None where none begins."""
    if process is not None:
        try:
            return process, process.submit(_write, *work)
        except OSError:
            process.shutdown(kill_workers=True)  # else it may still find that work, and do it too
    return None, None


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
