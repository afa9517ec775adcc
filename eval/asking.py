"""Ask the cases, several at a time where that helps, and judge the answers; each result is told as soon as it is there.

Whatever goes wrong in a case is that case's error, and the next is asked. Knows nothing of files.
"""

import time
import traceback
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Protocol

from eval.folder import Row
from eval.gold import IndexedStories
from eval.result import CaseResult, IndexedPassages, Task
from eval.rows import as_row
from eval.scoring.citing import claims, premises
from eval.scoring.judging import ModelJudge, Opinion
from index.errors import CrossroadsError
from index.filters import EVERY_STORY, Filters
from index.generation import Pointer
from rag.answer import Answer, Turn
from rag.grounding import Judge, support


class Named(Protocol):
    """Something with a name: an answerer."""

    @property
    def name(self) -> str:
        """Such as "quoting", or a model's."""


class PublishedStories(IndexedPassages, Protocol):
    """A generation of an index."""

    @property
    def pointer(self) -> Pointer:
        """Which generation it is, and what made it."""


class Chatbot(Protocol):
    """What is asked: `rag.ask.Rag`, or a test's stand-in."""

    @property
    def answerer(self) -> Named:
        """Who writes the answers."""

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
        """A finished answer."""

    def generation(self) -> PublishedStories:
        """The stories that answers come from."""

    def warm(self) -> None:
        """Load what the first question would have to wait for."""


class Asker:
    """Asks a chatbot and makes rows of its answers. Safe to use from several threads, if the chatbot is.

    `judge` says what supports a claim; `model_judge` is asked too, if there is one.
    """

    def __init__(
        self,
        chatbot: Chatbot,
        stories: IndexedPassages,
        judge: Judge = support,
        model_judge: ModelJudge | None = None,
    ) -> None:
        self._chatbot = chatbot
        self._stories = stories
        self._judge = judge
        self._model_judge = model_judge

    def rows(self, tasks: Sequence[Task], workers: int = 1) -> Generator[Row, None, None]:
        """The row of each task as it is answered: in the tasks' order by one worker, in any order by more.

        Closing the iterator lets the questions under way come to their end, and asks no more.
        """
        if workers == 1:
            yield from map(self._row, tasks)
            return
        with ThreadPoolExecutor(workers, thread_name_prefix="asking") as pool:
            try:
                for done in as_completed([pool.submit(self._row, task) for task in tasks]):
                    yield done.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _row(self, task: Task) -> Row:
        began = time.perf_counter()
        try:
            return self._judged(self._asked(task))
        except Exception as raised:  # noqa: BLE001  # a run's one edge: a failed case is a result, told and counted
            seconds = time.perf_counter() - began
            failed = CaseResult(task.case, task.gold, None, _describe(raised), seconds, task.of_set)
            return as_row(failed, self._stories, self._judge)

    def _asked(self, task: Task) -> CaseResult:
        began = time.perf_counter()
        answer = self._chatbot.ask(task.case.question, task.case.history, task.case.filters)
        # a notice is of a model that failed midway; what was answered in its place is not its own
        return CaseResult(task.case, task.gold, answer, answer.notice, time.perf_counter() - began, task.of_set)

    def _judged(self, result: CaseResult) -> Row:
        opinions = None if self._model_judge is None else _opinions(result, self._stories, self._model_judge.opinion)
        return as_row(result, self._stories, self._judge, opinions)


def _opinions(
    result: CaseResult, stories: IndexedStories, opinion: Callable[[str, Sequence[str]], Opinion]
) -> list[Opinion] | None:
    """What a model says of each claim of an answer; None where there is no answer to judge."""
    answer = result.judged
    if answer is None or answer.refused:
        return None
    known = premises(answer, stories)
    return [
        opinion(claim.text, [known[number] for number in claim.citations if number in known])
        for claim in claims(answer)
    ]


def _describe(error: Exception) -> str:
    """An error in one line; one that was not meant for users with the place it came from."""
    words = " ".join(str(error).split())
    if isinstance(error, CrossroadsError):
        return words
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {words} ({Path(last.filename).name}, line {last.lineno})"
