"""Before: what is published, or was nearly, when a rebuild begins; and which of its vectors can be used again.

Knows nothing of what is in the stories folder now.
"""

from collections.abc import Collection, Mapping
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
    """What is published when a rebuild begins, as far as it can be used."""

    def __init__(self, store: PassageStore, mode: Mode) -> None:
        self.store = store
        self.force = mode == "everything"
        self.pointer = _readable_pointer(store)
        self.damaged, self.republish = (
            store.damage(self.pointer, thorough=mode == "thorough") if self.pointer else (frozenset[str](), False)
        )

    def plan(self, files: Mapping[str, str], fingerprint: Mapping[str, str]) -> Plan:
        """What has to be done."""
        wanted = plan(files, self.pointer, fingerprint, self.damaged, republish=self.republish)
        return replace(wanted, whole="it was asked for") if self.force and self.pointer else wanted

    def faults_of(self, files: Collection[str]) -> tuple[Fault, ...]:
        """What was found wrong with some files when they were last read."""
        return tuple(fault for fault in (self.pointer.faults if self.pointer else ()) if fault.file in files)

    def shard_of(self, identity: str) -> Shard | None:
        """The published shard that holds a story and can be read."""
        for shard in self.pointer.shards if self.pointer else ():
            if identity in shard.stories and shard.name not in self.damaged:
                return self.store.shard(shard.name)
        return None

    def shards(self) -> list[ShardEntry]:
        """The published shards that can be read."""
        return [shard for shard in (self.pointer.shards if self.pointer else ()) if shard.name not in self.damaged]


@dataclass(frozen=True)
class Copy:
    """A story that goes from a shard into another as it is."""

    story_id: str
    shard: Shard

    @property
    def size(self) -> int:
        """How many passages it has."""
        return len(self.shard.rows_of(self.story_id))

    def contents(self) -> StoryPassages:
        """The story, read from its shard."""
        return self.shard.contents(self.story_id)


class Versions:
    """Where vectors that can be used again are found: in the published shards, and in those never published."""

    def __init__(self, before: Before, fingerprint: Mapping[str, str]) -> None:
        self._store = before.store
        same_embedder = before.pointer is not None and before.pointer.fingerprint["embedder"] == fingerprint["embedder"]
        published = before.shards() if same_embedder and not before.force else []
        stories = {shard.name: shard.stories for shard in published}
        if not before.force:
            stories |= {shard.name: shard.stories for shard in self._store.leftovers(fingerprint)}
        self._ids = {identity: shard.name for shard in published for identity in shard.stories}
        self._digests = {digest: (name, identity) for name, own in stories.items() for identity, digest in own.items()}

    def of(self, story_id: str, sha256: str) -> Version | None:
        """The version of a story to take vectors from: one of the same bytes, else the one of the same name."""
        name, identity = self._digests.get(sha256, (self._ids.get(story_id), story_id))
        return None if name is None else lambda: self._store.shard(name).contents(identity)

    def copy(self, identity: str) -> Copy:
        """A story of a published shard that goes into another as it is."""
        return Copy(identity, self._store.shard(self._ids[identity]))


def _readable_pointer(store: PassageStore) -> Pointer | None:
    """What is published; None where that cannot be told any more, or was written by another version."""
    try:
        pointer = store.pointer()
    except StoreError:
        return None
    return pointer if pointer is not None and pointer.format == FORMAT else None
