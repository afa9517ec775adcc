"""While something is imported, garbage is seldom looked for; afterwards as often as ever, whatever went wrong."""

import gc

import pytest

from index.garbage import SELDOM, USUAL, seldom_collected


def look_for_what_is_not_there() -> None:
    assert gc.get_threshold()[0] == SELDOM
    raise ImportError


def test_it_is_as_before_afterwards_even_after_an_error() -> None:
    with pytest.raises(ImportError), seldom_collected():
        look_for_what_is_not_there()
    assert gc.get_threshold() == USUAL


def test_the_last_to_leave_ends_it() -> None:
    first, second = seldom_collected(), seldom_collected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == SELDOM
    second.__exit__(None, None, None)
    assert gc.get_threshold() == USUAL
