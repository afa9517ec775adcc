"""Rag: a question and its conversation → growing answers. `stream` is the whole way of a question.

standalone question → hits → enough evidence? → draft → citations → support. Where filters leave no story, or the
evidence is thin, no draft is asked for: the answer says so and names what is nearest. Knows nothing of Gradio or the
terminal.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from index.encoder import whole
from index.errors import QuestionError
from index.facets import why_nothing
from index.filters import EVERY_STORY, Filters
from index.generation import Generation
from index.live import LiveIndex
from index.query import mend
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Sentence, Turn
from rag.answerers import Answerer, CanHurry, answerer_from
from rag.assurance import Assurance
from rag.citations import without_marks
from rag.evidence import NOT_TOLD, Evidence, weigh
from rag.examples import assured_examples, examples
from rag.followup import answered, standalone
from rag.grounder import judge_from
from rag.grounding import Judge, support
from rag.question import MAX_CHARACTERS, Question, understand
from rag.retrieval import retrieve
from rag.rewriting import SECONDS, Rewritten, rewrite
from rag.scope import Scope
from rag.settings import RagSettings
from rag.suggestions import Told, follow_ups, instead
from rag.writing import Writing

WARMING = "How did they begin?"
NEAREST = 3
"""Stories that a refusal names."""
LOOKED_UP, EXAMPLES_LOOKED_UP = 12, 12
"""Suggestions that are looked up for one answer, and for the examples of a library: each takes as long as a search."""
EXAMPLES = 6
"""Example questions that are kept ready."""
INSTEAD = 2
"""Questions that are offered in place of one that was refused."""


class Rag:
    """Answers questions from an index with an answerer. Safe to use from several threads."""

    def __init__(  # noqa: PLR0913  # all but two are named
        self,
        index: LiveIndex,
        answerer: Answerer,
        *,
        passages: int = 8,
        prompt_tokens: int | None = None,
        strict: bool = False,
        judge: Judge = support,
    ) -> None:
        self.index = index
        self.answerer = answerer
        self._passages = passages
        self._prompt_tokens = prompt_tokens
        self._strict = strict
        self._judge = judge
        self._scope = Scope(index.embedder)
        self._assurance = Assurance(index, self._scope, passages)
        self._assured: tuple[int, tuple[str, ...]] = (0, ())
        self._rewriter = answerer.within(SECONDS) if isinstance(answerer, CanHurry) else None

    def generation(self) -> Generation:
        """The generation that a question asked now is answered from."""
        return self.index.generation()

    def warm(self) -> None:
        """Load what the first question would have to wait for: the index, the embedder, the requests of `scope.py`."""
        self.index.search(WARMING, 1)
        self._scope.strangeness(WARMING)
        self._look_up_examples()

    def follow(self) -> None:
        """Take up what was published since; once warm, also look up which questions it answers.

        Raises the errors of index and embedder.
        """
        self.index.follow()
        if self._assured[0] not in {0, self.generation().number}:
            self._look_up_examples()

    def examples(self, count: int = 4) -> tuple[str, ...]:
        """Questions that this library answers; before that was looked up, questions that it most likely answers."""
        likely = examples(self.generation().stories(), EXAMPLES)
        return tuple(dict.fromkeys([*self._assured_examples(), *likely]))[:count]

    def suggestions(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        """Questions to go on from a finished answer: after a refusal, two that the library answers in its place.

        `asked` are the questions of the conversation before; none is asked again. Searches a few times, and writes
        nothing. Raises the errors of index and embedder.
        """
        generation = self.generation()
        is_told = self._is_told_in(generation, LOOKED_UP)
        if answer.refused:
            found = instead(answer.question, answer.nearest, is_told)
            known = (*found, answer.question, *asked)
            further = [one for one in self._assured_examples() if one not in known and not answer.filters]
            return (*found, *further)[:INSTEAD]
        cited = {citation.story.id: citation.story for citation in answer.citations}
        others = {hit.story.id: hit.story for hit in answer.hits if hit.story.id not in cited}
        return follow_ups([*asked, answer.question], list(cited.values()), list(others.values()), is_told)

    def _assured_examples(self) -> tuple[str, ...]:
        """Questions that the library answers for certain; none until they were looked up."""
        number, found = self._assured
        return found if number == self.generation().number else ()

    def _look_up_examples(self) -> None:
        generation = self.generation()
        people, everybody = (self._is_told_in(generation, EXAMPLES_LOOKED_UP) for _ in range(2))
        stories = generation.stories()
        found = assured_examples(stories, lambda story: generation.story(story.id), people, everybody, EXAMPLES)
        self._assured = generation.number, found

    def _is_told_in(self, generation: Generation, limit: int) -> Told:
        """Whether the library answers a suggestion. After so many it is tired of looking, and says no."""
        left = iter(range(limit))
        return lambda suggestion: next(left, None) is not None and self._assurance.is_told(suggestion, generation)

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
        """The finished answer: the last one that `stream` gives."""
        answer = Answer(question)
        for answer in self.stream(question, history, filters):  # noqa: B007  # the last one is wanted
            pass
        return answer

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Iterator[Answer]:
        """Growing answers, from the stories that the filters leave; the last is `finished`.

        Raises `QuestionError` for an empty or far too long question, and the errors of index and embedder. A
        language model that fails ends in an answer with a `notice`, not in an error.
        """
        with self.index.reading():
            yield from self._stream(question, [replace(turn, text=whole(turn.text)) for turn in history], filters)

    def _stream(self, question: str, history: Sequence[Turn], filters: Filters) -> Iterator[Answer]:
        began = time.perf_counter()
        asked = _checked(question)
        generation = self.generation()
        answer = Answer(asked, answerer=self.answerer.name, generation=generation.number, filters=filters)
        if filters and not len(generation.matching(filters)):
            yield _timed(_refuse(answer, why_nothing(generation.stories(), filters)), began, time.perf_counter())
            return
        mended = mend(asked, generation.lexical.is_known)
        answer, understood = yield from self._understood(answer, mended, history)
        alone = time.perf_counter()
        hits = retrieve(self.index, understood, generation, filters=filters)
        evidence = weigh(understood, hits, generation.lexical, self._scope.strangeness(mended))
        retrieved = time.perf_counter()
        first = 0.0
        seconds = {**answer.seconds, "retrieve": retrieved - alone}
        answer = replace(answer, hits=tuple(hits), chance=evidence.chance, seconds=seconds)
        if not evidence.is_enough:
            refusal = _refuse(answer, evidence.reason, is_about_careers=not evidence.is_out_of_scope)
            yield _timed(refusal, began, retrieved)
            return
        for answer in self._written(answer, understood, history):  # noqa: B020  # it grows
            first = first or (time.perf_counter() - began if answer.text else 0.0)
            if answer.finished:
                told = _refuse(answer) if _says_nothing(answer) else _with_missing(answer, evidence)
                yield _timed(replace(told, seconds={**told.seconds, "first": first}), began, retrieved)
            else:
                yield answer

    def _understood(
        self, answer: Answer, mended: str, history: Sequence[Turn]
    ) -> Generator[Answer, None, tuple[Answer, Question]]:
        """The answer with its question made to stand alone, and that question; meanwhile the answer as it was.

        What was typed, its spelling mended, is what is understood; a language model reads what was typed.
        """
        by_rules = standalone(mended, history)
        if by_rules == mended:
            return replace(answer, standalone=mended), replace(understand(mended), typed=answer.question)
        if self._rewriter is None:
            return replace(answer, standalone=by_rules), understand(mended, by_rules)
        began, rewritten = time.perf_counter(), Rewritten()
        for rewritten in rewrite(self._rewriter, answer.question, history):  # noqa: B007  # the last one is wanted
            yield answer
        seconds = {"rewrite": time.perf_counter() - began}
        answer = replace(answer, standalone=rewritten.text or by_rules, tokens=rewritten.tokens, seconds=seconds)
        beside = answered(answer.question, history) if rewritten.text else ""
        return answer, replace(understand(mended, answer.standalone), beside=beside)

    def _written(self, answer: Answer, question: Question, history: Sequence[Turn]) -> Iterator[Answer]:
        """The answer as it is written from the passages that fit."""
        shown: Sequence[Hit] = answer.hits[: self._passages]
        if self._prompt_tokens is not None:
            from rag.prompt import fitting  # late: it brings LangChain

            shown = fitting(question.for_model, shown, history, self._prompt_tokens)
        return Writing(self.answerer, question, shown, history, self._strict, self._judge).stream(answer)


def open_rag(settings: RagSettings, *, waits: bool = True) -> Rag:
    """Rag as the settings name it; the index is opened at the first question.

    An index that has to be fetched from a server first is waited for, unless `waits` is False: then the caller has to
    `follow`.

    Raises `LLMError` where the language model's package or key is missing, `GrounderError` where the grounder's files
    are.
    """
    return Rag(
        LiveIndex.from_settings(settings, waits=waits),
        answerer_from(settings),
        passages=settings.passages,
        prompt_tokens=settings.llm_window - settings.llm_max_tokens if settings.llm else None,
        strict=settings.support == "strict",
        judge=judge_from(settings),
    )


def _checked(question: str) -> str:
    asked = " ".join(whole(question).split())
    if not asked:
        raise QuestionError("The question is empty. Type what you want to know, such as: How long did the change take?")
    if len(asked) > MAX_CHARACTERS:
        raise QuestionError(
            f"The question has {len(asked):,} characters; up to {MAX_CHARACTERS:,} can be asked. Shorten it."
        )
    return asked


def _refuse(answer: Answer, reason: str = NOT_TOLD, *, is_about_careers: bool = True) -> Answer:
    """A refusal: why there is no answer and, if it was a question about careers, which stories come nearest."""
    nearest = _nearest(answer.hits) if is_about_careers else ()
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


def _with_missing(answer: Answer, evidence: Evidence) -> Answer:
    """The answer, and in a paragraph of its own what is missing in it, if anything is known to be."""
    missing = evidence.missing_in(without_marks(answer.text))
    if not missing:
        return answer
    text = f"{answer.text}\n\n{missing}"
    said = Sentence(missing, len(text) - len(missing), len(text))
    return replace(answer, text=text, sentences=(*answer.sentences, said), missing=missing)


def _nearest(hits: Sequence[Hit]) -> tuple[Story, ...]:
    stories = {hit.story.id: hit.story for hit in hits}
    return tuple(stories.values())[:NEAREST]


def _says_nothing(answer: Answer) -> bool:
    """Whether an answer is a model's "the stories do not tell", in whatever words: short, and citing nothing."""
    return not answer.citations and len(answer.text.split()) <= 40  # noqa: PLR2004


def _timed(answer: Answer, began: float, retrieved: float) -> Answer:
    now = time.perf_counter()
    return replace(answer, seconds={**answer.seconds, "answer": now - retrieved, "total": now - began})
