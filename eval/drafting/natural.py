"""Natural questions: drafts that a language model writes, one passage at a time, and what is wrong with most of them.

A draft is kept only if its quote stands in the passage and its question does not copy it. What the model is told, and
how its reply is read, is proposing.py's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from zlib import crc32

from eval.cases import Gold
from eval.drafting.drafts import Draft, without_duplicates
from eval.drafting.proposing import Proposal, propose
from eval.drafting.span_questions import LONGEST_COPY, copied
from eval.drafting.tellers import Teller, tellers
from eval.gold import find_quote
from index.errors import EvalError, LLMError
from index.passages import Passage, split_story
from index.stories import Story
from rag.answerers import Writer

FIRST = 3
"""If so many first requests fail, all would."""
FEWEST_WORDS = 40
"""Words of a passage that is worth a question."""
TRIES = 3
"""Passages that are shown at most, for each draft that is wanted."""
LONGEST_QUESTION = 300
"""Characters."""


@dataclass(frozen=True)
class Natural:
    """The drafts, how many passages were shown, and why how many of them gave no draft."""

    drafts: tuple[Draft, ...]
    shown: int
    dropped: Mapping[str, int] = field(default_factory=dict)


def natural_drafts(
    stories: Sequence[Story], count: int, writer: Writer, progress: Callable[[int], object] | None = None
) -> Natural:
    """At most `count` drafts, from passages of all stories in turn. `progress` is told how many there are.

    A request that fails is counted. Raises `EvalError` where all of the first ones do.
    """
    known = tellers(stories)
    drafts: list[Draft] = []
    dropped: Counter[str] = Counter()
    shown = 0
    for passage in islice(_passages([story for story in stories if story.id in known]), TRIES * count):
        if len(drafts) == count:
            break
        shown += 1
        found = _draft(writer, known[passage.story_id], passage, last=_last_try(dropped, shown))
        added = without_duplicates([*drafts, found]) if isinstance(found, Draft) else drafts
        if len(added) == len(drafts):
            dropped[found if isinstance(found, str) else "much like another"] += 1
        drafts = added
        if progress is not None:
            progress(len(drafts))
    return Natural(tuple(drafts), shown, dict(dropped))


def _last_try(dropped: Mapping[str, int], shown: int) -> bool:
    return shown == FIRST and dropped.get(_FAILED, 0) == FIRST - 1


_FAILED = "the model failed"


def _draft(writer: Writer, teller: Teller, passage: Passage, last: bool) -> Draft | str:
    """A draft, or why there is none. Raises `EvalError` where the model fails at its last try."""
    try:
        proposal = propose(writer, teller.who, passage.text)
    except LLMError as error:
        if last:
            raise EvalError(f"No question was drafted: the first {FIRST} requests all failed. {error}") from error
        return _FAILED
    return "no question was written" if proposal is None else _checked(proposal, passage)


def _checked(proposal: Proposal, passage: Passage) -> Draft | str:
    """The draft that a proposal makes, or what is wrong with it."""
    question, answer = (" ".join(text.split()) for text in (proposal.question, proposal.answer))
    places = find_quote(proposal.quote, passage.text)
    if not places:
        return "its quote is not in the passage"
    if not question.endswith("?") or len(question) > LONGEST_QUESTION or not answer:
        return "no question was written"
    if copied(question, passage.text) > LONGEST_COPY:
        return "it copies the passage"
    start, end = places[0]
    return Draft(
        story=passage.story_id,
        type="single",
        question=question,
        answerable=True,
        reference=answer,
        gold=(Gold(passage.story_id, passage.text[start:end]),),
        note="written by a language model: does the quote answer it, and is the reference true?",
    )


def _passages(stories: Sequence[Story]) -> Iterator[Passage]:
    """One passage of each story, then another of each, in an order that is the same every time and not the text's."""
    by_story = [
        sorted(
            (one for one in split_story(story, _count_words, 10**6) if len(one.text.split()) >= FEWEST_WORDS),
            key=lambda passage: crc32(passage.id.encode()),
        )
        for story in stories
    ]
    return (passage for passage in chain.from_iterable(zip_longest(*by_story)) if passage is not None)


def _count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
