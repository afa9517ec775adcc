"""Shard: some thousand passages of an index, in a folder of its own that is never changed once it is complete.

    chroma/          collections `passages` (a vector each) and `stories` (metadata)
    vectors.npy      float32, the passages' vectors once more, by row: exact cosines without a query
    sentences.npy    float16, a unit vector for every sentence, in order of the passages
    words/           the stemmed words of every passage and every story, which BM25 is made from
    shard.json       what made it, and how many passages each story has, how many sentences each passage

A *row* is a passage's place in its shard, counted from 0: the stories in order of their ids, the passages in
order of the text. The one owner of chromadb. Knows nothing of which shards are published (`store.py`), of files
of stories, nor of how texts become vectors.
"""

import itertools
import json
import sqlite3
import struct
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.embedding import Vectors
from index.errors import StoreError
from index.lexical import Words
from index.passages import Passage
from index.seal import DATABASE, is_intact
from index.stories import Story, story_from_record, story_record, words_digest

Rows = npt.NDArray[np.int64]

CHECKED_ROWS = 50
# How many vectors of a new shard are searched for, to see that each finds itself.
ADD_BATCH = 1000
HNSW = {
    "space": "cosine",
    "ef_construction": 200,
    "ef_search": 200,
    "max_neighbors": 32,
    "batch_size": 2,  # with this and the next a graph is on the disk when it is complete, and no reader writes to it
    "sync_threshold": 2,
}
HNSW_COUNT = struct.Struct("<QQ")
# How many elements a graph has, and how many bytes each takes: at byte 20 of its header.


@dataclass(frozen=True)
class StoryPassages:
    """One story as it goes into a shard: passages with their vectors, and its sentences' vectors.

    `vectors` has shape (passages, dimension); `sentences` one array a passage, of shape (its sentences, dimension).
    """

    story: Story
    passages: Sequence[Passage]
    vectors: Vectors
    sentences: Sequence[Vectors]


class Shard:
    """One complete shard, open for reading. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open the shard in a folder. Raises `StoreError` for a damaged one."""
        self.name = folder.name
        with reading(folder):
            made = json.loads((folder / "shard.json").read_text("utf-8"))
            self.fingerprint: Mapping[str, str] = made["fingerprint"]
            self.stories: Mapping[str, str] = {story["id"]: story["sha256"] for story in made["stories"]}
            sizes = [len(story["sentences"]) for story in made["stories"]]
            self._first_rows = dict(zip(self.stories, accumulate([0, *sizes]), strict=False))
            self._sizes = dict(zip(self.stories, sizes, strict=True))
            counts = [count for story in made["stories"] for count in story["sentences"]]
            self._sentence_starts = np.array([0, *accumulate(counts)])
            self.vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
            self._sentences = np.load(folder / "sentences.npy", mmap_mode="r")
            with ExitStack() as held:
                client = _client(folder / "chroma")
                held.callback(client.close)
                self._passages = client.get_collection("passages", embedding_function=None)
                self._stories = client.get_collection("stories", embedding_function=None)
                weakref.finalize(self, held.pop_all().close)

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self.vectors)

    def rows_of(self, identity: str) -> range:
        """The rows of a story."""
        first = self._first_rows[identity]
        return range(first, first + self._sizes[identity])

    def nearest(self, vector: Vectors, count: int) -> tuple[Rows, Vectors]:
        """The rows whose vectors have the largest cosine to `vector`, best first, and these cosines: shapes (n,)."""
        found = self._passages.query(query_embeddings=[vector], n_results=min(count, len(self)), include=["distances"])
        rows = np.array([self._row(identity) for identity in found["ids"][0]], dtype=np.int64)
        return rows, 1 - np.array((found["distances"] or [[]])[0], dtype=np.float32)

    def sentence_vectors(self, row: int) -> Vectors:
        """The unit vectors of a passage's sentences, shape (sentences, dimension)."""
        first, last = self._sentence_starts[row : row + 2]
        return np.asarray(self._sentences[first:last], dtype=np.float32)

    def story_and_passages(self, identity: str) -> tuple[Story, tuple[Passage, ...]]:
        """A story with its whole text, and its passages in order: they tile the text."""
        record = self._stories.get(ids=[identity], include=["metadatas"])["metadatas"][0]
        found = self._passages.get(where={"story": identity}, include=["documents", "metadatas"])
        own = sorted(
            (
                Passage(identity, int(place["number"]), int(place["start"]), int(place["end"]), text)
                for place, text in zip(found["metadatas"], found["documents"], strict=True)
            ),
            key=lambda passage: passage.number,
        )
        return story_from_record(identity, record, "".join(passage.text for passage in own)), tuple(own)

    def contains(self, words: str) -> bool:
        """Whether some words stand in a passage, just so."""
        return bool(self._passages.get(where_document={"$contains": words}, limit=1, include=[])["ids"])

    def records(self) -> Iterator[Story]:
        """Every story, **without its text**."""
        found = self._stories.get(include=["metadatas"])
        for identity, record in zip(found["ids"], found["metadatas"] or [], strict=True):
            yield story_from_record(identity, record, "")

    def contents(self, identity: str) -> StoryPassages:
        """A story as `write_shard` takes it: what another shard copies where nothing changed."""
        story, passages = self.story_and_passages(identity)
        rows = self.rows_of(identity)
        vectors = np.array(self.vectors[rows.start : rows.stop])
        return StoryPassages(story, passages, vectors, [self.sentence_vectors(row) for row in rows])

    def _row(self, passage: str) -> int:
        story, _, number = passage.rpartition("#")
        return self._first_rows[story] + int(number)


