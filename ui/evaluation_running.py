"""One run at a time for the whole server, in a thread of its own, and how far it is.

It asks the chatbot of the page, one question after another, so that those who chat do not wait. Whoever looks is told
how far it is; anyone who may start a run may stop it. Knows nothing of HTML.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from eval.cases import EvalSet
from eval.folder import Row
from eval.run import How, evaluate
from index.errors import CrossroadsError, EvalError
from rag.ask import Rag
from rag.grounder import judge_from
from rag.settings import RagSettings
from rag.upkeep import Readiness

State = Literal["preparing", "asking", "stopping", "finished", "stopped", "failed"]
GOING_ON: tuple[State, ...] = ("preparing", "asking", "stopping")

SHOWN_FAILURES = 5
UNEXPECTED = (
    "Something went wrong that nobody had thought of; the terminal that Crossroads was started from shows what it was. "
    "What was answered so far is kept: the run can go on."
)
REBUILT = (
    "The library was changed while the run went on, so its answers would come from two libraries. Run the set again."
)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What is to be run: a set, how many of its cases, and the folder of the run, which is taken up or begun."""

    of_set: EvalSet
    out: Path
    limit: int | None = None
    resume: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a run is. `at_first` cases were done before it was taken up; times are seconds of the clock."""

    order: Order
    state: State = "preparing"
    started: float = 0.0
    asking_since: float = 0.0
    now: float = 0.0
    done: int = 0
    at_first: int = 0
    total: int = 0
    failed: int = 0
    failures: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_going_on(self) -> bool:
        """Whether the server is at it."""
        return self.state in GOING_ON

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take, if it goes on as it went; None before the first case was answered."""
        answered = self.done - self.at_first
        if not answered:
            return None
        return (self.now - self.asking_since) / answered * (self.total - self.done)


class Runner:
    """Runs sets, one at a time. Safe to use from several threads."""

    def __init__(
        self, chatbot: Rag, settings: RagSettings, ready: Readiness, clock: Callable[[], float] = time.time
    ) -> None:
        self._chatbot = chatbot
        self._settings = settings
        self._ready = ready
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._progress: Progress | None = None

    def progress(self) -> Progress | None:
        """How far the run is, or how the last one ended; None where none was begun since the server was started."""
        with self._lock:
            return self._progress and replace(self._progress, now=self._clock())

    def begin(self, order: Order) -> None:
        """Begin a run. Raises `EvalError` where one is going on."""
        with self._lock:
            if self._progress and self._progress.is_going_on:
                raise EvalError(
                    f"A run of {self._progress.order.of_set.name} is going on, and one at a time is enough for this "
                    "machine. Wait until it ends, or stop it."
                )
            self._stop.clear()
            self._progress = Progress(order, started=self._clock())
        threading.Thread(target=self._run, args=(order,), name="evaluation", daemon=True).start()

    def stop(self) -> None:
        """Stop the run when the question under way is answered. What was answered is kept."""
        with self._lock:
            if self._progress and self._progress.is_going_on:
                self._stop.set()
                self._progress = replace(self._progress, state="stopping")

    def _run(self, order: Order) -> None:
        try:
            self._ready.wait()
            self._evaluate(order)
        except _StopAsked:
            self._end("stopped")
        except CrossroadsError as error:
            self._end("failed", str(error))
        except Exception:  # the edge of this thread: whoever looks is told, and the terminal shows what it was
            _logger.exception("A run of %s failed.", order.of_set.name)
            self._end("failed", UNEXPECTED)
        else:
            self._end("finished")

    def _evaluate(self, order: Order) -> None:
        number = self._chatbot.generation().pointer.generation

        def is_rebuilt() -> bool:
            return self._chatbot.generation().pointer.generation != number

        def heard(done: int, total: int, row: Row | None) -> None:
            self._hear(done, total, row)
            if self._stop.is_set() and done < total:
                raise _StopAsked
            if is_rebuilt():
                raise EvalError(REBUILT)

        how = How(limit=order.limit, resume=order.resume, judge=judge_from(self._settings), heard=heard, builds=False)
        try:
            with self._chatbot.index.reading():
                evaluate([order.of_set], self._settings, order.out, lambda: self._chatbot, how)
        except (KeyError, CrossroadsError) as error:  # such as a passage of a story that was not there before
            if is_rebuilt():
                raise EvalError(REBUILT) from error
            raise

    def _hear(self, done: int, total: int, row: Row | None) -> None:
        with self._lock:
            before = self._progress
            if before is None:
                return
            state: State = "asking" if before.state == "preparing" else before.state
            if row is None:
                self._progress = replace(
                    before, state=state, done=done, at_first=done, total=total, asking_since=self._clock()
                )
                return
            failed = [f"{row['id']}: {row['error']}"] if row["error"] else []
            self._progress = replace(
                before,
                state=state,
                done=done,
                failed=before.failed + len(failed),
                failures=(*before.failures, *failed)[:SHOWN_FAILURES],
            )

    def _end(self, state: State, problem: str = "") -> None:
        with self._lock:
            if self._progress:
                self._progress = replace(self._progress, state=state, problem=problem)


class _StopAsked(Exception):  # noqa: N818  # no error: it ends a run that somebody stopped
    """Somebody stopped the run."""
