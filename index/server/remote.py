"""A library in a Chroma server: complete shards, what is published of them, and the lock of the one builder.

    crossroads                      which library this is, and one record: the name of the manifest that is published
    crossroads-manifest-7-…         which shards generation 7 is made of, and all else that is told of it
    crossroads-1764000000000         a shard's passages: text, vector, and the numbers of its sentences and tokens
    crossroads-1764000000000-stories  what is known of its stories
    crossroads-lock                 there while a build is running (`lock.py`)

Knows nothing of folders, nor of how stories become passages.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

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
LIBRARY, MARK = "library", "mark"
MADE = "made by "
"""How the names of what made a shard begin, in its metadata."""


@dataclass(frozen=True)
class Part:
    """A published shard: what tells it from another of its name (`mark_of`), its size, and what of it is not read.

    `passages` are those of the stories that count, `superseded` the ids of the others.
    """

    mark: str
    passages: int
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is published: a generation, its shards by their names, what made it, and what was wrong with which file.

    `library` is drawn at random when a library is first published, and stays: it tells a mirror of it from others,
    wherever the server is. Without any shard, nothing is published any more.
    """

    library: str  # is kept beside the manifests, and outlives every one
    generation: Annotated[int, Field(ge=1)]
    shards: Mapping[Annotated[str, Field(pattern="^[0-9]{1,20}$")], Part]
    fingerprint: Mapping[str, str]
    faults: tuple[Fault, ...]
    built: str
    format: int = FORMAT

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken back."""
        return self.format == FORMAT and not self.shards


@dataclass(frozen=True)
class _Outline:
    """What is understood of a manifest of another format."""

    generation: Annotated[int, Field(ge=1)]
    built: str
    format: int


_OUTLINE, _RECORD = TypeAdapter(_Outline), TypeAdapter(Record)


def mark_of(stories: Mapping[str, str], fingerprint: Mapping[str, str]) -> str:
    """What tells a shard from another of the same name: a digest of what made it, and of all stories in its files."""
    told = json.dumps([sorted(fingerprint.items()), sorted(stories.items())])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


class RemoteLibrary:
    """A library in a database of a Chroma server. Every method raises `ServerError` where that does not answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = BuildersLock(connection, f"{REGISTRY}-lock")
        self._known: tuple[str, str, Record] | None = None
        # Which manifest was pointed at, which was read, and what it says.
        self.library = ""
        """Which library was there when it was last looked at, as `Record` has it."""

    def __str__(self) -> str:
        """Where it is, as errors name it."""
        return str(self._connection.address)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a process that shall look into the same library, the token among them."""
        return self._connection.address.settings

    def published(self) -> Record | None:
        """What is published, or None where nothing ever was. Raises `StoreError` for a record that cannot be read."""
        while name := self._pointed_at():
            if self._known is not None and self._known[0] == name:
                return self._known[2]
            manifest = self._connection.collection(name)
            if manifest is None and name == self._pointed_at():
                manifest = self._latest()
            if manifest is not None:
                self._known = name, manifest.name, self._record(manifest)
                return self._known[2]
        return None

    def publish(self, record: Record) -> None:
        """Make this what is published, in one step. For whoever holds the lock.

        Raises `BuildLockedError` where it was lost meanwhile: this computer was asleep, or cut off, for too long.
        """
        name = f"{MANIFEST}{record.generation:09}-{secrets.token_hex(4)}"
        told = json.dumps(asdict(record), ensure_ascii=False)
        pieces = [told[start : start + PIECE] for start in range(0, len(told), PIECE)]
        self._fill(name, [plain_record(f"{place:06}", piece) for place, piece in enumerate(pieces)])
        registry = self._connection.collection(REGISTRY) or self._connection.create(REGISTRY, {LIBRARY: record.library})
        if registry is None or not self._lock.is_held():
            raise BuildLockedError(f"{self}: another build took over meanwhile. Nothing was published; build again.")
        if (registry.metadata or {}).get(LIBRARY) != record.library:  # of one who died before he published anything
            self._connection.note(registry, {LIBRARY: record.library})
        self._connection.write(registry, [plain_record(PUBLISHED, name)])
        self._known = name, name, record

    def shards(self) -> dict[str, dict[str, str]]:
        """The complete shards that are there, published or not: what made each, by its name."""
        return {
            one.name.removeprefix(f"{REGISTRY}-"): _makers(one)
            for one in self._connection.collections()
            if _is_shard(one.name) and _is_complete(one)
        }

    def has(self, name: str, mark: str) -> bool:
        """Whether that very shard is there, complete."""
        found = self._connection.collection(f"{REGISTRY}-{name}")
        if found is None or not _is_complete(found) or found.metadata.get(MARK) != mark:
            return False
        return self._connection.collection(f"{REGISTRY}-{name}{STORIES}") is not None

    def put(self, name: str, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
        """Write a shard; it is complete with the last step, and until then is none."""
        self._fill(f"{REGISTRY}-{name}{STORIES}", story_records(contents))
        collection = self._fill(f"{REGISTRY}-{name}", passage_records(contents))
        mark = mark_of({item.story.id: item.story.sha256 for item in contents}, fingerprint)
        passages = sum(len(item.passages) for item in contents)
        made = {f"{MADE}{key}": value for key, value in fingerprint.items()}
        self._connection.note(collection, {"complete": True, "passages": passages, MARK: mark, **made})

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
        kept = {f"{REGISTRY}-{name}" for name in names} | {self._known[1] if self._known else ""}
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
        if registry is None:
            return ""
        self.library = str((registry.metadata or {}).get(LIBRARY, ""))
        return self._connection.document(registry, PUBLISHED)

    def _latest(self) -> Collection:
        """The latest manifest: that which is pointed at is gone, since a builder that had lost its lock pointed there.

        Raises `StoreError` where there is none.
        """
        names = [one.name for one in self._connection.collections() if one.name.startswith(MANIFEST)]
        manifest = self._connection.collection(max(names)) if names else None
        if manifest is None:
            raise StoreError(
                f"{self}: the manifest of what is published is gone. Run `python -m index build --force` where all of "
                "the library's stories are."
            )
        return manifest

    def _record(self, manifest: Collection) -> Record:
        pieces = sorted(self._connection.read(manifest, ["documents"]), key=lambda one: str(one["ids"]))
        told = "".join(str(piece["documents"]) for piece in pieces)
        try:
            outline = _OUTLINE.validate_json(told)
            if outline.format != FORMAT:  # one of another format is not understood further than that
                return Record(self.library, outline.generation, {}, {}, (), outline.built, outline.format)
            return replace(_RECORD.validate_json(told), library=self.library)
        except ValidationError as error:
            raise StoreError(
                f"{self}: the manifest of what is published cannot be read. Run `python -m index build --force` where "
                "all of the library's stories are."
            ) from error

    def _fill(self, name: str, records: Iterable[Mapping[str, Any]]) -> Collection:
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
