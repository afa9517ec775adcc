"""What programs are given: answers, passages and stories as plain JSON with types. Knows neither Gradio nor MCP.

The types are `TypedDict`s: Gradio and MCP both make their own descriptions of an endpoint from them.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Citation, Sentence

DIGITS = 6


class Message(TypedDict):
    """A turn of the conversation before a question."""

    role: Literal["user", "assistant"]
    content: str


_Values = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=20)]
_Years = Annotated[list[int], Field(max_length=2)]
Chosen = TypedDict(
    "Chosen", {"from": _Values, "to": _Values, "tags": _Values, "years": _Years}, total=False
)  # fields that are Python's own words
"""Which stories to look at: one of the words of each field; a story matches all fields. The first and last year."""
Chosen.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]  # where pydantic looks for it


class StoryName(TypedDict):
    """A story, named."""

    story: str
    title: str


class Cited(TypedDict):
    """What `[number]` points at: characters `start` to `end` of the story's text. `url` is where it was first told."""

    number: int
    story: str
    title: str
    start: int
    end: int
    quote: str
    url: str


class Supported(TypedDict):
    """Whether the cited words carry a sentence: supported, partly, unsupported; with reasons for a doubt."""

    verdict: str
    score: float
    reasons: list[str]


class Said(TypedDict):
    """A sentence of an answer; `support` is null while it is written, and for one that claims nothing."""

    text: str
    citations: list[int]
    support: Supported | None


class Answered(TypedDict):
    """An answer as far as it is written; the last one is `finished`. A refusal has a `reason` and the `nearest`."""

    question: str
    answer: str
    finished: bool
    refused: bool
    reason: str
    missing: str
    notice: str
    citations: list[Cited]
    sentences: list[Said]
    nearest: list[StoryName]
    answerer: str
    generation: int
    seconds: dict[str, float]


class Found(TypedDict):
    """A passage: characters `start` to `end` of the story's text. Higher scores are better; only their order means."""

    story: str
    title: str
    start: int
    end: int
    text: str
    score: float


class FoundAll(TypedDict):
    """The best passages for some words, best first."""

    words: str
    passages: list[Found]
    generation: int


Told = TypedDict(
    "Told",
    {
        "story": str,
        "title": str,
        "author": str,
        "date": str,
        "url": str,
        "from": str,
        "to": str,
        "tags": list[str],
        "text": str,
        "generation": int,
    },
)
"""A whole story; every offset anywhere counts the characters of its `text`. What is not known is ""."""


def answered(answer: Answer) -> Answered:
    """An answer, finished or still growing."""
    return Answered(
        question=answer.question,
        answer=answer.text,
        finished=answer.finished,
        refused=answer.refused,
        reason=answer.reason,
        missing=answer.missing,
        notice=answer.notice,
        citations=[_cited(citation) for citation in answer.citations],
        sentences=[_said(sentence) for sentence in answer.sentences],
        nearest=[StoryName(story=story.id, title=story.title) for story in answer.nearest],
        answerer=answer.answerer,
        generation=answer.generation,
        seconds={part: round(seconds, DIGITS) for part, seconds in answer.seconds.items()},
    )


def found(words: str, hits: Sequence[Hit], generation: int) -> FoundAll:
    """What a search found."""
    passages = [
        Found(
            story=hit.story.id,
            title=hit.story.title,
            start=hit.passage.start,
            end=hit.passage.end,
            text=hit.passage.text,
            score=round(hit.score, DIGITS),
        )
        for hit in hits
    ]
    return FoundAll(words=words, passages=passages, generation=generation)


def told(story: Story, generation: int) -> Told:
    """A whole story."""
    return {
        "story": story.id,
        "title": story.title,
        "author": story.author,
        "date": story.date,
        "url": story.url,
        "from": story.origin,
        "to": story.destination,
        "tags": list(story.tags),
        "text": story.text,
        "generation": generation,
    }


def _cited(citation: Citation) -> Cited:
    return Cited(
        number=citation.number,
        story=citation.story.id,
        title=citation.story.title,
        start=citation.quote_start,
        end=citation.quote_end,
        quote=citation.quote,
        url=citation.story.url,
    )


def _said(sentence: Sentence) -> Said:
    support = sentence.support
    judged = (
        None
        if support is None
        else Supported(verdict=support.verdict, score=round(support.score, DIGITS), reasons=list(support.reasons))
    )
    return Said(text=sentence.text, citations=list(sentence.citations), support=judged)
