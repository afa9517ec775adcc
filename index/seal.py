"""Seal: what the files of a finished folder must look like, kept in it, so that damage is noticed later.

`seal` writes the size and the sha256 of every file; `is_intact` compares. Chroma writes to its files even when it
only reads: of its database the size is compared, of its graphs that they are there; what is in both,
`shard_writing.py` checks by searching.
"""

import hashlib
import json
from pathlib import Path

NAME = "files.json"
DATABASE = "chroma.sqlite3"
CHROMA = "chroma"


def seal(folder: Path) -> None:
    """Write down the files of a folder that is finished."""
    files = {file.relative_to(folder).as_posix(): _marks(file) for file in _files(folder)}
    (folder / NAME).write_text(json.dumps(files), encoding="utf-8")


def is_intact(folder: Path, *, thorough: bool = False) -> bool:
    """Whether every file is there and has its size; `thorough` reads their contents too."""
    try:
        files = json.loads((folder / NAME).read_text("utf-8"))
        return all(_is_intact(folder / name, *marks, thorough=thorough) for name, marks in files.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def _marks(file: Path) -> tuple[int | None, str]:
    """A file's size (None where Chroma may change it) and its sha256 ("" where Chroma may change that)."""
    if file.name == DATABASE:
        return file.stat().st_size, ""
    return (None, "") if file.parent.parent.name == CHROMA else (file.stat().st_size, _digest(file))


def _is_intact(file: Path, size: int | None, digest: str, *, thorough: bool) -> bool:
    found = file.stat().st_size
    return (size is None or found == size) and (not thorough or not digest or _digest(file) == digest)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.name != NAME)
