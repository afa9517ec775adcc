"""Small pieces of HTML that the screens of the evaluation view share. Every word that is not written here is inert."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from eval.reporting.figures import Mean, shown
from eval.reporting.report import interval
from ui.escaping import inert

TONES: Mapping[str, str] = {
    **dict.fromkeys(("gold cited", "rightly refused", "withstood", "answered", "supported", "clearly better"), "good"),
    **dict.fromkeys(("gold not cited", "partly", "perhaps better", "perhaps worse"), "fair"),
    **dict.fromkeys(("not checked", "no clear difference"), "plain"),
}
"""How good a word is; bad unless it is said."""


def tone(word: str) -> str:
    """The class of an outcome or a verdict: how good it is."""
    return TONES.get(word, "bad")


def tag(word: str, looks: str = "") -> str:
    """An outcome or a verdict, in the colour of how good it is."""
    return f'<span class="tag {looks or tone(word)}">{inert(word)}</span>'


def quiet(words: str) -> str:
    """A remark, of words that are not yet inert."""
    return f'<p class="quiet">{inert(words)}</p>'


def problem(sentence: str) -> str:
    """What went wrong, a line each, and the way out."""
    lines = "".join(f"<p>{inert(line)}</p>" for line in sentence.split("\n") if line.strip())
    return f'<div class="problem" role="alert">{lines}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: int, name: str) -> str:
    """A table whose last columns, so many of them, are numbers.

    Cells are markup or numbers; headings and the name are words.
    """
    first = len(headings) - numbers
    head = "".join(
        f'<th scope="col"{_number(place, first)}>{inert(heading)}</th>' for place, heading in enumerate(headings)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{_number(place, first)}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{inert(name)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(says: str, mean: Mean) -> str:
    """A headline figure with its interval: a group of a `dl`."""
    between = f' <span class="between" title="95 % interval">{interval(mean)}</span>' if interval(mean) else ""
    return f"<div><dt>{inert(says)}</dt><dd>{shown(mean.value, 2)}{between}</dd></div>"


def when(started: str) -> str:
    """A manifest's time for people, as markup."""
    try:
        moment = datetime.fromisoformat(started).astimezone(UTC)
    except ValueError:
        return inert(started)
    return f'<time datetime="{inert(started)}">{moment.day} {moment:%b %Y, %H:%M} UTC</time>'


def back(to: str) -> str:
    """The button that leads back to the list."""
    return f'<button type="button" class="back" data-want="runs"><span aria-hidden="true">←</span> {inert(to)}</button>'


def _number(place: int, first: int) -> str:
    return ' class="n"' if place >= first else ""
