"""The reader: one whole story, with the words an answer cites marked in it. And `Place`, what a citation points at.

A place travels to the browser and back inside a link's address, so whatever comes back is the client's and is
checked here against the library before any of it is used.
"""

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self
from urllib.parse import parse_qs, urlencode

from index.stories import Story
from ui.escaping import inert
from ui.prose import Inline, prose

MAX_ALSO = 50
"""Other citations of the same story that are marked faintly; more are left out."""
LONGEST_HREF = 10_000
"""Characters; no file system has a path that long, even URL-quoted."""

_EDITION = re.compile(r"[0-9a-f]{12}")


class Shelf(Protocol):
    """Where stories are read from: `index.generation.Generation` is one."""

    @property
    def story_ids(self) -> tuple[str, ...]:
        """The stories there are."""
        ...

    def story(self, identity: str) -> Story:
        """A story with its text."""
        ...


@dataclass(frozen=True)
class Place:
    """A stretch of a story; an empty one is the story as a whole.

    `edition` tells the story's text by its digest: where it is another now, the offsets no longer hold.
    `generation` says which index the answer came from; `number` is the citation's number in its answer, or 0.
    """

    story: str
    edition: str
    start: int = 0
    end: int = 0
    number: int = 0
    generation: int = 0

    @classmethod
    def of(cls, story: Story, start: int = 0, end: int = 0, *, number: int = 0, generation: int = 0) -> Self:
        """The place in a story as it is now."""
        return cls(story.id, edition(story), start, end, number, generation)

    @classmethod
    def from_href(cls, href: object) -> Self | None:
        """The place that `href` was made from, or None for anything that is no such link."""
        if not isinstance(href, str) or not href.startswith("#") or len(href) > LONGEST_HREF:
            return None
        try:
            found = parse_qs(href[1:], errors="surrogateescape", max_num_fields=10)
            fields = {name: values[-1] for name, values in found.items()}
            numbers = [int(fields.get(name, "0")) for name in ("start", "end", "number", "generation")]
            fields["story"].encode("utf-8", "surrogateescape")
            return cls(fields["story"], fields["edition"], *numbers) if _EDITION.fullmatch(fields["edition"]) else None
        except (KeyError, ValueError):  # of which an error of encoding is one: no file has such a name
            return None

    @property
    def href(self) -> str:
        """The address of a link to this place; whatever the story's file is called, it is plain ASCII."""
        numbers = {"start": self.start, "end": self.end, "number": self.number, "generation": self.generation}
        fields = {
            "story": self.story,
            "edition": self.edition,
            **{name: value for name, value in numbers.items() if value},
        }
        return "#" + urlencode(fields, errors="surrogateescape")

    def is_in(self, story: Story) -> bool:
        """Whether it points at words of this story as it is now."""
        same = self.story == story.id and self.edition == edition(story)
        return same and 0 <= self.start < self.end <= len(story.text)


