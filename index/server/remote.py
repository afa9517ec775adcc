"""A library in a Chroma server: complete shards, what is published of them, and the lock of the one builder.

    crossroads                      one record: the name of the manifest that is published
    crossroads-manifest-7-…         which shards generation 7 is made of, and all else that is told of it
    crossroads-0000012              a shard's passages: text, vector, and the numbers of its sentences and tokens
    crossroads-0000012-stories      what is known of its stories
    crossroads-lock                 there while a build is running

Knows nothing of folders, nor of how stories become passages.
"""

import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index.embedding import CODE_LENGTH
from index.errors import BuildLockedError, ServerError, StoreError
from index.passages import Passage
from index.server.blobs import packed, unpacked
from index.server.connection import Collection, Connection
from index.shard import StoryPassages
from index.stories import Fault, story_from_record, story_record

REGISTRY = "crossroads"
LOCK, MANIFEST, DEAD_LOCK = f"{REGISTRY}-lock", f"{REGISTRY}-manifest-", f"{REGISTRY}-dead-"
PUBLISHED = "published"
PIECE = 8_000
"""Characters of a manifest in one document; Chroma Cloud takes 16,384 bytes."""
BEAT = 2.0
"""Seconds after which a builder says again that it is there."""
DEAD = 15.0
"""Seconds without a word after which a builder is taken for dead, and another takes the lock."""


@dataclass(frozen=True)
class Record:
    """What is published: a generation, the names of its shards, what made it, and what was wrong with which file."""

    generation: int
    shards: tuple[str, ...]
    fingerprint: Mapping[str, str]
    faults: tuple[Fault, ...]
    built: str
    format: int


class RemoteLibrary:
    """A library in a database of a Chroma server. Every method raises `ServerError` where that does not answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own_lock: Collection | None = None
        self._known: tuple[str, Record] | None = None

    def __str__(self) -> str:
        """Where it is, as errors name it."""
        return str(self._connection.address)

    def published(self) -> Record | None:
        """What is published, or None where nothing is yet. Raises `StoreError` for a record that cannot be read."""
        while name := self._pointed_at():
            if self._known is not None and self._known[0] == name:
                return self._known[1]
            manifest = self._connection.collection(name)
            if manifest is not None:
                self._known = name, self._record(manifest)
                return self._known[1]
            if name == self._pointed_at():
                raise StoreError(
                    f"{self}: the manifest of what is published is gone. Run `python -m index build --force`."
                )
        return None

    def publish(self, record: Record | None) -> None:
        """Make this what is published, in one step; None takes everything back. For whoever holds the lock.

        Raises `BuildLockedError` where it was lost meanwhile: this computer was asleep, or cut off, for too long.
        """
        name = ""
        if record is not None:
            name = f"{MANIFEST}{record.generation}-{secrets.token_hex(4)}"
            told = json.dumps(asdict(record))
            pieces = [told[start : start + PIECE] for start in range(0, len(told), PIECE)]
            self._fill(name, [_plain(f"{place:06}", piece) for place, piece in enumerate(pieces)])
        registry = self._connection.collection(REGISTRY) or self._connection.create(REGISTRY)
        held = self._connection.collection(LOCK)
        if registry is None or held is None or self._own_lock is None or held.id != self._own_lock.id:
            raise BuildLockedError(f"{self}: another build took over meanwhile. Nothing was published; build again.")
        self._connection.write(registry, [_plain(PUBLISHED, name or " ")])

    def shards(self) -> set[str]:
        """The names of the complete shards that are there, published or not."""
        names = [name for name in self._connection.names() if _is_shard(name)]
        found = ((name, self._connection.collection(name)) for name in names)
        return {
            name.removeprefix(f"{REGISTRY}-")
            for name, collection in found
            if collection is not None and (collection.metadata or {}).get("complete")
        }

    def put(self, name: str, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
        """Write a shard; it is complete with the last step, and until then is none."""
        passages = [passage for item in contents for passage in _passages(item)]
        self._fill(f"{REGISTRY}-{name}-stories", [_story(item) for item in contents])
        collection = self._fill(f"{REGISTRY}-{name}", passages)
        made = {"complete": True, "passages": len(passages), **_short(fingerprint)}
        self._connection.note(collection, made)

    def get(self, name: str) -> tuple[list[StoryPassages], dict[str, str]]:
        """A shard's stories, in order of their ids, and what made it.

        Raises `StoreError` where it is not there, or not whole.
        """
        shard = self._connection.collection(f"{REGISTRY}-{name}")
        of_stories = self._connection.collection(f"{REGISTRY}-{name}-stories")
        if shard is None or of_stories is None:
            raise StoreError(f"{self}: shard {name} is not there any more; another was published meanwhile.")
        stories = {one["ids"]: one["metadatas"] for one in self._connection.read(of_stories, ["metadatas"])}
        found = list(self._connection.read(shard, ["metadatas", "documents", "embeddings"]))
        found.sort(key=lambda one: (one["metadatas"]["story"], one["metadatas"]["number"]))
        told = itertools.groupby(found, key=lambda one: str(one["metadatas"]["story"]))
        contents = [_contents(identity, stories[identity], list(own)) for identity, own in told]
        made = shard.metadata or {}
        if not made.get("complete") or len(found) != made["passages"] or len(contents) != len(stories):
            raise StoreError(f"{self}: shard {name} is not whole. Run `python -m index build --force`.")
        return contents, {key.removeprefix(MADE): str(value) for key, value in made.items() if key.startswith(MADE)}

    def keep_only(self, names: Sequence[str]) -> None:
        """Delete every shard but these, those that were never finished included, and what else is of no use."""
        kept = {f"{REGISTRY}-{name}" for name in names} | {self._pointed_at()}
        for name in list(self._connection.names()):
            of_no_use = name.startswith((MANIFEST, DEAD_LOCK)) or _is_shard(name.removesuffix("-stories"))
            if of_no_use and name.removesuffix("-stories") not in kept:
                self._connection.drop(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the one builder. Raises `BuildLockedError` where another holds it and is alive."""
        own = self._own_lock = self._taken_lock()
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(own, done), daemon=True)
        beating.start()
        try:
            yield
        finally:
            done.set()
            beating.join()
            self._own_lock = None
            with suppress(ServerError):  # then the next builder waits until this one is dead
                self._break(own)

    def _taken_lock(self) -> Collection:
        """A collection is made by one alone. That of a dead builder is renamed away, which again one alone can do."""
        waited, first = time.monotonic() + DEAD, ""
        while True:
            own = self._connection.create(LOCK, {"beat": 0})
            if own is not None:
                return own
            found = self._connection.collection(LOCK)
            now = f"{found.id} {found.metadata}" if found is not None else ""
            if first and now != first:
                raise BuildLockedError(f"{self}: another build is running. Wait until it ends, then try again.")
            if found is not None and time.monotonic() > waited:
                self._break(found)
                waited, now = time.monotonic() + DEAD, ""
            first = now
            time.sleep(BEAT / 4)

    def _break(self, lock: Collection) -> None:
        """Take a lock away, if it still is one. By its id: by its name, another's might be deleted."""
        name = f"{DEAD_LOCK}{secrets.token_hex(8)}"
        if self._connection.rename(lock, name):
            self._connection.drop(name)

    def _beat(self, own: Collection, done: threading.Event) -> None:
        for count in itertools.count(1):
            if done.wait(BEAT):
                return
            with suppress(ServerError):  # the build itself will say so
                self._connection.note(own, {"beat": count})

    def _pointed_at(self) -> str:
        """The name of the manifest that is published; "" where nothing is."""
        registry = self._connection.collection(REGISTRY)
        if registry is None:
            return ""
        found = [one["documents"] for one in self._connection.read(registry, ["documents"])]
        return str(found[0]).strip() if found else ""

    def _record(self, manifest: Collection) -> Record:
        pieces = sorted(self._connection.read(manifest, ["documents"]), key=lambda one: str(one["ids"]))
        try:
            told = json.loads("".join(piece["documents"] for piece in pieces))
            faults = tuple(Fault(**fault) for fault in told["faults"])
            return Record(**{**told, "shards": tuple(told["shards"]), "faults": faults})
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"{self}: the manifest of what is published cannot be read. Run `python -m index build --force`."
            ) from error

    def _fill(self, name: str, records: Sequence[Mapping[str, Any]]) -> Collection:
        """A new collection with these records, in place of what an interrupted build left under that name."""
        self._connection.drop(name)
        collection = self._connection.create(name, {"complete": False})
        if collection is None:
            raise BuildLockedError(f"{self}: another build writes there too. Wait until it ends, then try again.")
        self._connection.write(collection, records)
        return collection


