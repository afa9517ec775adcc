"""How figures grow with the library: exponents, and where a limit lies if they go on like that."""

from collections.abc import Mapping

import numpy as np


def exponent(figures: Mapping[int, float]) -> float | None:
    """The b of figure = a × size^b, fitted to logarithms; None where fewer than two sizes are known, or one is not > 0.

    0 does not grow, 1 grows as the library does.
    """
    if len(figures) < 2 or min(figures.values()) <= 0:  # noqa: PLR2004  # two points
        return None
    slope, _ = np.polyfit(np.log(list(figures)), np.log(list(figures.values())), 1)
    return float(slope)


def reached_at(figures: Mapping[int, float], limit: float) -> float | None:
    """The size at which a limit is reached if each passage more goes on costing what it cost between the two largest.

    None where it never is, or fewer than two sizes are known. Beyond the largest size this is reckoned, not seen.
    """
    if len(figures) < 2:  # noqa: PLR2004  # two points
        return None
    before, largest = sorted(figures)[-2:]
    each = (figures[largest] - figures[before]) / (largest - before)
    return largest + (limit - figures[largest]) / each if each > 0 else None


def is_logarithmic(figures: Mapping[int, float], slack: float) -> bool | None:
    """Whether the last tenfold adds no more than the one before it, and some slack; None where it cannot be told.

    Needs three sizes, the last as many times the second as that is of the first, give or take a tenth.
    """
    known = sorted(figures)[-3:]
    if len(known) < 3 or not 0.9 < known[2] * known[0] / known[1] ** 2 < 1.1:  # noqa: PLR2004  # two steps alike
        return None
    first, second, third = (figures[size] for size in known)
    return third - second <= second - first + slack
