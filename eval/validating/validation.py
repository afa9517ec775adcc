"""Validation: how well a scorer of support agrees with people, and how many corruptions of true sentences it catches.

Owns the figures, each with its 95 % interval; groups stay together in them. Where labels are all of one kind, what
needs both is None, never NaN. Knows nothing of how a scorer comes to its scores, of files and of pages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from eval.calibration import Bin, calibration_error, reliability
from eval.intervals import Interval, mean_interval, statistic_interval
from eval.validating.corruption import FORMS, KINDS, Trial
from eval.validating.labels import Label
from rag.grounding import PARTLY, SUPPORTED, Support, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]
    Labels = NDArray[np.bool_]

BINS = 10
"""Bins of the calibration error and of the reliability curve, of as many sentences each."""
FALSE_ALARMS = 0.1
"""The share of true retold sentences that may be called false where scorers are compared."""
SHOWN_MISSES = 5
BOTH = 2


@dataclass(frozen=True)
class Figure:
    """A figure over `count` sentences with its interval; None where it is not defined."""

    value: float | None
    count: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Agreement:
    """A scorer against people: figures by name, how often each verdict is right, and the reliability curve.

    Under each verdict stands the share of its sentences that people found supported.
    """

    sentences: int
    supported: int
    groups: int
    figures: Mapping[str, Figure]
    verdicts: Mapping[str, Figure]
    curve: tuple[Bin, ...]


@dataclass(frozen=True)
class Catch:
    """The share of one kind of corruption that is caught, at the product's threshold and at `FALSE_ALARMS`."""

    kind: str
    form: str
    at_product: Figure
    at_false_alarms: Figure


@dataclass(frozen=True)
class Miss:
    """A corrupted sentence that passed, with its passage and what the story says."""

    trial: Trial
    score: float


@dataclass(frozen=True)
class Perturbation:
    """What became of the trials. `threshold` is the score below which a tenth of the true retold sentences lie.

    `alarms` are the shares of true sentences that are not "supported", by form.
    """

    trials: int
    stories: int
    threshold: float | None
    alarms: Mapping[str, Figure]
    catches: tuple[Catch, ...]
    misses: tuple[Miss, ...]


def agreement(labels: Sequence[Label], supports: Sequence[Support]) -> Agreement:
    """How well supports agree with the labels of the same sentences."""
    import numpy as np

    scores = np.array([one.score for one in supports])
    truth = np.array([one.supported for one in labels])
    groups = [one.group for one in labels]
    judged = list(zip(labels, supports, strict=True))
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    return Agreement(
        sentences=len(labels),
        supported=int(truth.sum()),
        groups=len(set(groups)),
        figures={
            **{name: _figure(statistic, scores, truth, groups) for name, statistic in STATISTICS.items()},
            "brier": _mean([((one.score - label.supported) ** 2, label.group) for label, one in judged]),
        },
        verdicts={
            verdict: _mean([(float(label.supported), label.group) for label, one in judged if one.verdict == verdict])
            for verdict in verdicts
        },
        curve=reliability(scores, truth, BINS),
    )


def perturbation(trials: Sequence[Trial], supports: Sequence[Support]) -> Perturbation:
    """What became of trials, given the support that each got."""
    threshold = _threshold([one.score for trial, one in zip(trials, supports, strict=True) if _is_retold_truth(trial)])
    judged = list(zip(trials, supports, strict=True))
    return Perturbation(
        trials=len(trials),
        stories=len({trial.story for trial in trials}),
        threshold=threshold,
        alarms={
            form: _mean(
                [(_is_caught(one), trial.story) for trial, one in judged if trial.is_true and trial.form == form]
            )
            for form in FORMS
        },
        catches=tuple(_catch(judged, kind, form, threshold) for form in FORMS for kind in KINDS),
        misses=tuple(miss for kind in KINDS for miss in _typical_misses(judged, kind)),
    )


def _calibration_error(scores: "Scores", labels: "Labels") -> float:
    return calibration_error(reliability(scores, labels, BINS))


def _auc(scores: "Scores", labels: "Labels") -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores)) if len(set(labels.tolist())) == BOTH else float("nan")


def _balanced_accuracy(threshold: float) -> Callable[["Scores", "Labels"], float]:
    def statistic(scores: "Scores", labels: "Labels") -> float:
        from sklearn.metrics import balanced_accuracy_score

        both = len(set(labels.tolist())) == BOTH
        return float(balanced_accuracy_score(labels, scores >= threshold)) if both else float("nan")

    return statistic


STATISTICS: Mapping[str, Callable[["Scores", "Labels"], float]] = {
    "auc": _auc,
    "balanced_accuracy": _balanced_accuracy(SUPPORTED),
    "balanced_accuracy_partly": _balanced_accuracy(PARTLY),
    "calibration_error": _calibration_error,
}
"""The figures of agreement that are no means, by name."""


def _figure(
    statistic: Callable[["Scores", "Labels"], float], scores: "Scores", labels: "Labels", groups: Sequence[str]
) -> Figure:
    value = statistic(scores, labels)
    if value != value:  # noqa: PLR0124  # so a number that is none tells itself
        return Figure(None, len(labels))
    interval = statistic_interval(statistic, (scores, labels), groups)
    return _within(value, len(labels), interval)


def _mean(values: "Sequence[tuple[float, str]]") -> Figure:
    """The mean of values that each belong to a group."""
    if not values:
        return Figure(None, 0)
    numbers, groups = zip(*values, strict=True)
    return _within(sum(numbers) / len(numbers), len(numbers), mean_interval(numbers, groups))


def _within(value: float, count: int, interval: Interval | None) -> Figure:
    return Figure(value, count, interval.low, interval.high) if interval else Figure(value, count)


def _is_retold_truth(trial: Trial) -> bool:
    return trial.is_true and trial.form == FORMS[1]


def _is_caught(found: Support) -> bool:
    return found.verdict != "supported"


def _threshold(scores: Sequence[float]) -> float | None:
    """The largest score with at most `FALSE_ALARMS` of the scores below it."""
    return sorted(scores)[int(FALSE_ALARMS * len(scores))] if scores else None


def _catch(judged: Sequence[tuple[Trial, Support]], kind: str, form: str, threshold: float | None) -> Catch:
    of_kind = [(trial.story, found) for trial, found in judged if trial.kind == kind and trial.form == form]
    return Catch(
        kind,
        form,
        _mean([(_is_caught(found), story) for story, found in of_kind]),
        Figure(None, len(of_kind))
        if threshold is None
        else _mean([(found.score < threshold, story) for story, found in of_kind]),
    )


def _typical_misses(judged: Sequence[tuple[Trial, Support]], kind: str) -> list[Miss]:
    """Of the corruptions of a kind that pass as supported, retold ones if any, those with the most middling scores."""
    passed = [Miss(trial, found.score) for trial, found in judged if trial.kind == kind and not _is_caught(found)]
    retold = [miss for miss in passed if miss.trial.form == FORMS[1]] or passed
    scores = sorted(miss.score for miss in retold)
    nearest = sorted(retold, key=lambda miss: abs(miss.score - scores[len(scores) // 2]))
    of_each_story = list({miss.trial.story: miss for miss in reversed(nearest)}.values())[::-1]
    rest = [miss for miss in nearest if miss not in of_each_story]
    return [*of_each_story, *rest][:SHOWN_MISSES]
