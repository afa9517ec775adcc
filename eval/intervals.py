"""How far a figure can be trusted: 95 % intervals and p-values that keep together what belongs together.

Questions on one story stand or fall together, so whole groups are drawn again, not cases: the cluster bootstrap
(Davison and Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8; Field and Welsh, *Bootstrapping
Clustered Data*, JRSS B 69, 2007), with percentile intervals, by `scipy.stats`. Numbers are drawn from a fixed seed and
groups are taken in the order of their names, so the same rows give the same interval, whatever order they come in.
Knows nothing of metrics, of runs and of files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]

CONFIDENCE = 0.95
"""How often such an interval holds what it is about, were the set drawn again."""
RESAMPLES = 9_999
"""Draws for an interval or a p-value: scipy's own choice. Its ends then vary by about 1 % of the interval's length."""
SLOW_RESAMPLES = 1_999
"""Draws for a statistic that is computed again from the rows of each."""
SEED = 20_240_401
"""Any number will do, as long as it stays."""
MOST_UNDEFINED = 0.05
"""The share of draws that may leave a statistic undefined; an interval of the rest would tell of easier sets alone."""

_BATCH = 500
"""Draws held in memory at once."""


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        """Whether a value lies in it, ends included."""
        return self.low <= value <= self.high


def mean_interval(values: Sequence[float], groups: Sequence[str]) -> Interval | None:
    """The interval of the mean of scores from 0 to 1, each of which belongs to a group.

    Where all are 0, or all 1, every draw is the same and the bootstrap says nothing; Wilson's interval (*Probable
    Inference*, JASA 22, 1927) of the share of groups stands in its place. None where the groups say nothing of their
    spread: without any, of one alone, or where all have the same mean in between. Raises `ValueError` for unequal
    lengths.
    """
    sums, counts = _by_group(values, groups)
    if len(sums) < 2:  # noqa: PLR2004  # one group is one observation
        return None
    means = set((sums / counts).round(_DECIMALS).tolist())
    if len(means) > 1:
        return _ratio_interval(sums, counts)
    (mean,) = means
    return _wilson(mean, len(sums)) if mean in (0, 1) else None


def difference_interval(before: Sequence[float], after: Sequence[float], groups: Sequence[str]) -> Interval | None:
    """The interval of the mean of after - before, the same cases in both.

    From 0 to 0 where no case differs. None without any case, or with those of one group alone that do differ: one
    observation says nothing of its spread. Raises `ValueError` for unequal lengths.
    """
    differences = _differences(before, after)
    if not differences:
        return None
    if not any(differences):
        return Interval(0.0, 0.0)
    sums, counts = _by_group(differences, groups)
    return _ratio_interval(sums, counts) if len(sums) > 1 else None


def difference_p_value(before: Sequence[float], after: Sequence[float], groups: Sequence[str]) -> float:
    """How likely so large a mean difference is, up or down, if it were chance which run did better on a group.

    The paired randomisation test (Fisher, *The Design of Experiments*, 1935; recommended for retrieval by Smucker,
    Allan and Carterette, *A Comparison of Statistical Significance Tests for IR Evaluation*, CIKM 2007), a group's
    difference as a whole changing its sign; exact where few groups differ. 1 where at most one does.
    Raises `ValueError` for unequal lengths.
    """
    import numpy as np
    from scipy.stats import permutation_test

    sums, _ = _by_group(_differences(before, after), groups)
    differing = np.round(sums, _DECIMALS)
    differing = differing[differing != 0]  # a change of sign changes no other
    if len(differing) < 2:  # noqa: PLR2004  # one sign changed is as large a difference, and none is none
        return 1.0
    drawn = permutation_test(
        (differing,),
        np.sum,
        permutation_type="samples",
        n_resamples=RESAMPLES,
        batch=_BATCH,
        vectorized=True,
        axis=-1,
        rng=np.random.default_rng(SEED),
    )
    return float(drawn.pvalue)


def statistic_interval(
    statistic: Callable[..., float], columns: Sequence["ArrayLike"], groups: Sequence[str]
) -> Interval | None:
    """The interval of any statistic of some columns, which it is given as arrays of equal length.

    Each draw takes whole groups with all their rows. `statistic` gives NaN where it is not defined, as an AUC without
    negatives; such draws are left out. None where they are more than `MOST_UNDEFINED`, and of one group or none.
    Raises `ValueError` for unequal lengths.
    """
    import numpy as np

    arrays = [np.asarray(column) for column in columns]
    members = _members(groups)
    if any(len(array) != len(groups) for array in arrays):
        raise ValueError(f"columns of {[len(array) for array in arrays]} rows for {len(groups)} groups' names")
    if len(members) < 2:  # noqa: PLR2004  # as above
        return None

    def of_groups(drawn: "NDArray[np.int64]") -> float:
        rows = np.concatenate([members[number] for number in drawn])
        return float(statistic(*(array[rows] for array in arrays)))

    draws = np.random.default_rng(SEED).integers(len(members), size=(SLOW_RESAMPLES, len(members)))
    values = np.array([of_groups(drawn) for drawn in draws])
    defined = values[np.isfinite(values)]
    if len(defined) < (1 - MOST_UNDEFINED) * len(values):
        return None
    outside = 100 * (1 - CONFIDENCE) / 2
    return Interval(*np.percentile(defined, [outside, 100 - outside]).tolist())


_DECIMALS = 9
"""Beyond these lies what adding floating-point numbers leaves over: an end at 0 would be beside it."""


def _differences(before: Sequence[float], after: Sequence[float]) -> list[float]:
    return [new - old for old, new in zip(before, after, strict=True)]


def _by_group(values: Sequence[float], groups: Sequence[str]) -> tuple["Numbers", "Numbers"]:
    """The sum and the number of each group's values, groups in the order of their names."""
    import numpy as np

    _, places = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sums = np.bincount(places, weights=np.asarray(values, dtype=np.float64))
    return sums.astype(np.float64), np.bincount(places).astype(np.float64)


def _members(groups: Sequence[str]) -> list["NDArray[np.int64]"]:
    """The rows of each group."""
    import numpy as np

    _, places = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1]) if len(places) else []


def _ratio_interval(sums: "Numbers", counts: "Numbers") -> Interval:
    """The interval of the mean over all values: what the groups that were drawn add up to, by how many they hold."""
    import numpy as np
    from scipy.stats import bootstrap

    def mean(sums: "Numbers", counts: "Numbers", axis: int) -> Any:
        return sums.sum(axis=axis) / counts.sum(axis=axis)

    drawn = bootstrap(
        (sums, counts),
        mean,
        paired=True,
        vectorized=True,
        axis=-1,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Interval(round(float(drawn.low), _DECIMALS), round(float(drawn.high), _DECIMALS))


def _wilson(share: float, groups: int) -> Interval:
    from scipy.stats import binomtest

    found = binomtest(round(share * groups), groups).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(found.low), float(found.high))
