"""Answerer: whoever writes the draft of an answer from passages. Two of them: quoting, and any chat model.

A draft is text with `[n]` marks that count the passages handed over, from 1. What becomes of the marks is
`citations.py`'s. A chat model's answerer is in `chat_answerer.py`, which is imported only where a model is set: it
brings LangChain, half a second of every start.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from index.search import Hit
from rag.answer import Sentence, Tokens, Turn
from rag.citations import without_marks
from rag.question import Question
from rag.quoting import quote
from rag.sentences import rank
from rag.settings import RagSettings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

Draft = Iterator[str | Tokens]
"""Pieces of text, empty ones while nothing comes; and what they cost, where that is known."""


class Answerer(Protocol):
    """Writes drafts. `name` goes into answers and reports, `notice` on the page."""

    name: str
    notice: str

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Draft:
        """The draft, piece by piece. Raises `LLMError` where a model fails. Closing it stops the model."""
        ...

    def repair(
        self,
        question: Question,
        hits: Sequence[Hit],
        history: Sequence[Turn],
        draft: str,
        unsupported: Sequence[Sentence],
    ) -> Draft:
        """A better draft in place of one with unsupported sentences; nothing where there can be none."""
        ...


class QuotingAnswerer:
    """Answers in the storytellers' own words. Needs no model, makes nothing up."""

    name = "quoting"
    notice = "No language model is set: answers quote the stories word for word."

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        """The sentences that answer, with whose they are, a paragraph a person."""
        ranked = rank(question, hits)
        # A story's own [3] would be read as a citation of the third passage.
        yield from quote(question, [one for one in ranked if without_marks(one.text) == one.text])

    def repair(self, *_: object) -> Iterator[str]:
        """Nothing: what is quoted needs no repair."""
        return iter(())


class Writer(Protocol):
    """Whoever writes what a prompt asks for."""

    def written(self, prompt: Sequence["BaseMessage"]) -> Generator[str | Tokens, None, None]:
        """Pieces of text, empty ones while nothing comes, and what they cost. Raises `LLMError`."""
        ...


@runtime_checkable
class CanHurry(Protocol):
    """Whoever can also be asked to write within some time: an answerer that is a language model."""

    def within(self, seconds: float) -> Writer:
        """The same model, which has to succeed at its first try and in so many seconds."""
        ...


def answerer_from(settings: RagSettings) -> Answerer:
    """The answerer that the settings name. Raises `LLMError` where its package, its key or its weights are missing."""
    if not settings.llm:
        return QuotingAnswerer()
    from rag.chat_answerer import chat_answerer

    return chat_answerer(settings)
