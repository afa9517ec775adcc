"""Before: what is published, or was nearly, when a rebuild begins; and which of its vectors can be used again.

Knows nothing of what is in the stories folder now.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from index.drafts import Version
from index.errors import StoreError
from index.generation import FORMAT, Pointer, ShardEntry
from index.plan import Plan, plan
from index.shard import Shard, StoryPassages
from index.store import PassageStore
from index.stories import Fault

Mode = Literal["changes", "thorough", "everything"]
"""What a rebuild looks at: what changed; that, and every byte of the index for damage; or it makes everything anew."""


class Before:
    """What is published when a rebuild begins, as far as it can be used by one with this `fingerprint`."""

    def __init__(self, store: PassageStore, mode: Mode, fingerprint: Mapping[str, str]) -> None:
        self.store = store
        self.fingerprint = fingerprint
        self.force = mode == "everything"
        self.pointer = _readable_pointer(store)
        self.damaged, self.republish = (
            store.damage(self.pointer, thorough=mode == "thorough") if self.pointer else (frozenset[str](), False)
        )

    def plan(self, files: Mapping[str, str]) -> Plan:
        """What has to be done, now that these files (story id → sha256) are there."""
        wanted = plan(files, self.pointer, self.fingerprint, self.damaged, republish=self.republish)
        return replace(wanted, whole="it was asked for") if self.force and self.pointer else wanted

    def faults_of(self, files: Mapping[str, str]) -> tuple[Fault, ...]:
        """What was found wrong with some files (story id → sha256) that are as they were when they were last read."""
        return tuple(fault for fault in self._faults if fault.sha256 and fault.sha256 == files.get(fault.file))

    @property
    def put_off(self) -> frozenset[str]:
        """The files that could not be had or read at the last build, for what may have passed."""
        return frozenset(fault.file for fault in self._faults if not fault.sha256)

    @property
    def _faults(self) -> tuple[Fault, ...]:
        return self.pointer.faults if self.pointer else ()

    def shard_of(self, identity: str) -> Shard | None:
        """The published shard that holds a story and can be read."""
        for shard in self.pointer.shards if self.pointer else ():
            if identity in shard.stories and shard.name not in self.damaged:
                return self.store.shard(shard.name)
        return None

    def shards(self) -> list[ShardEntry]:
        """The published shards that can be read."""
        return [shard for shard in (self.pointer.shards if self.pointer else ()) if shard.name not in self.damaged]

    def standing(self, same: Collection[str]) -> list[ShardEntry]:
        """These, with every story superseded that is not the same any more; those without any other are left out."""
        return [self._left(shard, same) for shard in self.shards() if any(one in same for one in shard.stories)]

    def _left(self, entry: ShardEntry, same: Collection[str]) -> ShardEntry:
        superseded = {identity: digest for identity, digest in entry.stories.items() if identity not in same}
        if not superseded:
            return entry
        shard = self.store.shard(entry.name)
        return replace(
            entry,
            passages=entry.passages - sum(map(shard.size_of, superseded)),
            stories={identity: digest for identity, digest in entry.stories.items() if identity in same},
            superseded={**entry.superseded, **superseded},
        )


@dataclass(frozen=True)
class Copy:
    """A story that goes from a shard into another as it is."""

    story_id: str
    shard: Shard

    @property
    def size(self) -> int:
        """How many passages it has."""
        return self.shard.size_of(self.story_id)

    def contents(self) -> StoryPassages:
        """The story, read from its shard."""
        return self.shard.contents(self.story_id)


def copies(store: PassageStore, shards: Iterable[ShardEntry]) -> list[Copy]:
    """The stories of some shards, in order of their ids, to go into others."""
    opened = ((store.shard(entry.name), entry) for entry in shards)
    found = (Copy(identity, shard) for shard, entry in opened for identity in entry.stories)
    return sorted(found, key=lambda copy: copy.story_id)


class Versions:
    """Where vectors that can be used again are found: in the published shards, and in those never published."""

    def __init__(self, before: Before) -> None:
        self._store = before.store
        pointer, embedder = before.pointer, before.fingerprint["embedder"]
        same_embedder = pointer is not None and pointer.fingerprint["embedder"] == embedder
        published = before.shards() if same_embedder and not before.force else []
        stories = {shard.name: shard.stories for shard in published}
        if not before.force:
            stories |= {shard.name: shard.stories for shard in self._store.leftovers(before.fingerprint)}
        self._ids = {identity: shard.name for shard in published for identity in shard.stories}
        self._digests = {digest: (name, identity) for name, own in stories.items() for identity, digest in own.items()}

    def of(self, story_id: str, sha256: str) -> Version | None:
        """The version of a story to take vectors from: one of the same bytes, else the one of the same name."""
        name, identity = self._digests.get(sha256, (self._ids.get(story_id), story_id))
        return None if name is None else lambda: self._store.shard(name).contents(identity)


def _readable_pointer(store: PassageStore) -> Pointer | None:
    """What is published; None where that cannot be told any more, or was written by another version."""
    try:
        pointer = store.pointer()
    except StoreError:
        return None
    return pointer if pointer is not None and pointer.format == FORMAT else None
