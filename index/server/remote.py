"""A library in a Chroma server: complete shards, the record of what is published, and the lock of the one builder.

    crossroads                   one record: which generation is published, and of which shards it is made
    crossroads-0000012           a shard's passages: text, vector, and the numbers of its sentences and tokens
    crossroads-0000012-stories   what is known of its stories
    crossroads-lock              there while a build is running

Knows nothing of folders, nor of how stories become passages.
"""

import contextlib
import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from index.embedding import CODE_LENGTH
from index.errors import BuildLockedError, ServerError, StoreError
from index.passages import Passage
from index.server.blobs import packed, unpacked
from index.server.connection import Client, Connection
from index.shard import StoryPassages
from index.stories import Fault, Story, story_from_record, story_record

REGISTRY, LOCK = "crossroads", "crossroads-lock"
PUBLISHED = "published"
ADDED, READ = 100, 250
"""Records that are sent, and read, at once: two megabytes and five."""
BEAT = 2.0
"""Seconds after which a builder says again that it is there."""
DEAD = 15.0
"""Seconds without a word, after which another builder takes the lock."""
COSINE = {"hnsw": {"space": "cosine"}}


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
        self._owner = ""

    def __str__(self) -> str:
        """Where it is, as errors name it."""
        return str(self._connection.address)

    def published(self) -> Record | None:
        """What is published, or None where nothing is yet. Raises `StoreError` for a record that cannot be read."""
        found = self._connection.call(_registered)
        if not found:
            return None
        try:
            told = json.loads(found)
            faults = tuple(Fault(**fault) for fault in told["faults"])
            return Record(**{**told, "shards": tuple(told["shards"]), "faults": faults})
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"{self}: the record of what is published cannot be read. Run `python -m index build --force`."
            ) from error

    def publish(self, record: Record | None) -> None:
        """Make this what is published, in one step; None takes everything back. For whoever holds the lock.

        Raises `BuildLockedError` where it was lost meanwhile: this computer was asleep, or cut off, for too long.
        """
        if self._connection.call(_metadata, LOCK).get("owner") != self._owner:
            raise BuildLockedError(f"{self}: another build took over meanwhile. Nothing was published; build again.")
        told = json.dumps(asdict(record)) if record else ""
        self._connection.call(_register, told)

    def shards(self) -> set[str]:
        """The names of the complete shards that are there, published or not."""
        collections = self._connection.call(_collections)
        return {
            collection.name.removeprefix(f"{REGISTRY}-")
            for collection in collections
            if _is_shard(collection.name) and (collection.metadata or {}).get("complete")
        }

    def put(self, name: str, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
        """Write a shard; it is complete with the last step, and until then is none."""
        self._forget(f"{REGISTRY}-{name}")
        stories = [{"ids": item.story.id, "embeddings": item.vectors.mean(axis=0), **_story(item)} for item in contents]
        passages = [passage for item in contents for passage in _passages(item)]
        self._fill(f"{REGISTRY}-{name}-stories", stories)
        self._fill(f"{REGISTRY}-{name}", passages)
        made = {"complete": True, "passages": len(passages), "fingerprint": json.dumps(dict(fingerprint))}
        self._connection.call(_touch, f"{REGISTRY}-{name}", made)

    def get(self, name: str) -> tuple[list[StoryPassages], dict[str, str]]:
        """A shard's stories, in order of their ids, and what made it.

        Raises `StoreError` where it is not there, or not whole.
        """
        from chromadb.errors import NotFoundError

        try:
            made = self._connection.call(_collection, f"{REGISTRY}-{name}").metadata or {}
            stories = {one["id"]: one for one in self._read(f"{REGISTRY}-{name}-stories", ["metadatas"])}
            every = ["metadatas", "documents", "embeddings"]
            passages = sorted(self._read(f"{REGISTRY}-{name}", every), key=lambda one: (one["story"], one["number"]))
        except NotFoundError:
            raise StoreError(f"{self}: shard {name} is not there any more; another was published meanwhile.") from None
        told = itertools.groupby(passages, key=lambda one: str(one["story"]))
        contents = [_contents(stories[identity], list(own)) for identity, own in told]
        if not made.get("complete") or sum(len(item.passages) for item in contents) != made["passages"]:
            raise StoreError(f"{self}: shard {name} is not whole. Run `python -m index build --force`.")
        return contents, json.loads(made["fingerprint"])

    def keep_only(self, names: Sequence[str]) -> None:
        """Delete every shard but these, those that were never finished included."""
        kept = {f"{REGISTRY}-{name}" for name in names}
        for collection in self._connection.call(_collections):
            shard = collection.name.removesuffix("-stories")
            if _is_shard(shard) and shard not in kept:
                self._connection.call(_delete, collection.name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the one builder. Raises `BuildLockedError` where another holds it and is alive."""
        owner = self._owner = secrets.token_hex(8)
        self._take_lock(owner)
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(owner, done), daemon=True)
        beating.start()
        try:
            yield
        finally:
            done.set()
            beating.join()
            with contextlib.suppress(ServerError):  # then the next builder waits until it is dead
                if self._connection.call(_metadata, LOCK).get("owner") == owner:
                    self._connection.call(_delete, LOCK)

    def _take_lock(self, owner: str) -> None:
        """A collection can be made by one alone. One that nobody touched for `DEAD` seconds was left by the dead."""
        busy = BuildLockedError(f"{self}: another build is running. Wait until it ends, then try again.")
        first = self._connection.call(_metadata, LOCK)
        waited = time.monotonic() + DEAD
        while first and time.monotonic() < waited:
            time.sleep(BEAT / 4)
            now = self._connection.call(_metadata, LOCK)
            if now and now != first:
                raise busy
            first = now
        if first:
            self._connection.call(_delete, LOCK)
        is_made = self._connection.call(_create, LOCK, {"owner": owner, "beat": 0})
        if first:
            time.sleep(BEAT)  # somebody else may have found it dead at the same time, and deleted ours
        if (first or not is_made) and self._connection.call(_metadata, LOCK).get("owner") != owner:
            raise busy  # not made, and ours all the same: of a try whose answer was lost

    def _beat(self, owner: str, done: threading.Event) -> None:
        for count in itertools.count(1):
            if done.wait(BEAT):
                return
            with contextlib.suppress(ServerError):  # the server is away; the build itself will say so
                if self._connection.call(_metadata, LOCK).get("owner") == owner:
                    self._connection.call(_touch, LOCK, {"owner": owner, "beat": count})

    def _fill(self, name: str, records: Sequence[Mapping[str, Any]]) -> None:
        self._connection.call(_create, name, {"complete": False})
        for start in range(0, len(records), ADDED):
            batch = records[start : start + ADDED]
            columns = {key: [one[key] for one in batch] for key in batch[0]}
            self._connection.call(_upsert, name, columns)

    def _read(self, name: str, include: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every record of a collection: its metadata, and "id", "text" and "vector" beside them."""
        for start in range(0, self._connection.call(_count, name), READ):
            found = self._connection.call(_page, name, start, include)
            for place, identity in enumerate(found["ids"]):
                record = {**found["metadatas"][place], "id": identity}
                if "documents" in include:
                    record |= {"text": found["documents"][place], "vector": found["embeddings"][place]}
                yield record

    def _forget(self, name: str) -> None:
        for one in (name, f"{name}-stories"):
            self._connection.call(_delete, one)


def _registered(client: Client) -> str:
    """What the registry says is published; "" where nothing is."""
    from chromadb.errors import NotFoundError

    try:
        found = client.get_collection(REGISTRY, embedding_function=None).get(ids=[PUBLISHED], include=["documents"])
    except NotFoundError:
        return ""
    return str(found["documents"][0]) if found["ids"] else ""


def _register(client: Client, told: str) -> None:
    registry = client.get_or_create_collection(REGISTRY, embedding_function=None)
    if told:
        registry.upsert(ids=[PUBLISHED], embeddings=[[1.0, 0.0]], documents=[told])
    else:
        registry.delete(ids=[PUBLISHED])


def _collections(client: Client) -> list[Any]:
    found: list[Any] = []
    while batch := client.list_collections(limit=READ, offset=len(found)):
        found += batch
    return found


def _collection(client: Client, name: str) -> Any:
    return client.get_collection(name, embedding_function=None)


def _metadata(client: Client, name: str) -> dict[str, Any]:
    from chromadb.errors import NotFoundError

    try:
        return dict(_collection(client, name).metadata or {})
    except NotFoundError:
        return {}


def _create(client: Client, name: str, metadata: Mapping[str, Any]) -> bool:
    """Make a collection; whether that was possible, since there was none of that name."""
    from chromadb.errors import UniqueConstraintError

    try:
        client.create_collection(name, metadata=dict(metadata), embedding_function=None, configuration=COSINE)
    except UniqueConstraintError:
        return False
    return True


def _upsert(client: Client, name: str, columns: Mapping[str, Any]) -> None:
    _collection(client, name).upsert(**columns)


def _count(client: Client, name: str) -> int:
    return int(_collection(client, name).count())


def _page(client: Client, name: str, start: int, include: Sequence[str]) -> Any:
    return _collection(client, name).get(limit=READ, offset=start, include=list(include))


def _touch(client: Client, name: str, metadata: Mapping[str, Any]) -> None:
    _collection(client, name).modify(metadata=dict(metadata))


def _delete(client: Client, name: str) -> None:
    from chromadb.errors import NotFoundError

    with contextlib.suppress(NotFoundError):
        client.delete_collection(name)


def _is_shard(name: str) -> bool:
    return name.startswith(f"{REGISTRY}-") and name.removeprefix(f"{REGISTRY}-").isdigit()


def _story(item: StoryPassages) -> dict[str, Any]:
    return {"documents": item.story.title, "metadatas": story_record(item.story)}


def _passages(item: StoryPassages) -> Iterator[dict[str, Any]]:
    """A story's passages, each with the numbers of its sentences and of their tokens."""
    parts = zip(item.passages, item.vectors, item.sentences, item.tokens, strict=True)
    for passage, vector, sentences, tokens in parts:
        place = {"story": passage.story_id, "number": passage.number, "start": passage.start, "end": passage.end}
        codes = np.concatenate([np.zeros((0, CODE_LENGTH), dtype=np.int8), *tokens])
        counts = np.array([len(own) for own in tokens], dtype=np.int32)
        numbers = {
            **packed("sentences", sentences.astype(np.float16)),
            **packed("tokens", codes),
            **packed("counts", counts),
        }
        yield {"ids": passage.id, "embeddings": vector, "documents": passage.text, "metadatas": {**place, **numbers}}


def _contents(record: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> StoryPassages:
    """A story as `write_shard` takes it, from the records of it and of its passages."""
    passages = [
        Passage(str(one["story"]), int(one["number"]), int(one["start"]), int(one["end"]), one["text"]) for one in own
    ]
    vectors = np.array([one["vector"] for one in own], dtype=np.float32)
    text = "".join(passage.text for passage in passages)
    story: Story = story_from_record(str(record["id"]), record, text)
    sentences = [unpacked("sentences", one, np.float16, vectors.shape[1]).astype(np.float32) for one in own]
    codes = [unpacked("tokens", one, np.int8, CODE_LENGTH) for one in own]
    counts = [unpacked("counts", one, np.int32, 1)[:, 0] for one in own]
    tokens = [
        np.split(of_passage, np.cumsum(count)[:-1]) if len(count) else []
        for of_passage, count in zip(codes, counts, strict=True)
    ]
    return StoryPassages(story, passages, vectors, sentences, tokens)
