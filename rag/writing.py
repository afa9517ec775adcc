"""A question with its passages → growing Answers: the draft, its citations, its support, and its repair.

Owns what happens to an answer from its first word on, and what is shown where a language model fails. Knows nothing
of how passages were found, or of whether there is evidence enough to write at all.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from index.errors import GrounderError, LLMError
from index.formats.characters import visible
from index.search import Hit
from rag.answer import Answer, Tokens, Turn
from rag.answerers import Answerer, QuotingAnswerer
from rag.checking import checked, cited_anew, is_better, is_poor, unsupported, without_unsupported
from rag.citations import resolve, without_unfinished_mark
from rag.grounding import Judge, support
from rag.question import Question

INSTEAD = "The stories are quoted instead."
BELOW = "What it had written stands first; below it, the stories are quoted."
BY_WORDS = "Its sentences were checked by comparing words instead."


@dataclass(frozen=True)
class Writing:
    """What is written by whom: an answer to a question, after some turns, from the passages that are `shown`.

    `is_strict` leaves out what no passage supports, in place of marking it; `judge` tells what does.
    """

    answerer: Answerer
    question: Question
    shown: Sequence[Hit]
    history: Sequence[Turn]
    is_strict: bool = False
    judge: Judge = support

    def stream(self, answer: Answer) -> Iterator[Answer]:
        """The answer as its draft grows, then checked; the last is `finished`, and empty where nothing could stay.

        While a model is silent, the same answer comes again and again, so that whoever reads can stop at any time;
        the model is stopped too. If it fails, the last answer has what it wrote, quotations, and a `notice`.
        If the judge fails, words are compared in its place, with a `notice` too.
        """
        draft = ""
        try:
            for piece in self.answerer.draft(self.question, self.shown, self.history):
                if isinstance(piece, Tokens):
                    answer = _with_tokens(answer, piece)
                else:
                    draft += piece
                    yield self._drafted(answer, draft, finished=False)
        except LLMError as error:
            written = self._rescued(answer, draft, str(error))
        else:
            written = self._judged(answer, draft)
            if is_poor(written):
                yield written
                written = yield from self._repaired(written, draft)
        yield replace(self._with_judge(without_unsupported, written) if self.is_strict else written, finished=True)

    def _repaired(self, first: Answer, draft: str) -> Generator[Answer, None, Answer]:
        """The better of an answer and the answerer's second one; the first is shown meanwhile."""
        second, faults = "", unsupported(first)
        try:
            for piece in self.answerer.repair(self.question, self.shown, self.history, draft, faults):
                if isinstance(piece, Tokens):
                    first = _with_tokens(first, piece)
                else:
                    second += piece
                    yield first
        except LLMError:
            return first  # it stands, and its doubts are marked
        rewritten = self._judged(replace(first, repairs=0, rewritten=True), second)
        return rewritten if is_better(rewritten, first) else first

    def _rescued(self, answer: Answer, draft: str, failure: str) -> Answer:
        """What a model wrote before it failed, and what the stories say themselves."""
        quotes = "".join(QuotingAnswerer().draft(self.question, self.shown, self.history))
        begun = without_unfinished_mark(draft).strip()
        if begun:
            return self._judged(replace(answer, cut_off=True, notice=f"{failure} {BELOW}"), f"{begun} …\n\n{quotes}")
        return self._judged(replace(answer, answerer=QuotingAnswerer.name, notice=f"{failure} {INSTEAD}"), quotes)

    def _judged(self, answer: Answer, draft: str) -> Answer:
        return self._with_judge(_checked, self._drafted(answer, draft))

    def _with_judge(self, step: Callable[[Answer, Judge], Answer], answer: Answer) -> Answer:
        """The answer after a step that judges it; by words alone, and with a notice, where the judge fails."""
        try:
            return step(answer, self.judge)
        except GrounderError as error:
            notice = f"{error} {BY_WORDS}"
            told = answer.notice if notice in answer.notice else f"{answer.notice} {notice}".strip()
            return step(replace(answer, notice=told), support)

    def _drafted(self, answer: Answer, draft: str, *, finished: bool = True) -> Answer:
        resolved = resolve(visible(draft), self.shown, finished=finished)
        return replace(
            answer,
            text=resolved.text,
            sentences=resolved.sentences,
            citations=resolved.citations,
            dropped_marks=resolved.dropped,
        )


def _checked(answer: Answer, judge: Judge) -> Answer:
    return cited_anew(checked(answer, judge), judge)


def _with_tokens(answer: Answer, tokens: Tokens) -> Answer:
    return replace(answer, tokens=tokens if answer.tokens is None else answer.tokens + tokens)
