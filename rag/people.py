"""People: which kinds of people a question names, and which of these no story of the library has.

The kinds stand in `lists/people.txt`: what people worked as or lived through, each with the words that would show such
a story. Someone of a kind is missing where no passage has any of these words; that is safe to say, however the
question is put. Knows nothing of a question's other words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from index.lexical import LexicalIndex, terms
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


def people_in(asked: str, lexical: LexicalIndex) -> People:
    """The kinds of people a question names, told apart by whether any passage has a word of such a person."""
    here: list[str] = []
    missing: list[str] = []
    for phrase in _named(terms(asked)):
        name, shown_by = _kinds()[phrase]
        (here if any(_stands(words, lexical) for words in shown_by) else missing).append(name)
    return People(tuple(dict.fromkeys(here)), tuple(dict.fromkeys(missing)))


def named_kinds(asked: str) -> list[Kind]:
    """The kinds of people that some words name."""
    return [_kinds()[phrase][1] for phrase in _named(terms(asked))]


def is_alternative(asked: str, people: People) -> bool:
    """Whether those missing are named side by side with some who are here: "the nurse and the plumber"."""
    if not (people.here and people.missing):
        return False
    here, missing = ("|".join(re.escape(name) for name in names) for names in (people.here, people.missing))
    between = r"s?(?:,|\s+(?:or|and|versus|vs\.?|with|to)\b)\s*(?:the|an?|of|ex|former|our)?[\s-]*"
    pairs = rf"\b(?:(?:{here}){between}(?:{missing})|(?:{missing}){between}(?:{here}))"
    return bool(re.search(pairs, asked, re.IGNORECASE))


def _named(words: Sequence[str]) -> Iterator[Phrase]:
    """The longest phrases of some stems that name a kind of people, from left to right, none within another."""
    start = 0
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
