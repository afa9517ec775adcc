"""MirroredStore: an index folder that mirrors a library in a Chroma server.

Readers open the folder as any other, so questions never wait for the network, and are answered while the server is
down. `refresh` fetches what was published elsewhere: shards that are new here, one by one, and then the generation.
A builder brings its mirror up to date, builds there, and copies what it wrote to the server before it publishes.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from index.building import Building
from index.durable import whole_folder
from index.errors import BuildLockedError, IndexMissingError, ServerError, StoreError
from index.generation import FORMAT, Pointer, ShardEntry
from index.layout import Layout
from index.server.remote import Record, RemoteLibrary
from index.shard import Shard, StoryPassages
from index.shard_writing import is_sound, write_shard
from index.store import PassageStore

ATTEMPTS = 3
"""Times that fetching begins anew, since something newer was published meanwhile."""


class MirroredStore(PassageStore):
    """A store whose folder mirrors a remote library."""

    def __init__(self, folder: Path, remote: RemoteLibrary) -> None:
        super().__init__(folder)
        self._remote = remote
        self._fetching = threading.Lock()
        self._state = ""

    def __str__(self) -> str:
        """Where the library is kept, as errors name it."""
        return str(self._remote)

    def is_published(self) -> bool:
        """Whether anything is published, here or on the server."""
        return super().is_published() or self._remote.published() is not None

    def pointer(self) -> Pointer | None:
        """What is published, as the mirror has it. Where it has nothing yet, it is fetched first.

        Raises `IndexMissingError` while another thread fetches it, `ServerError` where the server does not answer.
        """
        found = super().pointer()
        if found is None:
            if self._fetching.locked():
                raise IndexMissingError(f"{self}: the library is being fetched ({self._state}). Wait a moment.")
            self.refresh()
            found = super().pointer()
        return found

    def refresh(self) -> None:
        """Fetch what was published since; nothing is done while a build on this computer is running.

        Raises `ServerError` where the server does not answer; what the mirror has is not touched then.
        """
        with self._fetching:
            for attempt in range(1, ATTEMPTS + 1):
                record = self._remote.published()
                here = super().pointer()
                if record is None or _is_same(record, here):
                    return
                try:
                    with super().building() as building:
                        self._fetch(record, building)
                except BuildLockedError:
                    return
                except StoreError as error:
                    if isinstance(error, ServerError) or attempt == ATTEMPTS or self._remote.published() == record:
                        raise

    @contextmanager
    def building(self) -> Iterator[Building]:
        """Hold the builder's lock, here and on the server, with the mirror up to date.

        Raises `BuildLockedError`, `ServerError`, `StoreError`.
        """
        with super().building() as local, self._remote.locked():
            record = self._remote.published()
            if record is not None and not _is_same(record, super().pointer()):
                self._fetch(record, local)
            for name in self._remote.shards() - set(self._layout.shard_names()):
                with suppress(StoreError):  # of no use, then
                    self._fetch_shard(name)  # which an interrupted build elsewhere had finished
            first = max(int(time.time() * 1000), local.first_shard)  # on no other computer has a shard this name
            yield MirroredBuilding(self._layout, first, self._remote, record.generation if record else 0)

    def clear(self) -> None:
        """Take everything out of the index, here and on the server."""
        with super().building(), self._remote.locked():
            self._remote.publish(None)
            self._remote.keep_only([])
        super().clear()

    def _fetch(self, record: Record, building: Building) -> None:
        """Bring the mirror to what is published. Only for whoever holds the folder's lock."""
        if record.format != FORMAT:
            raise StoreError(
                f"{self}: the index there has format {record.format}, this version reads {FORMAT}. "
                "Run `python -m index build` to make it anew, or use the version that made it."
            )
        for place, name in enumerate(record.shards, start=1):
            self._state = f"{place} of {len(record.shards)} parts"
            if not is_sound(self._layout.shard(name)):
                self._fetch_shard(name)
        entries = [self._entry(name) for name in record.shards]
        taken = self._layout.generation_numbers()
        number = record.generation if record.generation not in taken else None  # None: the server began anew, or we did
        building.publish(entries, record.fingerprint, record.built, record.faults, number)

    def _fetch_shard(self, name: str) -> None:
        contents, fingerprint = self._remote.get(name)
        with whole_folder(self._layout.shard(name)) as unfinished:
            write_shard(unfinished, contents, fingerprint)

    def _entry(self, name: str) -> ShardEntry:
        shard = self.shard(name)
        return ShardEntry(name, len(shard), shard.stories)


class MirroredBuilding(Building):
    """Building that copies each shard to the server, and publishes there first."""

    def __init__(self, layout: Layout, first_shard: int, remote: RemoteLibrary, published: int) -> None:
        super().__init__(layout, first_shard)
        self._remote = remote
        self._remotely_published = published

    def write(self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> ShardEntry:
        """Write a shard here, check it, and copy it to the server."""
        entry = super().write(contents, fingerprint)
        self._remote.put(entry.name, contents, fingerprint)
        return entry

    def _next_generation(self) -> int:
        return max(super()._next_generation(), 1 + self._remotely_published)

    def _point_at(self, pointer: Pointer) -> None:
        """Publish on the server, then here. Shards that the server has lost are copied there first."""
        names = [shard.name for shard in pointer.shards]
        for name in sorted(set(names) - self._remote.shards()):
            shard = Shard(self._layout.shard(name))
            self._remote.put(name, [shard.contents(identity) for identity in shard.stories], shard.fingerprint)
        told = Record(
            pointer.generation, tuple(names), pointer.fingerprint, pointer.faults, pointer.built, pointer.format
        )
        self._remote.publish(told)
        super()._point_at(pointer)
        self._remote.keep_only(names)


def _is_same(record: Record, here: Pointer | None) -> bool:
    """Whether the mirror has what is published."""
    return here is not None and (record.built, record.shards, record.faults) == (
        here.built,
        tuple(shard.name for shard in here.shards),
        here.faults,
    )
