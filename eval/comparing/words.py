"""What is said of a comparison, in sentences, and of its numbers, for terminal and page alike.

Knows nothing of how a comparison came about, and of where the words are shown.
"""

import re
from collections.abc import Sequence

from eval.comparing.compare import ALPHA, Comparison, Cost, Difference, Verdict
from eval.comparing.pairs import Pair, sides
from eval.folder import RunFolder
from eval.intervals import CONFIDENCE, RESAMPLES, Interval

METHOD = (
    f"Each case is compared with itself. Intervals hold the true difference {CONFIDENCE:.0%} of the time: percentiles "
    f"of {RESAMPLES:,} draws of whole groups of cases. A difference is called clear if its interval leaves out 0 and "
    f"its p-value (groups change sign at random) is below {ALPHA} after adjustment for all metrics that moved "
    "(Benjamini and Hochberg); perhaps, if the interval alone says so. Seconds depend on the machine, and are not "
    "judged."
)

ORDER: tuple[Verdict, ...] = (
    "clearly worse",
    "clearly better",
    "perhaps worse",
    "perhaps better",
    "no clear difference",
)
FEW_GROUPS = 20
"""Below so many groups, percentile intervals are too narrow: of 95, about 91 hold what they should at 20."""
NAMED = 5
"""Metrics of each kind that the summary names; the table has all."""


def summary(comparison: Comparison) -> str:
    """What the metrics say, in a sentence or a few."""
    count = len(comparison.differences)
    moved = [(verdict, comparison.with_verdict(verdict)) for verdict in ORDER]
    told = [f"{verdict.capitalize()}: {_names(found)}." for verdict, found in moved if found]
    same = len(comparison.with_verdict("no difference"))
    if not count:
        return "Nothing to compare: none of the metrics applies to a case in both runs."
    if not told:
        return f"No difference: {_counted(count, 'metric')} the same on every one of {_some(len(comparison.pairs))}."
    return " ".join([*told, f"No difference in {same} of {count} metrics."])


def moved_metrics(comparison: Comparison) -> list[Difference]:
    """The metrics that any case differs in, what is clearest first, otherwise in the order of reports."""
    return [one for verdict in ORDER for one in comparison.with_verdict(verdict)]


def notes(comparison: Comparison) -> list[str]:
    """What a reader should know before believing the figures, a sentence each."""
    moved = moved_metrics(comparison)
    uneven = [
        f"{one.metric} applies to {_some(one.applied[0])} before and to {one.applied[1]} after; "
        f"compared: {_some(one.cases)} to which it applies in both."
        for one in moved
        if set(one.applied) != {one.cases}
    ]
    return [*comparison.warnings, *_failed(comparison.pairs), *_thin(moved), *uneven]


def signed(value: float) -> str:
    """A difference for people."""
    return f"{value:+.3f}"


def between(interval: Interval | None) -> str:
    """An interval for people, or "n/a"."""
    return "n/a" if interval is None else f"{signed(interval.low)} to {signed(interval.high)}"


def cost_told(cost: Cost) -> str:
    """A cost in a sentence."""
    times = "" if cost.ratio is None else f", × {cost.ratio:.2f}"
    return f"{cost.name[0].upper()}{cost.name[1:]}: {cost.before:.4g} before, {cost.after:.4g} after{times}."


def others(comparison: Comparison) -> str:
    """What is to be said of cases that got neither better nor worse."""
    return (
        f"With the same outcome but other scores: {_some(len(comparison.moved))}. "
        f"Answers that read differently: {comparison.reworded} of {len(comparison.pairs)}."
    )


def typeset(words: str) -> str:
    """With true minus signs."""
    return re.sub(r"-(?=\d)", "\N{MINUS SIGN}", words)


def run_told(run: RunFolder) -> str:
    """Which run it is."""
    sets = ", ".join(one["name"] for one in run.manifest["sets"])
    started = run.manifest["started"][:16].replace("T", " ")
    return f"{run.folder} ({sets}; {run.manifest['answerer']}; {started} UTC)"


def _failed(pairs: Sequence[Pair]) -> list[str]:
    before, after = (sum(bool(row["error"]) for row in rows) for rows in sides(pairs))
    if not (before or after):
        return []
    return [f"{before} of {_some(len(pairs))} failed before and {after} after; they count as wrong."]


def _thin(differences: Sequence[Difference]) -> list[str]:
    thin = [one.groups for one in differences if one.groups < FEW_GROUPS]
    if not thin:
        return []
    told = (
        f"{len(thin)} of the metrics that moved rest on fewer than {FEW_GROUPS} groups of cases, the least on "
        f"{min(thin)}; their intervals are somewhat too narrow."
    )
    return [told]


def _names(differences: Sequence[Difference]) -> str:
    more = f" and {len(differences) - NAMED} more" if len(differences) > NAMED else ""
    return ", ".join(f"{one.metric} ({signed(one.difference)})" for one in differences[:NAMED]) + more


def _some(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases} cases"


def _counted(count: int, thing: str) -> str:
    return f"the one {thing} is" if count == 1 else f"all {count} {thing}s are"
