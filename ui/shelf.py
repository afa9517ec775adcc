"""The shelf: which stories of the library are looked at, in which order, and by what they could be narrowed further.

A value that was picked from the counts matches stories that tell just it, so that as many are left as its count said.
Words match what is known of a story from the beginning of a word on, and its text word by word. Knows nothing of
HTML nor of the browser.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from index.facets import values_told
from index.filters import FIELDS, values_of, words_of, year_of
from index.generation import Generation
from index.lexical import stemmed
from index.passages import TARGET_WORDS
from index.stop_words import STOP_WORDS
from index.stories import Story

AT_ONCE = 24
"""Stories that are shown at first, and that each further step adds."""
LONGEST_WORDS = 200
"""Characters of a search, at most, that are read."""
WORDS_A_MINUTE = 238
"""How fast people read prose in silence (Brysbaert 2019, https://doi.org/10.1016/j.jml.2019.104047)."""

REST = "\nothers"
"""Stands for the values of a field that the picture does not name: no story's value has a line break."""


@dataclass(frozen=True)
class Selection:
    """What somebody wants to see of the library; all of it, where nothing is said. `order` is one of `ORDERS`."""

    words: str = ""
    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    order: str = "title"

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words.strip() or self.origins or self.destinations or self.tags)


@dataclass(frozen=True)
class Counts:
    """Values of each field that may be picked next, with how many stories that would leave or add."""

    origins: tuple[tuple[str, int], ...]
    destinations: tuple[tuple[str, int], ...]
    tags: tuple[tuple[str, int], ...]


Named = Mapping[str, frozenset[str]]
"""For `origins` and `destinations`, the values (case folded) that the picture names: `REST` means all others."""


@dataclass(frozen=True)
class Found:
    """What a selection comes to in a generation; its words are looked for once, whatever is asked of it."""

    generation: Generation
    selection: Selection
    named: Named

    def stories(self) -> list[Story]:
        """The stories that the selection leaves, in its order, without their texts."""
        left = _left(self._worded, self.selection, self.named)
        return sorted(left, key=ORDERS.get(self.selection.order, ORDERS["title"])(self.generation))

    def counts(self) -> Counts:
        """What each field could be narrowed to: counted over the stories that the words and the other fields leave."""
        return Counts(self._told("origins"), self._told("destinations"), self._told("tags"))

    def _told(self, field: str) -> tuple[tuple[str, int], ...]:
        none: dict[str, Any] = {field: ()}
        return values_told(_left(self._worded, replace(self.selection, **none), self.named), field)

    @cached_property
    def _worded(self) -> Sequence[Story]:
        return _with_words(self.generation, self.selection.words)


def minutes(story: Story) -> int:
    """How long reading a story (with its text) takes."""
    return max(1, round(len(story.text.split()) / WORDS_A_MINUTE))


def about_minutes(generation: Generation) -> int:
    """How long reading all stories takes, as near as their passages tell without reading any."""
    return max(1, round(len(generation) * TARGET_WORDS / WORDS_A_MINUTE))


def _left(stories: Sequence[Story], selection: Selection, named: Named) -> list[Story]:
    wanted = {field: [value.casefold() for value in getattr(selection, field)] for field in FIELDS}
    return [
        story
        for story in stories
        if all(
            _has(values_of(story, field), values, named.get(field, frozenset()))
            for field, values in wanted.items()
            if values
        )
    ]


def _has(told: Sequence[str], wanted: Sequence[str], named: frozenset[str]) -> bool:
    folded = [value.casefold() for value in told]
    if any(value in wanted for value in folded):
        return True
    return REST in wanted and any(value not in named for value in folded)


def _with_words(generation: Generation, words: str) -> Sequence[Story]:
    """The stories that have every word: in what is known of them, or in their text."""
    stories: Sequence[Story] = generation.stories()
    for word in words_of(words[:LONGEST_WORDS]):
        told = _places_telling(generation, word)
        stories = [
            story
            for place, story in _placed(generation, stories)
            if place in told or any(known.startswith(word) for known in words_of(_labels(story)))
        ]
    return stories


def _placed(generation: Generation, stories: Sequence[Story]) -> list[tuple[int, Story]]:
    places = {identity: place for place, identity in enumerate(generation.story_ids)}
    return [(places[story.id], story) for story in stories]


def _places_telling(generation: Generation, word: str) -> set[int]:
    """The places of the stories in whose text a word stands; of a word like "the", which none is searched by, all."""
    if word in STOP_WORDS:
        return set(range(len(generation.story_ids)))
    return set(generation.lexical.in_stories(stemmed([word])[0]).places.tolist())


def _labels(story: Story) -> str:
    return " ".join((story.title, story.author, story.origin, story.destination, *story.tags, story.date, story.source))


_Key = Callable[[Story], Any]


def _by_title(_: Generation) -> _Key:
    return lambda story: (story.title.casefold(), story.id)


def _by_year(sign: int) -> Callable[[Generation], _Key]:
    def ordered(_: Generation) -> _Key:
        def key(story: Story) -> tuple[int, str, str]:
            year = year_of(story)
            return (10_000 if year is None else sign * year, story.title.casefold(), story.id)

        return key

    return ordered


def _by_length(sign: int) -> Callable[[Generation], _Key]:
    def ordered(generation: Generation) -> _Key:
        passages = dict(zip(generation.story_ids, np.diff(generation.first_rows).tolist(), strict=True))
        return lambda story: (sign * passages[story.id], story.title.casefold(), story.id)

    return ordered


ORDERS: Mapping[str, Callable[[Generation], _Key]] = {
    "title": _by_title,
    "newest": _by_year(-1),
    "oldest": _by_year(1),
    "shortest": _by_length(1),
    "longest": _by_length(-1),
}
"""The orders that stories may be shown in; those that do not tell their year come last."""
