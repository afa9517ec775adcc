"""Rag: a question and its conversation → growing answers. `stream` is the whole way of a question.

standalone question → hits → enough evidence? → draft → citations → support. Where the evidence is thin, no
draft is asked for: the answer says so and names the nearest stories. Knows nothing of Gradio or the terminal.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.errors import QuestionError
from index.generation import Generation
from index.live import LiveIndex
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Sentence, Turn
from rag.answerers import Answerer, answerer_from
from rag.evidence import weigh
from rag.examples import examples
from rag.followup import standalone
from rag.prompt import fitting
from rag.question import MAX_CHARACTERS, Question, understand
from rag.retrieval import retrieve
from rag.settings import RagSettings
from rag.writing import Writing

NEAREST = 3
"""Stories that a refusal names."""


class Rag:
    """Answers questions from an index with an answerer. Safe to use from several threads."""

    def __init__(
        self,
        index: LiveIndex,
        answerer: Answerer,
        *,
        passages: int = 8,
        prompt_tokens: int | None = None,
        strict: bool = False,
    ) -> None:
        self.index = index
        self.answerer = answerer
        self._passages = passages
        self._prompt_tokens = prompt_tokens
        self._strict = strict

    def generation(self) -> Generation:
        """The generation that a question asked now is answered from."""
        return self.index.generation()

    def examples(self, count: int = 4) -> tuple[str, ...]:
        """Questions that this library can answer."""
        return examples(self.generation().stories(), count)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The finished answer: the last one that `stream` gives."""
        answer = Answer(question)
        for answer in self.stream(question, history):  # noqa: B007  # the last one is wanted
            pass
        return answer

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Growing answers; the last is `finished`.

        Raises `QuestionError` for an empty or far too long question, and the errors of index and embedder. A
        language model that fails ends in an answer with a `notice`, not in an error.
        """
        began = time.perf_counter()
        asked = _checked(question)
        generation = self.generation()
        understood = understand(asked, standalone(asked, history))
        hits = retrieve(self.index, understood, generation)
        evidence = weigh(understood, hits, generation.lexical)
        retrieved = time.perf_counter()
        first = 0.0
        answer = Answer(
            asked,
            hits=tuple(hits),
            answerer=self.answerer.name,
            generation=generation.number,
            standalone=understood.text,
            seconds={"retrieve": retrieved - began},
        )
        if not evidence.is_enough:
            refusal = _refuse(answer)
            yield _timed(refusal, began, retrieved)
            return
        for answer in self._written(answer, understood, history):  # noqa: B020  # it grows
            first = first or (time.perf_counter() - began if answer.text else 0.0)
            if answer.finished:
                told = _refuse(answer) if _says_nothing(answer) else answer
                yield _timed(replace(told, seconds={**told.seconds, "first": first}), began, retrieved)
            else:
                yield answer

    def _written(self, answer: Answer, question: Question, history: Sequence[Turn]) -> Iterator[Answer]:
        """The answer as it is written from the passages that fit."""
        shown: Sequence[Hit] = answer.hits[: self._passages]
        if self._prompt_tokens is not None:
            shown = fitting(question.text, shown, history, self._prompt_tokens)
        return Writing(self.answerer, question, shown, history, self._strict).stream(answer)


def open_rag(settings: RagSettings) -> Rag:
    """Rag as the settings name it; the index is opened at the first question.

    Raises `LLMError` where the language model's package or key is missing.
    """
    return Rag(
        LiveIndex.from_settings(settings),
        answerer_from(settings),
        passages=settings.passages,
        prompt_tokens=settings.llm_window - settings.llm_max_tokens if settings.llm else None,
        strict=settings.support == "strict",
    )


def _checked(question: str) -> str:
    asked = " ".join(question.split())
    if not asked:
        raise QuestionError("The question is empty. Type what you want to know, such as: How long did the change take?")
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(asked):,} characters; up to {MAX_CHARACTERS:,} can be asked. Shorten it."
        )
    return asked


def _refuse(answer: Answer) -> Answer:
    """A refusal: what the stories do not tell, and which come nearest."""
    nearest = _nearest(answer.hits)
    reason = "The stories here do not tell that."
    named = "; ".join(f"“{story.title}”" for story in nearest)
    text = f"{reason} Nearest: {named}." if nearest else reason
    return replace(
        answer,
        text=text,
        sentences=(Sentence(text, 0, len(text)),),
        citations=(),
        refused=True,
        reason=reason,
        nearest=nearest,
        finished=True,
    )


def _nearest(hits: Sequence[Hit]) -> tuple[Story, ...]:
    stories = {hit.story.id: hit.story for hit in hits}
    return tuple(stories.values())[:NEAREST]


def _says_nothing(answer: Answer) -> bool:
    """Whether an answer is a model's "the stories do not tell", in whatever words: short, and citing nothing."""
    return not answer.citations and len(answer.text.split()) <= 40  # noqa: PLR2004


def _timed(answer: Answer, began: float, retrieved: float) -> Answer:
    now = time.perf_counter()
    return replace(answer, seconds={**answer.seconds, "answer": now - retrieved, "total": now - began})
