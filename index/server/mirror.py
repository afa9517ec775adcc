"""MirroredStore: an index folder that mirrors a library in a Chroma server.

Readers open the folder as any other, so questions never wait for the network, and are answered while the server is
down. `refresh` fetches what was published elsewhere: shards that are new here, one by one, and then the generation.
A builder brings its mirror up to date, builds there, and copies what it wrote to the server before it publishes.
"""

import hashlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

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
from index.generation import FORMAT, Pointer, ShardEntry
from index.layout import Layout
from index.server.remote import Record, RemoteLibrary
from index.shard import Shard, StoryPassages
from index.shard_writing import is_sound, write_shard
from index.store import PassageStore
from index.stories import Fault

ATTEMPTS = 3
"""Times that fetching begins anew, since something newer was published meanwhile."""

_logger = logging.getLogger(__name__)
_Found = TypeVar("_Found")


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
        self._same: tuple[Record, Pointer] | None = None
        self._part = ""
        self._trouble = ""

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
            raise IndexMissingError(self._trouble or f"the library is being fetched{self._part}. Wait a moment.")
        return here

    def refresh(self) -> None:
        """Fetch what was published since; what a build on this computer is about to publish, it brings itself.

        Raises `ServerError` where the server does not answer, `BuildLockedError` where there is nothing here yet and
        another process of this computer fetches or builds it; what the mirror has is not touched then.
        """
        with self._fetching:
            try:
                self._fetch_published()
            except CrossroadsError as error:
                self._trouble = str(error)
                raise
            self._has_looked, self._trouble = True, ""

    @contextmanager
    def building(self) -> Iterator[Building]:
        """Hold the builder's lock, here and on the server, with the mirror up to date.

        Raises `BuildLockedError`, `ServerError`, `StoreError`.
        """
        with self._locked(), self._remote.locked():
            record = _as_far_as_it_goes(self._remote.published)
            self._catch_up(record)
            self._has_looked = True
            is_same = record is not None and self._has(record)
            first = max(int(time.time() * 1000), self._first_shard())  # on no other computer has a shard this name
            number = record.generation if record else 0
            yield MirroredBuilding(self._layout, first, self._remote, number, is_same=is_same)

    def clear(self) -> None:
        """Take everything out of the index, here and on the server; other mirrors follow."""
        with self._locked(), self._remote.locked():
            record, here = _as_far_as_it_goes(self._remote.published), self._readable()
            number = 1 + max(record.generation if record else 0, here.generation if here else 0)
            self._remote.publish(Record(number, {}, {}, (), ""))
            self._remote.keep_only([])
            self._unpublish()

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
        except ServerError as error:
            if self._here() is None:
                raise
            _logger.warning("%s What was fetched before answers meanwhile.", error)
            self._has_looked = True

    def _fetch_published(self) -> None:
        """Fetch what is published, and that again if something newer was published meanwhile."""
        for attempt in range(1, ATTEMPTS + 1):
            record = self._remote.published()
            if record is None or self._has(record):
                return
            try:
                with self._locked():
                    self._fetch(record)
                    return
            except BuildLockedError:
                if self._here() is None:
                    raise
                return
            except ServerError:
                raise
            except StoreError:
                if attempt == ATTEMPTS or self._remote.published() == record:
                    raise

    def _catch_up(self, record: Record | None) -> None:
        """Before building: have here what is published, and what an interrupted build elsewhere had finished."""
        if record is not None and not (self._has(record) and all(map(self._is_sound, record.shards))):
            _as_far_as_it_goes(partial(self._fetch, record))
        for name, makers in self._remote.shards().items():
            if name not in self._layout.shard_names() and makers.get("store", str(FORMAT)) == str(FORMAT):
                _as_far_as_it_goes(partial(self._fetch_shard, name))

    def _fetch(self, record: Record) -> None:
        """Bring the mirror to what is published. Only for whoever holds the folder's lock."""
        if record.format != FORMAT:
            raise StoreError(
                f"{self}: the index there has format {record.format}, this version reads {FORMAT}. "
                "Run `python -m index build` to make it anew, or use the version that made it."
            )
        if record.is_empty:
            self._unpublish()
            return
        entries = []
        for place, (name, mark) in enumerate(record.shards.items(), start=1):
            self._part, self._trouble = f" (part {place} of {len(record.shards)})", ""
            entries.append(self._fetched(name, mark))
        self._part = ""
        here, local = self._readable(), Building(self._layout, self._first_shard())
        if here is not None and here.built == record.built and here.shards == tuple(entries):
            local.note(here, record.faults)
            return
        taken = self._layout.generation_numbers()
        number = record.generation if record.generation not in taken else None  # None: the server began anew, or we did
        local.publish(entries, record.fingerprint, record.built, record.faults, number)

    def _fetched(self, name: str, mark: str) -> ShardEntry:
        """A published shard, which is fetched unless it is here and whole."""
        if not self._is_sound(name):
            self._fetch_shard(name)
        shard = self.shard(name)
        entry = ShardEntry(name, len(shard), shard.stories)
        if mark_of(entry, shard.fingerprint) != mark:
            raise SettingsError(
                f"{self.folder}: shard {name} here is not the one that {self} has. Does the folder hold another index? "
                "Delete it, or name another with --index."
            )
        return entry

    def _readable(self) -> Pointer | None:
        """What the mirror has; None where that cannot be told any more, or was written by another version."""
        try:
            here = self._here()
        except StoreError:
            return None
        return here if here is not None and here.format == FORMAT else None

    def _has(self, record: Record) -> bool:
        """Whether the mirror has what is published."""
        here = self._readable()
        if here is None or record.is_empty:
            return here is None and record.is_empty
        if (here.built, here.faults, [entry.name for entry in here.shards]) != (
            record.built,
            record.faults,
            [*record.shards],
        ):
            return False
        if self._same is None or self._same[0] is not record or self._same[1] is not here:  # looked at every second
            if any(mark_of(entry, here.fingerprint) != record.shards[entry.name] for entry in here.shards):
                return False
            self._same = record, here
        return True

    def _is_sound(self, name: str) -> bool:
        return is_sound(self._layout.shard(name))

    def _fetch_shard(self, name: str) -> None:
        contents, fingerprint = self._remote.get(name)
        self._open_shards.pop(name, None)
        shutil.rmtree(self._layout.shard(name), ignore_errors=True)  # one that is damaged
        with whole_folder(self._layout.shard(name)) as unfinished:
            write_shard(unfinished, contents, fingerprint)


