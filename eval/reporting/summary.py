"""What a run comes to, from the rows of `results.jsonl` alone, so that a run can be summed up again from its folder.

Means with their intervals, tables by type and by decision, what became of claims, a judge's spread, cost; knows nothing
of asking and of how any of it is shown.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, pstdev

import numpy as np

from eval.folder import Row
from eval.intervals import mean_interval
from eval.reporting.figures import Cost, Decisions, Judged, Mean, Report, Risk, Seconds, TypeRow, shown
from eval.scoring.metrics import METRICS
from eval.scoring.scores import OUTCOMES

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
STAGES = ("rewrite", "retrieve", "first", "answer", "total")
DEPTHS = (1, 2, 3, 5, 8, 10, 15, 20)
"""Passages among which the funnel looks for gold."""
VERDICTS = ("supported", "partly", "unsupported")

REASONS = {
    "a number is not there": r"the number .* is not in",
    "a name is not there": r"the name .* is not in",
    "denied": r"negates it",
    "another word in its place": r'it says ".*" where',
    "few of its words": r"few of its words",
    "words not together": r"not all of its words",
    "not carried": r"do(?:es)? not carry it",
    "cites nothing": r"it cites nothing",
    "says nothing": r"it says nothing",
}
"""The kinds of reasons that the scorer gives, each with how it words them."""
OTHER_REASON = "other"


def summarise(rows: Sequence[Row]) -> Report:
    """The report of some rows."""
    types = list(dict.fromkeys(row["type"] for row in rows))
    outcomes = [row["outcome"] for row in rows]
    claims = [claim for row in rows if is_answered(row) for claim in claims_of(row)]
    verdicts = Counter(claim["support"]["verdict"] if claim["support"] else "unsupported" for claim in claims)
    return Report(
        cases=len(rows),
        metrics={name: _mean(rows, name) for name in METRICS},
        types=tuple(_type_row(name, [row for row in rows if row["type"] == name]) for name in types),
        decisions={name: _decisions([row for row in rows if kind_of(row) == name]) for name in KINDS},
        verdicts={name: verdicts[name] for name in VERDICTS if claims},
        reasons=dict(Counter(reason for claim in claims for reason in reasons_of(claim)).most_common()),
        seconds={stage: _seconds([_stage(row, stage) for row in rows if not row["error"]]) for stage in STAGES},
        words=_seconds([float(len(row["answer"].split())) for row in rows if is_answered(row)]),
        tokens=_cost([row["tokens"] for row in rows]),
        judged=_judged(rows),
        outcomes={name: outcomes.count(name) for name in OUTCOMES if name in outcomes},
        failed=tuple(row["id"] for row in rows if row["error"]),
        funnel=_funnel(rows),
        risks=tuple(risk_coverage(rows)),
    )


KINDS = ("answerable", "not answerable")


def kind_of(row: Row) -> str:
    """Whether a case can be answered: one of `KINDS`, or "" for an injection."""
    return "" if row["type"] == "injection" else KINDS[not row["answerable"]]


def is_answered(row: Row) -> bool:
    """Whether a case was answered, if only in part."""
    return not (row["error"] or row["refused"])


def claims_of(row: Row) -> list[Row]:
    """The sentences of an answer that claim something, as `eval.scoring.citing.claims` tells them."""
    return [one for one in row["sentences"] if one["support"] or one["citations"]]


def reasons_of(claim: Row) -> list[str]:
    """The kinds of reasons why a claim is not supported, each once."""
    support = claim["support"]
    said = support["reasons"] if support and support["verdict"] != "supported" else []
    kinds = (next((kind for kind, how in REASONS.items() if re.search(how, one)), OTHER_REASON) for one in said)
    return list(dict.fromkeys(kinds))


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


def below(report: Report, least: Mapping[str, float], most: Mapping[str, float]) -> list[str]:
    """What fell short: a sentence for each metric under its least, or over its most, value.

    One that applies to no case has reached neither.
    """
    found = {name: report.metrics[name].value for name in [*least, *most]}
    under = [(name, "below", bound) for name, bound in least.items() if found[name] is None or found[name] < bound]  # type: ignore[operator]
    over = [(name, "above", bound) for name, bound in most.items() if found[name] is None or found[name] > bound]  # type: ignore[operator]
    return [f"{name} is {shown(found[name])}, {where} {bound:g}" for name, where, bound in [*under, *over]]


def _mean(rows: Sequence[Row], name: str, *, with_interval: bool = True) -> Mean:
    applies = [row for row in rows if row["scores"][name] is not None]
    values = [row["scores"][name] for row in applies]
    if not values:
        return Mean(None, 0)
    interval = mean_interval(values, [row["group"] for row in applies]) if with_interval else None
    ends = (interval.low, interval.high) if interval else (None, None)
    return Mean(fmean(values), len(values), *ends)


def _type_row(name: str, rows: Sequence[Row]) -> TypeRow:
    decided = _decisions(rows)
    return TypeRow(
        type=name,
        cases=decided.cases,
        answered=decided.answered,
        partly=decided.partly,
        refused=decided.refused,
        failed=decided.failed,
        right=sum(int(row["scores"]["decision_right"]) for row in rows),
        metrics={metric: _mean(rows, metric, with_interval=metric == "decision_right") for metric in METRICS},
    )


def _decisions(rows: Sequence[Row]) -> Decisions:
    failed = sum(bool(row["error"]) for row in rows)
    answered = [row for row in rows if is_answered(row)]
    partly = sum(bool(row["missing"]) for row in answered)
    return Decisions(len(rows), len(answered) - partly, partly, len(rows) - failed - len(answered), failed)


def _stage(row: Row, stage: str) -> float | None:
    value = row["seconds"].get(stage)
    return None if value is None else float(value)


def _seconds(values: Sequence[float | None]) -> Seconds:
    known = [value for value in values if value is not None]
    if not known:
        return Seconds(None, None)
    p50, p95 = np.percentile(known, [50, 95]).tolist()
    return Seconds(round(p50, 4), round(p95, 4), len(known))


def _cost(tokens: Sequence[Mapping[str, int] | None]) -> Cost | None:
    told = [one for one in tokens if one]
    return Cost(sum(one["input"] for one in told), sum(one["output"] for one in told), len(told)) if told else None


def _judged(rows: Sequence[Row]) -> Judged | None:
    judged = [row for row in rows if row["judge"]]
    opinions = [one for row in judged for one in row["judge"]]
    if not opinions:
        return None
    runs = max(len(one["verdicts"]) + len(one["failures"]) for one in opinions)
    whole = [one["verdicts"] for one in opinions if len(one["verdicts"]) == runs]
    shares = [fmean(verdict == "supported" for verdict in of_run) for of_run in zip(*whole, strict=True)]
    return Judged(
        claims=len(opinions),
        runs=runs,
        failures=sum(len(one["failures"]) for one in opinions),
        split=sum(len(set(one["verdicts"])) > 1 for one in opinions),
        spread=pstdev(shares) if len(shares) > 1 else None,
        agreement=_agreement(judged),
        tokens=_cost([one["tokens"] for one in opinions]) or Cost(0, 0, 0),
    )


def _agreement(rows: Sequence[Row]) -> float | None:
    """The share of judged claims on which the judge, by most of its runs, and the scorer agree."""
    agree = [
        (2 * opinion["verdicts"].count("supported") > len(opinion["verdicts"])) == _is_supported(claim)
        for row in rows
        for opinion, claim in zip(row["judge"], claims_of(row), strict=True)
        if opinion["verdicts"]
    ]
    return fmean(agree) if agree else None


def _is_supported(sentence: Row) -> bool:
    return bool(sentence["support"]) and sentence["support"]["verdict"] == "supported"


def _funnel(rows: Sequence[Row]) -> dict[str, float]:
    """Of the answerable cases with gold the share whose gold is in the first k passages, and is cited."""
    sought = [row for row in rows if row["answerable"] and row["gold"]]
    if not sought:
        return {}
    ranks = [_first_gold(row) for row in sought]
    found = {f"first {depth}": fmean(rank <= depth for rank in ranks) for depth in DEPTHS}
    return {**found, "cited": fmean(row["scores"]["gold_cited_overall"] == 1 for row in sought)}


def _first_gold(row: Row) -> float:
    """The rank of the first passage that holds a gold, from 1; infinite where none does, or the case failed."""
    ranks = (rank for rank, hit in enumerate(row["retrieved"], start=1) if hit["holds_gold"])
    return float("inf") if row["error"] else next(ranks, float("inf"))
