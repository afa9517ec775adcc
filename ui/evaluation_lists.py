"""The first screen of the evaluation view: a set to be run, the run that goes on, and the runs there are."""

from collections.abc import Sequence
from datetime import UTC, datetime

from eval.reporting.report import HEADLINES
from ui.amounts import counted, time_left
from ui.escaping import inert
from ui.evaluation_markup import figure, problem, tag, when
from ui.evaluation_running import Progress
from ui.evaluation_runs import PastRun
from ui.evaluation_sets import ENDINGS, SetFile

SHORT = {
    "gold_cited_overall": "Gold cited",
    "citation_validity": "Citations valid",
    "citation_recall": "Claims carried",
    "answerable_answered": "Answered",
    "unanswerable_refused": "Rightly refused",
    "passage_hit@5": "Gold in first 5",
}
"""The headline figures in a word or two; the report says in full what they are."""

INTRODUCTION = (
    "<h2 tabindex='-1'>Evaluation</h2>"
    "<p class='lead'>Questions whose answers are known, asked of this library: how often the right words are found, "
    "cited, and carried by what is cited, and how often a question that no story answers is left unanswered.</p>"
)


def first_screen(sets: Sequence[SetFile], runs: Sequence[PastRun], progress: Progress | None, editable: bool) -> str:
    """All of it. Without `editable` runs are only read."""
    form = run_form(sets) if editable else ""
    return (
        f"<header>{INTRODUCTION}</header>{form}"
        f'<div data-part="told"></div>'
        f'<div data-part="progress">{progress_panel(progress, editable=editable)}</div>'
        f'<div data-part="runs">{past_runs(runs, progress, editable=editable)}</div>'
    )


def run_form(sets: Sequence[SetFile], chosen: str = "") -> str:
    """What is to be run."""
    options = "".join(
        f'<option value="{inert(one.key)}"{" selected" if one.key == chosen else ""}>{inert(_named(one))}</option>'
        for one in sets
    )
    return (
        '<form class="run" data-want="begin" data-part="form">'
        f'<label class="wide">Set of questions<select name="set" required>{options}</select></label>'
        '<label>Cases<input name="cases" type="number" min="1" step="1" placeholder="all" inputmode="numeric"></label>'
        '<button type="submit" class="primary">Run</button>'
        f'<label class="file">Add a set…<input name="file" type="file" accept="{",".join(ENDINGS)}"></label>'
        "</form>"
    )


def progress_panel(progress: Progress | None, *, editable: bool) -> str:
    """The run that goes on, or how the last one ended; "" where there is none to tell of."""
    if progress is None:
        return ""
    name = inert(progress.order.of_set.name)
    state, told = f'data-state="{progress.state}"', _told(progress)
    bar = (
        f'<progress max="{progress.total or 1}" value="{progress.done}" aria-label="Cases done"></progress>'
        if progress.is_going_on
        else ""
    )
    stop = (
        f'<button type="button" data-want="stop"{" disabled" if progress.state == "stopping" else ""}>Stop</button>'
        if progress.is_going_on and editable
        else ""
    )
    opens = (
        f'<button type="button" data-want="run" data-name="{inert(progress.order.out.name)}">Open it</button>'
        if progress.state == "finished"
        else ""
    )
    failures = "".join(f"<li>{inert(failure)}</li>" for failure in progress.failures)
    failed = f'<p class="wrong">{counted(progress.failed, "case")} failed:</p><ul>{failures}</ul>' if failures else ""
    what = problem(progress.problem) if progress.problem else ""
    return (
        f'<section class="going" {state} aria-label="The run">'
        f'<div class="line"><p role="status"><strong>{name}</strong> {told}</p>{stop}{opens}</div>{bar}{failed}{what}'
        "</section>"
    )


def past_runs(runs: Sequence[PastRun], progress: Progress | None, *, editable: bool) -> str:
    """The list, each run with its headline figures; two that are ticked are compared."""
    if not runs:
        return (
            '<p class="empty">No set has been run yet. Run one here, or in a terminal: '
            "<code>python -m eval run eval/sets/starter.jsonl</code></p>"
        )
    busy = progress.order.out.name if progress and progress.is_going_on else ""
    readable = sum(not run.fault and run.done > 0 for run in runs)
    compare = (
        '<div class="compare"><p class="quiet" data-part="ticked">Tick two runs to compare them.</p>'
        '<button type="submit" disabled>Compare</button></div>'
        if readable > 1
        else ""
    )
    items = "".join(_item(run, ticks=readable > 1, busy=run.name == busy, editable=editable) for run in runs)
    return (
        f'<form data-want="comparison"><div class="heading"><h3>Past runs</h3>{compare}</div>'
        f'<ul class="runs">{items}</ul></form>'
    )


def _named(one: SetFile) -> str:
    count = "cannot be read" if one.cases is None else counted(one.cases, "case")
    return f"{one.file.name} ({count})"


def _told(progress: Progress) -> str:
    """Where the run is, in a sentence of markup."""
    done = f"{progress.done} of {counted(progress.total, 'case')}"
    since = f"since {datetime.fromtimestamp(progress.started, UTC):%H:%M} UTC"
    match progress.state:
        case "preparing":
            return f"is being prepared, {since}…"
        case "asking":
            left = "" if progress.seconds_left is None else f", {time_left(progress.seconds_left)}"
            return f"is being asked, {since}: {done}{left}"
        case "stopping":
            return f"stops when the question under way is answered: {done}"
        case "stopped":
            return f"was stopped after {done}. It can go on."
        case "finished":
            return f"is done: {counted(progress.total, 'case')}."
        case "failed":
            return f"has failed after {done}." if progress.total else "could not be run."


def _item(run: PastRun, *, ticks: bool, busy: bool, editable: bool) -> str:
    if run.fault:
        return (
            f'<li class="broken"><div class="what"><strong>{inert(run.name)}</strong> {tag("cannot be read")}</div>'
            f'<p class="quiet">{inert(run.fault)}</p></li>'
        )
    name = inert(run.name)
    sets = inert(", ".join(run.sets) or run.name)
    tick = (
        f'<input type="checkbox" name="compared" value="{name}" data-started="{inert(run.started)}" '
        f'aria-label="Compare {sets}, {inert(run.started[:16])}">'
        if ticks and run.done
        else ""
    )
    state = "" if run.is_finished else tag("going on", "plain") if busy else tag("not finished", "fair")
    resume = (
        f'<button type="button" data-want="resume" data-name="{name}">Go on</button>'
        if editable and not run.is_finished and not busy
        else ""
    )
    cases = counted(run.cases, "case") if run.is_finished else f"{run.done} of {counted(run.cases, 'case')}"
    means = run.means or {}
    figures = "".join(figure(SHORT[name], means[name]) for name in HEADLINES if name in means)
    return (
        f'<li>{tick}<div class="what"><button type="button" class="open" data-want="run" data-name="{name}">{sets}'
        f"</button> {state}{resume}</div>"
        f'<p class="quiet">{when(run.started)} · {inert(run.answerer)} · {cases}</p>'
        f'<dl class="figures">{figures}</dl></li>'
    )
