"""Work on the library in a process of its own: one of the index's own commands, and how far it is.

A process, because embedding beside the answering threads would hold every answer up (docs/decisions.md). Knows the
commands' JSON lines; nothing of what is done in them, nor of the browser.
"""

import json
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from index.errors import CrossroadsError
from index.processes import environment
from ui.processes import started, stop

OUTPUT_KEPT = 40
# Lines that are kept of what a command says beside its progress: an error's message.

_logger = logging.getLogger(__name__)

State = Literal["waiting", "starting", "embedding", "finishing", "done", "failed", "stopped", "refused"]
ENDED: tuple[State, ...] = ("done", "failed", "stopped", "refused")


@dataclass(frozen=True)
class Progress:
    """How far some work is. `seconds` are those since the first news, when `at_first` passages were embedded already.

    `problem` is a sentence; what was "refused" was not begun at all. `report` is what the command told at its end, as
    `python -m index` documents it.
    """

    state: State = "waiting"
    embedded: int = 0
    total: int = 0
    at_first: int = 0
    seconds: float = 0.0
    problem: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED

    @property
    def per_second(self) -> float:
        """Passages a second, 0 as long as it is unknown."""
        return (self.embedded - self.at_first) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long embedding will still take, at the speed so far; None as long as it is unknown."""
        return (self.total - self.embedded) / self.per_second if self.per_second else None


@dataclass(frozen=True)
class Purpose:
    """What some work is for, to be told to whoever looks at it.

    `sentences` say what came before it, `saved` are the ids of the stories it shall make searchable, `removed` is the
    title of the story it removes.
    """

    sentences: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    removed: str = ""


FOR_NOBODY = Purpose()


class Work:
    """One command, run in a thread that waits for its turn. Safe to look at, and to stop, from several threads."""

    def __init__(
        self,
        command: Sequence[str],
        check: Callable[[], object],
        turn: threading.Lock,
        purpose: Purpose = FOR_NOBODY,
    ) -> None:
        """`check` raises `CrossroadsError` where the command must not be begun, now that it is its turn."""
        self.purpose = purpose
        self._command = command
        self._check = check
        self._turn = turn
        self._changing = threading.RLock()
        self._progress = Progress()
        self._process: subprocess.Popen[str] | None = None
        self._stopping = False
        threading.Thread(target=self._run, daemon=True, name="library").start()

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        return self._progress

    def stop(self) -> None:
        """Ask it to stop; what was published before stays published. Nothing happens where it has ended.

        What still waits for its turn is stopped at once.
        """
        with self._changing:
            self._stopping = True
            if self._process is None:
                self._end("stopped")
            elif self._process.poll() is None:
                stop(self._process)

    def _run(self) -> None:
        try:
            with self._turn:
                if not self._progress.has_ended and self._may_begin():
                    self._follow()
        except (CrossroadsError, OSError) as error:
            self._end("failed", str(error))
        except Exception:  # the edge of this thread: nobody shall wait for ever
            _logger.exception("Work on the library broke down.")
            self._end("failed", _UNTOLD)

    def _end(self, state: State, problem: str = "") -> None:
        """It has ended so, unless it has already: what was stopped while it waited has not failed."""
        with self._changing:
            if not self._progress.has_ended:
                self._progress = replace(self._progress, state=state, problem=problem)

    def _may_begin(self) -> bool:
        try:
            self._check()
        except CrossroadsError as error:
            self._end("refused", str(error))
            return False
        return True

    def _follow(self) -> None:
        """Run the command to its end."""
        said: list[str] = []
        process = self._started()
        if process is None:
            return
        began: float | None = None
        with process:
            for line in process.stdout or ():
                told = _json(line)
                if "embedded" in told and "total" in told:
                    first, began = began is None, began or time.monotonic()
                    self._progress = _further(self._progress, told, 0.0 if first else time.monotonic() - began)
                elif told:
                    self._progress = replace(self._progress, report=told)
                else:
                    said = [*said, line.rstrip()][-OUTPUT_KEPT:]
        self._progress = self._ended(process.returncode, said)

    def _started(self) -> subprocess.Popen[str] | None:
        with self._changing:
            if self._stopping:
                return None
            self._progress = replace(self._progress, state="starting")
            self._process = started(self._command, environment())
            return self._process

    def _ended(self, code: int, said: Sequence[str]) -> Progress:
        if self._stopping and code != 0:
            return replace(self._progress, state="stopped")
        if self._progress.report:  # of a removal that left something, too: its report says what
            return replace(self._progress, state="done")
        return replace(self._progress, state="failed", problem=_problem(said))


_UNTOLD = "It ended without saying why. Run `python -m index build` in a terminal to see what is wrong."


def _further(before: Progress, told: Mapping[str, Any], seconds: float) -> Progress:
    embedded, total = int(told["embedded"]), int(told["total"])
    state: State = "embedding" if embedded < total else "finishing"
    at_first = before.at_first if seconds else embedded
    return replace(before, state=state, embedded=embedded, total=total, at_first=at_first, seconds=seconds)


def _json(line: str) -> dict[str, Any]:
    with suppress(ValueError):
        found = json.loads(line)
        return found if isinstance(found, dict) else {}
    return {}


def _problem(said: Sequence[str]) -> str:
    """The error's message, which may have several lines; what a program that broke down says last is no sentence."""
    begins = next((number for number, line in enumerate(said) if line.startswith("error: ")), None)
    return " ".join(said[begins:]).removeprefix("error: ") if begins is not None else _UNTOLD
