"""This project's commands as processes of their own, wherever it is started from.

For work that would hold up whoever answers questions meanwhile: threads of one process take turns.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

ROOT = Path(__file__).parents[1]


def command(module: str, *words: str) -> list[str]:
    """What starts `python -m MODULE …` with this Python."""
    return [sys.executable, "-m", module, *words]


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of such a process: ours, some settings, and where this project lies."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **(settings or {}), "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


def print_anything() -> None:
    """Let what the terminal has no sign for, such as a file's name that is not UTF-8, be printed escaped."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def print_no_more() -> None:
    """For whoever caught a `BrokenPipeError`: who read our output has read enough, and nothing more is to be said."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def allow_open_files() -> None:
    """Let this process have as many files open as the machine allows: each shard that is read takes about twenty."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
