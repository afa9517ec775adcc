"""How figures grow with the library: exponents, and where a limit lies if they go on like that."""

from collections.abc import Mapping

import numpy as np


def exponent(figures: Mapping[int, float]) -> float | None:
    """The b of figure = a × size^b, fitted to logarithms; None where fewer than two sizes are known, or one is not > 0.

    0 does not grow, 1 grows as the library does.
    """
    line = _line(figures)
    return None if line is None else line[0]


def reached_at(figures: Mapping[int, float], limit: float) -> float | None:
    """The size at which the fitted growth reaches a limit; None where it never does.

    Beyond the largest size that was measured this is reckoned, not seen.
    """
    line = _line(figures)
    if line is None or line[0] <= 0:
        return None
    return float(np.exp((np.log(limit) - line[1]) / line[0]))


def is_logarithmic(figures: Mapping[int, float], slack: float) -> bool | None:
    """Whether the last tenfold adds no more than the one before it, and some slack; None where it cannot be told.

    Needs three sizes, the last as many times the second as that is of the first, give or take a tenth.
    """
    known = sorted(figures)[-3:]
    if len(known) < 3 or not 0.9 < known[2] * known[0] / known[1] ** 2 < 1.1:  # noqa: PLR2004  # two steps alike
        return None
    first, second, third = (figures[size] for size in known)
    return third - second <= second - first + slack


def _line(figures: Mapping[int, float]) -> tuple[float, float] | None:
    if len(figures) < 2 or min(figures.values()) <= 0:  # noqa: PLR2004  # two points
        return None
    slope, offset = np.polyfit(np.log(list(figures)), np.log(list(figures.values())), 1)
    return float(slope), float(offset)
