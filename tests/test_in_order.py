"""Threads share work out, and its results come in order; work is done one step ahead."""

import threading
from collections.abc import Iterator

import pytest

from index.in_order import ahead, in_order


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_values_whoever_is_done_first(threads: int) -> None:
    last = threading.Event()

    def doubled(value: int) -> int:
        if threads > 1 and value == 0:
            assert last.wait(10)  # for another thread, which is done with the next by then
        last.set()
        return 2 * value

    assert list(in_order(doubled, range(20), threads)) == [2 * value for value in range(20)]


def test_no_more_values_are_taken_than_memory_is_meant_for() -> None:
    taken: list[int] = []

    def values() -> Iterator[int]:
        for value in range(100):
            taken.append(value)
            yield value

    found = in_order(str, values(), 3)
    assert next(found) == "0"
    assert len(taken) == 7
    found.close()  # type: ignore[attr-defined]  # a generator, which its type does not tell
    assert len(taken) == 7


def test_every_thread_begins_as_it_is_told_to() -> None:
    begun: set[int] = set()
    found = in_order(lambda _: threading.get_ident(), range(9), 2, lambda: begun.add(threading.get_ident()))
    assert set(found) <= begun
    assert threading.get_ident() not in begun


def test_what_goes_wrong_is_raised_where_its_result_would_come() -> None:
    found = in_order(lambda number: 1 // number, (1, 0, 1), 2)
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_a_value_is_made_while_the_one_before_is_worked_on() -> None:
    making = threading.Event()

    def values() -> Iterator[int]:
        yield 1
        making.set()
        yield 2

    found = ahead(values())
    assert next(found) == 1
    assert making.wait(10)
    assert list(found) == [2]


def test_what_goes_wrong_ahead_is_raised_where_it_is_waited_for() -> None:
    found = ahead(1 // number for number in (1, 0))
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)