def edition(story: Story) -> str:
    """A digest of the story's text: offsets hold for one edition."""
    return hashlib.sha256(story.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def open_story(request: object, shelf: Shelf) -> str:
    """The reader's HTML for what the browser asks: `{"place": href, "also": [hrefs]}`; whatever it is, no error."""
    asked = request if isinstance(request, Mapping) else {}
    place = Place.from_href(asked.get("place"))
    if place is None:
        return notice("This link leads to no story. Ask again, and use the links of the new answer.", request)
    if place.story not in shelf.story_ids:
        return notice("This story is no longer in the library. Ask again, to see what it tells today.", request)
    also = asked.get("also")
    others = [Place.from_href(href) for href in (also[:MAX_ALSO] if isinstance(also, list) else [])]
    return article(shelf.story(place.story), place, [other for other in others if other is not None])


def article(story: Story, place: Place, also: Sequence[Place] = ()) -> str:
    """A story as the reader shows it: what is known of it, then every word, with the place and others marked."""
    cited = (place.start, place.end) if place.is_in(story) else (0, 0)
    others = [(other.start, other.end) for other in also if other.is_in(story)]
    stops = sorted({(other.start, other.end): other for other in (*also, place) if other.is_in(story)}.items())
    moved = place.end > place.start and cited == (0, 0)
    text = _MOVED * moved + prose(story.text, _marking(story.text, cited, others))
    return (
        f'<article class="story" data-place="{inert(place.href)}" aria-labelledby="story-title">'
        f"<header>{_kicker(place)}{_steps(place, [stop for _, stop in stops])}{_CLOSE}"
        f'<h2 id="story-title" tabindex="-1">{inert(story.title)}</h2>{_about(story)}</header>'
        f'<div class="story-text" tabindex="0" role="region" aria-label="The story">{text}</div></article>'
    )


def notice(sentence: str, request: object) -> str:
    """The reader's HTML where there is no story to show for what the browser asks; `page.js` asks for it again."""
    href = request.get("place") if isinstance(request, Mapping) else ""
    place = inert(href) if isinstance(href, str) and len(href) <= LONGEST_HREF else ""
    return (
        f'<article class="story notice" data-place="{place}"><header><span class="kicker">Story</span>{_CLOSE}</header>'
        f'<div class="story-text"><p class="aside" role="status">{inert(sentence)}</p></div></article>'
    )


_CLOSE = '<button type="button" class="close" aria-label="Close the story" title="Close (Esc)"></button>'
_MOVED = (
    '<p class="aside" role="status">This story has been changed since the answer was written, '
    "so the cited words cannot be marked.</p>"
)


def _kicker(place: Place) -> str:
    return f'<span class="kicker">{f"Source {place.number}" if place.number else "Story"}</span>'


def _steps(place: Place, stops: Sequence[Place]) -> str:
    """The way to the previous and the next of the places cited in this story, in the order of its text."""
    here = next(
        (number for number, stop in enumerate(stops) if (stop.start, stop.end) == (place.start, place.end)), None
    )
    if here is None or len(stops) < 2:  # noqa: PLR2004  # there is nowhere to go
        return ""
    return (
        f'<span class="steps" role="group" aria-label="Cited words in this story">'
        f"{_step('previous', 'Previous', stops[here - 1] if here else None)}"
        f'<span role="status">{here + 1} of {len(stops)}</span>'
        f"{_step('next', 'Next', stops[here + 1] if here + 1 < len(stops) else None)}</span>"
    )


def _step(kind: str, name: str, to: Place | None) -> str:
    target = f'data-place="{inert(to.href)}"' if to else "disabled"
    return (
        f'<button type="button" class="step {kind}" aria-label="{name} cited words" title="{name} (arrow keys)" '
        f"{target}></button>"
    )


def _about(story: Story) -> str:
    """Author, date and the way travelled, then the source and a link to the original: as much of it as is known."""
    path = f"<span>{inert(story.origin)}</span> → <span>{inert(story.destination)}</span>" if story.path else ""
    known = " · ".join(part for part in (inert(story.author), inert(story.date), path) if part)
    is_link = story.url.startswith(("https://", "http://"))
    link = (
        f'<a href="{inert(story.url)}" target="_blank" rel="noopener noreferrer">Read the original</a>'
        if is_link
        else ""
    )
    source = " ".join(part for part in (inert(story.source), link) if part)
    return (f'<p class="about">{known}</p>' if known else "") + (f'<p class="source">{source}</p>' if source else "")


def _marking(text: str, cited: tuple[int, int], others: Sequence[tuple[int, int]]) -> Inline:
    """Writes stretches of the text, inert, with `<mark>` round what is cited; the cited place wins over the others."""
    seen = {edge for span in others for edge in span if not cited[0] < edge < cited[1]}
    edges = sorted({*cited, *seen})

    def inline(start: int, end: int) -> str:
        inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
        cuts = [start, *inner, end]
        return "".join(_marked(text[a:b], _mark_at(a, cited, others)) for a, b in pairwise(cuts))

    return inline


def _mark_at(offset: int, cited: tuple[int, int], others: Sequence[tuple[int, int]]) -> str:
    if cited[0] <= offset < cited[1]:
        return "cited"
    return "also" if any(start <= offset < end for start, end in others) else ""


def _marked(words: str, kind: str) -> str:
    if not kind or not words.strip():
        return inert(words)
    focus = ' tabindex="-1"' if kind == "cited" else ""
    return f'<mark class="{kind}"{focus}>{inert(words)}</mark>'
