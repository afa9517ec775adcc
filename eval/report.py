"""From the rows of `results.jsonl` to a report: means, a table by type, a terminal's table and an HTML page.

Reads rows alone, so that a run can be reported again, or compared, from its folder. Knows nothing of asking.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.scores import METRICS, OUTCOMES

Row = dict[str, Any]
"""One line of `results.jsonl`."""

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STAGES = ("retrieve", "answer", "total")
SHOWN_FAILURES = 10
TYPE_METRICS = ("passage_hit@5", "gold_cited", "sentences_supported")
"""The metrics that the table by type shows beside the decisions."""

HEADLINES = ("passage_hit@5", "story_hit@5", "gold_cited", "citation_validity", "sentences_supported", "decision_right")
"""The metrics that the page shows large."""

_MARK = re.compile(r"(\[\d{1,3}\])")


@dataclass(frozen=True)
class Mean:
    """The mean of a metric over the `cases` that it applies to; None where it applies to none."""

    value: float | None
    cases: int


@dataclass(frozen=True)
class TypeRow:
    """What became of the cases of one type. `answered`, `refused` and `failed` add up to `cases`."""

    type: str
    cases: int
    answered: int
    refused: int
    failed: int
    right: int
    metrics: Mapping[str, Mean]


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
    """Percentiles of the seconds of the cases that did not fail; None where none did not."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Report:
    """What a run comes to."""

    cases: int
    metrics: Mapping[str, Mean]
    types: tuple[TypeRow, ...]
    seconds: Mapping[str, Seconds]
    outcomes: Mapping[str, int]
    failed: tuple[str, ...]
    risks: tuple[Risk, ...] = ()


def summarise(rows: Sequence[Row]) -> Report:
    """The report of some rows."""
    types = list(dict.fromkeys(row["type"] for row in rows))
    outcomes = [row["outcome"] for row in rows]
    return Report(
        cases=len(rows),
        metrics={name: _mean(rows, name) for name in METRICS},
        types=tuple(_type_row(name, [row for row in rows if row["type"] == name]) for name in types),
        seconds={stage: _seconds(rows, stage) for stage in STAGES},
        outcomes={name: outcomes.count(name) for name in OUTCOMES if name in outcomes},
        failed=tuple(row["id"] for row in rows if row["error"]),
        risks=tuple(risk_coverage(rows)),
    )


def risk_coverage(rows: Sequence[Row]) -> Iterator[Risk]:
    """The risk at each coverage of `COVERAGES` (El-Yaniv & Wiener 2010), of the cases whose evidence was weighed.

    Nothing where all of them can be answered, or none. Cases of equal chance are answered together.
    """
    weighed = sorted((row for row in rows if row["chance"] is not None), key=lambda row: -row["chance"])
    hopeless = [not row["answerable"] for row in weighed]
    if not any(hopeless) or all(hopeless):
        return
    for coverage in COVERAGES:
        least = weighed[max(round(coverage * len(weighed)), 1) - 1]["chance"]
        taken = [bad for row, bad in zip(weighed, hopeless, strict=True) if row["chance"] >= least]
        yield Risk(len(taken) / len(weighed), least, sum(taken) / len(taken))


def below(report: Report, thresholds: Mapping[str, float]) -> list[str]:
    """What fell short: one sentence for each metric under its threshold. One without any case has not reached it."""
    return [
        f"{name} is {shown(report.metrics[name].value)}, below {least:g}"
        for name, least in thresholds.items()
        if (value := report.metrics[name].value) is None or value < least
    ]


def shown(value: float | None, decimals: int = 3) -> str:
    """A score or some seconds for people, or "n/a"."""
    return "n/a" if value is None else f"{value:.{decimals}f}"


