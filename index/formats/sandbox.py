"""Runs a parser apart: in a process with bounds on memory and time, so that no file can take this one down.

One worker reads file after file; it is started with the first, goes after a minute without work, and is replaced when
it crashed, hung or ran out of memory. Callers may be many threads; they take turns. The worker does not import
the program that was started (loky's processes never do), so scripts need no `if __name__ == "__main__"` on its account.
"""

import atexit
import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from index.errors import NotLoadedError, PassingError, StoriesError

SECONDS = 30.0
"""A file that takes longer is given up for this time. An ordinary one takes a tenth of a second."""

MEMORY = 1_500_000_000
"""Bytes of address space, libraries included, where the operating system keeps count (Linux)."""

IDLE_SECONDS = 60
"""How long a worker without work is kept."""

Result = TypeVar("Result")
Parse = Callable[[str, bytes], Result]

_REMEDY = "Save the story as plain text, or remove the file."
_AGAIN = (
    "It is tried again when you build or add it again; if it fails every time, save the story as plain text, or remove "
    "the file."
)


_DEFEATS = (MemoryError, ChildProcessError, NotLoadedError)
# After these a worker that has read other files is replaced, and the file tried once more.


class Sandbox:
    """A worker process with limits, started when first needed. `close` ends it; so does the end of the program."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._turn = threading.Lock()
        self._worker: Any = None

    def run(self, parse: Parse[Result], name: str, data: bytes) -> Result:
        """What `parse(name, data)` gives, worked out in the worker. `parse` is a function of a module.

        Raises the `StoriesError` that `parse` raises, and one that names the file for everything else that it raises;
        `PassingError` where its time or memory ran out, its process died, or none could be started.
        """
        with self._turn:
            used = self._worker is not None
            try:
                return self._attempt(parse, name, data)
            except _DEFEATS as error:
                if not used:
                    raise self._defeat(name, error) from None
            try:
                return self._attempt(parse, name, data)  # it may be what others left behind
            except _DEFEATS as error:
                raise self._defeat(name, error) from None

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        with self._turn:
            self._end()

    def _attempt(self, parse: Parse[Result], name: str, data: bytes) -> Result:
        """Raises one of `_DEFEATS`, of which `ChildProcessError` is that the worker died; it is gone then."""
        from loky.process_executor import BrokenProcessPool

        usable = False  # after whatever else goes wrong: no memory left, or Ctrl-C here, while the worker goes on
        try:
            outcome: Result = self._submitted(parse, name, data).result(self._seconds)
            usable = True
        except StoriesError as error:
            usable = not isinstance(error, PassingError)
            raise
        except TimeoutError as error:
            raise PassingError(f"{name}: reading it took more than {self._seconds:g} seconds. {_AGAIN}") from error
        except BrokenProcessPool as error:
            raise ChildProcessError from error
        finally:
            if not usable:
                self._end()
        return outcome

    def _submitted(self, parse: Parse[Result], name: str, data: bytes) -> Any:
        """The worker's promise, the worker started where there is none."""
        from loky import ProcessPoolExecutor

        try:
            if self._worker is None:
                self._worker = ProcessPoolExecutor(
                    1, timeout=IDLE_SECONDS, initializer=_confine, initargs=(self._memory,)
                )
                atexit.register(self._end)
            return self._worker.submit(_attempt, parse, name, data, self._seconds)
        except (OSError, NotImplementedError) as error:  # no processes or no shared memory left, or none at all
            raise PassingError(f"{name}: no process could be started to read it in ({error}). {_AGAIN}") from error

    def _defeat(self, name: str, error: BaseException) -> PassingError:
        if isinstance(error, PassingError):
            return error
        return PassingError(
            f"{name}: its reader broke down, or took more than {self._memory // 10**6:,} MB of memory. {_AGAIN}"
        )

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shutdown(wait=True, kill_workers=True)
            atexit.unregister(self._end)


_SANDBOX = Sandbox()

run_apart = _SANDBOX.run
"""Run a parser in the sandbox that the whole program shares."""


def guarded(parse: Parse[Result], name: str, data: bytes) -> Result:
    """What `parse(name, data)` gives, here and now. Whatever else a parser raises becomes a `StoriesError`.

    Raises `NotLoadedError` where a library cannot be imported, which says nothing of the file; `MemoryError` as it is:
    whoever runs out of memory has to go.
    """
    try:
        return parse(name, data)
    except (StoriesError, MemoryError):
        raise
    except ImportError as error:
        reason = _in_short(error)
        raise NotLoadedError(
            f"{name}: a library that reads it cannot be loaded ({reason}). Run `pip install -c "
            "constraints.txt -e .` in the project's folder, then build or add it again."
        ) from None
    except Exception as error:  # noqa: BLE001  # the one edge to parsers, which raise anything on a damaged file
        reason = _in_short(error)
        raise StoriesError(f"{name}: it is damaged, or of a kind unknown here ({reason}). {_REMEDY}") from None


def _in_short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:200]


def _attempt(parse: Parse[Result], name: str, data: bytes, seconds: float) -> Result:
    """In the worker: a file, within its time."""
    _allow(seconds)
    return guarded(parse, name, data)


def _confine(memory: int) -> None:
    """In the worker, once: no more than so many bytes, no file written, nothing said, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program ends its worker itself
    logging.disable()
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        import resource
    except ImportError:  # Windows
        return
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(limit, (allowed, allowed))
        except (ValueError, OSError):  # macOS has the first by name only
            continue


def _allow(seconds: float) -> None:
    """In the worker, before each file: so much processor time from now on, even if nobody waits for it any more."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 2, hard))
