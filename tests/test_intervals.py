"""Intervals keep groups together, say the same of the same rows, and say nothing where nothing is known."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from eval.intervals import Interval, difference_interval, difference_p_value, mean_interval, statistic_interval

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=40)
HALF = [0.0, 1.0] * 20


def apart(values: Sequence[float]) -> list[str]:
    """A group for each value."""
    return [f"group {place}" for place in range(len(values))]


def length(interval: Interval | None) -> float:
    assert interval is not None
    return interval.high - interval.low


@given(SCORES, st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_an_interval_of_scores_holds_their_mean_and_lies_in_0_to_1(values: list[float], size: int) -> None:
    interval = mean_interval(values, [str(place // size) for place in range(len(values))])
    if interval is not None:
        assert interval.low - 1e-9 <= np.mean(values) <= interval.high + 1e-9
        assert 0 <= interval.low <= interval.high <= 1


@given(SCORES, st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(values: list[float], random: Random) -> None:
    rows = list(zip(values, apart(values), strict=True))
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert mean_interval(*map(list, zip(*rows, strict=True))) == mean_interval(*map(list, zip(*shuffled, strict=True)))


def test_of_independent_cases_it_is_about_as_long_as_theory_says() -> None:
    expected = 2 * 1.96 * math.sqrt(0.25 / len(HALF))
    assert length(mean_interval(HALF, apart(HALF))) == pytest.approx(expected, rel=0.1)


def test_cases_that_stand_or_fall_together_count_as_one() -> None:
    fourfold = [value for value in HALF for _ in range(4)]
    groups = [group for group in apart(HALF) for _ in range(4)]
    assert mean_interval(fourfold, groups) == mean_interval(HALF, apart(HALF))
    assert length(mean_interval(fourfold, groups)) > 1.8 * length(mean_interval(fourfold, apart(fourfold)))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_all_are_right_or_all_wrong_it_is_wilsons_interval_of_the_groups(value: float) -> None:
    groups = [str(place // 2) for place in range(20)]
    wilson = binomtest(int(value * 10), 10).proportion_ci(method="wilson")
    assert mean_interval([value] * 20, groups) == Interval(wilson.low, wilson.high)


def test_nothing_is_said_of_no_case_of_one_group_or_of_cases_all_alike_in_between() -> None:
    assert mean_interval([], []) is None
    assert mean_interval([0.0, 1.0, 1.0], ["a"] * 3) is None
    assert mean_interval([0.5] * 5, apart([0.5] * 5)) is None


def test_groups_of_one_mean_say_nothing_of_their_spread_though_their_cases_differ() -> None:
    assert mean_interval([0, 1, 0, 1], ["a", "a", "b", "b"]) is None
    assert mean_interval([0, 1, 1, 1], ["a", "a", "b", "b"]) is not None


def test_columns_of_unequal_length_are_an_error() -> None:
    with pytest.raises(ValueError, match="length"):
        mean_interval([0.0, 1.0], ["a"])
    with pytest.raises(ValueError, match="shorter"):
        difference_interval([0.0, 1.0], [1.0], ["a", "b"])
    with pytest.raises(ValueError, match="rows"):
        statistic_interval(np.mean, [[0.0]], ["a", "b"])


def test_a_run_does_not_differ_from_itself() -> None:
    assert difference_interval(HALF, HALF, apart(HALF)) == Interval(0, 0)
    assert difference_p_value(HALF, HALF, apart(HALF)) == 1


def test_a_paired_difference_is_told_from_cases_that_merely_vary() -> None:
    """Cases vary from 0 to 1, but each gets better by about 0.1: the pairs show it, the two means would not."""
    before = np.linspace(0, 0.8, 30)
    after = before + 0.1 + 0.05 * np.sin(np.arange(30))
    interval = difference_interval(before.tolist(), after.tolist(), apart(HALF[:30]))
    assert interval is not None
    assert 0.08 < interval.low < 0.1 < interval.high < 0.12


def test_swapping_the_runs_turns_the_difference_round() -> None:
    after = [1.0] * 30 + HALF[:10]
    forth = difference_interval(HALF, after, apart(HALF))
    back = difference_interval(after, HALF, apart(HALF))
    assert forth is not None
    assert back is not None
    assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low), abs=0.03)
    assert difference_p_value(HALF, after, apart(HALF)) == difference_p_value(after, HALF, apart(HALF))


def test_one_group_that_differs_says_nothing_of_chance() -> None:
    after = [1.0, *HALF[1:]]
    assert difference_p_value(HALF, after, apart(HALF)) == 1
    assert difference_interval([0.0, 0.0], [1.0, 1.0], ["a", "a"]) is None


def test_the_p_value_of_few_groups_is_exact() -> None:
    """Of five groups that all got better, 2 of the 2⁵ changes of sign are as extreme."""
    zeros, ones = [0.0] * 10, [1.0] * 10
    groups = [str(place // 2) for place in range(10)]
    assert difference_p_value(zeros, ones, groups) == pytest.approx(2 / 32)


def test_differences_that_cancel_within_a_group_are_none() -> None:
    assert difference_p_value([0.0, 1.0, 0.1, 0.2], [1.0, 0.0, 0.2, 0.1], ["a", "a", "b", "b"]) == 1


def test_any_statistic_has_an_interval_and_the_means_is_like_the_other() -> None:
    found = statistic_interval(np.mean, [HALF], apart(HALF))
    other = mean_interval(HALF, apart(HALF))
    assert found is not None
    assert other is not None
    assert (found.low, found.high) == pytest.approx((other.low, other.high), abs=0.03)


def test_a_statistic_is_given_whole_groups_and_its_columns_side_by_side() -> None:
    seen = []

    def statistic(
        labels: "np.ndarray[tuple[int], np.dtype[np.int64]]", scores: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    ) -> float:
        seen.append((len(labels), bool((scores == labels / 10).all())))
        return float(scores.mean())

    labels = list(range(6))
    statistic_interval(statistic, [labels, [label / 10 for label in labels]], ["a", "b", "a", "b", "a", "b"])
    assert set(seen) == {(6, True)}


def test_draws_that_leave_a_statistic_undefined_are_left_out_if_they_are_few() -> None:
    def only_of_both_kinds(labels: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        return float(labels.mean()) if 0 < labels.mean() < 1 else math.nan

    assert statistic_interval(only_of_both_kinds, [HALF], apart(HALF)) is not None
    rare = [1.0] + [0.0] * 9
    assert statistic_interval(only_of_both_kinds, [rare], apart(rare)) is None


def test_a_statistic_of_one_group_or_of_none_has_no_interval() -> None:
    assert statistic_interval(np.mean, [[0.0, 1.0]], ["a", "a"]) is None
    assert statistic_interval(np.mean, [[]], []) is None