def read_listing(folder: Path) -> list[dict[str, Any]]:
    """What is listed of each story of the shard in a folder: its id, sha256, digest of words, and sentences."""
    with reading(folder):
        listed: list[dict[str, Any]] = json.loads((folder / "shard.json").read_text("utf-8"))["stories"]
        return listed


def read_words(
    folder: Path, vocabulary: dict[str, int]
) -> Iterator[tuple[str, Sequence[int], Sequence[Sequence[int]]]]:
    """Each story of the shard in a folder: its id, the numbers of its words, and those of each of its passages.

    The vocabulary is given the words it lacks.
    """
    made = read_listing(folder)
    with reading(folder):
        passages = iter(Words.load(folder / "words" / "passages.npz").renumbered(vocabulary))
        stories = Words.load(folder / "words" / "stories.npz").renumbered(vocabulary)
        for story, words in zip(made, stories, strict=True):
            yield story["id"], words, list(itertools.islice(passages, len(story["sentences"])))


def write_shard(folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
    """Write stories, in order of their ids, as a shard into a folder, which is made; then check what was written.

    Raises `StoreError` if the check finds a fault, `OSError` if the disk refuses.
    """
    folder.mkdir(parents=True)
    _write_chroma(folder / "chroma", contents)
    vectors = np.concatenate([item.vectors for item in contents]).astype(np.float32)
    sentences = [found for item in contents for found in item.sentences]
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "sentences.npy", np.concatenate([*sentences, vectors[:0]]).astype(np.float16))
    (folder / "words").mkdir()
    texts = [passage.text for item in contents for passage in item.passages]
    Words.of(texts).save(folder / "words" / "passages.npz")
    Words.of([searched_text(item.story) for item in contents]).save(folder / "words" / "stories.npz")
    stories = [
        {
            "id": item.story.id,
            "sha256": item.story.sha256,
            "words": words_digest(item.story.text),
            "sentences": [len(found) for found in item.sentences],
        }
        for item in contents
    ]
    made = {"fingerprint": dict(fingerprint), "stories": stories}
    (folder / "shard.json").write_text(json.dumps(made), encoding="utf-8")
    _check(folder, vectors)


def searched_text(story: Story) -> str:
    """What of a story its words are looked for in: the text, and what its metadata say of the person."""
    return "\n".join([story.title, story.author, story.path, " ".join(story.tags), story.text])


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """While a folder of the index is read: what shows that something in it is missing or broken is a `StoreError`."""
    try:
        yield
    except _signs_of_damage() as error:
        raise StoreError(
            f"{folder}: the index is damaged ({' '.join(str(error).split())[:200]}). "
            "Run `python -m index build --force` to make it anew."
        ) from error


