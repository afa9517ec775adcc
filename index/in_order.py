"""In order: work shared out among threads, whose results come, or go from one to another, in the order of its values.

Knows nothing of what is done.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R], values: Iterable[T], threads: int, begin: Callable[[], object] | None = None
) -> Iterator[R]:
    """What `work` makes of each value. So many values more than threads are under way at most, so memory is bounded.

    `begin` is called by each thread before its first. What `work` raises is raised where its result would come.
    """
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="in order", initializer=begin or (lambda: None))
    try:
        for value in values:
            waiting.append(pool.submit(work, value))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ahead(values: Iterable[T]) -> Iterator[T]:
    """The same values, none of them None, each made in a thread while the one before is worked on."""
    source = iter(values)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, source, None)
        while (value := coming.result()) is not None:
            coming = thread.submit(next, source, None)
            yield value


class Stream(Generic[T]):
    """Values that one thread puts in, and another takes out by iterating as they come.

    It is entered by who puts in: when that is left they end, with the error it is left with, if there is one.
    """

    def __init__(self) -> None:
        self._values: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._values.put(error)

    def put(self, value: T) -> None:
        """Put a value in. Never waits."""
        self._values.put((value,))

    def __iter__(self) -> Iterator[T]:
        while (found := self._values.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]
