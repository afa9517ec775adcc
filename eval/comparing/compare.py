"""Two runs side by side: what was run differently, how far every metric moved, and which cases did.

Cases are paired by set and id, so that each is compared with itself. A metric's difference has an interval and a
p-value from intervals.py. Many metrics are looked at together, so the p-values are adjusted (Benjamini and Hochberg,
*Controlling the False Discovery Rate*, JRSS B 57, 1995) over the metrics in which any case differs: the others can
give no false alarm. Knows nothing of terminals, of pages and of how a run came about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median
from typing import Literal

from eval.comparing.manifest_changes import Change, changes_between
from eval.comparing.pairs import Pair, paired, sides, strangers
from eval.folder import RunFolder
from eval.intervals import Interval, difference_interval, difference_p_value
from eval.scoring.metrics import METRICS

Verdict = Literal[
    "no difference", "no clear difference", "perhaps better", "perhaps worse", "clearly better", "clearly worse"
]

ALPHA = 0.05
"""Below this, an adjusted p-value makes a difference clear."""


@dataclass(frozen=True)
class Difference:
    """How far a metric moved: its means over the `cases` that it applies to in both runs, and what to make of it.

    The cases are of so many `groups`. `applied` counts the cases that it applies to in each run. The interval is None
    where the cases say nothing of it.
    """

    metric: str
    before: float
    after: float
    cases: int
    groups: int
    applied: tuple[int, int]
    interval: Interval | None
    p_value: float
    adjusted_p_value: float
    verdict: Verdict

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def is_better(self) -> bool | None:
        """Whether it moved in the better direction; None where it did not move."""
        return None if self.difference == 0 else (self.difference > 0) == is_better_higher(self.metric)


@dataclass(frozen=True)
class Cost:
    """What answers cost, before and after, over the pairs for which both runs tell it."""

    name: str
    before: float
    after: float
    cases: int

    @property
    def ratio(self) -> float | None:
        """After by before; None where it cost nothing before."""
        return self.after / self.before if self.before else None


@dataclass(frozen=True)
class Comparison:
    """Two runs compared. `left_out` names metrics that only one run has, or that apply to no case in both."""

    before: RunFolder
    after: RunFolder
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...]
    costs: tuple[Cost, ...]

    @cached_property
    def better(self) -> list[Pair]:
        """The cases with a better outcome, those first that got better by more."""
        return sorted((pair for pair in self.pairs if pair.improvement > 0), key=lambda pair: -pair.improvement)

    @cached_property
    def worse(self) -> list[Pair]:
        """The cases with a worse outcome, those first that got worse by more."""
        return sorted((pair for pair in self.pairs if pair.improvement < 0), key=lambda pair: pair.improvement)

    @cached_property
    def moved(self) -> list[Pair]:
        """The cases with the same outcome but other scores."""
        return [pair for pair in self.pairs if pair.improvement == 0 and pair.moved_scores]

    @cached_property
    def reworded(self) -> int:
        """How many answers read differently."""
        return sum(pair.before["answer"] != pair.after["answer"] for pair in self.pairs)

    def with_verdict(self, *verdicts: Verdict) -> list[Difference]:
        """The differences of which one of these is said."""
        return [difference for difference in self.differences if difference.verdict in verdicts]


def compare(before: RunFolder, after: RunFolder, metrics: Sequence[str] = ()) -> Comparison:
    """Compare two runs, in some metrics or in all. Raises `EvalError` where no case is in both."""
    pairs, warnings = paired(before, after)
    if not pairs:
        raise strangers(before.folder, after.folder)
    names = [name for name in METRICS if name in metrics or not metrics]
    measured = {name: _scores_of(pairs, name) for name in names}
    return Comparison(
        before=before,
        after=after,
        changes=changes_between(before.manifest, after.manifest),
        warnings=(*_doubts(before), *_doubts(after), *_other_sets(before, after), *warnings),
        pairs=tuple(pairs),
        differences=_differences({name: values for name, values in measured.items() if values}, pairs),
        left_out=tuple(name for name, values in measured.items() if not values),
        costs=tuple(_costs(pairs)),
    )


def is_better_higher(name: str) -> bool:
    """Whether a higher mean of a metric is the better one."""
    return METRICS[name].higher_is_better


_Scores = list[tuple[float, float, str]]
"""The scores of cases before and after, and the group of each."""


def _doubts(run: RunFolder) -> list[str]:
    told = []
    if not run.is_finished:
        told.append(f"{run.folder} was stopped after {len(run.rows)} of {run.manifest['cases']} cases.")
    if run.manifest.get("rebuilt"):
        told.append(f"The index was rebuilt during {run.folder}, so its answers may come from different texts.")
    return told


def _other_sets(before: RunFolder, after: RunFolder) -> list[str]:
    """Sets of one name with other bytes."""
    old = {one["name"]: one["sha256"] for one in before.manifest["sets"]}
    return [
        f"The set {one['name']} was changed between the two runs."
        for one in after.manifest["sets"]
        if old.get(one["name"], one["sha256"]) != one["sha256"]
    ]


def _scores_of(pairs: Sequence[Pair], name: str) -> _Scores:
    """A metric's scores over the cases that it applies to in both runs."""
    scores = [(pair.before["scores"].get(name), pair.after["scores"].get(name), pair.after["group"]) for pair in pairs]
    return [(old, new, group) for old, new, group in scores if old is not None and new is not None]


