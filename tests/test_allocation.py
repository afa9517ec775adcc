"""What glibc is told about freed memory, once; where there is no glibc, nothing is told. Copies in large pages."""

import ctypes
import mmap
from types import SimpleNamespace

import numpy as np
import pytest

from index.allocation import KEPT, LARGEST_KEPT, in_large_pages, keep_freed


@pytest.fixture(autouse=True)
def _as_if_never_told() -> None:
    keep_freed.cache_clear()


def test_it_is_told_once_what_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda *values: told.append(values))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    keep_freed()
    keep_freed()
    assert told == [(-3, LARGEST_KEPT), (-1, KEPT)]


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_where_there_is_no_glibc_nothing_happens(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", none)
    keep_freed()


@pytest.mark.parametrize("shape", [(0, 3), (7,), (5, 300_000)])
def test_in_large_pages_lies_a_copy(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.int8).reshape(shape)
    copy = in_large_pages(values)
    np.testing.assert_array_equal(copy, values)
    assert copy.dtype == values.dtype
    values[...] = 1
    copy[...] = 2
    assert not len(values) or values.max() == 1


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="this system has no pages of 2 MiB to ask for")
def test_large_pages_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Told(mmap.mmap):
        def madvise(self, option: int, *_: int) -> None:
            asked.append(option)

    monkeypatch.setattr(mmap, "mmap", Told)
    in_large_pages(np.arange(5))
    assert asked == [mmap.MADV_HUGEPAGE]


@pytest.mark.parametrize("lacking", ["MADV_HUGEPAGE", "MAP_ANONYMOUS"])
def test_where_there_are_no_large_pages_the_copy_lies_in_others(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, lacking)
    assert in_large_pages(np.arange(5)).tolist() == [0, 1, 2, 3, 4]