MADE = "made by "
"""How the names of what made a shard begin, in its metadata."""


def _short(fingerprint: Mapping[str, str]) -> dict[str, str]:
    return {f"{MADE}{key}": value for key, value in fingerprint.items()}


def _plain(identity: str, text: str) -> dict[str, Any]:
    """A record that is only a text; Chroma wants a vector with it."""
    return {"ids": identity, "embeddings": [1.0, 0.0], "documents": text}


def _is_shard(name: str) -> bool:
    return name.startswith(f"{REGISTRY}-") and name.removeprefix(f"{REGISTRY}-").isdigit()


def _story(item: StoryPassages) -> dict[str, Any]:
    return {
        "ids": item.story.id,
        "embeddings": item.vectors.mean(axis=0),
        "documents": item.story.title,
        "metadatas": story_record(item.story),
    }


def _passages(item: StoryPassages) -> Iterator[dict[str, Any]]:
    """A story's passages, each with the numbers of its sentences and of their tokens."""
    parts = zip(item.passages, item.vectors, item.sentences, item.tokens, strict=True)
    for passage, vector, sentences, tokens in parts:
        place = {"story": passage.story_id, "number": passage.number, "start": passage.start, "end": passage.end}
        codes = np.concatenate([np.zeros((0, CODE_LENGTH), dtype=np.int8), *tokens])
        numbers = {
            **packed("sentences", sentences.astype(np.float16)),
            **packed("tokens", codes),
            **packed("counts", np.array([len(own) for own in tokens], dtype=np.int32)),
        }
        yield {"ids": passage.id, "embeddings": vector, "documents": passage.text, "metadatas": {**place, **numbers}}


def _contents(identity: str, record: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> StoryPassages:
    """A story as `write_shard` takes it, from the records of it and of its passages."""
    passages = [_passage(one["metadatas"], one["documents"]) for one in own]
    vectors = np.array([one["embeddings"] for one in own], dtype=np.float32)
    story = story_from_record(identity, record, "".join(passage.text for passage in passages))
    numbers = [one["metadatas"] for one in own]
    sentences = [unpacked("sentences", one, np.float16, vectors.shape[1]).astype(np.float32) for one in numbers]
    codes = [unpacked("tokens", one, np.int8, CODE_LENGTH) for one in numbers]
    counts = [unpacked("counts", one, np.int32, 1)[:, 0] for one in numbers]
    tokens = [
        np.split(of_passage, np.cumsum(count)[:-1]) if len(count) else []
        for of_passage, count in zip(codes, counts, strict=True)
    ]
    return StoryPassages(story, passages, vectors, sentences, tokens)


def _passage(place: Mapping[str, Any], text: str) -> Passage:
    return Passage(str(place["story"]), int(place["number"]), int(place["start"]), int(place["end"]), text)
