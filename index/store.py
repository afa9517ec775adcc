"""PassageStore: an index folder: what is published in it, and who may publish the next.

Readers open the generation that the pointer names, and hold a shared lock on it as long as they use it. A builder
holds the folder's own lock, and does its work through `Building`. Knows nothing of how the files come to be
(`building.py`, `shard_writing.py`) nor of how they are deleted (`deletion.py`).
"""

import json
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import portalocker

from index import deletion
from index.building import Building
from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.generation import FORMAT, Generation, Pointer, ShardEntry
from index.layout import Layout
from index.seal import is_intact
from index.shard import Shard, read_listing
from index.shard_writing import is_sound
from index.stories import Fault

BUILDS, FETCHES = "builds", "fetches"
"""What whoever holds a folder's lock does, as the lock says."""
FETCH_SECONDS, LOOK_SECONDS = 120.0, 0.1
"""How long a builder waits for whoever fetches or deletes, and how often it looks."""
_LOCKED = {
    BUILDS: "{folder}: another build is running. Wait until it ends, then try again.",
    FETCHES: "{folder}: the library is being fetched, or what is old deleted, at the moment. Try again in a while.",
}


class PassageStore:
    """An index folder: opens what is published, and lets one at a time build what is next."""

    is_shared = False
    """Whether other computers have this library too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._layout = Layout(folder)
        self._read: tuple[object, Pointer] | None = None
        self._open_shards: weakref.WeakValueDictionary[str, Shard] = weakref.WeakValueDictionary()

    def __str__(self) -> str:
        """Where the index is, as errors name it."""
        return str(self.folder)

    def is_published(self) -> bool:
        """Whether anything is published."""
        return self.pointer() is not None

    def refresh(self) -> None:
        """Take up what was published elsewhere: nothing, since a folder is all there is of this index."""

    def suspect(self) -> None:
        """Something here proved damaged: of a folder, `python -m index build --check` mends it."""

    def pointer(self) -> Pointer | None:
        """What is published, or None where nothing is yet. Raises `StoreError` for a folder that is no index."""
        return self._here()

    def published(self) -> Pointer:
        """What is published, and can be read. Raises `IndexMissingError`, or `StoreError` for one of another format."""
        pointer = self.pointer()
        if pointer is None:
            raise IndexMissingError(f"{self.folder}: there is no index yet. Run `python -m index build` first.")
        if pointer.format != FORMAT:
            raise StoreError(
                f"{self.folder}: the index has format {pointer.format}, this version reads {FORMAT}. "
                "Run `python -m index build` to make it anew."
            )
        return pointer

    def open(self) -> Generation:
        """The published generation. Raises `IndexMissingError` where there is none, `StoreError` for a damaged one."""
        while True:
            pointer = self.published()
            try:
                shards = [self.shard(shard.name) for shard in pointer.shards]
                return Generation(self._layout.generation(pointer.generation), pointer, shards)
            except StoreError:
                if self.pointer() == pointer:
                    raise
                # Another generation was published between our reading and our looking, and this one was deleted.

    def shard(self, name: str) -> Shard:
        """A shard, opened once however many generations hold it. Raises `StoreError` for a damaged one."""
        shard = self._open_shards.get(name)
        if shard is None:
            shard = self._open_shards[name] = Shard(self._layout.shard(name))
        return shard

    def words_digests(self) -> dict[str, str]:
        """The `words_digest` of every published story by its id; none where nothing is published, or it is damaged."""
        with suppress(StoreError):
            pointer = self.pointer()
            shards = pointer.shards if pointer else ()
            listed = ((shard, story) for shard in shards for story in read_listing(self._layout.shard(shard.name)))
            return {story["id"]: story["words"] for shard, story in listed if story["id"] in shard.stories}
        return {}

    @contextmanager
    def building(self) -> Iterator[Building]:
        """Hold the builder's lock.

        Raises `BuildLockedError` where another builder holds it, `StoreError` where nothing can be built.
        """
        with self._locked(BUILDS):
            yield Building(self._layout, self._first_shard())

    def damage(self, pointer: Pointer, *, thorough: bool = False) -> tuple[frozenset[str], bool]:
        """The published shards that are damaged, and whether the generation's own files are.

        By default a file that is missing or has another size is found; `thorough` reads everything.
        """
        names = [shard.name for shard in pointer.shards]
        shards = {name for name in names if not is_sound(self._layout.shard(name), thorough=thorough)}
        return frozenset(shards), not is_intact(self._layout.generation(pointer.generation), thorough=thorough)

    def leftovers(self, fingerprint: Mapping[str, str]) -> list[Shard]:
        """Shards that an interrupted build had finished, made in the same way, and never published."""
        published: set[str] = set()
        with suppress(StoreError):  # of a pointer that cannot be read; then all that is whole was never published
            pointer = self.pointer()
            published = {shard.name for shard in pointer.shards} if pointer else set()
        found = []
        for name in self._layout.shard_names():
            with suppress(StoreError):
                if (
                    name not in published
                    and is_intact(self._layout.shard(name))
                    and (shard := self.shard(name)).fingerprint == fingerprint
                ):
                    found.append(shard)
        return found

    def prune(self) -> bool:
        """Delete what was published and is not read any more; whether all of that is gone. A build does it itself.

        What an interrupted build had finished stays: the next one takes it up.
        """
        with suppress(BuildLockedError), self._locked(FETCHES):
            deletion.delete_unread(self._layout, self._here(), unpublished=False)
        return len(self._layout.generation_numbers()) <= (self._here() is not None)

    def unsearched(self) -> str:
        """Where else the index keeps text, as a sentence; "" where `traces` looks through all of it."""
        return ""

    def traces(self, needles: Sequence[str]) -> list[Path]:
        """The files of the index in which any of some texts still stands: what proves that a story is gone."""
        return deletion.traces(self.files(), needles)

    def files(self) -> list[Path]:
        """The files that `traces` looks through: all of the index."""
        return self._layout.files()

    def votes(self, needles: Sequence[str]) -> list[Path]:
        """The page's own files that quote any of some texts: lines of JSON, kept beside the index and left alone."""
        quoted = [json.dumps(needle, ensure_ascii=False)[1:-1] for needle in needles]
        return deletion.traces(self._layout.page_files(), quoted)

    def _here(self) -> Pointer | None:
        """What the folder's pointer says."""
        file = self._layout.pointer
        try:
            state = file.stat()
            version = (state.st_ino, state.st_mtime_ns, state.st_size)
            if self._read is None or self._read[0] != version:
                self._read = version, _pointer(json.loads(file.read_text("utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            self._layout.refuse_foreign()
            return None
        except OSError as error:
            raise StoreError(
                f"{file}: the index's pointer cannot be read ({error.strerror}). Check the permissions of the file and "
                "of its folder, or name another folder with --index."
            ) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(
                f"{file}: the index's pointer is damaged ({error}). Run `python -m index build`: it writes the pointer "
                "anew, and keeps what is whole of the index."
            ) from error
        return self._read[1]

    @contextmanager
    def _locked(self, doing: str) -> Iterator[None]:
        """Hold the folder's lock, which is made. Raises as `building` does.

        A builder waits for whoever only fetches or deletes, some time; nobody waits for a builder.
        """
        self._layout.refuse_foreign()
        until = time.monotonic() + (FETCH_SECONDS if doing == BUILDS else 0.0)
        with ExitStack() as held:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                while not (file := self._tried_lock(held)) and time.monotonic() < until and self._doing() == FETCHES:
                    time.sleep(LOOK_SECONDS)
                if file is None:
                    raise BuildLockedError(_LOCKED[self._doing()].format(folder=self.folder))
                file.truncate(0)
                file.write(doing)
                file.flush()
            except OSError as error:
                raise StoreError(
                    f"{self.folder}: the index cannot be written there ({error.strerror}). "
                    "Check its permissions, or name another folder with --index."
                ) from error
            yield

    def _tried_lock(self, held: ExitStack) -> IO[str] | None:
        """The file of the lock that is held now, or None where somebody else holds it."""
        lock = portalocker.Lock(self._layout.lock, "a", timeout=0, fail_when_locked=True)
        with suppress(portalocker.exceptions.LockException):
            return held.enter_context(lock)
        return None

    def _doing(self) -> str:
        """What whoever holds the folder's lock says that it does."""
        try:
            found = self._layout.lock.read_text("utf-8")
        except OSError:  # on Windows nobody else can read it
            return BUILDS
        return found if found in _LOCKED else FETCHES  # it was taken this moment: look again

    def _first_shard(self) -> int:
        """The lowest number that no shard has, nor any to come.

        A name is not given again as long as a deleted shard of that name is open: Chroma would find the old one.
        """
        return 1 + max([0, *map(int, [*self._layout.shard_names(), *self._open_shards])])


def _pointer(found: dict[str, Any]) -> Pointer:
    """The pointer as it was written. One of another format is not understood further than that."""
    if found["format"] != FORMAT:
        return Pointer(found["generation"], {}, (), (), found["built"], found.get("origin", ""), found["format"])
    shards = tuple(ShardEntry(**shard) for shard in found["shards"])
    return Pointer(**{**found, "shards": shards, "faults": tuple(Fault(**fault) for fault in found["faults"])})
