"""How many threads compute: one for what is too small to be shared out, and no more than a batch or a worker was given.

Embedding a question and multiplying it with a few thousand vectors takes milliseconds. Sharing that out among a
machine's cores gains little where they are idle; where they are not, threads that wait for each other by turning round
keep each other from the cores, and a search takes ten times as long. Knows nothing of what is computed.
"""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any

from index.garbage import seldom_collected


@contextmanager
def one_thread() -> Iterator[None]:
    """While this is entered, torch and numpy compute in the calling thread alone.

    For OpenMP (torch) that holds for the calling thread; for numpy's BLAS, which has one number for the process, until
    the last of the threads that entered leaves.
    """
    _enter()
    try:
        with _pools("openmp").limit(limits=1):
            yield
    finally:
        _leave()


def keep_to(count: int) -> None:
    """Let torch and the tokenizers of this process use so many threads, whatever its environment says.

    To be called before the first text is tokenized.
    """
    import torch

    torch.set_num_threads(count)
    os.environ["RAYON_NUM_THREADS"] = str(count)


def keep_caller_to(count: int) -> None:
    """Let torch use so many threads for what the calling thread computes from now on."""
    _pools("openmp").limit(limits=count)


def there() -> int:
    """How many threads torch uses for what a thread computes that was not told otherwise."""
    import torch

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(torch.get_num_threads).result()


_lock = threading.Lock()
_entered = 0
_limit: Any = None
# How many threads are within `one_thread`, and what gives BLAS its threads back.


def _enter() -> None:
    global _entered, _limit  # noqa: PLW0603  # the process has one BLAS
    with _lock:
        if not _entered:
            _limit = _pools("blas").limit(limits=1)
        _entered += 1


def _leave() -> None:
    global _entered  # noqa: PLW0603
    with _lock:
        _entered -= 1
        if not _entered:
            _limit.restore_original_limits()


@cache
def _pools(kind: str) -> Any:
    with seldom_collected():
        import torch  # noqa: F401  # pools are those of the libraries that are loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api=kind)
