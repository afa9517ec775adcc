"""Batches of tokenized texts: which texts share one, where a sentence's tokens lie, and work done one step ahead.

Pure but for `ahead`. Knows nothing of models and devices.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Span = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """A text as a model reads it: its place among the texts asked for, its tokens, and those of its sentences.

    `ranges` are (first, last + 1) among `tokens`, one a sentence. `size` is what the text costs, in tokens.
    """

    place: int
    text: str
    tokens: Sequence[int]
    ranges: Sequence[Span]
    size: int


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
    written = [place for place, (start, end) in enumerate(offsets) if end > start]
    everything = (0, len(offsets))
    if not written:
        return [everything] * len(spans)
    first, last = written[0], written[-1] + 1
    starts = [offsets[place][0] for place in range(first, last)]
    ends = [offsets[place][1] for place in range(first, last)]
    found = [(first + bisect_right(ends, start), first + bisect_left(starts, end)) for start, end in spans]
    return [(begin, stop) if begin < stop else everything for begin, stop in found]


def ahead(values: Iterable[T]) -> Iterator[T]:
    """The same values, none of them None, each made in a thread while the one before is worked on."""
    source = iter(values)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, source, None)
        while (value := coming.result()) is not None:
            coming = thread.submit(next, source, None)
            yield value
