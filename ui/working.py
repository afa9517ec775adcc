"""Work on the library in words: how far it is, and what came of it. HTML; knows nothing of Gradio."""

from collections.abc import Mapping
from typing import Any

from ui.amounts import story_count, time_left
from ui.building import FOR_NOBODY, Progress, Purpose
from ui.escaping import inert

_STAGES = {
    "waiting": "Waiting until other work on the library has ended…",
    "starting": "Reading the stories…",
    "embedding": "Making them searchable…",
    "finishing": "Putting the library together…",
}
_VOTES = "Votes on answers that quote it are kept on the server; whoever runs it can delete them by hand."
_GO_ON = "You can go on asking meanwhile."


def told_of(progress: Progress, purpose: Purpose = FOR_NOBODY, links: str = "") -> str:
    """The HTML of some work: what it is for goes before, `links` (HTML) behind."""
    removed = purpose.removed if progress.has_ended else ""
    before = "".join(f"<li>{inert(sentence)}</li>" for sentence in purpose.sentences if not removed)
    listed = f'<ul class="outcomes">{before}</ul>' if before else ""
    if not progress.has_ended:
        return f'<div class="work">{listed}{_going_on(progress)}</div>'
    kind = "fine" if progress.state == "done" and not _faults(progress.report) else "failed"
    ended = f'<p class="{kind}" role="status">{inert(_ended(progress, purpose))}</p>'
    return f'<div class="work">{listed}{ended}{f"<p>{links}</p>" if links else ""}</div>'


def _going_on(progress: Progress) -> str:
    stage = f'<p class="stage" role="status">{_STAGES[progress.state]} {_GO_ON}</p>'
    if not progress.total:
        return f'{stage}<progress aria-label="Progress"></progress>'
    numbers = f"{progress.embedded:,} of {progress.total:,} passages"
    if progress.per_second:
        numbers += f" · {progress.per_second:.0f} a second"
    if progress.seconds_left:
        numbers += f" · {time_left(progress.seconds_left)}"
    bar = f'<progress aria-label="Progress" max="{progress.total}" value="{progress.embedded}"></progress>'
    return f'{stage}{bar}<p class="numbers">{numbers}</p>'


def _ended(progress: Progress, purpose: Purpose) -> str:
    removed = purpose.removed
    if progress.state == "done":
        return _removal(progress.report, removed) if removed else _build(progress.report)
    if progress.state == "refused" and removed:
        return f"{progress.problem} “{removed}” was not removed."
    kept = "What was searched before still is."
    if purpose.saved:
        kept = "What was saved is safe in the stories folder, but may not be searched yet."
    elif removed:
        kept = f"“{removed}” may still be found."
    if progress.state == "stopped":
        return f"Stopped. {kept} “Bring up to date” takes up where this left off."
    return f"{progress.problem} {kept} “Bring up to date” tries again."


def _build(report: Mapping[str, Any]) -> str:
    faults = _faults(report)
    said = f"Done: the library has {story_count(report.get('stories', 0))} now, and answers draw on all of them."
    if faults:
        left_out = " ".join(f"{fault.get('file', '')}: {fault.get('what', '')}" for fault in faults[:5])
        return f"{said} Left out of them: {left_out}"
    return said


def _removal(report: Mapping[str, Any], title: str) -> str:
    said = f"“{title}” is removed: out of the stories folder, and none of its words is left in the index."
    if report.get("traces"):
        said = (
            f"“{title}” is out of the stories folder and not searched any more, but an answer that is still being "
            "written holds on to its words. They go when that has ended; “Bring up to date” makes sure."
        )
    votes = _VOTES if report.get("votes") else ""
    return " ".join(filter(None, [said, report.get("unsearched", ""), votes]))


def _faults(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The files that could not be used at all."""
    faults = report.get("faults", [])
    return [fault for fault in faults if not fault.get("story_kept")]
