"""What the index's commands say, in words for a terminal and as JSON. Knows nothing of how anything is done."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.generation import Pointer
from index.intake import Added, Duplicate
from index.intake.removal import Removal
from index.plan import Plan
from index.rebuild import RebuildReport
from index.search import Hit
from index.stories import Fault

NAMED = 20
"""Files of a kind are named one by one up to so many."""
CELLS = 4
"""Parts of a score in a line, where it is explained."""


def report_lines(report: RebuildReport, folder: Path, computed: str) -> list[str]:
    """What a rebuild did; `computed` says on what passages were embedded."""
    lines = [f"  {fault.file}: {_verdict(fault, report.plan)} {fault.what}" for fault in report.faults]
    if not report.published:
        what = f"generation {report.generation} with {report.stories} stories"
        how = f"{what} is published, its files tidied" if report.tidied else f"{what} stays published"
        return [*lines, f"Nothing changed: {how} ({report.seconds:.2f} s)."]
    lines += plan_lines(report.plan)
    if report.embedded:
        speed = f"{report.embedded / report.seconds:.0f} passages/s"
        lines.append(f"{report.embedded} passages embedded on {computed}; {report.seconds:.1f} s in all ({speed}).")
    size = f"{report.stories} stories, {report.passages} passages"
    return [*lines, f"Generation {report.generation} is published: {size}, in {folder}."]


def plan_lines(plan: Plan) -> list[str]:
    """What a rebuild does, naming the files that differ where they are few."""
    lines = [f"Everything is made anew ({plan.whole})."] if plan.whole else []
    if plan.damaged or plan.republish:
        lines.append(f"The index is damaged; what is damaged is made anew ({len(plan.damaged)} stories).")
    kinds = {"added": plan.added, "changed": plan.changed, "gone": plan.gone}
    lines.append(", ".join(f"{len(ids)} {kind}" for kind, ids in {**kinds, "unchanged": plan.same}.items()) + ".")
    return lines + [f"  {kind}: {identity}" for kind, ids in kinds.items() if len(ids) <= NAMED for identity in ids]


def pointer_lines(pointer: Pointer, folder: Path) -> list[str]:
    """What is published."""
    size = f"{len(pointer.stories)} stories, {pointer.passages} passages in {len(pointer.shards)} shards"
    return [
        f"{folder}: generation {pointer.generation}, built {pointer.built}",
        f"{size}, embedder {pointer.fingerprint['embedder']}",
        *(f"  {identity}" for identity in pointer.stories),
        *(
            f"  {fault.file}: {'used, but' if fault.story_kept else 'could not be read:'} {fault.what}"
            for fault in pointer.faults
        ),
    ]


def added_line(outcome: Added | Duplicate | Fault) -> str:
    """What came of a story that was to be added."""
    match outcome:
        case Added():
            warnings = "".join(f" ({warning})" for warning in outcome.warnings)
            return f"  {outcome.given}: added as {outcome.story_id}, “{outcome.title}”{warnings}"
        case Duplicate():
            return f"  {outcome.given}: not added, since {outcome.of} is the same story"
        case Fault():
            return f"  {outcome.file}: not added: {outcome.what}"


def removal_lines(removal: Removal, folder: Path) -> list[str]:
    """What a removal came to, and what is left."""
    votes = [f"{file} keeps votes on answers that quote it. Delete those lines by hand." for file in removal.votes]
    if removal.traces:
        return [
            f"{removal.story_id} is out of the stories folder and not searched any more, but its words are still in:",
            *(f"  {file}" for file in removal.traces),
            "A chat or a search that is running still reads an older generation. When it has ended or moved on,",
            f"`python -m index build` deletes what is left in {folder}.",
            *filter(None, [removal.unsearched]),
            *votes,
        ]
    files = f"of the index's {removal.searched} files"
    looked = {
        0: "it had no sentence of its own to look for",
        1: f"its sentence is in none {files}",
    }.get(removal.sentences, f"none of its {removal.sentences} sentences is in any {files}")
    told = f"{removal.story_id} is out of the stories folder and out of the index: {looked}."
    others = f"Other stories have {removal.elsewhere} more of its sentences too, and keep them."
    return [told, *filter(None, [others if removal.elsewhere else "", removal.unsearched]), *votes]


def removal_json(removal: Removal) -> dict[str, Any]:
    """What a removal came to, for other programs."""
    files = {"traces": removal.traces, "votes": removal.votes}
    return asdict(removal) | {name: [str(file) for file in found] for name, found in files.items()}


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit for other programs."""
    return {
        "story": hit.story.id,
        "title": hit.story.title,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "text": hit.passage.text,
        "score": round(hit.score, 6),
        "components": {name: round(value, 6) for name, value in hit.components.items()},
    }


def hit_lines(number: int, hit: Hit, *, explain: bool) -> list[str]:
    """A hit, with what its score is made of if that is to be explained: a table, its columns the same for all hits."""
    cells = [f"{name:<15}{value:8.3f}" for name, value in hit.components.items()] if explain else []
    rows = [cells[first : first + CELLS] for first in range(0, len(cells), CELLS)]
    return [
        f"{number:2}. {hit.score:6.2f}  {hit.story.title}  ({hit.passage.id})",
        *(f"    {'   '.join(row)}" for row in rows),
        "    " + " ".join(hit.passage.text.split()),
    ]


def outcome_json(outcome: Added | Duplicate | Fault) -> dict[str, Any]:
    """What came of a story that was to be added, for other programs."""
    return {"outcome": type(outcome).__name__.lower(), **asdict(outcome)}


def _verdict(fault: Fault, plan: Plan) -> str:
    if fault.story_kept:
        return "used, but"
    return "the version before stays:" if fault.file in plan.same else "left out:"
