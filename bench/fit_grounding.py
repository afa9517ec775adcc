"""Fit the weights of `rag/grounding.py`: which features tell a sentence that its passages support.

    python -m bench.fit_grounding --data FOLDER

FOLDER holds `ragtruth_qa_train.jsonl.gz`, one answer a line (`question_id`, `passages`, `response`, `sentences` with
`start`, `end`, `supported`), and `wice_claims_dev.jsonl.gz`, one claim a line (`id`, `claim`, `evidence`, `supported`).

A logistic regression, cross-validated by question (RAGTruth) and by claim (WiCE); every figure but the weights is
out of fold. People seldom judged a sentence copied but for one wrong detail, so such sentences are made from
RAGTruth's supported ones, and learnt from with a small weight; they are in no figure but their own. Prints the same
every time; the rate, which depends on the machine, goes to stderr.
"""

import argparse
import gzip
import json
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import balanced_accuracy_score, roc_auc_score  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

from eval.validating.validation import calibration_error
from rag.comparison import compare
from rag.contradiction import OPPOSITES
from rag.grounding import PARTLY, SUPPORTED, WEIGHTS, support

Array = npt.NDArray[np.float64]

RAGTRUTH, WICE = "RAGTruth-QA", "WiCE"
SAMPLE_WEIGHT = {RAGTRUTH: 1.0, WICE: 10.0, "number": 0.03, "name": 0.04, "denial": 0.03, "opposite": 0.02}
"""What a sample counts in the fit; for every claim of WiCE there are 82 sentences of RAGTruth."""
FOLDS = 5
DRAWS = 300
SEED = 20_260_101
FEWEST_WORDS, MOSTLY = 5, 0.75
"""Sentences of fewer words, or with a smaller share of them in the passages, are not altered."""
STRANGERS = ("Tamsin", "Corvane", "Bellhaven", "Ruskova", "Ottoline", "Marchetti", "Zephyra", "Haldane", "Quillon")
PAIRS, PASSAGE_WORDS = 2_000, 110


@dataclass(frozen=True)
class Sample:
    """A sentence with its passages and what people said of it; `kind` is its set, or how it was altered."""

    kind: str
    group: str
    sentence: str
    passages: tuple[str, ...]
    is_supported: bool


@dataclass(frozen=True)
class Table:
    """Samples as columns: kinds, groups and labels, shape (samples,), and features, shape (samples, features)."""

    kinds: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    labels: npt.NDArray[np.bool_]
    features: Array


def main() -> None:
    """Read, compare, cross-validate, fit on all, print."""
    folder = _parser().parse_args().data
    samples = [*read_ragtruth(folder / "ragtruth_qa_train.jsonl.gz"), *read_wice(folder / "wice_claims_dev.jsonl.gz")]
    samples += altered(samples)
    table = tabulate(samples)
    scores = out_of_fold(table)
    print_comparison(table, scores, baselines(samples))
    print_thresholds(table, scores)
    print_altered(table, scores)
    print_weights(*fit(table))
    print(f"{rate(samples):.0f} pairs a second on one core", file=sys.stderr)


def read_ragtruth(file: Path) -> Iterator[Sample]:
    """The sentences of language models' answers, in groups by question."""
    for line in _lines(file):
        for sentence in line["sentences"]:
            text = line["response"][sentence["start"] : sentence["end"]]
            yield Sample(RAGTRUTH, line["question_id"], text, tuple(line["passages"]), bool(sentence["supported"]))


def read_wice(file: Path) -> Iterator[Sample]:
    """The claims of Wikipedia with the sentences of the page they cite, each its own group."""
    for line in _lines(file):
        yield Sample(WICE, line["id"], line["claim"], tuple(line["evidence"]), bool(line["supported"]))


