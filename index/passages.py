"""Passage: a stretch of a story that is searched, shown and cited. `split_story` cuts a story into them.

The passages of a story tile its text: put end to end they are the text, to the character. Every cut lies
where a sentence begins, and where possible where a paragraph or a section does, so that a passage reads by
itself. Knows nothing of models: whoever calls says how to count tokens.
"""

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sentencex
from regex import compile as regex_compile

from index.stories import Story

SPLITTER_VERSION = 1
"""Raised whenever the same text would be cut elsewhere, so that an index made before is made anew."""

TARGET_WORDS = 110
"""Passages grow to about this many words. Other sizes are not compared yet."""

_BLOCK_MARK = regex_compile(r"\s*(?:#{1,6} |[-*+] |\d+[.)] |> ?)+")

Span = tuple[int, int]


@dataclass(frozen=True)
class Passage:
    """`story.text[start:end] == text`; `number` counts the passages of a story from 0."""

    story_id: str
    number: int
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """Unique in an index: the story's id and the passage's number."""
        return f"{self.story_id}#{self.number}"


def split_story(story: Story, count_tokens: Callable[[Sequence[str]], Sequence[int]], limit: int) -> list[Passage]:
    """Cut a story into passages of about `TARGET_WORDS` words and at most `limit` tokens each.

    `count_tokens` gives the tokens of each text. A single sentence beyond the limit is cut at white space.
    """
    cuts = [0]
    words = held = 0
    for number, ((start, end), size) in enumerate(_pieces(story.text, count_tokens, limit)):
        text = story.text[start:end]
        if number and (held + size > limit or _is_good_cut(story.text, start, words, len(text.split()))):
            cuts.append(start)
            words = held = 0
        words += len(text.split())
        held += size
    bounds = [*cuts, len(story.text)]
    return [
        Passage(story.id, number, start, end, story.text[start:end])
        for number, (start, end) in enumerate(itertools.pairwise(bounds))
    ]


@lru_cache(maxsize=512)
def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of a clean text as (start, end), without block marks and surrounding white space.

    A line break ends a sentence, as does what `sentencex` takes for an end.
    """
    spans: list[Span] = []
    offset = 0
    for line in text.split("\n"):
        mark = _BLOCK_MARK.match(line)
        begin = mark.end() if mark else 0
        for found in sentencex.get_sentence_boundaries("en", line[begin:]):
            start, end = begin + found["start_index"], begin + found["end_index"]
            inner = line[start:end]
            left = len(inner) - len(inner.lstrip())
            if inner.strip():
                spans.append((offset + start + left, offset + start + len(inner.rstrip())))
        offset += len(line) + 1
    return tuple(spans)


def sentences_within(text: str, start: int, end: int) -> list[Span]:
    """The sentences of `text` that lie in `text[start:end]`, those cut by an edge clipped to it."""
    spans = sentence_spans(text)
    first = max(bisect_right(spans, (start, len(text))) - 1, 0)
    return [(max(a, start), min(b, end)) for a, b in spans[first:] if a < end and b > start]


def _pieces(
    text: str, count_tokens: Callable[[Sequence[str]], Sequence[int]], limit: int
) -> Iterator[tuple[Span, int]]:
    """What passages are put together from: from one sentence's beginning to the next one's, with its number of tokens.

    They tile the text.
    """
    starts = [_line_start(text, start) for start, _ in sentence_spans(text)]
    bounds = sorted({0, *starts[1:], len(text)})
    spans = list(itertools.pairwise(bounds))
    sizes = count_tokens([text[start:end] for start, end in spans])
    for span, size in zip(spans, sizes, strict=True):
        yield from _halves(text, span, size, count_tokens, limit)


def _halves(
    text: str, span: Span, size: int, count_tokens: Callable[[Sequence[str]], Sequence[int]], limit: int
) -> Iterator[tuple[Span, int]]:
    """A stretch of `size` tokens, cut in half (at white space if there is any) until every part is within the limit."""
    start, end = span
    if size <= limit or end - start < 2:  # noqa: PLR2004  # one character cannot be cut
        yield span, size
        return
    middle = (start + end) // 2
    space = text.rfind(" ", start + 1, middle)
    cut = space + 1 if space > start else middle
    for half in ((start, cut), (cut, end)):
        (own,) = count_tokens([text[slice(*half)]])
        yield from _halves(text, half, own, count_tokens, limit)


def _line_start(text: str, start: int) -> int:
    """`start`, or the beginning of its line where only a block mark lies between: a mark belongs to its sentence."""
    line = text.rfind("\n", 0, start) + 1
    return line if _BLOCK_MARK.fullmatch(text, line, start) else start


def _is_good_cut(text: str, start: int, words: int, coming: int) -> bool:
    """Whether a passage of `words` words should end before the sentence (of `coming` words) that starts here."""
    line = text.rfind("\n", 0, start) + 1
    new_line = line == start
    previous = text[:line].rstrip("\n").rpartition("\n")[2] if new_line else text[line:start]
    if previous.lstrip().startswith("#"):
        return False  # a heading stays with what it heads
    if new_line and text.startswith("#", start):
        return words >= TARGET_WORDS // 3
    if new_line and text[:start].endswith("\n\n"):
        return words + coming / 2 > TARGET_WORDS * 0.75
    return words + coming / 2 > TARGET_WORDS * 1.15
