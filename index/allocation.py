"""Allocation: which memory is kept that is not needed any more, and which lies in large pages.

Knows nothing of what it is needed for.
"""

import ctypes
import mmap
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
# As glibc's malloc.h has them.
LARGEST_KEPT = 32 << 20
# glibc's own limit.
KEPT = 128 << 20


@cache
def keep_freed() -> None:
    """Let this process keep up to 128 MiB that it freed, once and for all; where there is no glibc, nothing happens.

    Each product of a model's forward pass takes some megabytes for a millisecond. glibc gives so much back to the
    system at once, which then has to clear it again, page by page, for the next product.
    """
    with suppress(OSError, TypeError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def in_large_pages(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy of an array in pages of 2 MiB where the system has such, for what is read from end to end each time.

    Of pages of 4 KiB a processor looks up thousands for some megabytes, and reads ahead in none but its own.
    """
    with suppress(AttributeError, OSError):
        memory = mmap.mmap(-1, max(values.nbytes, 1), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
        copy = np.frombuffer(memory, dtype=values.dtype, count=values.size).reshape(values.shape)
        copy[...] = values
        return copy
    return values.copy()
