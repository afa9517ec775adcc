"""A conversation as it was said: read from the messages that show it, every citation looked up in the library anew.

The messages come from the browser and are the client's. So of an answer its words are taken, and of a citation only
where it points: title, quote and link are the library's, and a citation whose story is another now, or gone, says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Self

from index.stories import Story
from ui.answers import DEEPEST
from ui.chat import Message, recent
from ui.reader import Place, Shelf

_BREAKS = {"br": "\n", "p": "\n\n", "h3": "\n\n", "h4": "\n\n", "blockquote": "\n\n", "li": "\n- "}


@dataclass(frozen=True)
class Source:
    """What `[number]` in an answer points at: `story.text[start:end]`. No `story`: its words are not there any more."""

    number: int
    story: Story | None = None
    start: int = 0
    end: int = 0

    @classmethod
    def at(cls, place: Place, shelf: Shelf) -> Self:
        """The source at a place, as the library has it now."""
        if place.story in shelf.story_ids:
            story = shelf.story(place.story)
            if place.is_in(story):
                return cls(place.number, story, place.start, place.end)
        return cls(place.number)

    @property
    def quote(self) -> str:
        """The exact words, "" where they are gone."""
        return self.story.text[self.start : self.end] if self.story else ""


@dataclass(frozen=True)
class Exchange:
    """A question and its answer, in plain text.

    `answer` has `[n]` after what is cited; `doubted` is the same with the doubts behind the sentences that no source
    carries. `remarks` are what stood below: its support, or what went wrong.
    """

    question: str
    answer: str = ""
    doubted: str = ""
    refused: bool = False
    sources: tuple[Source, ...] = ()
    nearest: tuple[Story, ...] = ()
    remarks: tuple[str, ...] = ()
    generation: int = 0


def exchanges(messages: Sequence[Message], shelf: Shelf) -> list[Exchange]:
    """The conversation, in order. A question that has no answer yet is an exchange without one."""
    found: list[Exchange] = []
    for message in recent(messages):
        read = _Reading(message["content"])
        if message["role"] == "user":
            found.append(Exchange(read.text()))
        elif found and not (found[-1].answer or found[-1].remarks):
            found[-1] = _answered(found[-1].question, read, shelf)
    return found


def _answered(question: str, read: "_Reading", shelf: Shelf) -> Exchange:
    numbered = {place.number: place for place in reversed(read.cited) if place.number > 0}
    nearest = [shelf.story(place.story) for place in read.nearest if place.story in shelf.story_ids]
    return Exchange(
        question,
        read.text(),
        read.text(with_doubts=True),
        read.refused,
        tuple(Source.at(numbered[number], shelf) for number in sorted(numbered)),
        tuple(nearest),
        tuple(" ".join("".join(remark).split()) for remark in read.remarks),
        max((place.generation for place in read.cited), default=0),
    )


_Sink = list[str]


class _Reading(HTMLParser):
    """Takes a message apart: what was said, what is cited, what stands beside it."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.cited: list[Place] = []
        self.nearest: list[Place] = []
        self.remarks: list[_Sink] = []
        self.refused = False
        self._said: list[tuple[str, bool]] = []
        self._open: list[tuple[str, _Sink | None]] = []
        self._spoken: _Sink = []
        self.feed(markup)
        self.close()

    def text(self, *, with_doubts: bool = False) -> str:
        """What was said, with `[n]` marks."""
        whole = "".join(part for part, is_doubt in self._said if with_doubts or not is_doubt)
        lines = [" ".join(line.split()) for line in whole.split("\n")]
        return "\n".join(line for number, line in enumerate(lines) if line or (number and lines[number - 1])).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        outer = self._open[-1][1] if self._open else self._spoken
        if outer is self._spoken:
            self._said.append((_BREAKS.get(tag, ""), False))
        self.refused = self.refused or "refusal" in classes
        if tag == "a":
            self._point(Place.from_href(given.get("href")), classes)
        if tag != "br" and len(self._open) < DEEPEST:  # what goes deeper is read as if it did not
            self._open.append((tag, self._sink(tag, classes, outer)))

    def handle_endtag(self, tag: str) -> None:
        tags = [opened for opened, _ in self._open]
        if tag in tags:
            del self._open[len(tags) - 1 - tags[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        tag, sink = self._open[-1] if self._open else ("", self._spoken)
        if sink is self._spoken:
            self._said.append((f" ({data.strip()})" if tag == "small" else data, tag == "small"))
        elif sink is not None:
            sink.append(data)

    def _point(self, place: Place | None, classes: Sequence[str]) -> None:
        if place and "cite" in classes:
            self.cited.append(place)
            self._said.append((f" [{place.number}]", False))
        elif place and "near" in classes:
            self.nearest.append(place)

    def _sink(self, tag: str, classes: Sequence[str], outer: _Sink | None) -> _Sink | None:
        """Where the words of an element go: to what was said, to a remark, or nowhere."""
        if {"stopped", "problem", "support", "filtered"} & set(classes):
            self.remarks.append([])
            return self.remarks[-1]
        return None if tag in {"a", "aside", "footer"} else outer
