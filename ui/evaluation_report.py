"""The screen of one run: its figures, what stands out, tables, pictures, and its cases, each to be opened."""

from collections.abc import Sequence

from eval.folder import Row
from eval.reporting.figures import Report, shown
from eval.reporting.findings import Finding
from eval.reporting.report import HEADLINES, TYPE_METRICS, cost_lines, interval
from eval.scoring.metrics import METRICS
from ui.amounts import counted
from ui.escaping import inert
from ui.evaluation_markup import back, figure, quiet, table, tag, tone, when
from ui.evaluation_runs import OpenRun

NAMED = 8
"""Cases that a finding leads to; the filters find the others."""
CAPTIONS = {
    "types": "Rightly answered or refused, by type",
    "funnel": "The way to the gold",
    "risk": "If only the best-founded were answered",
    "chances": "How well the chance of an answer holds",
    "scores": "How well the score of support holds",
    "seconds": "How long it takes",
}
"""What stands above each picture; one without a caption of its own has its name."""


def run_screen(opened: OpenRun, has_page: bool) -> str:
    """All of a run but what is inside its cases."""
    report, rows = opened.report, opened.run.rows
    return (
        f"{_head(opened, has_page)}"
        f'<dl class="headlines">{"".join(figure(METRICS[name].says, report.metrics[name]) for name in HEADLINES)}</dl>'
        + quiet("Beside each figure the interval that holds it 95 times in 100, were such a set drawn again.")
        + _findings(opened.findings, rows)
        + _outcomes(report)
        + _by_type(report)
        + _decisions(report)
        + _claims(report)
        + _pictures(opened)
        + _metrics(report)
        + _cases(opened)
    )


def matching(rows: Sequence[Row], kind: str, outcome: str, words: str) -> list[int]:
    """The places of the cases of a type and an outcome ("" for any) with all the words in question or answer."""
    wanted = words.casefold().split()
    return [
        place
        for place, row in enumerate(rows)
        if kind in ("", row["type"])
        and outcome in ("", row["outcome"])
        and all(word in f"{row['id']} {row['question']} {row['answer']}".casefold() for word in wanted)
    ]


def _head(opened: OpenRun, has_page: bool) -> str:
    manifest = opened.run.manifest
    index = manifest.get("index", {})
    told = [
        when(manifest["started"]),
        f"answered by {inert(manifest['answerer'])}",
        f"from {inert(str(index['stories']))} stories" if "stories" in index else "",
    ]
    save = (
        f'<button type="button" data-want="page" data-name="{inert(opened.name)}">Save the full report</button>'
        if has_page
        else ""
    )
    unfinished = (
        ""
        if opened.run.is_finished
        else quiet(
            f"This run is not finished: {len(opened.run.rows)} of {opened.run.manifest['cases']} cases are shown."
        )
    )
    sets = inert(", ".join(one["name"] for one in manifest["sets"]))
    return (
        f'<header>{back("All runs")}<div class="heading"><h2 tabindex="-1">{sets}</h2>{save}</div>'
        f'<p class="quiet">{counted(len(opened.run.rows), "case")} · {" · ".join(filter(None, told))}</p>'
        f"{unfinished}</header>"
    )


def _findings(found: Sequence[Finding], rows: Sequence[Row]) -> str:
    if not found:
        return ""
    places = {row["id"]: place for place, row in enumerate(rows)}
    items = "".join(
        f"<li>{len(one.cases)} of {one.of} cases {inert(one.says)}. "
        f'<span class="quiet"><code>{inert(one.metric)}</code> {_links(one, places)}</span></li>'
        for one in found
    )
    return f'<h3>What stands out</h3><ul class="findings">{items}</ul>'


def _links(found: Finding, places: dict[str, int]) -> str:
    links = " ".join(
        f'<button type="button" class="link" data-jump="{places[case]}">{inert(case)}</button>'
        for case in found.cases[:NAMED]
    )
    return links + (f" and {len(found.cases) - NAMED} more" if len(found.cases) > NAMED else "")


def _outcomes(report: Report) -> str:
    bar = "".join(f'<i class="{tone(name)}" style="flex-grow:{count}"></i>' for name, count in report.outcomes.items())
    tags = "".join(f"<li>{tag(name)} {count}</li>" for name, count in report.outcomes.items())
    return (
        f'<h3>What became of the cases</h3><div class="bar" aria-hidden="true">{bar}</div><ul class="tags">{tags}</ul>'
    )


