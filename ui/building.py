"""Work on the library in a process of its own: the index's own commands, one after another, and how far each is.

A process, because embedding beside the answering threads would hold every answer up (docs/decisions.md). Knows the
commands' JSON lines; nothing of what is done in them, nor of the browser.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from index.errors import BuildLockedError, CrossroadsError
from index.settings import Settings
from index.store import PassageStore

ROOT = Path(__file__).parents[1]
"""Where `python -m index` is found, wherever the app was started."""
GRACE_SECONDS = 10.0
"""How long a command that was asked to stop may take until it is killed."""
LOCK_SECONDS = 5.0
"""How long the builder's lock may be held by others before that is told: deleting an old generation takes moments."""
OUTPUT_KEPT = 40
# Lines that are kept of what a command says beside its progress: an error's message.

State = Literal["waiting", "starting", "embedding", "finishing", "done", "failed", "stopped"]
ENDED: tuple[State, ...] = ("done", "failed", "stopped")


@dataclass(frozen=True)
class Progress:
    """How far some work is. `seconds` are those since the first news, when `at_first` passages were embedded already.

    `problem` is a sentence. `report` is what the command told at its end, as `python -m index` documents it.
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


class Work:
    """One command, run in a thread that waits for its turn. Safe to look at, and to stop, from several threads."""

    def __init__(self, command: Sequence[str], check: Callable[[], object], turn: threading.Lock) -> None:
        """`check` raises `CrossroadsError` where the command must not be begun."""
        self._command = command
        self._check = check
        self._turn = turn
        self._changing = threading.Lock()
        self._progress = Progress()
        self._process: subprocess.Popen[str] | None = None
        self._stopping = False
        threading.Thread(target=self._run, daemon=True, name="library").start()

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        return self._progress

    def stop(self) -> None:
        """Ask it to stop; what was published before stays published. Nothing happens where it has ended."""
        with self._changing:
            self._stopping = True
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
                threading.Thread(target=_kill_later, args=(self._process,), daemon=True).start()

    def _run(self) -> None:
        try:
            with self._turn:
                self._check()
                self._follow()
        except (CrossroadsError, OSError) as error:
            self._progress = replace(self._progress, state="failed", problem=str(error))
        if not self._progress.has_ended:  # whatever else went wrong in this thread: nobody shall wait for ever
            self._progress = replace(self._progress, state="failed", problem=_UNTOLD)

    def _follow(self) -> None:
        """Run the command to its end."""
        said: list[str] = []
        process = self._started()
        if process is None:
            self._progress = replace(self._progress, state="stopped")
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
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                self._command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
            )
            return self._process

    def _ended(self, code: int, said: Sequence[str]) -> Progress:
        if self._stopping and code != 0:
            return replace(self._progress, state="stopped")
        if self._progress.report:  # of a removal that left something, too: its report says what
            return replace(self._progress, state="done")
        return replace(self._progress, state="failed", problem=_problem(said))


class Workshop:
    """Whoever changes the library of a server: one command at a time, the others wait for their turn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = PassageStore(settings.index_folder)
        self._turn = threading.Lock()

    def build(self) -> Work:
        """Bring the index up to the stories folder."""
        return self._begun("build", "--progress")

    def remove(self, identity: str) -> Work:
        """Take a story out of the folder and the index; nothing is touched while another process builds."""
        return self._begun("remove", last=("--", identity))

    def _begun(self, *verb: str, last: Sequence[str] = ()) -> Work:
        settings = self._settings
        flags = ["--stories", str(settings.stories), "--index", str(settings.index_folder), "--device", settings.device]
        flags += ["--embedder", settings.embedder] if settings.embedder else []
        command = [sys.executable, "-m", "index", *verb, "--json", *flags, *last]
        return Work(command, self._refuse_while_locked, self._turn)

    def _refuse_while_locked(self) -> None:
        """Raise `BuildLockedError` while a build runs that was started elsewhere: in a terminal, say."""
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                with self._store.building():
                    return
            except BuildLockedError as error:
                if time.monotonic() > until:
                    raise BuildLockedError(_LOCKED) from error
            time.sleep(LOCK_SECONDS / 50)


_LOCKED = (
    "Somebody else is building this library's index at the moment, from a terminal or another window. "
    "Wait until that ends, then try again."
)
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


def _environment() -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def _kill_later(process: subprocess.Popen[str]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
        return
    process.kill()
