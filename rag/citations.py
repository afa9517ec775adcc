"""Draft with `[n]` marks → text, sentences and citations that point at exact words.

A draft's numbers count the passages it was given, from 1. What comes out is numbered in order of
appearance, one number for each stretch of words cited. Marks that point at no passage are taken out and
counted. Everything is a pure function of the draft so far, so a growing draft gives growing answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from index.passages import Span, sentence_spans, sentences_within
from index.search import Hit
from rag.answer import Citation, Sentence
from rag.grounding import support

_NUMBER = r"(?:(?:passages?|sources?)\s*)?\^?\d{1,4}(?:†[^\]】]*)?"
_MARK = re.compile(
    rf"[ \t]*[\[［【]\s*{_NUMBER}(?:\s*(?:[,;、，–—-]|and|&)\s*{_NUMBER})*\s*[\]］】]"
    r"|(?:(?<=[.!?”\"')])|(?<=[a-z]{3}))[⁰¹²³⁴-⁹]+",  # not the square of m²
    re.IGNORECASE,
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_NO_MARK = _SUPERSCRIPTS | str.maketrans("[［【]］】", "((()))")  # brackets of all kinds are meant
_UNFINISHED = re.compile(r"\s*(?:[\[［【][^\]］】]{0,40}|[⁰¹²³⁴-⁹]+)$")
SHORTEST_QUOTE = 3
# Characters.
FEWEST_QUOTED = 4
# Words: fewer carry no claim by themselves.
QUOTED = 0.1
# What a sentence is better by that has the few words which are quoted.
MOST_QUOTES = 12
# The last so many quotation marks of a claim are looked at.
MIN_CLAUSE_WORDS = 4
# Words before a mark, fewer than these, say too little to look for: the whole sentence is looked for instead.
NEARLY_AS_GOOD = 0.05
# A longer quote must carry the claim better by this much to be preferred.


@dataclass(frozen=True)
class Resolved:
    """A draft made into an answer's text, sentences and citations; `dropped` counts the marks taken out."""

    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    dropped: int = 0


@dataclass
class _Numbering:
    """Numbers handed out so far, for one draft."""

    citations: list[Citation] = field(default_factory=list)

    def number(self, hit: Hit, span: Span) -> int:
        for known in self.citations:
            if known.story.id == hit.story.id and (known.quote_start, known.quote_end) == span:
                return known.number
        self.citations.append(Citation(len(self.citations) + 1, hit.passage, hit.story, *span))
        return len(self.citations)


def resolve(draft: str, hits: Sequence[Hit], *, finished: bool = True) -> Resolved:
    """Resolve the marks of a draft against the passages it was given, in their order.

    While the draft is unfinished, a mark that may still be growing at its end is held back.
    """
    if not finished:
        draft = without_unfinished_mark(draft)
    bare, marks, dropped = _take_marks_out(draft, len(hits))
    numbering = _Numbering()
    units = _units(bare)
    marks_of = _share_out(marks, bare, units)
    text, sentences, done = "", [], 0
    for (start, end), own in zip(units, marks_of, strict=True):
        text += bare[done:start]
        sentence_start, claimed = len(text), start
        cited: list[int] = []
        for place, numbers in own:
            inside = min(max(place, start), end)
            claim = bare[claimed:inside] if len(bare[claimed:inside].split()) >= MIN_CLAUSE_WORDS else bare[start:end]
            found = [numbering.number(hits[number - 1], locate(claim, hits[number - 1])) for number in numbers]
            fresh = [number for number in dict.fromkeys(found) if number not in cited]
            cited += fresh
            text += bare[claimed:inside]
            text += ("" if inside == start else " ") + "".join(f"[{number}]" for number in fresh) if fresh else ""
            text += " " if fresh and inside == start else ""
            claimed = inside
        text += bare[claimed:end]
        sentences.append(Sentence(text[sentence_start:], sentence_start, len(text), tuple(cited)))
        done = end
    text += bare[done:].rstrip()
    return Resolved(text, tuple(sentences), tuple(numbering.citations), dropped)


def locate(claim: str, hit: Hit) -> Span:
    """Where in the story's text the words stand that carry a claim: the quotation in it, else the best sentence(s).

    A claim may be the beginning, the middle or the end of a quotation whose sentences have a mark each. A word or two
    stand for their sentence where a claim ends with them; elsewhere they only speak for it.
    """
    text, passage = hit.story.text, hit.passage
    found, is_last = _quoted(claim, text[passage.start : passage.end])
    quotes = [(passage.start + start, passage.start + end) for start, end in found]
    sentences = sentences_within(text, passage.start, passage.end) or [(passage.start, passage.end)]
    around = [next((span for span in sentences if span[0] <= start < span[1]), (start, end)) for start, end in quotes]
    if not quotes or not (_is_long(text, quotes[0]) or is_last):
        return _best(claim, text, sentences, speaking=around)
    carried = [_carried(claim, text[start:end]) for start, end in around]
    first = carried.index(max(carried))
    return quotes[first] if _is_long(text, quotes[0]) else around[first]


