"""People: which kinds of people a question names, and which of these no story of the library has.

The kinds stand in `lists/people.txt`: what people worked as or lived through, each with the words that would show such
a story. Someone of a kind is missing where no passage has any of these words; that is safe to say, however the
question is put. Knows nothing of a question's other words.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from index.lexical import LexicalIndex, terms
from index.stories import Story
from rag.lists import read_list

LONGEST = 4
# Content words of a phrase.

Phrase = tuple[str, ...]
Kind = tuple[Phrase, ...]
"""A kind of people: the phrases, as stems, that show such a person."""


@dataclass(frozen=True)
class People:
    """The kinds of people that a question names, as `lists/people.txt` spells them: those here, and those `missing`."""

    here: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def people_in(asked: str, lexical: LexicalIndex, near: Iterable[Story] = ()) -> People:
    """The kinds of people a question names, told apart by whether a story shows such a person.

    A passage may, or what one of the stories that come `near` is called by.
    """
    here: list[str] = []
    missing: list[str] = []
    called: list[set[str]] | None = None
    for phrase in _named(asked):
        name, shown_by = _kinds()[phrase]
        is_here = any(_stands(words, lexical) for words in shown_by)
        if not is_here:
            called = [called_by(story) for story in near] if called is None else called
            is_here = any(own.issuperset(words) for own in called for words in shown_by)
        (here if is_here else missing).append(name)
    return People(tuple(dict.fromkeys(here)), tuple(dict.fromkeys(missing)))


def named_kinds(asked: str) -> list[Kind]:
    """The kinds of people that some words name."""
    return [_kinds()[phrase][1] for phrase in _named(asked)]


def called_by(story: Story) -> set[str]:
    """The stems of all that says whose story it is."""
    return set(terms(" ".join([story.id, story.title, story.origin, story.destination, *story.tags])))


def is_alternative(asked: str, people: People) -> bool:
    """Whether those missing are named side by side with some who are here: "the nurse and the plumber"."""
    if not (people.here and people.missing):
        return False
    here, missing = ("|".join(re.escape(name) for name in names) for names in (people.here, people.missing))
    between = r"s?(?:,|\s+(?:or|and|versus|vs\.?|with|to)\b)\s*(?:the|an?|of|ex|former|our)?[\s-]*"
    pairs = rf"\b(?:(?:{here}){between}(?:{missing})|(?:{missing}){between}(?:{here}))"
    return bool(re.search(pairs, asked, re.IGNORECASE))


def _named(asked: str) -> Iterator[Phrase]:
    """The longest phrases of some words that name a kind of people, from left to right, none within another."""
    words, start = terms(_NOBODY.sub(" ", asked)), 0
    while start < len(words):
        sizes = range(min(LONGEST, len(words) - start), 0, -1)
        phrases = (tuple(words[start : start + size]) for size in sizes)
        phrase = next((phrase for phrase in phrases if phrase in _kinds()), ())
        if phrase:
            yield phrase
        start += len(phrase) or 1


def _stands(phrase: Phrase, lexical: LexicalIndex) -> bool:
    """Whether a passage has all words of a phrase."""
    places = [set(lexical.in_passages(word).places.tolist()) for word in phrase]
    return bool(places) and bool(set.intersection(*places))


_TRADES = "(?:tailor|pilot|cook|nurse|butcher)"
_NOBODY = re.compile(
    rf"\b(?:i|you|we|they|people|can|could|should|would|will|must) {_TRADES}\b"
    rf"|\b{_TRADES}(?:s|ed|ing)? (?:my|your|his|her|our|their|its|an?|the|each|every|projects?|program\w*)\b"
    r"|\bto tailor (?!and|as|at|in|or|with)\w|\b(?:data|code|api) plumbing\b",
    re.IGNORECASE,
)
# What people do with a CV or a dinner, by words that also name a person.


@cache
def _kinds() -> dict[Phrase, tuple[str, Kind]]:
    """For each phrase that people ask by: its spelling, and all phrases that show such a person."""
    kinds: dict[Phrase, tuple[str, Kind]] = {}
    for line in read_list("people"):
        asked, _, shown = line.partition("|")
        names = [name.strip() for name in asked.split(",")]
        shown_by = tuple(tuple(terms(phrase)) for phrase in (*names, *shown.split(",")) if phrase.strip())
        for name in names:
            kinds.setdefault(tuple(terms(name)), (name, shown_by))
    return kinds