def _by_type(report: Report) -> str:
    headings = ["Type", "Cases", "Answered", "Partly", "Refused", "Failed", "Right", *TYPE_METRICS.values()]
    rows = [
        [
            inert(row.type.replace("_", " ")),
            row.cases,
            row.answered,
            row.partly,
            row.refused,
            row.failed,
            row.right,
            *(shown(row.metrics[name].value, 2) for name in TYPE_METRICS),
        ]
        for row in report.types
    ]
    return "<h3>By type of question</h3>" + table(headings, rows, len(headings) - 1, "By type of question")


def _decisions(report: Report) -> str:
    headings = ["The stories hold", "Cases", "Answered", "In part", "Refused", "Failed"]
    rows = [
        [says, of.cases, of.answered, of.partly, of.refused, of.failed]
        for name, says in (("answerable", "an answer"), ("not answerable", "no answer"))
        for of in [report.decisions[name]]
    ]
    told = ", ".join(
        f"{says} {shown(report.metrics[name].value, 2)}"
        for name, says in (("over_refusal", "Over-refusal"), ("false_answers", "false answers"))
    )
    return (
        "<h3>To answer or not</h3>"
        + table(headings, rows, len(headings) - 1, "To answer or not")
        + quiet(f"{told}; injections are not counted here.")
    )


def _claims(report: Report) -> str:
    if not report.verdicts:
        return ""
    tags = "".join(f"<li>{tag(name)} {count}</li>" for name, count in report.verdicts.items())
    reasons = ", ".join(f"{name} ({count})" for name, count in report.reasons.items())
    return (
        f'<h3>What carries the claims</h3><ul class="tags">{tags}</ul>'
        + (quiet(f"Why not supported: {reasons}.") if reasons else "")
        + "".join(quiet(line) for line in cost_lines(report))
    )


def _pictures(opened: OpenRun) -> str:
    figures = "".join(
        f"<figure><figcaption>{inert(CAPTIONS.get(name, name))}</figcaption>{plot}</figure>"
        for name, plot in opened.plots.items()
        if plot
    )
    return f'<h3>Pictures</h3><div class="plots">{figures}</div>' if figures else ""


def _metrics(report: Report) -> str:
    rows = [
        [
            f"<code>{inert(name)}</code>",
            inert(METRICS[name].says + ("" if METRICS[name].higher_is_better else ", less is better")),
            shown(mean.value),
            inert(interval(mean, 3) or "n/a"),
            mean.cases,
        ]
        for name, mean in report.metrics.items()
    ]
    stages = ", ".join(
        f"{name} {shown(of.p50)} (p95 {shown(of.p95)})" for name, of in report.seconds.items() if of.cases
    )
    headings = ["Name", "What it says", "Mean", "95 % interval", "Cases"]
    return (
        '<details class="metrics"><summary>All metrics</summary>'
        + table(headings, rows, 3, "All metrics")
        + quiet(f"Means over the cases that a metric applies to. Seconds a case: {stages or 'n/a'}.")
        + "</details>"
    )


def _cases(opened: OpenRun) -> str:
    rows = opened.run.rows
    kinds = "".join(
        f'<option value="{inert(row.type)}">{inert(row.type.replace("_", " "))}</option>' for row in opened.report.types
    )
    outcomes = "".join(f'<option value="{inert(name)}">{inert(name)}</option>' for name in opened.report.outcomes)
    items = "".join(
        f'<details class="case" data-number="{place}"><summary><span class="quiet">{inert(row["id"])}</span>'
        f'<span class="question">{inert(row["question"])}</span>{tag(row["outcome"])}</summary></details>'
        for place, row in enumerate(rows)
    )
    return (
        "<h3>Cases</h3>"
        '<form class="filters" data-want="matching" role="search" aria-label="Cases">'
        f'<label>Type<select name="kind"><option value="">all</option>{kinds}</select></label>'
        f'<label>Outcome<select name="outcome"><option value="">all</option>{outcomes}</select></label>'
        '<label class="wide">Words in question or answer<input name="words" type="search" autocomplete="off"></label>'
        "</form>"
        f'<p class="quiet" role="status" data-part="count">{len(rows)} of {counted(len(rows), "case")}</p>'
        f'<div class="cases" data-run="{inert(opened.name)}">{items}</div>'
    )
