"""While something is imported, garbage is seldom looked for; afterwards as often, but not in what is to stay."""

import gc
import weakref

import pytest

from index.garbage import SELDOM, USUAL, leave_alone, seldom_collected


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


def test_what_is_to_stay_is_looked_through_no_more_and_what_comes_afterwards_is() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.own = self

    before = weakref.ref(Cycle())
    staying = [[number] for number in range(1000)]
    leave_alone()
    try:
        assert before() is None
        assert not any(one is staying for one in gc.get_objects())
        after = weakref.ref(Cycle())
        gc.collect()
        assert after() is None
    finally:
        gc.unfreeze()
