"""PassageStore: an index folder, its published generation, and how the next one takes its place.

    CURRENT          the pointer: one small JSON file that says which generation is published
    gen-000007/      a generation (`generation.py`), never changed once published
    build.lock       held by the one builder

Readers hold a shared lock on their generation; what nobody holds is deleted.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import portalocker

from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.generation import (
    FORMAT,
    READERS_LOCK,
    Generation,
    Pointer,
    StoryPassages,
    check_generation,
    write_generation,
)

POINTER = "CURRENT"


class PassageStore:
    """An index folder: opens what is published, publishes what was built, deletes what nobody reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pointer(self) -> Pointer | None:
        """What is published, or None where nothing is yet. Raises `StoreError` for a folder that is no index."""
        file = self.folder / POINTER
        try:
            found = json.loads(file.read_text("utf-8"))
            return Pointer(**found)
        except FileNotFoundError:
            self._refuse_foreign_folder()
            return None
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"{file}: the index's pointer cannot be read ({error}). Delete the folder {self.folder} and run "
                "`python -m index build`; the stories themselves are not touched."
            ) from error

    def open(self) -> "Generation":
        """The published generation. Raises `IndexMissingError` where there is none, `StoreError` for a damaged one."""
        pointer = self.pointer()
        if pointer is not None and not self._generation_folder(pointer.generation).is_dir():
            pointer = self.pointer()  # a publication may have replaced it between our reading and looking
        if pointer is None:
            raise IndexMissingError(f"{self.folder}: there is no index yet. Run `python -m index build` first.")
        if pointer.format != FORMAT:
            raise StoreError(
                f"{self.folder}: the index has format {pointer.format}, this version reads {FORMAT}. "
                "Run `python -m index build` to make it anew."
            )
        return Generation(self._generation_folder(pointer.generation), pointer)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the builder's lock. Raises `BuildLockedError` where another builder holds it."""
        self._refuse_foreign_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = portalocker.Lock(self.folder / "build.lock", "w", timeout=0, fail_when_locked=True)
        try:
            lock.acquire()
        except portalocker.exceptions.LockException as error:
            raise BuildLockedError(
                f"{self.folder}: another build is running. Wait until it ends, then try again."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def publish(self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str], built: str) -> Pointer:
        """Write a generation with these stories (in order of their ids), check it, and make it the published one.

        Whatever fails, what was published before stays so. Raises `StoreError` if the check finds a fault.
        """
        previous = self.pointer()
        number = 1 + max([previous.generation if previous else 0, *self._numbers()])
        made = self._generation_folder(number)
        unfinished = made.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        write_generation(unfinished, contents)
        check_generation(unfinished, contents)
        _sync(unfinished)
        unfinished.rename(made)
        pointer = Pointer(
            generation=number,
            fingerprint=dict(fingerprint),
            passages=sum(len(item.passages) for item in contents),
            stories={item.story.id: item.story.sha256 for item in contents},
            built=built,
        )
        self._point_at(pointer)
        self.prune()
        return pointer

    def prune(self) -> None:
        """Delete generations and leftovers that are neither published nor held by a reader."""
        pointer = self.pointer()
        for folder in [*self.folder.glob("gen-*.tmp"), *map(self._generation_folder, self._numbers())]:
            if pointer is not None and folder == self._generation_folder(pointer.generation):
                continue
            unread = portalocker.Lock(folder / READERS_LOCK, "a", timeout=0, fail_when_locked=True)
            with suppress(portalocker.exceptions.LockException, FileNotFoundError), unread:
                shutil.rmtree(folder, ignore_errors=True)

    def _point_at(self, pointer: Pointer) -> None:
        temporary = self.folder / f"{POINTER}.tmp"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(pointer), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / POINTER)
        _sync_folder(self.folder)

    def _numbers(self) -> list[int]:
        return sorted(int(folder.name[4:]) for folder in self.folder.glob("gen-*") if folder.name[4:].isdigit())

    def _generation_folder(self, number: int) -> Path:
        return self.folder / f"gen-{number:06}"

    def _refuse_foreign_folder(self) -> None:
        """Raise `StoreError` for a file, or a folder with other things in it: never build over somebody's data."""
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreError(f"{self.folder}: this is a file, not an index folder. Name another with --index.")
        if self.folder.is_dir():
            foreign = [entry.name for entry in self.folder.iterdir() if not _is_ours(entry.name)]
            if foreign:
                raise StoreError(
                    f"{self.folder}: this folder is not an index (it holds {foreign[0]}). "
                    "Name an empty or new one with --index."
                )


def _is_ours(name: str) -> bool:
    return name in {POINTER, f"{POINTER}.tmp", "build.lock"} or name.startswith("gen-")


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
