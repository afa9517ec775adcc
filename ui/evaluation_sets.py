"""The sets that can be run: the project's own, those that lie with the stories, and those brought in on the page.

A set is chosen by its key among those found, never by a path. What a set must be, `eval.reading` knows.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eval.cases import EvalSet
from eval.columns import QUESTIONS
from eval.reading import read_set
from index.errors import EvalError

OWN = Path(__file__).parent.parent / "eval" / "sets"
"""The project's own sets."""
ENDINGS = (".jsonl", ".csv", ".tsv")
LARGEST = 2_000_000
"""Bytes of a set, at most: some 5,000 cases."""
MOST_KEPT = 100
"""Sets that are kept of those brought in; more are refused."""
LONGEST_NAME = 60


@dataclass(frozen=True)
class SetFile:
    """A set that can be chosen. `cases` is None where it cannot be read."""

    key: str
    file: Path
    cases: int | None


class Sets:
    """The sets of a library. `kept` is the folder of those brought in on the page; it is made when one is."""

    def __init__(self, stories: Path, kept: Path) -> None:
        self._folders = {"own": OWN, "kept": kept, "stories": stories, "beside": stories.resolve().parent}
        self._kept = kept

    def all(self) -> list[SetFile]:
        """Every set that can be chosen, the project's own first. One that cannot be read is among them."""
        return [
            SetFile(f"{place}/{file.name}", file, _cases_in(file, file.stat().st_mtime_ns))
            for place, folder in self._folders.items()
            for file in _sets_in(folder)
        ]

    def read(self, key: object) -> EvalSet:
        """The set of a key. Raises `EvalError` for one that is not there, or that names its broken lines."""
        found = next((one for one in self.all() if one.key == key), None)
        if found is None:
            raise EvalError("There is no such set any more. Choose another.")
        return _read(found.file)

    def keep(self, name: object, text: object) -> str:
        """Check a set that was brought in, and keep it; gives its key.

        Raises `EvalError` that names its broken lines, or says what else is wrong; nothing is kept then.
        """
        if not isinstance(name, str) or not isinstance(text, str):
            raise EvalError("No file arrived. Choose it once more.")
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > LARGEST:
            raise EvalError(f"This file is larger than {LARGEST // 1_000_000} MB. Split it into several sets.")
        called = _safe(name)
        with tempfile.TemporaryDirectory() as folder:
            draft = Path(folder) / called
            draft.write_bytes(data)
            try:
                _read(draft)
            except EvalError as error:
                raise EvalError(f"This set was not added. Mend the file, and add it again:\n{error}") from error
        return f"kept/{self._store(called, data)}"

    def _store(self, called: str, data: bytes) -> str:
        """Write a set under its name, or under that with a number where another has it; gives the name."""
        try:
            self._kept.mkdir(parents=True, exist_ok=True)
            if sum(1 for _ in self._kept.iterdir()) >= MOST_KEPT:
                raise EvalError(f"{MOST_KEPT} sets are kept already. Remove some from {self._kept}.")
            stem, ending = Path(called).stem, Path(called).suffix
            for number in range(1, MOST_KEPT + 2):
                file = self._kept / (called if number == 1 else f"{stem}-{number}{ending}")
                if not file.exists():
                    file.write_bytes(data)
                if file.read_bytes() == data:
                    return file.name
        except OSError as error:
            raise EvalError(f"{self._kept}: the set cannot be kept ({error.strerror}).") from error
        raise EvalError(f"There are too many sets called {called}. Give it another name.")


def _safe(name: str) -> str:
    """A name that is one file's, whatever was sent. Raises `EvalError` for another kind of file."""
    base = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = base.rpartition(".")
    if f".{ending.lower()}" not in ENDINGS or not dot:
        raise EvalError("A set is a file that ends in .jsonl, .csv or .tsv. docs/eval-sets.md shows how to write one.")
    kept = re.sub(r"[^\w-]+", "-", stem, flags=re.ASCII).strip("-_")[:LONGEST_NAME] or "set"
    return f"{kept}.{ending.lower()}"


def _read(file: Path) -> EvalSet:
    """A set, its faults told by its name alone: whoever reads them on the page knows no folders here."""
    try:
        return read_set(file)
    except EvalError as error:
        raise EvalError(str(error).replace(str(file), file.name)) from error


def _sets_in(folder: Path) -> Iterator[Path]:
    """The files of a folder that look like sets: tables of anything else may lie beside the stories too."""
    try:
        files = sorted(one for one in folder.iterdir() if one.suffix.lower() in ENDINGS)
    except OSError:  # a folder that is not there, or may not be looked into, offers no set
        return
    for file in files:
        with suppress(OSError):  # one that cannot be read hides no other
            if file.is_file() and file.stat().st_size <= LARGEST and _asks(file):
                yield file


def _asks(file: Path) -> bool:
    with file.open("rb") as opened:
        first = opened.readline(1 << 16).lower()
    return any(name.encode() in first for name in QUESTIONS)


@lru_cache(200)
def _cases_in(file: Path, _: int) -> int | None:
    try:
        return len(read_set(file).cases)
    except EvalError:
        return None
