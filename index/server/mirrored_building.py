"""Building in a mirror: each shard is copied to the server as well, and what is next is published there first."""

import threading
import uuid
from collections.abc import Mapping, Sequence

from index.building import Building, ShardWriter
from index.generation import Pointer, ShardEntry
from index.layout import Layout
from index.server.remote import Part, Record, RemoteLibrary, mark_of
from index.shard import Shard, StoryPassages
from index.shard_writing import write_shard
from index.stories import Fault

UPLOADS = 2
"""Shards that are sent at the same time: a server writes one after the other."""


class MirroredBuilding(Building):
    """Building that copies each shard to the server, and publishes there first.

    `record` is what the server has, `here` what the mirror has, if that can be read.
    """

    def __init__(
        self,
        layout: Layout,
        first_shard: int,
        remote: RemoteLibrary,
        record: Record | None,
        here: Pointer | None,
    ) -> None:
        super().__init__(layout, first_shard)
        self._is_same = has(here, record)
        self.is_current = self._is_same or record is None
        self.origin = (record.library if record else "") or (here.origin if here else "") or uuid.uuid4().hex
        self._remote = remote
        self._remotely_published = record.generation if record else 0
        self._uploading = threading.BoundedSemaphore(UPLOADS)

    def write(
        self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str], how: ShardWriter = write_shard
    ) -> ShardEntry:
        """Write a shard here, check it, and copy it to the server."""
        entry = super().write(contents, fingerprint, how)
        with self._uploading:
            self._remote.put(entry.name, contents, fingerprint)
        return entry

    def clear(self) -> None:
        """Take everything out of the index, here and on the server; other mirrors follow."""
        self._remote.publish(Record(self.origin, self._next_generation(), {}, {}, (), ""))
        self._remote.keep_only([])
        super().clear()

    def note(self, pointer: Pointer, faults: Sequence[Fault]) -> Pointer:
        """As `Building` has it; what the server has lost meanwhile, or never had, it is given."""
        noted = super().note(pointer, faults)
        if not self._is_same:
            self._point_at(noted)
        elif noted == pointer:
            self._remote.keep_only([*self._complete(pointer)])
        return noted

    def _next_generation(self) -> int:
        return max(super()._next_generation(), 1 + self._remotely_published)

    def _point_at(self, pointer: Pointer) -> None:
        """Publish on the server, then here."""
        parts = self._complete(pointer)
        self._remote.publish(
            Record(self.origin, pointer.generation, parts, pointer.fingerprint, pointer.faults, pointer.built)
        )
        self._is_same = True
        super()._point_at(pointer)
        self._remote.keep_only([*parts])

    def _complete(self, pointer: Pointer) -> dict[str, Part]:
        """See that the server has every shard; what is told there of each by its name."""
        parts = parts_of(pointer)
        for name, part in parts.items():
            if not self._remote.has(name, part.mark):
                shard = Shard(self._layout.shard(name))
                contents = [shard.contents(identity) for identity in shard.stories]
                self._remote.put(name, contents, shard.fingerprint)
        return parts


def has(here: Pointer | None, record: Record | None) -> bool:
    """Whether a mirror has just what is published."""
    if record is None:
        return False
    if record.is_empty:
        return here is None or here.origin != record.library
    return here is not None and (here.origin, here.built, here.faults, parts_of(here)) == (
        record.library,
        record.built,
        record.faults,
        record.shards,
    )


def parts_of(pointer: Pointer) -> dict[str, Part]:
    """What a server tells of each shard of a generation, by its name."""
    return {entry.name: _part_of(entry, pointer.fingerprint) for entry in pointer.shards}


def _part_of(entry: ShardEntry, fingerprint: Mapping[str, str]) -> Part:
    mark = mark_of({**entry.stories, **entry.superseded}, fingerprint)
    return Part(mark, entry.passages, tuple(sorted(entry.superseded)))
