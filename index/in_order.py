"""In order: work shared out among threads, whose results come in the order of the values they are made of.

Knows nothing of what is done.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R], values: Iterable[T], threads: int, begin: Callable[[], object] | None = None
) -> Iterator[R]:
    """What `work` makes of each value. Two values for each thread are taken ahead at most, so memory is bounded.

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
