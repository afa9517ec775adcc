"""A comparison for people and for programs: words and tables on a terminal, JSON, and one self-contained HTML page.

Reads a `Comparison` alone. Knows nothing of how it came about.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.comparing.compare import Comparison, Difference, is_better_higher
from eval.comparing.pairs import Pair
from eval.comparing.plot import difference_plot
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
from eval.folder import Row, RunFolder
from eval.reporting.figures import shown
from eval.reporting.pages import rendered, with_marks
from eval.scoring.metrics import METRICS

STYLES = {
    "clearly worse": "bold red",
    "perhaps worse": "red",
    "clearly better": "bold green",
    "perhaps better": "green",
}
SHOWN_CASES = 20
"""Cases that a terminal lists of each kind."""


def as_json(comparison: Comparison) -> dict[str, Any]:
    """All of it in plain JSON."""
    return {
        "before": _run_json(comparison.before),
        "after": _run_json(comparison.after),
        "summary": summary(comparison),
        "changes": [{"name": one.name, "before": one.before, "after": one.after} for one in comparison.changes],
        "notes": notes(comparison),
        "cases": len(comparison.pairs),
        "metrics": {one.metric: _difference_json(one) for one in comparison.differences},
        "not_compared": list(comparison.left_out),
        "costs": {
            one.name: {"before": one.before, "after": one.after, "ratio": one.ratio, "cases": one.cases}
            for one in comparison.costs
        },
        "worse": [_pair_json(pair) for pair in comparison.worse],
        "better": [_pair_json(pair) for pair in comparison.better],
        "other_scores": [_pair_json(pair) for pair in comparison.moved],
        "answers_that_read_differently": comparison.reworded,
        "method": METHOD,
    }


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print what differs in the runs, then in the metrics, then in the cases."""
    console.print(f"Before: {escape(run_told(comparison.before))}\nAfter:  {escape(run_told(comparison.after))}")
    _print_changes(comparison, console)
    for note in notes(comparison):
        console.print(f"[yellow]Note:[/] {escape(note)}")
    console.print(f"\n[bold]{escape(summary(comparison))}[/]")
    moved = moved_metrics(comparison)
    if moved:
        _print_differences(moved, console)
    if comparison.left_out:
        console.print(f"Not compared, as no case has them in both runs: {', '.join(comparison.left_out)}.")
    for cost in comparison.costs:
        console.print(cost_told(cost))
    _print_pairs("worse", comparison.worse, console)
    _print_pairs("better", comparison.better, console)
    if comparison.moved or comparison.reworded:
        console.print(f"\n{others(comparison)}")
    if moved:
        console.print(f"\n{METHOD}", style="dim")


def page(comparison: Comparison) -> str:
    """The comparison as one HTML page that asks nothing from outside; every text in it is escaped."""
    return rendered("comparing/compare.html.j2", page_context(comparison))


def page_context(comparison: Comparison) -> dict[str, Any]:
    """What `comparison.html.j2` needs, on a page of its own or in another."""
    return {
        "comparison": comparison,
        "comparison_runs": [run_told(comparison.before), run_told(comparison.after)],
        "comparison_summary": typeset(summary(comparison)),
        "comparison_notes": notes(comparison),
        "comparison_moved": moved_metrics(comparison),
        "comparison_plot": difference_plot(moved_metrics(comparison)),
        "comparison_others": others(comparison),
        "comparison_method": METHOD,
        "metric_says": {name: metric.says for name, metric in METRICS.items()},
        "cost_told": cost_told,
        "signed": lambda value: typeset(signed(value)),
        "between": lambda interval: typeset(between(interval)),
        "score_shown": shown,
        "pieces": with_marks,
    }


def _print_changes(comparison: Comparison, console: Console) -> None:
    if not comparison.changes:
        console.print("\nNothing differs in what was run.")
        return
    table = Table(box=box.SIMPLE, title="What was run differently", title_justify="left")
    for heading in ("", "before", "after"):
        table.add_column(heading, overflow="fold")
    for change in comparison.changes:
        table.add_row(*map(escape, (change.name, change.before, change.after)))
    console.print(table)


def _print_differences(differences: Sequence[Difference], console: Console) -> None:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("metric", no_wrap=True)
    for heading in ("before", "after", "95 % interval", "cases"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("in words", overflow="fold")
    for one in differences:
        words = f"[{STYLES.get(one.verdict, 'default')}]{one.verdict}[/]"
        table.add_row(one.metric, shown(one.before), shown(one.after), between(one.interval), str(one.cases), words)
    console.print(table)


def _print_pairs(kind: str, pairs: Sequence[Pair], console: Console) -> None:
    if not pairs:
        return
    console.print(f"\nCases that got {kind}: {len(pairs)}")
    for pair in pairs[:SHOWN_CASES]:
        before, after = pair.outcomes
        console.print(f"  {escape(pair.name)}: {before} → {after}   {escape(pair.after['question'])}")
    if len(pairs) > SHOWN_CASES:
        console.print(f"  … and {len(pairs) - SHOWN_CASES} more")


def _run_json(run: RunFolder) -> Mapping[str, Any]:
    return {"folder": str(run.folder), "started": run.manifest["started"], "answerer": run.manifest["answerer"]}


def _difference_json(one: Difference) -> Row:
    return {
        "before": one.before,
        "after": one.after,
        "difference": one.difference,
        "interval": None if one.interval is None else [one.interval.low, one.interval.high],
        "cases": one.cases,
        "groups": one.groups,
        "applies_to": {"before": one.applied[0], "after": one.applied[1]},
        "p_value": one.p_value,
        "adjusted_p_value": one.adjusted_p_value,
        "higher_is_better": is_better_higher(one.metric),
        "verdict": one.verdict,
    }


def _pair_json(pair: Pair) -> Row:
    before, after = pair.outcomes
    return {
        "set": pair.after["set"],
        "id": pair.name,
        "question": pair.after["question"],
        "before": before,
        "after": after,
        "decided_otherwise": pair.is_decided_otherwise,
        "scores": {name: {"before": old, "after": new} for name, (old, new) in pair.moved_scores.items()},
    }
