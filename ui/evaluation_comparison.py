"""The screen of two runs compared: what differs in the runs, in the metrics, and in the cases, each to be opened."""

from collections.abc import Sequence

from eval.comparing.compare import Comparison
from eval.comparing.pairs import Pair
from eval.comparing.words import (
    METHOD,
    between,
    cost_told,
    moved_metrics,
    notes,
    others,
    run_told,
    signed,
    summary,
    typeset,
)
from eval.reporting.figures import shown
from eval.scoring.metrics import METRICS
from index.errors import EvalError
from ui.escaping import inert
from ui.evaluation_markup import back, quiet, table, tag
from ui.evaluation_runs import OpenComparison

KINDS = {
    "worse": "Cases that got worse",
    "better": "Cases that got better",
    "moved": "The same outcome, other scores",
}
"""The lists of cases, as the browser names them, and their headings."""


def comparison_screen(opened: OpenComparison) -> str:
    """All of a comparison but what is inside its cases."""
    compared = opened.comparison
    runs = "".join(
        f"<dt>{name}</dt><dd>{inert(run_told(run))}</dd>"
        for name, run in (("Before", compared.before), ("After", compared.after))
    )
    warnings = "".join(f"<li>{inert(note)}</li>" for note in notes(compared))
    costs = " ".join([*(cost_told(cost) for cost in compared.costs), others(compared)])
    return (
        f'<header>{back("All runs")}<h2 tabindex="-1">Two runs compared</h2><dl class="sides">{runs}</dl></header>'
        f'<p class="verdict">{inert(typeset(summary(compared)))}</p>'
        + (f'<ul class="notes">{warnings}</ul>' if warnings else "")
        + _metrics(opened)
        + quiet(costs)
        + _changes(compared)
        + "".join(_cases(opened, kind) for kind in KINDS)
    )


def pair_at(comparison: Comparison, kind: object, number: object) -> Pair:
    """A case of one of the lists, by its place from 0. Raises `EvalError` where there is none."""
    pairs = _pairs(comparison, kind) if isinstance(kind, str) and kind in KINDS else []
    if not isinstance(number, int) or not 0 <= number < len(pairs):
        raise EvalError("This comparison has no such case. Compare the runs again.")
    return pairs[number]


def _pairs(comparison: Comparison, kind: str) -> Sequence[Pair]:
    return {"worse": comparison.worse, "better": comparison.better, "moved": comparison.moved}[kind]


def _metrics(opened: OpenComparison) -> str:
    moved = moved_metrics(opened.comparison)
    left_out = ", ".join(opened.comparison.left_out)
    told = quiet(f"Not compared, as no case has them in both runs: {left_out}.") if left_out else ""
    if not moved:
        return told
    headings = ["Name", "In words", "What it says", "Before", "After", "Difference", "95 % interval", "Cases"]
    rows = [
        [
            f"<code>{inert(one.metric)}</code>",
            tag(one.verdict),
            inert(METRICS[one.metric].says),
            shown(one.before),
            shown(one.after),
            inert(typeset(signed(one.difference))),
            inert(typeset(between(one.interval))),
            one.cases,
        ]
        for one in moved
    ]
    return (
        f'<h3>Metrics that moved</h3><div class="plots"><figure>{opened.plot}</figure></div>'
        + table(headings, rows, 5, "Metrics that moved")
        + quiet(METHOD)
        + told
    )


def _changes(comparison: Comparison) -> str:
    if not comparison.changes:
        return quiet("Nothing differs in what was run.")
    rows = [
        [f"<code>{inert(change.name)}</code>", inert(change.before), inert(change.after)]
        for change in comparison.changes
    ]
    return "<h3>Run differently</h3>" + table(["Setting", "Before", "After"], rows, 0, "Run differently")


def _cases(opened: OpenComparison, kind: str) -> str:
    pairs = _pairs(opened.comparison, kind)
    if not pairs:
        return ""
    items = "".join(
        f'<details class="case" data-number="{place}"><summary><span class="quiet">{inert(pair.name)}</span>'
        f'<span class="question">{inert(pair.after["question"])}</span><span class="turn">{_turn(pair)}</span>'
        "</summary></details>"
        for place, pair in enumerate(pairs)
    )
    return (
        f'<h3>{KINDS[kind]}: {len(pairs)}</h3><div class="cases" data-kind="{kind}" '
        f'data-before="{inert(opened.before)}" data-after="{inert(opened.after)}">{items}</div>'
    )


def _turn(pair: Pair) -> str:
    before, after = pair.outcomes
    return f"{tag(before)} → {tag(after)}" if pair.improvement else tag(after)
