"""MirroredStore: an index folder that mirrors a library in a Chroma server.

Readers open the folder as any other, so questions never wait for the network, and are answered while the server is
down. `refresh` fetches what was published elsewhere: shards that are new here, one by one, and then the generation.
A builder brings its mirror up to date, builds there, and copies what it wrote to the server before it publishes.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from index.building import Building
from index.durable import whole_folder
from index.errors import (
    BuildLockedError,
    CrossroadsError,
    IndexMissingError,
    ServerError,
    SettingsError,
    StoreError,
)
from index.generation import FORMAT, Generation, Pointer, ShardEntry
from index.seal import is_intact
from index.server.fetching import fetch_elsewhere
from index.server.mirrored_building import MirroredBuilding, has
from index.server.remote import Part, Record, RemoteLibrary, mark_of
from index.shard_writing import is_sound, write_shard
from index.store import BUILDS, FETCHES, PassageStore

_CUT_OFF = "The library cannot be fetched at the moment; it is tried again. The server's log says why."
_FETCHING = "The library is being fetched{part}. Wait a moment."
FETCHED_HERE = 500
"""Passages that are fetched in the process that answers: it takes about a second."""
ATTEMPTS = 3
"""Times that fetching begins anew, since something newer was published meanwhile."""

_logger = logging.getLogger(__name__)


class MirroredStore(PassageStore):
    """A store whose folder mirrors a remote library.

    Whoever first asks what is published waits until the mirror is up to date, unless `waits` is False: then it is for
    somebody else to call `refresh`, as a chat server does whose page is up meanwhile.
    """

    is_shared = True

    def __init__(self, folder: Path, remote: RemoteLibrary, *, waits: bool = True) -> None:
        super().__init__(folder)
        self._remote = remote
        self._waits = waits
        self._has_looked = False
        self._fetching = threading.Lock()
        self._same: tuple[Record, Pointer | None] | None = None
        self._part = ""
        self._trouble = ""
        self._suspected = False

    def __str__(self) -> str:
        """Where the library is kept, as errors name it."""
        return str(self._remote)

    def is_published(self) -> bool:
        """Whether anything is published, here or on the server."""
        return self._here() is not None or ((record := self._remote.published()) is not None and not record.is_empty)

    def pointer(self) -> Pointer | None:
        """What is published, as the mirror has it.

        Raises `IndexMissingError` while it is being fetched for the first time, `ServerError` where it cannot be.
        """
        if self._waits and not self._has_looked:
            self._look()
        here = self._here()
        if here is None and not self._has_looked:
            raise IndexMissingError(_CUT_OFF if self._trouble else _FETCHING.format(part=self._part))
        return here

    def open(self) -> Generation:
        """As `PassageStore` has it; what is damaged, the next `refresh` fetches again."""
        try:
            return super().open()
        except IndexMissingError:
            raise
        except StoreError:
            self.suspect()
            raise

    def suspect(self) -> None:
        """Something here proved damaged: the next `refresh` reads all of it, and fetches again what is."""
        self._suspected = True

    def refresh(self) -> None:
        """Fetch what was published since; what a build on this computer is about to publish, it brings itself.

        Raises `ServerError` where the server does not answer, `BuildLockedError` where there is nothing here yet and
        another process of this computer fetches or builds it, `StoreError` where what it has cannot be fetched; what
        the mirror has is not touched then.
        """
        with self._fetching:
            try:
                self._fetch_published()
            except CrossroadsError as error:
                if not self._waits and str(error) != self._trouble:  # else whoever waits is told
                    _logger.warning("%s", error)
                self._trouble = str(error)
                raise
            self._has_looked, self._trouble = True, ""

    @contextmanager
    def building(self) -> Iterator[Building]:
        """Hold the builder's lock, here and on the server, with the mirror up to date.

        Raises `BuildLockedError`, `ServerError`, `StoreError`.
        """
        with self._locked(BUILDS), self._remote.locked():
            record = self._published()
            self._catch_up(record)
            self._has_looked = True
            first = max(int(time.time() * 1000), self._first_shard())  # on no other computer has a shard this name
            yield MirroredBuilding(self._layout, first, self._remote, record, self._readable())

    def unsearched(self) -> str:
        """What of the index `traces` cannot look through: the files of the server."""
        return (
            f"{self}: the server's own files keep deleted text until `chroma vacuum` is run on it. "
            "Other computers delete it as soon as they follow."
        )

    def _look(self) -> None:
        """Bring the mirror up to date; where the server does not answer, what is here is good enough."""
        try:
            self.refresh()
        except StoreError as error:
            if self._readable() is None:
                raise
            _logger.warning("%s What was fetched before answers meanwhile.", error)
            self._has_looked = True

    def _fetch_published(self) -> None:
        """Fetch what is published, and that again if something newer was published meanwhile."""
        for attempt in range(1, ATTEMPTS + 1):
            record = self._remote.published()
            if record is None or (self._has(record) and not self._suspected):
                return
            try:
                self._bring(record)
            except BuildLockedError:
                if self._here() is None:
                    raise
                return
            except ServerError:
                raise
            except StoreError:
                if attempt == ATTEMPTS or self._remote.published() == record:
                    raise
            else:
                return

    def _bring(self, record: Record) -> None:
        """Fetch what is published, here or in another process."""
        is_much = not self._waits and self._here() is not None and self._lacks(record) > FETCHED_HERE
        with self._locked(FETCHES):
            if not is_much:
                self._fetch(record)
        if is_much:
            fetch_elsewhere(self.folder, self._remote.settings, check=self._suspected)
            self._suspected = False

    def _lacks(self, record: Record) -> int:
        """How many passages are in shards that are not here, or not whole."""
        return sum(part.passages for name, part in record.shards.items() if not self._is_sound(name))

    def _published(self) -> Record | None:
        """What is published; for what cannot be read, a record of which nothing is known but the library."""
        try:
            return self._remote.published()
        except ServerError:
            raise
        except StoreError as error:
            _logger.warning("%s", error)
            return Record(self._remote.library, 0, {"0": Part("", 0)}, {}, (), "", format=0)

    def _catch_up(self, record: Record | None) -> None:
        """Before building: have here what is published, and what an interrupted build elsewhere had finished."""
        if record is not None:
            self._refuse_anothers(record)
            if record.generation and not (self._has(record) and all(map(self._is_sound, record.shards))):
                _as_far_as_it_goes(partial(self._fetch, record))
        for name, makers in self._remote.shards().items():
            if name not in self._layout.shard_names() and makers.get("store", str(FORMAT)) == str(FORMAT):
                _as_far_as_it_goes(partial(self._fetch_shard, name))

    def _refuse_anothers(self, record: Record) -> None:
        """Raise `SettingsError` where the folder would lose an index of its own, or a mirror of another library."""
        here = None
        with suppress(StoreError):
            here = self._here()
        if here is not None and here.origin != record.library and record.library and not record.is_empty:
            whose = "a mirror of another library" if here.origin else "an index of its own"
            raise SettingsError(
                f"{self.folder}: this folder holds {whose}, which the library in {self} would replace. Name another "
                "folder with --index (CROSSROADS_INDEX), or delete this one."
            )

    def _fetch(self, record: Record) -> None:
        """Bring the mirror to what is published. Only for whoever holds the folder's lock."""
        self._refuse_anothers(record)
        if record.format != FORMAT:
            raise StoreError(
                f"{self}: the index there has format {record.format}, this version reads {FORMAT}. Use the version "
                "that made it, or run `python -m index build --force` where all of its stories are."
            )
        local = Building(self._layout, self._first_shard())
        local.origin = record.library
        if record.is_empty:
            if (here := self._readable()) is not None and here.origin == local.origin:
                local.clear()
            return
        entries = []
        for place, (name, part) in enumerate(record.shards.items(), start=1):
            self._part = f" (part {place} of {len(record.shards)})"
            entries.append(self._fetched(name, part))
        self._part = ""
        here = self._readable()
        if here is not None and here.built == record.built and here.shards == tuple(entries) and self._is_whole(here):
            local.note(here, record.faults)
        else:
            is_taken = record.generation in self._layout.generation_numbers()  # where the server, or we, began anew
            number = None if is_taken else record.generation
            local.publish(entries, record.fingerprint, record.built, record.faults, number)
        self._suspected = False

    def _fetched(self, name: str, part: Part) -> ShardEntry:
        """A published shard, which is fetched unless it is here and whole."""
        if not self._is_sound(name) or mark_of((shard := self.shard(name)).stories, shard.fingerprint) != part.mark:
            self._fetch_shard(name)
        shard = self.shard(name)
        if mark_of(shard.stories, shard.fingerprint) != part.mark:
            raise StoreError(
                f"{self}: shard {name} there is not the one that was published. Run `python -m index build --force` "
                "where all of the library's stories are."
            )
        superseded = {identity: shard.stories[identity] for identity in part.superseded if identity in shard.stories}
        kept = {identity: digest for identity, digest in shard.stories.items() if identity not in superseded}
        return ShardEntry(name, len(shard) - sum(map(shard.size_of, superseded)), kept, superseded)

    def _is_whole(self, here: Pointer) -> bool:
        return is_intact(self._layout.generation(here.generation))

    def _readable(self) -> Pointer | None:
        """What the mirror has; None where that cannot be told any more, or was written by another version."""
        try:
            here = self._here()
        except StoreError:
            return None
        return here if here is not None and here.format == FORMAT else None

    def _has(self, record: Record) -> bool:
        """Whether the mirror has what is published. Looked at every second, so the answer is kept."""
        here = self._readable()
        if self._same is None or self._same[0] is not record or self._same[1] is not here:
            self._same = (record, here) if has(here, record) else None
        return self._same is not None

    def _is_sound(self, name: str) -> bool:
        return is_sound(self._layout.shard(name), thorough=self._suspected)

    def _fetch_shard(self, name: str) -> None:
        contents, fingerprint = self._remote.get(name)
        self._open_shards.pop(name, None)
        shutil.rmtree(self._layout.shard(name), ignore_errors=True)  # one that is damaged
        with whole_folder(self._layout.shard(name)) as unfinished:
            write_shard(unfinished, contents, fingerprint)


def _as_far_as_it_goes(step: Callable[[], object]) -> None:
    """A step of a builder, on a server that answers; what is broken there, is told, and is made anew."""
    try:
        step()
    except ServerError:
        raise
    except StoreError as error:
        _logger.warning("%s", error)
