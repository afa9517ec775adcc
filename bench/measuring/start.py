"""From the start of a process to what a user waits for: warm, and cold, when nothing is read from memory.

Linux forgets what it read from the disk where 3 is written to `DROP`, which root alone may do.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from bench.as_installed import as_installed, beside, without
from bench.contestants import MODEL, OURS, contestant_class
from bench.library import STARTER
from bench.measuring.first_chunks import COUNT
from bench.measuring.made import clean_environment, kept_at
from bench.start import ROOT, running
from bench.users import DOORS

DROP = Path("/proc/sys/vm/drop_caches")
QUESTION = "How long did it take to find the first job?"
COMMAND, APP = "python -m rag", "app.py"
"""What is started besides contestants."""


def measure(folder: Path, what: str, *, cold: bool) -> dict[str, Any]:
    """Seconds until the first answer of `COMMAND` or `APP`, or until a contestant's first chunks, one start.

    Warm is a start right after another. Gives `{"open": why}` where a cold one cannot be had.
    """
    start = _starter(folder, what)
    if not cold:
        start()
    elif why := _forget():
        return {"open": why}
    return start()


def _starter(folder: Path, what: str) -> Callable[[], dict[str, Any]]:
    """What starts it and takes the time. Finding out what is to be started reads files: that is done by now."""
    index = (kept_at(folder, OURS) / "index").resolve()
    if what == APP:
        return partial(_app, index, as_installed())
    if what == COMMAND:
        command = as_installed("-m", "rag", QUESTION, "--stories", STARTER, "--index", index)
    else:
        kept = str(kept_at(folder, what).resolve())
        hidden = beside(*contestant_class(what).packages, MODEL)
        return partial(_chunks, what, without(hidden, "-m", "bench.measuring.first_chunks", what, kept, QUESTION))
    return partial(_command, command)


def _command(command: Sequence[str]) -> dict[str, Any]:
    """Until an answer's first words, and until its end."""
    first, ended, _ = _timed(command)
    return {"answer": ended, "first words": first}


def _chunks(what: str, command: Sequence[str]) -> dict[str, Any]:
    """Until a contestant's first chunks. Raises `RuntimeError` where they are too few."""
    first, _, told = _timed(command)
    from bench.measuring.ask import fewest  # late: what it loads is not in memory while a start is cold
    from rag.question import understand

    if int(told) < (least := fewest(what, COUNT, understand(QUESTION))):
        raise RuntimeError(f"{what} found {int(told)} chunks, not {least}")
    return {"answer": first}


def _timed(command: Sequence[str]) -> tuple[float, float, bytes]:
    """Seconds until a process says something and until it ends, and what it said. Raises `RuntimeError` if it fails."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE) as process:  # noqa: S603
        first = process.stdout.read(1) if process.stdout else b""
        seconds = time.perf_counter() - began
        rest, _ = process.communicate()
    ended = time.perf_counter() - began
    if process.returncode or not first:
        raise RuntimeError(f"{' '.join(command[-5:])} ended with {process.returncode}")
    return seconds, ended, first + rest


def _app(index: Path, python: Sequence[str]) -> dict[str, Any]:
    """Until the server answers, and until the first words of an answer that is asked for then."""
    with running(STARTER, index, python=python) as app:
        server = time.perf_counter() - app.began
        asyncio.run(_first_words(app.address))
        return {"server": server, "answer": time.perf_counter() - app.began}


async def _first_words(address: str) -> None:
    """Ask as programs do, until something is said. Raises `RuntimeError` where nothing is."""
    async with httpx.AsyncClient(base_url=address, timeout=300, trust_env=False) as client:
        async for said in DOORS["api"](client)(QUESTION, []):
            if said:
                return
    raise RuntimeError(f"{APP} said nothing")


def _forget() -> str:
    """Have the system forget what it read; why it does not, "" where it did."""
    os.sync()
    try:
        DROP.write_text("3\n")
    except OSError:
        return "needs root"
    return ""
