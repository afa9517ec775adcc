"""What was understood of stories that could be added, and what came of adding them. HTML; knows nothing of Gradio.

Everything in it is a stranger's: names of files, metadata, text, and the errors that repeat them.
"""

from collections.abc import Sequence

from index.intake import Added, Duplicate, Preview
from index.stories import Fault
from ui.adding import Outcome, Understood
from ui.amounts import counted
from ui.choosing import NAMES
from ui.escaping import inert
from ui.prose import prose

LONGEST_GIVEN = 120
"""Characters of a file's name or an address that are shown."""
LONGEST_FAULT = 600


def shown(understood: Understood) -> str:
    """The HTML of a preview: each story as it was understood, with its text, and every fault."""
    faults = "".join(f"<li>{inert(_cut(fault, LONGEST_FAULT))}</li>" for fault in understood.faults)
    told = f'<ul class="faults" role="alert">{faults}</ul>' if faults else ""
    return told + "".join(map(_preview, understood.previews))


def outcome_sentences(outcomes: Sequence[Outcome]) -> list[str]:
    """What came of each story, in words that are not HTML yet."""
    return [_outcome(outcome) for outcome in outcomes]


def _preview(preview: Preview) -> str:
    story = preview.story
    known = {
        "Author": story.author,
        NAMES["origins"]: story.origin,
        NAMES["destinations"]: story.destination,
        "Date": story.date,
        NAMES["tags"]: ", ".join(story.tags),
        "Original": story.url,
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{inert(value) or _UNTOLD}</dd></div>" for name, value in known.items())
    text = prose(story.text, lambda start, end: inert(story.text[start:end]))
    count = counted(len(story.text.split()), "word")
    return (
        f'<article class="preview"><p class="given">{inert(_cut(preview.given, LONGEST_GIVEN))}</p>'
        f"<h4>{inert(story.title)}</h4>{_verdict(preview)}<dl>{rows}</dl>"
        f"<details><summary>The text as it was understood, {count}</summary>"
        f'<div class="clean" tabindex="0" role="region" aria-label="The text as it was understood">{text}</div>'
        "</details></article>"
    )


_UNTOLD = "<i>not told</i>"


def _verdict(preview: Preview) -> str:
    warnings = "".join(f'<p class="warning">{inert(_sentence(warning))}</p>' for warning in preview.warnings)
    if preview.same_as:
        return f'<p class="warning">It is in the library already, as {inert(preview.same_as)}: it is left out.</p>'
    return f'<p class="fine">Will be kept as {inert(preview.story.id)}.</p>{warnings}'


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Added():
            return f"“{outcome.title}” is saved as {outcome.story_id}."
        case Duplicate():
            return f"{_cut(outcome.given, LONGEST_GIVEN)} was left out: {outcome.of} is the same story."
        case Fault():
            return f"{_cut(outcome.file, LONGEST_GIVEN)} was not saved. {outcome.what}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
