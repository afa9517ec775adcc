"""eval.calibration: a curve and an error by hand, and forecasts that are equal, as scores often are."""

import pytest

from eval.calibration import Bin, calibration_error, reliability


def test_a_curve_and_its_error_are_as_by_hand() -> None:
    curve = reliability([0.75, 0.25, 1.0, 0.5], [True, False, True, True], 2)
    assert curve == (Bin(0.375, 0.5, 2), Bin(0.875, 1.0, 2))
    assert calibration_error(curve) == 0.125


def test_more_bins_than_forecasts_leave_no_empty_ones() -> None:
    assert [one.count for one in reliability([0.5, 0.6, 0.7], [0, 1, 1], 10)] == [1, 1, 1]


def test_equal_forecasts_share_what_came_of_them_whatever_their_order() -> None:
    outcomes = [True] * 60 + [False] * 40
    sorted_by_outcome = reliability([0.79] * 100, outcomes, 10)
    assert reliability([0.79] * 100, [*outcomes[::2], *outcomes[1::2]], 10) == sorted_by_outcome
    assert [one.observed for one in sorted_by_outcome] == [pytest.approx(0.6)] * 10
    assert calibration_error(sorted_by_outcome) == pytest.approx(0.19)


def test_a_tie_that_a_bin_ends_in_is_shared_by_both_bins() -> None:
    first, second = reliability([0.2, 0.8, 0.8, 0.8], [0, 1, 0, 0], 2)
    assert first.observed == pytest.approx(1 / 6)
    assert second.observed == pytest.approx(1 / 3)
