"""Batches of tokenized texts: which texts share one, and where a sentence's tokens lie. Knows nothing of models."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

Span = tuple[int, int]
WORDS_KEPT = 32_768
# Tokens, as they are written, of which it is remembered whether they tell something: most come again and again.


@dataclass(frozen=True, slots=True)
class Item:
    """A text as a model reads it: its place among the texts asked for, its tokens, and those of its sentences.

    `ranges` are (first, last + 1) among `tokens`, one a sentence; `content` the places of the tokens of a sentence's
    content words, one sequence a sentence. `size` is what the text costs, in tokens.
    """

    place: int
    text: str
    tokens: Sequence[int]
    ranges: Sequence[Span]
    size: int
    content: Sequence[Sequence[int]] = ()


@dataclass
class Group:
    """Texts that were asked for together: what became of each so far, and of how many nothing did yet."""

    found: list[Any]
    left: int


@dataclass(frozen=True)
class Batch:
    """Some items of a group."""

    group: Group
    items: Sequence[Item]

    def take(self, made: Sequence[Any]) -> None:
        """Hand the group what became of them."""
        for item, own in zip(self.items, made, strict=True):
            self.group.found[item.place] = own
        self.group.left -= len(self.items)


def batches(items: Iterable[Item], limit: int) -> Iterator[list[Item]]:
    """Items in batches, the largest first; padded to its largest, a batch stays within `limit` tokens.

    An item larger than that is a batch by itself.
    """
    batch: list[Item] = []
    for item in sorted(items, key=lambda item: -item.size):
        if batch and (len(batch) + 1) * batch[0].size > limit:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def token_ranges(offsets: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """For each span of characters the tokens that lie in it at least in part, as (first, last + 1).

    `offsets` are the tokens' own spans, in order; special tokens at either end have empty ones. A span without a
    token of its own, as where the text was cut off, gets all of them.
    """
    everything = (0, len(offsets))
    first = next((place for place, span in enumerate(offsets) if _has_text(span)), None)
    if first is None:
        return [everything] * len(spans)
    last = len(offsets) - next(place for place, span in enumerate(reversed(offsets)) if _has_text(span))
    found = [
        (
            bisect_right(offsets, start, first, last, key=itemgetter(1)),
            bisect_left(offsets, end, first, last, key=itemgetter(0)),
        )
        for start, end in spans
    ]
    return [(begin, stop) if begin < stop else everything for begin, stop in found]


def content_places(text: str, offsets: Sequence[Span], ranges: Sequence[Span], stop: frozenset[str]) -> list[list[int]]:
    """For each range of tokens the places of those that are no special token, no stop word and no mere sign."""
    return [
        [place for place, (start, end) in enumerate(offsets[first:last], first) if _tells(text[start:end], stop)]
        for first, last in ranges
    ]


@lru_cache(maxsize=WORDS_KEPT)
def _tells(token: str, stop: frozenset[str]) -> bool:
    word = token.strip().lower()
    return word not in stop and any(character.isalnum() for character in word)


def _has_text(span: Span) -> bool:
    start, end = span
    return end > start
