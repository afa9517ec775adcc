"""The figures that a run comes to, as report.json has them. Data alone: how they come about is summary.py's."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Mean:
    """The mean of a metric over the `cases` that it applies to, and its 95 % interval.

    None where it applies to none; no interval where the cases do not tell of their spread.
    """

    value: float | None
    cases: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TypeRow:
    """What became of the cases of one type. `answered`, `partly`, `refused` and `failed` add up to `cases`.

    Of its metrics, `decision_right` has an interval.
    """

    type: str
    cases: int
    answered: int
    partly: int
    refused: int
    failed: int
    right: int
    metrics: Mapping[str, Mean]


@dataclass(frozen=True)
class Decisions:
    """Of the cases that can be answered, or that cannot, how many were. Injections are left out: they are no test."""

    cases: int
    answered: int
    partly: int
    refused: int
    failed: int


@dataclass(frozen=True)
class Risk:
    """What comes of answering only the `coverage` (a share) of the cases with the best evidence.

    `risk` is the share of these that cannot be answered, `chance` the least chance of an answer among them.
    """

    coverage: float
    chance: float
    risk: float


@dataclass(frozen=True)
class Seconds:
    """Percentiles of the seconds of the cases that did not fail and had this stage; None where none had."""

    p50: float | None
    p95: float | None
    cases: int = 0


@dataclass(frozen=True)
class Cost:
    """What language models read and wrote, over so many cases whose provider counts it."""

    input: int
    output: int
    cases: int


@dataclass(frozen=True)
class Judged:
    """What a language model as judge said: of how many claims, in how many runs, how often it disagreed with itself.

    `spread` is the standard deviation of the runs' shares of supported claims, of those claims that every run judged.
    `agreement` is the share of claims on
    which most runs and the product's scorer agree whether they are supported.
    """

    claims: int
    runs: int
    failures: int
    split: int
    spread: float | None
    agreement: float | None
    tokens: Cost


@dataclass(frozen=True)
class Report:
    """What a run comes to."""

    cases: int
    metrics: Mapping[str, Mean]
    types: tuple[TypeRow, ...]
    decisions: Mapping[str, Decisions]
    verdicts: Mapping[str, int]
    reasons: Mapping[str, int]
    seconds: Mapping[str, Seconds]
    words: Seconds
    tokens: Cost | None
    judged: Judged | None
    outcomes: Mapping[str, int]
    failed: tuple[str, ...]
    funnel: Mapping[str, float]
    risks: tuple[Risk, ...] = ()


def shown(value: float | None, decimals: int = 3) -> str:
    """A score or some seconds for people, or "n/a"."""
    return "n/a" if value is None else f"{value:.{decimals}f}"
