"""What glibc is told about freed memory, once; where there is no glibc, nothing is told."""

import ctypes
from types import SimpleNamespace

import pytest

from index.allocation import KEPT, LARGEST_KEPT, keep_freed


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
