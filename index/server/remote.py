"""A library in a Chroma server: complete shards, what is published of them, and the lock of the one builder.

    crossroads                      one record: the name of the manifest that is published
    crossroads-manifest-7-…         which shards generation 7 is made of, and all else that is told of it
    crossroads-1764000000000         a shard's passages: text, vector, and the numbers of its sentences and tokens
    crossroads-1764000000000-stories  what is known of its stories
    crossroads-lock                 there while a build is running (`lock.py`)

Knows nothing of folders, nor of how stories become passages.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from index.errors import BuildLockedError, StoreError
from index.generation import FORMAT
from index.server.connection import Collection, Connection
from index.server.lock import DEAD_LOCK, BuildersLock
from index.server.records import contents_of, passage_records, plain_record, story_records
from index.shard import StoryPassages
from index.stories import Fault

REGISTRY = "crossroads"
MANIFEST, STORIES = f"{REGISTRY}-manifest-", "-stories"
PUBLISHED = "published"
PIECE = 4_000
"""Characters of a manifest in one document, of at most four bytes each; Chroma Cloud takes 16,384 bytes."""
MADE = "made by "
"""How the names of what made a shard begin, in its metadata."""


@dataclass(frozen=True)
class Record:
    """What is published: a generation, its shards, what made it, and what was wrong with which file.

    `shards` tells of each, by its name, what is in it (`mirror.mark_of`). Without any, nothing is published any more.
    """

    generation: int
    shards: Mapping[str, str]
    fingerprint: Mapping[str, str]
    faults: tuple[Fault, ...]
    built: str
    format: int = FORMAT

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken back."""
        return self.format == FORMAT and not self.shards


