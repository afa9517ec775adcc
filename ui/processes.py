"""Processes of a server: begun with all that they will begin themselves, and ended with it, if it ends in good order.

Where it is killed, each goes on until it next tells how far it is, to nobody. Knows nothing of what they do. On
Windows, which has no such groups, only the process itself is ended.
"""

import atexit
import os
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress

GRACE_SECONDS = 10.0
"""How long a process that was asked to stop may take until it is killed."""
LEFT_SECONDS = 1.0
"""How long helpers of a process that has ended may tidy up behind it until they are killed."""

_started: weakref.WeakSet[subprocess.Popen[str]] = weakref.WeakSet()


def started(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """A process whose output, errors among it, is a stream of lines. Raises `OSError` where it cannot be begun."""
    process = subprocess.Popen(  # noqa: S603  # our own command
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,
    )
    _started.add(process)
    threading.Thread(target=_end_helpers, args=(process,), daemon=True).start()
    return process


def stop(process: subprocess.Popen[str]) -> None:
    """Ask a process to stop; one that does not listen is killed."""
    _ask(process)
    threading.Thread(target=_kill_later, args=(process,), daemon=True).start()


@atexit.register
def _stop_all() -> None:
    for process in _started:
        if process.poll() is None:
            _ask(process)


def _ask(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C would; more roughly where that is not heard: shells make deaf to it what is begun in the background."""
    if os.name == "nt" or signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        _signal_all(process, signal.SIGTERM)
    else:
        process.send_signal(signal.SIGINT)


def _kill_later(process: subprocess.Popen[str]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
        return
    process.kill()


def _end_helpers(process: subprocess.Popen[str]) -> None:
    """Else they would hold on to the output of a process that was killed, and whoever reads it would wait for ever."""
    process.wait()
    time.sleep(LEFT_SECONDS)
    if os.name != "nt":
        _signal_all(process, signal.SIGKILL)


def _signal_all(process: subprocess.Popen[str], number: int) -> None:
    """Signal a process and its helpers."""
    if os.name == "nt":
        process.send_signal(number)
        return
    with suppress(ProcessLookupError, PermissionError):  # none is left; macOS tells of it by the latter
        os.killpg(process.pid, number)
