"""Calibration: of what was foretold with about the same chance, how much came true? As a curve and as one error.

Knows nothing of who foretold what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Bin:
    """Forecasts of about the same chance: their mean, the share of them that came true, and how many they are."""

    forecast: float
    observed: float
    count: int


def reliability(forecasts: "ArrayLike", outcomes: "ArrayLike", bins: int) -> tuple[Bin, ...]:
    """The reliability curve, in bins of as many forecasts each, from the least chance to the greatest.

    Forecasts and outcomes have the shape (n,), all from 0 to 1. Equal forecasts share what came of them, so that the
    order in which they are given changes nothing, wherever a bin ends.
    """
    import numpy as np

    foretold, places = np.unique(np.asarray(forecasts, dtype=np.float64), return_inverse=True)
    counts = np.bincount(places)
    shared = np.bincount(places, weights=np.asarray(outcomes, dtype=np.float64)) / counts
    parts = np.array_split(np.repeat(np.arange(len(foretold)), counts), bins)
    return tuple(Bin(float(foretold[one].mean()), float(shared[one].mean()), len(one)) for one in parts if len(one))


def calibration_error(curve: Sequence[Bin]) -> float:
    """Expected calibration error of a curve whose bins are of equal mass (Nixon et al. 2019, arXiv:1904.01685)."""
    total = sum(one.count for one in curve)
    return sum(one.count * abs(one.forecast - one.observed) for one in curve) / total
