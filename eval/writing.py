"""A run's folder while it is written: by one process at a time, a row as soon as it is there, every other file whole.

What is read back is folder.py's. Knows nothing of what a row or a report says.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import portalocker

from eval.folder import MANIFEST, PAGE, REPORT, RESULTS, Row
from index.errors import EvalError

_ALONE = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING


@contextmanager
def written_alone(out: Path) -> Iterator[None]:
    """Keep every other run out of a folder, which is made.

    Raises `EvalError` where another run is at it, and for whatever cannot be written there meanwhile.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _locked(out):
            yield
    except portalocker.exceptions.AlreadyLocked as error:
        raise EvalError(
            f"{out}: another run is being written there. Wait until it ends, or name another folder with --out."
        ) from error
    except portalocker.exceptions.LockException as error:
        raise EvalError(
            f"{out}: the folder cannot be locked ({error}). Name one on another disk with --out."
        ) from error
    except OSError as error:
        raise EvalError(
            f"{out}: the run cannot be written ({error.strerror}). What was answered is kept: mend that and go on with "
            "--resume, or name another folder with --out."
        ) from error


def is_being_written(out: Path) -> bool:
    """Whether some process is at the run in a folder."""
    try:
        with _locked(out):
            return False
    except portalocker.exceptions.AlreadyLocked:
        return True


def begin(out: Path, manifest: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Begin with the rows there are, and take away earlier reports: none may outlive its run."""
    for name in (REPORT, PAGE):
        (out / name).unlink(missing_ok=True)
    replace_rows(out, rows)
    replace_json(out / MANIFEST, manifest)


def appended(out: Path, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, each handed on when it is in the file."""
    with (out / RESULTS).open("a", encoding="utf-8", newline="\n", errors="backslashreplace") as results:
        for row in rows:
            results.write(_line(row))
            results.flush()
            yield row


def replace_rows(out: Path, rows: Sequence[Row]) -> None:
    """Write all rows anew."""
    replace_text(out / RESULTS, "".join(map(_line, rows)))


def replace_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file whole."""
    replace_text(file, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def replace_text(file: Path, text: str) -> None:
    """Write a file beside and put it in the place of the one that was there: a kill leaves either."""
    beside = file.with_name(f"{file.name}.tmp")
    with beside.open("w", encoding="utf-8", newline="\n", errors="backslashreplace") as written:
        written.write(text)
    beside.replace(file)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder itself is locked, so that no file of a lock is left in it. Raises portalocker's `AlreadyLocked`."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        portalocker.lock(opened, _ALONE)
        yield
    finally:
        os.close(opened)


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
