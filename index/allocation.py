"""Allocation: what is done with memory that is not needed any more. Knows nothing of what it was needed for."""

import ctypes
from contextlib import suppress
from functools import cache

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