class MirroredBuilding(Building):
    """Building that copies each shard to the server, and publishes there first.

    `published` is the number of the generation that the server has, 0 for none; `is_same` says whether it is that of
    the mirror.
    """

    def __init__(
        self, layout: Layout, first_shard: int, remote: RemoteLibrary, published: int, *, is_same: bool
    ) -> None:
        super().__init__(layout, first_shard)
        self._remote = remote
        self._remotely_published = published
        self._is_same = is_same

    def write(self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> ShardEntry:
        """Write a shard here, check it, and copy it to the server."""
        entry = super().write(contents, fingerprint)
        self._remote.put(entry.name, contents, fingerprint)
        return entry

    def note(self, pointer: Pointer, faults: Sequence[Fault]) -> Pointer:
        """As `Building` has it; what the server has lost meanwhile, or never had, it is given."""
        if not self._is_same:
            self._point_at(pointer)
        elif pointer.faults == tuple(faults):
            self._remote.keep_only([*self._complete(pointer)])
        return super().note(pointer, faults)

    def _next_generation(self) -> int:
        return max(super()._next_generation(), 1 + self._remotely_published)

    def _point_at(self, pointer: Pointer) -> None:
        """Publish on the server, then here."""
        marks = self._complete(pointer)
        self._remote.publish(
            Record(pointer.generation, marks, pointer.fingerprint, pointer.faults, pointer.built, pointer.format)
        )
        self._is_same = True
        super()._point_at(pointer)
        self._remote.keep_only([*marks])

    def _complete(self, pointer: Pointer) -> dict[str, str]:
        """See that the server has every shard; the mark of each by its name."""
        marks = {}
        for entry in pointer.shards:
            marks[entry.name] = mark_of(entry, pointer.fingerprint)
            if not self._remote.has(entry.name):
                shard = Shard(self._layout.shard(entry.name))
                contents = [shard.contents(identity) for identity in shard.stories]
                self._remote.put(entry.name, contents, shard.fingerprint)
        return marks


def mark_of(shard: ShardEntry, fingerprint: Mapping[str, str]) -> str:
    """What tells a shard from another of the same name: a digest of what made it, of its stories and its size."""
    told = json.dumps([sorted(fingerprint.items()), sorted(shard.stories.items()), shard.passages])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _as_far_as_it_goes(step: Callable[[], _Found]) -> _Found | None:
    """What a step of a builder finds on a server that answers; None for what is broken there, which is made anew."""
    try:
        return step()
    except ServerError:
        raise
    except StoreError as error:
        _logger.warning("%s", error)
        return None
