"""Durable: folders and files that are wholly on the disk under their name, or not there under it at all.

Knows nothing of what is in them.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.chroma import disk_errors
from index.errors import StoreError
from index.seal import seal


@contextmanager
def whole_folder(made: Path) -> Iterator[Path]:
    """A folder to write into, which is sealed and becomes `made` when it is whole and on the disk, or vanishes.

    Raises `StoreError` if the disk refuses.
    """
    unfinished = made.with_suffix(".tmp")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a build that was killed
    try:
        with writing(made):
            yield unfinished
            seal(unfinished)
            _sync(unfinished)
            unfinished.rename(made)
            _sync_folder(made.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)  # is not there any more if all went well


def replace_file(file: Path, text: str) -> None:
    """Let a file hold a text: at every moment, whatever fails, it holds all of the old one or of the new.

    Raises `StoreError` if the disk refuses.
    """
    unfinished = file.with_name(f"{file.name}.new")
    with writing(file):
        with unfinished.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(file)
        _sync_folder(file.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """While something of the index is written: where the disk refuses, `StoreError` says what to do."""
    try:
        yield
    except disk_errors() as error:
        raise StoreError(
            f"{path}: the index cannot be written ({' '.join(str(error).split())}). What was published before is not "
            "lost. Free some space or check permissions, then build again."
        ) from error


def _sync(folder: Path) -> None:
    """Force a folder's files, and the names in it, onto the disk."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
        else:
            _sync_folder(file)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # Windows cannot open folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