def print_report(report: Report, rows: Sequence[Row], console: Console) -> None:
    """Print the tables of a report."""
    means = Table(box=box.SIMPLE, title=f"{report.cases} cases", title_justify="left")
    means.add_column("metric", no_wrap=True)
    means.add_column("what it says")
    means.add_column("mean", justify="right")
    means.add_column("cases", justify="right")
    for name, mean in report.metrics.items():
        means.add_row(name, METRICS[name], shown(mean.value), str(mean.cases))
    console.print(means)

    kinds = Table(box=box.SIMPLE, title="By type of question", title_justify="left")
    kinds.add_column("type", no_wrap=True)
    for heading in ("cases", "answered", "refused", "failed", "right", "hit@5", "gold cited"):
        kinds.add_column(heading, justify="right")
    for kind in report.types:
        counts = (kind.cases, kind.answered, kind.refused, kind.failed, kind.right)
        means_of_type = (kind.metrics[name].value for name in ("passage_hit@5", "gold_cited"))
        kinds.add_row(escape(kind.type), *map(str, counts), *map(shown, means_of_type))
    console.print(kinds)

    if report.risks:
        risks = Table(box=box.SIMPLE, title="If only the best-founded were answered", title_justify="left")
        for heading in ("answered", "chance at least", "of these unanswerable"):
            risks.add_column(heading, justify="right")
        for risk in report.risks:
            risks.add_row(f"{risk.coverage:.0%}", shown(risk.chance, 2), f"{risk.risk:.0%}")
        console.print(risks)

    stages = ", ".join(f"{stage} {shown(of.p50)} / {shown(of.p95)}" for stage, of in report.seconds.items())
    console.print(f"Seconds a case, p50 / p95: {stages}")
    failures = [row for row in rows if row["error"]]
    if failures:
        console.print(f"\n{len(failures)} failed, and count as wrong in every metric that applies to them:")
    for row in failures[:SHOWN_FAILURES]:
        console.print(f"  {escape(row['id'])}: {escape(row['error'])}")
    if len(failures) > SHOWN_FAILURES:
        console.print(f"  … and {len(failures) - SHOWN_FAILURES} more")


def page(report: Report, rows: Sequence[Row], manifest: Mapping[str, Any]) -> str:
    """The whole report as one HTML page that asks nothing from outside; every text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    return environment.get_template("report.html.j2").render(
        report=report,
        rows=rows,
        manifest=manifest,
        labels=METRICS,
        headlines=HEADLINES,
        type_metrics=TYPE_METRICS,
        with_marks=with_marks,
        highlighted=highlighted,
    )


def with_marks(text: str) -> list[tuple[str, int | None]]:
    """An answer's text in pieces: words with None, and each `[n]` with its n."""
    pieces = _MARK.split(text)
    return [(piece, int(piece[1:-1]) if place % 2 else None) for place, piece in enumerate(pieces) if piece]


def highlighted(passage: Mapping[str, Any], gold: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[str, bool]]:
    """A passage's text in pieces, each with whether it is gold. `passage` and `gold` as a row holds them."""
    text, start = passage["text"].rstrip(), passage["start"]
    is_gold = np.zeros(len(text), dtype=bool)
    for spans in gold:
        for span in spans:
            if span["story"] == passage["story"]:
                is_gold[max(span["start"] - start, 0) : max(span["end"] - start, 0)] = True
    cuts = [0, *(np.flatnonzero(is_gold[1:] != is_gold[:-1]) + 1).tolist(), len(text)]
    return [(text[a:b], bool(is_gold[a])) for a, b in pairwise(cuts) if b > a]


def _mean(rows: Sequence[Row], name: str) -> Mean:
    values = [row["scores"][name] for row in rows if row["scores"][name] is not None]
    return Mean(sum(values) / len(values) if values else None, len(values))


def _type_row(name: str, rows: Sequence[Row]) -> TypeRow:
    failed = sum(bool(row["error"]) for row in rows)
    refused = sum(bool(row["refused"]) and not row["error"] for row in rows)
    return TypeRow(
        type=name,
        cases=len(rows),
        answered=len(rows) - refused - failed,
        refused=refused,
        failed=failed,
        right=sum(int(row["scores"]["decision_right"]) for row in rows),
        metrics={metric: _mean(rows, metric) for metric in METRICS},
    )


def _seconds(rows: Sequence[Row], stage: str) -> Seconds:
    values = [row["seconds"][stage] for row in rows if not row["error"] and row["seconds"][stage] is not None]
    if not values:
        return Seconds(None, None)
    p50, p95 = np.percentile(values, [50, 95]).tolist()
    return Seconds(round(p50, 4), round(p95, 4))
