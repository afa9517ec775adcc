"""A run's report for people: tables on a terminal, and one HTML page that asks nothing from outside.

Shows what summary.py, findings.py and plots.py tell. Knows nothing of asking and of how any figure comes about.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.comparing.compare import Comparison
from eval.comparing.report import page_context
from eval.folder import Row
from eval.reporting.figures import Mean, Report, shown
from eval.reporting.findings import findings, told
from eval.reporting.pages import highlighted, rendered, with_marks
from eval.reporting.plots import run_plots
from eval.scoring.metrics import METRICS

SHOWN_FAILURES = 10
TYPE_METRICS = {"passage_hit@5": "hit@5", "gold_cited": "cited"}
"""The metrics that the table by type shows beside the decisions, each with its heading."""

HEADLINES = (
    "gold_cited_overall",
    "citation_validity",
    "citation_recall",
    "answerable_answered",
    "unanswerable_refused",
    "passage_hit@5",
)
"""The metrics that the page shows large."""


def print_report(report: Report, rows: Sequence[Row], console: Console) -> None:
    """Print the tables of a report."""
    console.print(_metrics_table(report))
    console.print(_types_table(report))
    console.print(_decisions_table(report))
    if report.verdicts:
        claims = sum(report.verdicts.values())
        verdicts = ", ".join(f"{name} {count}" for name, count in report.verdicts.items() if count)
        reasons = ", ".join(f"{name} {count}" for name, count in report.reasons.items())
        console.print(f"{claims} claims: {verdicts}." + (f" Why not supported: {reasons}." if reasons else ""))
    if report.risks:
        console.print(_risks_table(report))
    stages = ", ".join(f"{name} {shown(of.p50)} / {shown(of.p95)}" for name, of in report.seconds.items() if of.cases)
    console.print(f"Seconds a case, p50 / p95: {stages}")
    for line in cost_lines(report):
        console.print(line)
    _print_findings(rows, console)


def cost_lines(report: Report) -> Iterable[str]:
    """What language models cost, and how a judge's runs agree: a sentence each."""
    if report.tokens:
        yield f"Tokens: {report.tokens.input:,} read, {report.tokens.output:,} written, in {report.tokens.cases} cases."
    judged = report.judged
    if judged:
        spread = f", standard deviation between runs {judged.spread:.3f}" if judged.spread is not None else ""
        yield (
            f"Judge: {judged.claims} claims, {judged.runs} runs each, of which {judged.failures} failed; its runs "
            f"differ on {judged.split} claims{spread}. It agrees with the scorer on {shown(judged.agreement, 2)} of "
            f"claims. Tokens: {judged.tokens.input:,} read, {judged.tokens.output:,} written."
        )


def page(report: Report, rows: Sequence[Row], manifest: Mapping[str, Any], comparison: Comparison | None = None) -> str:
    """The whole report as one HTML page that asks nothing from outside; every text in it is escaped.

    `comparison` with another run, as `eval.comparing.compare.compare` makes it, is shown too.
    """
    context = {
        "report": report,
        "rows": rows,
        "manifest": manifest,
        "metrics": METRICS,
        "parts": dict.fromkeys(metric.part for metric in METRICS.values()),
        "headlines": HEADLINES,
        "type_metrics": TYPE_METRICS,
        "plots": run_plots(report, rows),
        "findings": findings(rows),
        "costs": list(cost_lines(report)),
        "anchors": {row["id"]: f"case-{number}" for number, row in enumerate(rows, start=1)},
        "shown": shown,
        "interval": interval,
        "with_marks": with_marks,
        "highlighted": highlighted,
        "comparison": None,
    }
    return rendered("reporting/report.html.j2", context | (page_context(comparison) if comparison else {}))


def interval(mean: Mean, decimals: int = 2) -> str:
    """A mean's interval for people, "" where it has none."""
    return "" if mean.low is None or mean.high is None else f"{mean.low:.{decimals}f}–{mean.high:.{decimals}f}"


def _table(title: str, names: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for place, name in enumerate(names):
        table.add_column(name, no_wrap=place == 0)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _metrics_table(report: Report) -> Table:
    """Every metric that applies to a case; those that do not are named below the others."""
    table = _table(f"{report.cases} cases", ("metric", "what it says"), ("mean", "95 % interval", "cases"))
    for name, mean in report.metrics.items():
        if mean.cases:
            says = METRICS[name].says + ("" if METRICS[name].higher_is_better else " (less is better)")
            table.add_row(name, says, shown(mean.value), interval(mean) or "n/a", str(mean.cases))
    missing = [name for name, mean in report.metrics.items() if not mean.cases]
    table.caption = f"Not applicable to any case: {', '.join(missing)}" if missing else None
    table.caption_justify = "left"
    return table


def _types_table(report: Report) -> Table:
    numbers = ("cases", "answered", "partly", "refused", "failed", "right", *TYPE_METRICS.values())
    table = _table("By type of question", ("type",), numbers)
    for kind in report.types:
        counts = (kind.cases, kind.answered, kind.partly, kind.refused, kind.failed, kind.right)
        means = (kind.metrics[name].value for name in TYPE_METRICS)
        table.add_row(escape(kind.type), *map(str, counts), *(shown(mean, 2) for mean in means))
    return table


def _decisions_table(report: Report) -> Table:
    table = _table("To answer or not", ("the stories hold",), ("cases", "answered", "partly", "refused", "failed"))
    for name, says in (("answerable", "an answer"), ("not answerable", "no answer")):
        of = report.decisions[name]
        table.add_row(says, *map(str, (of.cases, of.answered, of.partly, of.refused, of.failed)))
    return table


def _risks_table(report: Report) -> Table:
    table = _table(
        "If only the best-founded were answered", (), ("answered", "chance at least", "of these unanswerable")
    )
    for risk in report.risks:
        table.add_row(f"{risk.coverage:.0%}", shown(risk.chance, 2), f"{risk.risk:.0%}")
    return table


def _print_findings(rows: Sequence[Row], console: Console) -> None:
    found = findings(rows)
    if found:
        console.print("\nWhat stands out:")
    for one in found:
        console.print(f"  - {escape(told(one))}", soft_wrap=True)
    failures = [row for row in rows if row["error"]]
    for row in failures[:SHOWN_FAILURES]:
        console.print(f"  {escape(row['id'])}: {escape(row['error'])}", soft_wrap=True)
    if len(failures) > SHOWN_FAILURES:
        console.print(f"  … and {len(failures) - SHOWN_FAILURES} more")
