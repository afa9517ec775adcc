"""Drafts: cases that nobody has looked at yet, whoever proposed them. A person keeps them or does not (review.py).

Owns which of many drafts are taken: no two alike, and as many of each story as of any other. Knows nothing of where
drafts come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from rapidfuzz import fuzz

from eval.cases import Gold
from rag.answer import Turn

ALIKE = 85.0
"""Two questions on one story are duplicates from this likeness on, in 0..100, whatever the order of their words."""


@dataclass(frozen=True)
class Draft:
    """A case that is proposed. `answerable` is None where a person has to say it; `note` is what to look at.

    `story` is the one it is about, and `asked` the question without the words that say whose story that is.
    """

    story: str
    type: str
    question: str
    answerable: bool | None
    reference: str = ""
    gold: tuple[Gold, ...] = ()
    history: tuple[Turn, ...] = ()
    note: str = ""
    asked: str = ""


def spread(by_story: Iterable[Sequence[Draft]]) -> list[Draft]:
    """The first draft of each story, then the second of each, and so on."""
    return [draft for draft in chain.from_iterable(zip_longest(*by_story)) if draft is not None]


def without_duplicates(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts, of those alike only the first: the same story and gold, or much the same question on it."""
    kept: list[Draft] = []
    for draft in drafts:
        if not any(_are_alike(draft, other) for other in kept):
            kept.append(draft)
    return kept


def _are_alike(one: Draft, other: Draft) -> bool:
    if one.story != other.story:
        return False
    same_gold = bool(one.gold) and one.gold == other.gold
    return same_gold or fuzz.token_sort_ratio(_asked(one), _asked(other)) >= ALIKE


def _asked(draft: Draft) -> str:
    return " ".join((draft.asked or draft.question).casefold().split())