def _differences(measured: Mapping[str, _Scores], pairs: Sequence[Pair]) -> tuple[Difference, ...]:
    columns = {name: tuple(zip(*scores, strict=True)) for name, scores in measured.items()}
    p_values = {name: difference_p_value(*of) for name, of in columns.items() if of[0] != of[1]}
    adjusted = _adjusted(p_values)
    found = []
    for name, (old, new, groups) in columns.items():
        interval = difference_interval(old, new, groups)
        chance = adjusted.get(name, 1.0)
        is_good = (fmean(new) > fmean(old)) == is_better_higher(name)
        found.append(
            Difference(
                metric=name,
                before=fmean(old),
                after=fmean(new),
                cases=len(old),
                groups=len(set(groups)),
                applied=_applied(pairs, name),
                interval=interval,
                p_value=p_values.get(name, 1.0),
                adjusted_p_value=chance,
                verdict=_verdict(old == new, interval, chance, is_good),
            )
        )
    return tuple(found)


def _adjusted(p_values: Mapping[str, float]) -> dict[str, float]:
    from scipy.stats import false_discovery_control

    if not p_values:
        return {}
    return dict(zip(p_values, false_discovery_control(list(p_values.values())).tolist(), strict=True))


def _applied(pairs: Sequence[Pair], name: str) -> tuple[int, int]:
    before = sum(pair.before["scores"].get(name) is not None for pair in pairs)
    return before, sum(pair.after["scores"].get(name) is not None for pair in pairs)


def _verdict(is_same: bool, interval: Interval | None, chance: float, is_good: bool) -> Verdict:
    """What to make of a difference: clear only if its interval leaves out 0 and it would be a rare chance as well."""
    if is_same:
        return "no difference"
    if interval is None or 0 in interval:
        return "no clear difference"
    if chance < ALPHA:
        return "clearly better" if is_good else "clearly worse"
    return "perhaps better" if is_good else "perhaps worse"


def _costs(pairs: Sequence[Pair]) -> list[Cost]:
    worked = [pair for pair in pairs if not (pair.before["error"] or pair.after["error"])]
    told = [pair for pair in worked if pair.before["tokens"] and pair.after["tokens"]]
    costs = []
    if worked:
        old, new = ([run["seconds"]["total"] for run in runs] for runs in sides(worked))
        costs.append(Cost("seconds a case (p50)", median(old), median(new), len(worked)))
    for kind in ("input", "output") if told else ():
        old, new = ([run["tokens"][kind] for run in runs] for runs in sides(told))
        costs.append(Cost(f"{kind} tokens a case", fmean(old), fmean(new), len(told)))
    return costs