def _is_long(text: str, quote: Span) -> bool:
    return len(text[slice(*quote)].split()) >= FEWEST_QUOTED


def _best(claim: str, text: str, sentences: Sequence[Span], speaking: Sequence[Span]) -> Span:
    """The sentence that carries a claim best, or two that follow each other; those in `speaking` are favoured."""
    scores = [_carried(claim, text[start:end]) + QUOTED * ((start, end) in speaking) for start, end in sentences]
    best = scores.index(max(scores))
    for place in range(max(best - 1, 0), min(best + 1, len(sentences) - 1)):
        start, end = sentences[place][0], sentences[place + 1][1]
        if _carried(claim, text[start:end]) > scores[best] + NEARLY_AS_GOOD:
            return start, end
    return sentences[best]


@lru_cache(maxsize=4096)
def _quoted(claim: str, passage: str) -> tuple[Sequence[Span], bool]:
    """Where in a passage the words stand that a claim quotes: those that end last in it, and of these the longest.

    And whether the claim ends with them. A title may be quoted before them, and they may hold quotation marks of their
    own. Kept, as what `_carried` gives.
    """
    starts = [0, *(found.end() for found in re.finditer(r"[“\"]", claim))][-MOST_QUOTES:]
    ends = [len(claim), *(found.start() for found in re.finditer(r"[”\"]", claim))]
    for end in sorted(set(ends), reverse=True)[:MOST_QUOTES]:
        for start in starts:
            words = claim[start:end].strip()
            if len(words) >= SHORTEST_QUOTE and (found := list(_standing(words, passage))):
                return found, not re.search(r"\w", claim[end:])
    return [], False


def _standing(words: str, passage: str) -> Iterator[Span]:
    """Wherever some words stand in a passage, beginning and ending with whole words."""
    start = passage.find(words)
    while start >= 0:
        end = start + len(words)
        around = (passage[start - 1 : start] + words[0], words[-1] + passage[end : end + 1])
        if not any(len(pair) > 1 and pair.isalnum() for pair in around):
            yield start, end
        start = passage.find(words, start + 1)


def without_unfinished_mark(draft: str) -> str:
    """A draft without the mark that it breaks off in, if it does."""
    return _UNFINISHED.sub("", draft)


def without_marks(text: str) -> str:
    """A text without citation marks: for a conversation's history, and for reading aloud."""
    return _MARK.sub("", text)


def unmarked(text: str) -> str:
    """A text of which nothing is read as a citation: "[2]" becomes "(2)"."""
    return _MARK.sub(lambda found: found.group().translate(_NO_MARK), text)


@lru_cache(maxsize=4096)
def _carried(claim: str, words: str) -> float:
    """How well some words carry a claim; kept, since a streamed draft asks the same again with every piece."""
    # By words even where a grounder judges the sentences: a model is too slow for every sentence and every piece.
    return support(claim, [words]).score


def _take_marks_out(draft: str, passages: int) -> tuple[str, list[tuple[int, list[int]]], int]:
    """The draft without marks; where each stood in that, and the passages it named; how many named none."""
    bare, marks, dropped, done = "", [], 0, 0
    for found in _MARK.finditer(draft):
        bare += draft[done : found.start()]
        done = found.end()
        numbers = _numbers(found.group())
        valid = [number for number in numbers if 1 <= number <= passages]
        dropped += len(numbers) - len(valid)
        if valid:
            marks.append((len(bare), valid))
    return bare + draft[done:], marks, dropped


def _numbers(mark: str) -> list[int]:
    plain = re.sub(r"†[^\],;】]*", "", mark.translate(_SUPERSCRIPTS))
    numbers: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–—-]\s*\D{0,10}?(\d+))?", plain):
        low, high = int(first), int(last or first)
        numbers += range(low, min(high, low + 50) + 1) if low <= high else [low, high]
    return numbers


def _units(text: str) -> list[Span]:
    """Sentences; those inside one pair of quotation marks together, since one mark stands for all of them."""
    units: list[Span] = []
    for start, end in sentence_spans(text):
        before = text[units[-1][0] : units[-1][1]] if units else ""
        if before.count("“") > before.count("”") and "\n" not in text[units[-1][1] : start]:
            units[-1] = (units[-1][0], end)
        else:
            units.append((start, end))
    return units


def _share_out(
    marks: Sequence[tuple[int, list[int]]], text: str, units: Sequence[Span]
) -> list[list[tuple[int, list[int]]]]:
    """For each sentence the marks in it or right behind it; a mark before any sentence goes to the first."""
    own: list[list[tuple[int, list[int]]]] = [[] for _ in units]
    unit = 0
    for place, numbers in marks:
        while unit + 1 < len(units) and place > _reach(text, units[unit][1]):
            unit += 1
        if units:
            own[unit].append((place, numbers))
    return own


def _reach(text: str, end: int) -> int:
    """How far behind a sentence a mark still belongs to it: over closing punctuation."""
    while end < len(text) and text[end] in "\t.!?”\"')":
        end += 1
    return end
