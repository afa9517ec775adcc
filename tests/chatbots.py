"""Stand-ins for the product in tests of the evaluation: stories in memory, a chatbot that says what it is told to."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from index.filters import EVERY_STORY, Filters
from index.generation import Pointer
from index.passages import Passage, split_story
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Citation, Sentence, Turn
from rag.grounding import Support, Verdict

POINTER = Pointer(
    generation=1, fingerprint={"embedder": "none"}, shards=(), faults=(), built="2026-01-01T00:00:00+00:00"
)
WITHIN = 60.0
"""Seconds within which a run of three cases ends, on a slow and busy machine."""


@dataclass(frozen=True)
class Shelf:
    """Stories with the face of an index's generation."""

    stories: tuple[Story, ...]
    pointer: Pointer = POINTER

    @property
    def story_ids(self) -> tuple[str, ...]:
        return tuple(story.id for story in self.stories)

    def story(self, identity: str) -> Story:
        return next(story for story in self.stories if story.id == identity)

    def story_passages(self, identity: str) -> tuple[Passage, ...]:
        return tuple(passages_of(self.story(identity)))


@dataclass(frozen=True)
class Named:
    name: str = "scripted"


@dataclass(frozen=True)
class Scripted:
    """A chatbot with one reply for each question; an error among the replies is raised."""

    shelf: Shelf
    replies: Mapping[str, Answer | BaseException]
    answerer: Named = field(default_factory=Named)
    index: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(reading=nullcontext))

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
        """The reply: a script knows its questions."""
        reply = self.replies[question]
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def generation(self) -> Shelf:
        return self.shelf

    def warm(self) -> None:
        """Nothing: a script is at hand."""


@dataclass
class Slow:
    """A chatbot that answers each question when it is let."""

    chatbot: Any
    let: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answerer, self.index = self.chatbot.answerer, self.chatbot.index
        self.shelf: Shelf = self.chatbot.shelf

    def ask(self, question: str, history: tuple[Turn, ...] = (), filters: Filters = EVERY_STORY) -> Answer:
        self.asked.append(question)
        assert self.let.acquire(timeout=WITHIN)
        return cast("Answer", self.chatbot.ask(question, history, filters))

    def generation(self) -> Shelf:
        return self.shelf

    def warm(self) -> None:
        """Nothing: whom it speaks for is at hand."""


def story(identity: str, text: str) -> Story:
    """A story with this clean text."""
    return Story(identity, identity, "", {}, text, "0" * 64)


def passages_of(told: Story) -> list[Passage]:
    """A story's passages, as the index would cut them; words stand for tokens."""
    return split_story(told, lambda texts: [len(text.split()) for text in texts], 200)


def hits_of(stories: Sequence[Story]) -> tuple[Hit, ...]:
    """Every passage of some stories as a hit, in that order, scores falling."""
    found = [(passage, told) for told in stories for passage in passages_of(told)]
    return tuple(Hit(passage, told, float(len(found) - rank)) for rank, (passage, told) in enumerate(found))


def quoted(number: int, told: Story, words: str) -> Citation:
    """A citation of these words of a story."""
    start = told.text.index(words)
    return Citation(number, Passage(told.id, 0, 0, len(told.text), told.text), told, start, start + len(words))


def answered(
    question: str, citations: Sequence[Citation], hits: Sequence[Hit] = (), verdicts: Sequence[Verdict] = ()
) -> Answer:
    """An answer of one sentence a citation, each with a verdict (`supported` if none are given)."""
    sentences, text = [], ""
    for place, citation in enumerate(citations):
        words = f"They say “{citation.quote}” [{citation.number}]."
        start = len(text) + bool(text)
        text = f"{text} {words}".strip()
        verdict = verdicts[place] if verdicts else "supported"
        support = Support(float(verdict == "supported"), verdict)
        sentences.append(Sentence(words, start, start + len(words), (citation.number,), support))
    return Answer(question, text, tuple(sentences), tuple(citations), tuple(hits), answerer="scripted", finished=True)


def refused(question: str, hits: Sequence[Hit] = ()) -> Answer:
    """A refusal."""
    reason = "The stories here do not tell that."
    return Answer(question, reason, hits=tuple(hits), refused=True, reason=reason, answerer="scripted", finished=True)