def altered(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Supported sentences whose words the passages have, with one number, name, denial or opposite changed."""
    chooser = random.Random(SEED)  # noqa: S311  # no secret
    for sample in samples:
        if sample.kind == RAGTRUTH and sample.is_supported and len(sample.sentence.split()) >= FEWEST_WORDS:
            comparison = compare(sample.sentence, sample.passages)
            if comparison.word_coverage > MOSTLY and not comparison.features["framing"]:
                for kind, sentence in _alterations(sample, chooser):
                    yield replace(sample, kind=kind, sentence=sentence, is_supported=False)


def _alterations(sample: Sample, chooser: random.Random) -> Iterator[tuple[str, str]]:
    text, evidence = sample.sentence, " ".join(sample.passages)
    numbers = [found for found in _NUMBER.finditer(text) if found.group() in evidence]
    if numbers:
        found = chooser.choice(numbers)
        fresh = next(number for step in _STEPS if (number := str(int(found.group()) + step)) not in evidence)
        yield "number", text[: found.start()] + fresh + text[found.end() :]
    names = [found for found in _NAME.finditer(text) if found.group() in evidence]
    if names:
        found = chooser.choice(names)
        yield "name", text[: found.start()] + chooser.choice(STRANGERS) + text[found.end() :]
    if _DENIAL.search(text):
        yield "denial", _DENIAL.sub("", text, count=1)
    elif _AUXILIARY.search(text):
        yield "denial", _AUXILIARY.sub(r"\1 not", text, count=1)
    opposites = [found for found in _WORD.finditer(text) if found.group() in OPPOSITES and found.group() in evidence]
    if opposites:
        found = chooser.choice(opposites)
        others = sorted(OPPOSITES[found.group()])
        yield "opposite", text[: found.start()] + chooser.choice(others) + text[found.end() :]


def tabulate(samples: Sequence[Sample]) -> Table:
    """The samples as columns, with the features in the order of `WEIGHTS`."""
    features = [compare(sample.sentence, sample.passages).features for sample in samples]
    return Table(
        np.array([sample.kind for sample in samples]),
        np.array([sample.group for sample in samples]),
        np.array([sample.is_supported for sample in samples]),
        np.array([[row[name] for name in WEIGHTS] for row in features]),
    )


def fit(table: Table) -> tuple[Array, float]:
    """The weights of the features as they are, shape (features,), and the intercept; fitted to standardised ones."""
    scaler = StandardScaler().fit(table.features)
    model = LogisticRegression(max_iter=1000)
    model.fit(
        scaler.transform(table.features), table.labels, sample_weight=[SAMPLE_WEIGHT[kind] for kind in table.kinds]
    )
    weights = model.coef_[0] / scaler.scale_
    return weights, float(model.intercept_[0] - weights @ scaler.mean_)


def out_of_fold(table: Table) -> Array:
    """The score of each sample by weights fitted without its group, shape (samples,)."""
    scores = np.zeros(len(table.labels))
    for rest, held in GroupKFold(FOLDS).split(table.features, groups=table.groups):
        weights, intercept = fit(_rows(table, rest))
        scores[held] = 1 / (1 + np.exp(-(table.features[held] @ weights + intercept)))
    return scores


def calibration_floor(scores: Array) -> float:
    """The calibration error that scores would show if they were the very chances, for want of samples."""
    chances = np.random.default_rng(SEED)
    return float(np.mean([calibration_error(scores, chances.random(len(scores)) < scores) for _ in range(DRAWS)]))


def baselines(samples: Sequence[Sample]) -> dict[str, Array]:
    """What a simpler scorer would go by: its one feature for each sample, shape (samples, 1)."""
    shares = [_shares(sample) for sample in samples]
    return {
        "share of content words": np.array([[whole] for whole, _ in shares]),
        "the same, best passage": np.array([[best] for _, best in shares]),
    }


def _shares(sample: Sample) -> tuple[float, float]:
    words = set(_CONTENT.findall(sample.sentence.lower()))
    found = [words & set(_CONTENT.findall(passage.lower())) for passage in sample.passages]
    count = len(words) or 1
    return len(set().union(*found)) / count, max(map(len, found)) / count


def print_comparison(table: Table, scores: Array, simpler: dict[str, Array]) -> None:
    """One line for the whole, one without each feature, one for each baseline."""
    print(
        f"Out of fold{RAGTRUTH:>28}{WICE:>35}\n{'':24}"
        + f"{'AUC':>6} {'ECE':>6} {f'bal@{SUPPORTED}':>8} {f'bal@{PARTLY}':>8}    " * 2
    )
    print(_line("all features", table, scores))
    for column, name in enumerate(WEIGHTS):
        fewer = replace(table, features=np.delete(table.features, column, axis=1))
        print(_line(f"- {name}", fewer, out_of_fold(fewer)))
    judged = np.isin(table.kinds, (RAGTRUTH, WICE))
    people = _rows(table, np.flatnonzero(judged))
    print(_line("- altered sentences", people, out_of_fold(people)))
    for name, values in simpler.items():
        only = replace(people, features=values[judged])
        print(_line(name, only, out_of_fold(only)))
    floors = [f"{calibration_floor(scores[table.kinds == kind]):.3f}" for kind in (RAGTRUTH, WICE)]
    print(f"ECE of perfectly calibrated scores, these many: {RAGTRUTH} {floors[0]}, {WICE} {floors[1]}")
    print(f"ECE of all features over both sets: {calibration_error(scores[judged], table.labels[judged]):.3f}")


def _line(name: str, table: Table, scores: Array) -> str:
    cells = ""
    for kind in (RAGTRUTH, WICE):
        own, labels = scores[table.kinds == kind], table.labels[table.kinds == kind]
        upper, lower = (balanced_accuracy_score(labels, own >= threshold) for threshold in (SUPPORTED, PARTLY))
        area, error = roc_auc_score(labels, own), calibration_error(own, labels)
        cells += f"{area:6.3f} {error:6.3f} {upper:8.3f} {lower:8.3f}    "
    return f"{name:24}{cells}".rstrip()


def print_thresholds(table: Table, scores: Array) -> None:
    """For each verdict how often it is given, and how often people called such a sentence supported."""
    for kind in (RAGTRUTH, WICE):
        own, labels = scores[table.kinds == kind], table.labels[table.kinds == kind]
        verdicts = {
            "supported": own >= SUPPORTED,
            "partly": (own >= PARTLY) & (own < SUPPORTED),
            "unsupported": own < PARTLY,
        }
        told = [
            f"{name} {given.mean():.2f} (right of these {labels[given].mean():.2f})" for name, given in verdicts.items()
        ]
        print(f"{kind}: " + ", ".join(told))


def print_altered(table: Table, scores: Array) -> None:
    """For each kind of alteration how often the altered sentence still passes for supported."""
    for kind in ("number", "name", "denial", "opposite"):
        own = scores[table.kinds == kind]
        passes = np.mean(own >= SUPPORTED)
        print(f"a changed {kind}: {len(own)} sentences, median score {np.median(own):.2f}, passes {passes:.2f}")


def print_weights(weights: Array, intercept: float) -> None:
    """The weights ready to paste."""
    print("WEIGHTS = {")
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f'    "{name}": {weight:.2f},')
    print(f"}}\nINTERCEPT = {intercept:.2f}")


def rate(samples: Sequence[Sample]) -> float:
    """Pairs scored a second: a sentence of RAGTruth and one passage of `PASSAGE_WORDS` words, new each time."""
    pairs = [
        (sample.sentence, " ".join(" ".join(sample.passages).split()[:PASSAGE_WORDS]) + f" {number}")
        for number, sample in enumerate(samples[:PAIRS])
    ]
    start = time.process_time()
    for sentence, passage in pairs:
        support(sentence, [passage])
    return len(pairs) / (time.process_time() - start)


def _rows(table: Table, places: npt.NDArray[np.int_]) -> Table:
    return Table(table.kinds[places], table.groups[places], table.labels[places], table.features[places])


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit the weights of rag/grounding.py.")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the labelled sentences lie")
    return parser


_NUMBER = re.compile(r"(?<![\w.,$-])(?<!tep )(?<!assage )(?<!assages )(?!\d{1,2}[.)]\s)\d{1,6}(?![\w.,]\d|\w)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
_DENIAL = re.compile(r"\b(?:not|never) |(?<=[a-z])n['’]t\b")
_AUXILIARY = re.compile(r"\b(is|was|are|were|can|could|will|would|should|has|have|had|does|did|may|must)\b")
_WORD = re.compile(r"\b[a-z]+\b")
_CONTENT = re.compile(r"\w{4,}")
_STEPS = (3, 4, 7, 11, 13, 17, 23, 29, 1_001, 20_003, 300_007, 4_000_037)


if __name__ == "__main__":
    main()