class RemoteLibrary:
    """A library in a database of a Chroma server. Every method raises `ServerError` where that does not answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = BuildersLock(connection, f"{REGISTRY}-lock")
        self._known: tuple[str, Record] | None = None

    def __str__(self) -> str:
        """Where it is, as errors name it."""
        return str(self._connection.address)

    def published(self) -> Record | None:
        """What is published, or None where nothing ever was. Raises `StoreError` for a record that cannot be read."""
        while name := self._pointed_at():
            if self._known is not None and self._known[0] == name:
                return self._known[1]
            manifest = self._connection.collection(name)
            if manifest is None and name == self._pointed_at():
                manifest = self._latest()
            if manifest is not None:
                self._known = manifest.name, self._record(manifest)
                return self._known[1]
        return None

    def publish(self, record: Record) -> None:
        """Make this what is published, in one step. For whoever holds the lock.

        Raises `BuildLockedError` where it was lost meanwhile: this computer was asleep, or cut off, for too long.
        """
        name = f"{MANIFEST}{record.generation:09}-{secrets.token_hex(4)}"
        told = json.dumps(asdict(record), ensure_ascii=False)
        pieces = [told[start : start + PIECE] for start in range(0, len(told), PIECE)]
        self._fill(name, [plain_record(f"{place:06}", piece) for place, piece in enumerate(pieces)])
        registry = self._connection.collection(REGISTRY) or self._connection.create(REGISTRY)
        if registry is None or not self._lock.is_held():
            raise BuildLockedError(f"{self}: another build took over meanwhile. Nothing was published; build again.")
        self._connection.write(registry, [plain_record(PUBLISHED, name)])
        self._known = name, record

    def shards(self) -> dict[str, dict[str, str]]:
        """The complete shards that are there, published or not: what made each, by its name."""
        return {
            one.name.removeprefix(f"{REGISTRY}-"): _makers(one)
            for one in self._connection.collections()
            if _is_shard(one.name) and _is_complete(one)
        }

    def has(self, name: str) -> bool:
        """Whether a complete shard of that name is there."""
        found = self._connection.collection(f"{REGISTRY}-{name}")
        return found is not None and _is_complete(found)

    def put(self, name: str, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
        """Write a shard; it is complete with the last step, and until then is none."""
        passages = passage_records(contents)
        self._fill(f"{REGISTRY}-{name}{STORIES}", story_records(contents))
        collection = self._fill(f"{REGISTRY}-{name}", passages)
        made = {f"{MADE}{key}": value for key, value in fingerprint.items()}
        self._connection.note(collection, {"complete": True, "passages": len(passages), **made})

    def get(self, name: str) -> tuple[list[StoryPassages], dict[str, str]]:
        """A shard's stories, in order of their ids, and what made it.

        Raises `StoreError` where it is not there, or not whole.
        """
        shard = self._connection.collection(f"{REGISTRY}-{name}")
        of_stories = self._connection.collection(f"{REGISTRY}-{name}{STORIES}")
        if shard is None or of_stories is None:
            raise StoreError(f"{self}: shard {name} is not there any more. Was another published meanwhile? Try again.")
        stories = list(self._connection.read(of_stories, ["metadatas", "documents"]))
        found = list(self._connection.read(shard, ["metadatas", "documents", "embeddings"]))
        broken = f"{self}: shard {name} is not whole. Run `python -m index build --force`."
        if not _is_complete(shard) or len(found) != shard.metadata["passages"]:
            raise StoreError(broken)
        try:
            return contents_of(stories, found), _makers(shard)
        except (LookupError, ValueError, TypeError) as error:
            raise StoreError(broken) from error

    def keep_only(self, names: Sequence[str]) -> None:
        """Delete every shard but these, those that were never finished included, and every manifest but the last.

        For whoever holds the lock. What another builder made that has it by now is not touched.
        """
        kept = {f"{REGISTRY}-{name}" for name in names} | {self._known[0] if self._known else ""}
        found = [one.name for one in self._connection.collections()]
        if not self._lock.is_held():  # asked after looking: what was found was there before anybody else held it
            return
        for name in found:
            of_no_use = name.startswith((MANIFEST, DEAD_LOCK)) or _is_shard(name.removesuffix(STORIES))
            if of_no_use and name.removesuffix(STORIES) not in kept:
                self._connection.drop(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the one builder. Raises `BuildLockedError` where another holds it and is alive."""
        with self._lock.held():
            yield

    def _pointed_at(self) -> str:
        """The name of the manifest that is published; "" where nothing is."""
        registry = self._connection.collection(REGISTRY)
        return self._connection.document(registry, PUBLISHED) if registry is not None else ""

    def _latest(self) -> Collection:
        """The latest manifest: that which is pointed at is gone, since a builder that had lost its lock pointed there.

        Raises `StoreError` where there is none.
        """
        names = [one.name for one in self._connection.collections() if one.name.startswith(MANIFEST)]
        manifest = self._connection.collection(max(names)) if names else None
        if manifest is None:
            raise StoreError(f"{self}: the manifest of what is published is gone. Run `python -m index build`.")
        return manifest

    def _record(self, manifest: Collection) -> Record:
        pieces = sorted(self._connection.read(manifest, ["documents"]), key=lambda one: str(one["ids"]))
        try:
            told = json.loads("".join(piece["documents"] for piece in pieces))
            if told["format"] != FORMAT:  # one of another format is not understood further than that
                return Record(told["generation"], {}, {}, (), told["built"], told["format"])
            return Record(**{**told, "faults": tuple(Fault(**fault) for fault in told["faults"])})
        except (ValueError, TypeError, LookupError) as error:
            raise StoreError(
                f"{self}: the manifest of what is published cannot be read. Run `python -m index build`."
            ) from error

    def _fill(self, name: str, records: Sequence[Mapping[str, Any]]) -> Collection:
        """A new collection with these records, in place of what an interrupted build left under that name."""
        self._connection.drop(name)
        collection = self._connection.create(name, {"complete": False})
        if collection is None:
            raise BuildLockedError(f"{self}: another build writes there too. Wait until it ends, then try again.")
        self._connection.write(collection, records)
        return collection


def _is_shard(name: str) -> bool:
    return name.startswith(f"{REGISTRY}-") and name.removeprefix(f"{REGISTRY}-").isdigit()


def _is_complete(shard: Collection) -> bool:
    return bool((shard.metadata or {}).get("complete"))


def _makers(shard: Collection) -> dict[str, str]:
    made = shard.metadata or {}
    return {key.removeprefix(MADE): str(value) for key, value in made.items() if key.startswith(MADE)}
