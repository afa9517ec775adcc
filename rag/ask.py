"""Rag: a question and its conversation → growing answers. `stream` is the whole way of a question.

standalone question → hits → enough evidence? → draft → citations → support. Where the evidence is thin, no
draft is asked for: the answer says so and names the nearest stories. Knows nothing of Gradio or the terminal.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.errors import LLMError, QuestionError
from index.generation import Generation
from index.live import LiveIndex
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Citation, Sentence, Turn
from rag.answerers import Answerer, QuotingAnswerer, answerer_from
from rag.citations import resolve
from rag.evidence import weigh
from rag.examples import examples
from rag.followup import standalone
from rag.grounding import support
from rag.prompt import heading
from rag.question import MAX_CHARACTERS, Question, understand
from rag.retrieval import retrieve
from rag.settings import RagSettings

NEAREST = 3
"""Stories that a refusal names."""


class Rag:
    """Answers questions from an index with an answerer. Safe to use from several threads."""

    def __init__(self, index: LiveIndex, answerer: Answerer, *, passages: int = 8) -> None:
        self.index = index
        self.answerer = answerer
        self._passages = passages

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
        for answer in self._write(answer, understood, hits[: self._passages], history):  # noqa: B020  # it grows
            yield answer if not answer.finished else _timed(answer, began, retrieved)

    def _write(
        self, answer: Answer, question: Question, shown: Sequence[Hit], history: Sequence[Turn]
    ) -> Iterator[Answer]:
        """The answer as the draft grows; if the model fails, what was written, or the quoting answer, with a notice."""
        draft, notice = "", ""
        try:
            for piece in self.answerer.draft(question, shown, history):
                draft += piece
                yield _with_draft(answer, draft, shown, finished=False)
        except LLMError as error:
            notice = str(error)
            if not draft.strip():
                draft = "".join(QuotingAnswerer().draft(question, shown, history))
                answer = replace(answer, answerer=QuotingAnswerer.name)
        written = replace(_with_draft(answer, draft, shown, finished=True), notice=notice)
        if not written.citations and _says_nothing(written.text):
            yield _refuse(written)
        else:
            yield _checked_against_sources(written)


def open_rag(settings: RagSettings) -> Rag:
    """Rag as the settings name it; the index is opened at the first question.

    Raises `LLMError` where the language model's package or key is missing.
    """
    return Rag(LiveIndex.from_settings(settings), answerer_from(settings), passages=settings.passages)


def _checked(question: str) -> str:
    asked = " ".join(question.split())
    if not asked:
        raise QuestionError("The question is empty. Type what you want to know, such as: How long did the change take?")
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(asked):,} characters; up to {MAX_CHARACTERS:,} can be asked. Shorten it."
        )
    return asked


def _with_draft(answer: Answer, draft: str, shown: Sequence[Hit], *, finished: bool) -> Answer:
    resolved = resolve(draft, shown, finished=finished)
    return replace(
        answer,
        text=resolved.text,
        sentences=resolved.sentences,
        citations=resolved.citations,
        dropped_marks=resolved.dropped,
    )


def _checked_against_sources(answer: Answer) -> Answer:
    """The finished answer, each sentence with the support its citations give it."""
    by_number = {citation.number: citation for citation in answer.citations}
    sentences = tuple(
        replace(sentence, support=support(sentence.text, [_source(by_number[number]) for number in sentence.citations]))
        for sentence in answer.sentences
    )
    return replace(answer, sentences=sentences, finished=True)


def _source(citation: Citation) -> str:
    """What a sentence is checked against: who is speaking, and the passage."""
    hit = Hit(citation.passage, citation.story, 0.0)
    return f"{heading(hit)}\n{citation.passage.text}"


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


def _says_nothing(text: str) -> bool:
    return len(text.split()) <= 40  # noqa: PLR2004  # an uncited answer this short is a model's "the stories do not tell"


def _timed(answer: Answer, began: float, retrieved: float) -> Answer:
    now = time.perf_counter()
    return replace(answer, seconds={**answer.seconds, "answer": now - retrieved, "total": now - began})