def is_sound(folder: Path, *, thorough: bool = False) -> bool:
    """Whether the shard in a folder is whole: its files are there and have their sizes.

    `thorough` reads them, and searches for a sample of its vectors.
    """
    if not is_intact(folder, thorough=thorough):
        return False
    if thorough:
        try:
            with reading(folder):
                _check(folder, np.load(folder / "vectors.npy", mmap_mode="r"))
        except StoreError:
            return False
    return True


def disk_errors() -> tuple[type[Exception], ...]:
    """What writing a shard raises where the disk refuses."""
    from chromadb.errors import ChromaError

    return (OSError, ChromaError, sqlite3.Error)


def _write_chroma(folder: Path, contents: Sequence[StoryPassages]) -> None:
    client = _client(folder)
    try:
        passages = client.create_collection("passages", embedding_function=None, configuration={"hnsw": HNSW})
        stories = client.create_collection("stories", embedding_function=None, configuration={"hnsw": HNSW})
        for records in _batches(_passage_records(contents)):
            passages.add(**records)
        for records in _batches(_story_records(contents)):
            stories.add(**records)
    finally:
        client.close()
    for header in folder.glob("*/header.bin"):
        _blank_unused(header)


def _blank_unused(header: Path) -> None:
    """Overwrite what lies in a graph's files behind its elements: memory of this process, whatever was in it.

    hnswlib writes its arrays at the size it reserved, a hundred elements at least, without ever filling them.
    """
    count, size = HNSW_COUNT.unpack_from(header.read_bytes(), 20)
    for name, width in (("data_level0.bin", size), ("length.bin", 4)):
        file = header.with_name(name)
        with file.open("r+b") as opened:
            opened.seek(count * width)
            opened.write(bytes(max(file.stat().st_size - count * width, 0)))


def _passage_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    for item in contents:
        for passage, vector in zip(item.passages, item.vectors, strict=True):
            yield {
                "ids": passage.id,
                "embeddings": vector,
                "documents": passage.text,
                "metadatas": {
                    "story": passage.story_id,
                    "number": passage.number,
                    "start": passage.start,
                    "end": passage.end,
                },
            }


def _story_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    for item in contents:
        yield {
            "ids": item.story.id,
            "embeddings": item.vectors.mean(axis=0),
            "documents": item.story.title,
            "metadatas": story_record(item.story),
        }


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[dict[str, list[Any]]]:
    """Records one by one to the column lists Chroma adds, `ADD_BATCH` at a time."""
    while batch := list(itertools.islice(records, ADD_BATCH)):
        yield {key: [item[key] for item in batch] for key in batch[0]}


def _check(folder: Path, vectors: Vectors) -> None:
    """Raise `StoreError` unless every passage is in, SQLite finds no fault, and a sample of vectors finds itself."""
    with closing(sqlite3.connect(folder / "chroma" / DATABASE)) as database:
        verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    client = _client(folder / "chroma")
    try:
        passages = client.get_collection("passages", embedding_function=None)
        counted = passages.count()
        sample = vectors[:: max(1, len(vectors) // CHECKED_ROWS)]
        found = passages.query(query_embeddings=list(sample), n_results=1, include=["distances"])["distances"] or []
    finally:
        client.close()
    lost = sum(not distances or distances[0] > 1e-3 for distances in found)  # noqa: PLR2004  # float32 rounding
    if verdict != "ok" or counted != len(vectors) or lost:
        raise StoreError(
            f"{folder}: a part of the index failed its check ({counted} of {len(vectors)} passages, "
            f"{lost} of {len(sample)} vectors not found, database: {verdict}). Nothing was published; "
            "what was there before still answers. Check the disk, then build again."
        )


def _client(folder: Path) -> Any:
    """An embedded Chroma that sends nothing anywhere."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _signs_of_damage() -> tuple[type[Exception], ...]:
    """What reading raises if something is missing or broken."""
    return (*disk_errors(), ValueError, KeyError, TypeError)
