"""PassageStore: an index folder, its published generation, and how the next one takes its place.

    CURRENT          the pointer: one small JSON file that says which generation is published
    gen-000007/      a generation (`generation.py`), never changed once published
    shards/000012/   a shard (`shard.py`), never changed once complete; generations share them
    build.lock       held by the one builder

A build writes new shards beside those it keeps, then a generation of them all, then replaces the pointer. Until
that last step readers see the generation before; what a killed build had finished, the next one takes up. Readers
hold a shared lock on their generation; what nobody holds is deleted.
"""

import itertools
import json
import os
import shutil
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import portalocker

from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.generation import FORMAT, READERS_LOCK, SHARDS, Generation, Pointer, ShardEntry, write_generation
from index.seal import is_intact, seal
from index.shard import Shard, StoryPassages, disk_errors, is_sound, read_listing, write_shard
from index.stories import Fault

POINTER = "CURRENT"
LOCK = "build.lock"
NEEDLE = 48
# Bytes of a removed sentence that are looked for: shorter than a database page, longer than chance.
CHUNK = 1 << 24


class PassageStore:
    """An index folder: opens what is published, publishes what was built, deletes what nobody reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: tuple[object, Pointer] | None = None
        self._shard_numbers = itertools.count()
        self._open_shards: weakref.WeakValueDictionary[str, Shard] = weakref.WeakValueDictionary()

    def pointer(self) -> Pointer | None:
        """What is published, or None where nothing is yet. Raises `StoreError` for a folder that is no index."""
        file = self.folder / POINTER
        try:
            state = file.stat()
            version = (state.st_ino, state.st_mtime_ns, state.st_size)
            if self._read is None or self._read[0] != version:
                self._read = version, _pointer(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            self._refuse_foreign_folder()
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(
                f"{file}: the index's pointer cannot be read ({error}). Delete the folder {self.folder} and run "
                "`python -m index build`; the stories themselves are not touched."
            ) from error
        return self._read[1]

    def open(self) -> Generation:
        """The published generation. Raises `IndexMissingError` where there is none, `StoreError` for a damaged one."""
        while True:
            pointer = self.pointer()
            if pointer is None:
                raise IndexMissingError(f"{self.folder}: there is no index yet. Run `python -m index build` first.")
            if pointer.format != FORMAT:
                raise StoreError(
                    f"{self.folder}: the index has format {pointer.format}, this version reads {FORMAT}. "
                    "Run `python -m index build` to make it anew."
                )
            try:
                shards = [self.shard(shard.name) for shard in pointer.shards]
                return Generation(self._generation_folder(pointer.generation), pointer, shards)
            except StoreError:
                if self.pointer() == pointer:
                    raise
                # Another generation was published between our reading and our looking, and this one was deleted.

    def shard(self, name: str) -> Shard:
        """A shard, opened once however many generations hold it. Raises `StoreError` for a damaged one."""
        shard = self._open_shards.get(name)
        if shard is None:
            shard = self._open_shards[name] = Shard(self.folder / "shards" / name)
        return shard

    def words_digests(self) -> dict[str, str]:
        """The `words_digest` of every published story by its id; none where nothing is published, or it is damaged."""
        with suppress(StoreError):
            pointer = self.pointer()
            shards = [self.folder / "shards" / shard.name for shard in (pointer.shards if pointer else ())]
            return {story["id"]: story["words"] for shard in shards for story in read_listing(shard)}
        return {}

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the builder's lock.

        Raises `BuildLockedError` where another builder holds it, `StoreError` where nothing can be built.
        """
        self._refuse_foreign_folder()
        with ExitStack() as held:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(portalocker.Lock(self.folder / LOCK, "w", timeout=0, fail_when_locked=True))
            except portalocker.exceptions.LockException as error:
                raise BuildLockedError(
                    f"{self.folder}: another build is running. Wait until it ends, then try again."
                ) from error
            except OSError as error:
                raise StoreError(
                    f"{self.folder}: the index cannot be written there ({error.strerror}). "
                    "Check its permissions, or name another folder with --index."
                ) from error
            self._shard_numbers = itertools.count(1 + max([0, *map(int, self._shard_names())]))
            yield

    def damage(self, pointer: Pointer, *, thorough: bool = False) -> tuple[frozenset[str], bool]:
        """The published shards that are damaged, and whether the generation's own files are.

        By default a file that is missing or has another size is found; `thorough` reads everything.
        """
        names = [shard.name for shard in pointer.shards]
        shards = {name for name in names if not is_sound(self.folder / "shards" / name, thorough=thorough)}
        return frozenset(shards), not is_intact(self._generation_folder(pointer.generation), thorough=thorough)

    def leftovers(self, fingerprint: Mapping[str, str]) -> list[Shard]:
        """Shards that an interrupted build had finished, made in the same way, and never published."""
        published: set[str] = set()
        with suppress(StoreError):  # of a pointer that cannot be read; then all that is whole was never published
            pointer = self.pointer()
            published = {shard.name for shard in pointer.shards} if pointer else set()
        found = []
        for name in self._shard_names():
            with suppress(StoreError):
                if (
                    name not in published
                    and is_intact(self.folder / "shards" / name)
                    and (shard := self.shard(name)).fingerprint == fingerprint
                ):
                    found.append(shard)
        return found

    def write(self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> ShardEntry:
        """Write a shard with these stories (in order of their ids), check it, and complete it.

        Raises `StoreError` if the check finds a fault, or the disk refuses; nothing of the shard is left then.
        """
        made = self.folder / "shards" / f"{next(self._shard_numbers):06}"
        with self._complete(made) as unfinished:
            write_shard(unfinished, contents, fingerprint)
        passages = sum(len(item.passages) for item in contents)
        return ShardEntry(made.name, passages, {item.story.id: item.story.sha256 for item in contents})

    def publish(
        self, shards: Sequence[ShardEntry], fingerprint: Mapping[str, str], built: str, faults: Sequence[Fault] = ()
    ) -> Pointer:
        """Make a generation of complete shards, and make it the published one; then delete what nobody reads.

        Whatever fails, what was published before stays so. Raises `StoreError`.
        """
        number = 1 + max([0, *self._numbers()])
        with self._complete(self._generation_folder(number)) as unfinished:
            write_generation(unfinished, [self.folder / "shards" / shard.name for shard in shards])
        pointer = Pointer(number, dict(fingerprint), tuple(shards), tuple(faults), built)
        self._point_at(pointer)
        self._prune()
        return pointer

    def note(self, pointer: Pointer, faults: Sequence[Fault]) -> Pointer:
        """Keep what was found wrong with files where nothing else changed: the same generation stays published."""
        if pointer.faults == tuple(faults):
            return pointer
        noted = replace(pointer, faults=tuple(faults))
        self._point_at(noted)
        return noted

    def clear(self) -> None:
        """Take everything out of the index. Raises `BuildLockedError`, `StoreError`."""
        with self.building():
            (self.folder / POINTER).unlink(missing_ok=True)
            self._prune()

    def prune(self) -> bool:
        """Delete what is neither published nor read; whether all of that is gone. A running build does it itself."""
        with suppress(BuildLockedError), self.building():
            self._prune()
        return len(self._numbers()) <= (self.pointer() is not None)

    def traces(self, needles: Sequence[str]) -> list[Path]:
        """The files of the index in which any of some texts still stands: what proves that a story is gone.

        Texts are looked for by the first bytes of each, as UTF-8, which is how everything in the index keeps text.
        """
        sought = [needle.encode()[:NEEDLE] for needle in needles]
        return [file for file in sorted(self.folder.rglob("*")) if file.is_file() and _holds(file, sought)]

    def _prune(self) -> None:
        pointer = self.pointer()
        current = self._generation_folder(pointer.generation) if pointer else None
        kept = {shard.name for shard in pointer.shards} if pointer else set()
        for folder in [*self.folder.glob("*.tmp"), *self.folder.glob("shards/*.tmp")]:
            shutil.rmtree(folder, ignore_errors=True)
        for folder in map(self._generation_folder, self._numbers()):
            if folder != current and not _delete_unread(folder) and (folder / SHARDS).exists():
                kept.update(json.loads((folder / SHARDS).read_text("utf-8")))
        for name in set(self._shard_names()) - kept:
            self._open_shards.pop(name, None)
            shutil.rmtree(self.folder / "shards" / name, ignore_errors=True)

    @contextmanager
    def _complete(self, made: Path) -> Iterator[Path]:
        """A folder to write into, which becomes `made` when it is whole and on the disk, or vanishes."""
        unfinished = made.with_suffix(".tmp")
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            yield unfinished
            seal(unfinished)
            _sync(unfinished)
            unfinished.rename(made)
            _sync_folder(made.parent)
        except BaseException as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            if isinstance(error, disk_errors()):
                raise StoreError(
                    f"{self.folder}: the index cannot be written ({' '.join(str(error).split())}). Nothing was "
                    "published; what was there before still answers. Free some space or check permissions, then build "
                    "again."
                ) from error
            raise

    def _point_at(self, pointer: Pointer) -> None:
        temporary = self.folder / f"{POINTER}.new"
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(asdict(pointer), file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.folder / POINTER)
        except OSError as error:
            raise StoreError(
                f"{temporary}: the index cannot be written ({error.strerror}). Nothing was published; what was there "
                "before still answers. Free some space or check permissions, then build again."
            ) from error
        _sync_folder(self.folder)

    def _shard_names(self) -> list[str]:
        return sorted(folder.name for folder in self.folder.glob("shards/*") if folder.name.isdigit())

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


def _pointer(found: dict[str, Any]) -> Pointer:
    """The pointer as it was written. One of another format is not understood further than that."""
    if found["format"] != FORMAT:
        return Pointer(found["generation"], {}, (), (), found["built"], found["format"])
    shards = tuple(ShardEntry(**shard) for shard in found["shards"])
    return Pointer(**{**found, "shards": shards, "faults": tuple(Fault(**fault) for fault in found["faults"])})


def _is_ours(name: str) -> bool:
    return name in {POINTER, f"{POINTER}.new", LOCK, "shards"} or name.startswith("gen-")


def _delete_unread(generation: Path) -> bool:
    """Delete a generation that nobody reads; whether it is gone."""
    unread = portalocker.Lock(generation / READERS_LOCK, "r+", timeout=0, fail_when_locked=True)
    with suppress(portalocker.exceptions.LockException, FileNotFoundError), unread:
        shutil.rmtree(generation, ignore_errors=True)
    return not generation.exists()


def _holds(file: Path, sought: Sequence[bytes]) -> bool:
    """Whether any of some byte strings, at most `NEEDLE` long, stands in a file."""
    tail = b""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            if any(needle in tail + chunk for needle in sought):
                return True
            tail = chunk[-NEEDLE:]
    return False


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
