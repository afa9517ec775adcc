"""Generation: one published state of an index, in a folder of its own that is never changed again.

    chroma/          collections `passages` (a vector each) and `stories` (metadata)
    lexical/         BM25 of the passages and of the stories
    sentences.npy    float16, a unit vector for every sentence, in order of the passages
    rows.json        how many passages each story has, how many sentences each passage

A *row* is a passage's place in its generation, counted from 0: the stories in order of their ids, the passages
in order of the text. The one owner of chromadb. Knows nothing of which generation is published (`store.py`), of
files of stories, nor of how texts become vectors.
"""

import json
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import portalocker

from index.embedding import Vectors
from index.errors import StoreError
from index.lexical import LexicalIndex
from index.passages import Passage
from index.stories import Story, story_from_record, story_record

FORMAT = 1
"""Raised whenever a generation's layout changes, so that an index made before is made anew."""
READERS_LOCK = "readers.lock"
"""Held, shared, by everyone who reads a generation; whoever gets it alone may delete."""
CHECKED_ROWS = 50
# How many vectors of a new generation are searched for, to see that each finds itself.
ADD_BATCH = 1000
STORIES_KEPT = 1024
# Stories whose text stays in memory after it was read.
HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}


@dataclass(frozen=True)
class Pointer:
    """The published generation: its number, what made it, and the sha256 of every story in it."""

    generation: int
    fingerprint: Mapping[str, str]
    passages: int
    stories: Mapping[str, str]
    built: str
    format: int = FORMAT


@dataclass(frozen=True)
class StoryPassages:
    """One story as it goes into a generation: passages with their vectors, and its sentences' vectors.

    `vectors` has shape (passages, dimension); `sentences` one array a passage, of shape (its sentences, dimension).
    """

    story: Story
    passages: Sequence[Passage]
    vectors: Vectors
    sentences: Sequence[Vectors]


class Generation:
    """One published generation, open for reading. Safe to use from several threads."""

    def __init__(self, folder: Path, pointer: Pointer) -> None:
        """Open the generation in a folder, as its pointer describes it. Raises `StoreError` for a damaged one."""
        self.pointer = pointer
        self.number = pointer.generation
        with ExitStack() as held:
            try:
                self._open(folder, held)
            except _signs_of_damage() as error:
                raise StoreError(
                    f"{folder}: the index is damaged ({' '.join(str(error).split())[:200]}). "
                    "Run `python -m index build --force` to make it anew."
                ) from error
            weakref.finalize(self, held.pop_all().close)
        self._story = lru_cache(maxsize=STORIES_KEPT)(partial(_read_story, self._passages, self._stories))

    def _open(self, folder: Path, held: ExitStack) -> None:
        lock = portalocker.Lock(folder / READERS_LOCK, "a", flags=portalocker.LOCK_SH | portalocker.LOCK_NB)
        lock.acquire()
        held.callback(lock.release)
        rows = json.loads((folder / "rows.json").read_text("utf-8"))
        self.story_ids: tuple[str, ...] = tuple(rows["stories"])
        self.first_rows = np.array([0, *accumulate(rows["passages"])])
        self._sentence_starts = np.array([0, *accumulate(rows["sentences"])])
        self._sentences = np.load(folder / "sentences.npy", mmap_mode="r")
        self.lexical = LexicalIndex.load(folder / "lexical")
        client = _client(folder / "chroma")
        held.callback(client.close)
        self._passages = client.get_collection("passages", embedding_function=None)
        self._stories = client.get_collection("stories", embedding_function=None)

    def __len__(self) -> int:
        """How many passages there are."""
        return int(self.first_rows[-1])

    @cached_property
    def story_of_row(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        """For each row the place of its story in `story_ids`, shape (passages,)."""
        return np.repeat(np.arange(len(self.story_ids)), np.diff(self.first_rows))

    def nearest(self, vector: Vectors, count: int) -> dict[int, float]:
        """The rows whose vectors have the largest cosine to `vector`, best first, with that cosine."""
        found = self._passages.query(
            query_embeddings=[vector], n_results=min(count, len(self)), include=["distances", "metadatas"]
        )
        metadatas, distances = (found["metadatas"] or [[]])[0], (found["distances"] or [[]])[0]
        return {int(str(item["row"])): 1 - distance for item, distance in zip(metadatas, distances, strict=True)}

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (rows, dimension)."""
        if not rows:
            return np.zeros((0, self._sentences.shape[1]), dtype=np.float32)
        found = self._passages.get(ids=[self._passage_id(row) for row in rows], include=["embeddings"])
        place = {identity: number for number, identity in enumerate(found["ids"])}
        vectors = np.asarray(found["embeddings"], dtype=np.float32)
        return vectors[[place[self._passage_id(row)] for row in rows]]

    def sentence_vectors(self, rows: Sequence[int]) -> list[Vectors]:
        """For each row the unit vectors of its sentences, shape (sentences, dimension)."""
        starts = self._sentence_starts
        return [np.asarray(self._sentences[starts[row] : starts[row + 1]], dtype=np.float32) for row in rows]

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of some rows, in that order."""
        return [self.story_passages(self.story_ids[self.story_of_row[row]])[self._number(row)] for row in rows]

    def story(self, identity: str) -> Story:
        """A story with its whole text. Raises `StoreError` for an id that is not in this generation."""
        return self._story(identity)[0]

    def story_passages(self, identity: str) -> tuple[Passage, ...]:
        """All passages of a story, in order: they tile its text."""
        return self._story(identity)[1]

    def stories(self) -> tuple[Story, ...]:
        """Every story, in order of their ids, **without its text**: for lists, cards and filters."""
        found = self._stories.get(include=["metadatas"])
        records = dict(zip(found["ids"], found["metadatas"] or [], strict=True))
        return tuple(story_from_record(identity, records[identity], "") for identity in self.story_ids)

    def contents(self, identity: str) -> StoryPassages:
        """A story as `PassageStore.publish` takes it: what a next generation copies where nothing changed."""
        place = self.story_ids.index(identity)
        rows = range(self.first_rows[place], self.first_rows[place + 1])
        story, passages = self._story(identity)
        return StoryPassages(story, passages, self.vectors(rows), self.sentence_vectors(rows))

    def _passage_id(self, row: int) -> str:
        return f"{self.story_ids[self.story_of_row[row]]}#{self._number(row)}"

    def _number(self, row: int) -> int:
        return int(row - self.first_rows[self.story_of_row[row]])


def _read_story(passages: Any, stories: Any, identity: str) -> tuple[Story, tuple[Passage, ...]]:
    """A story and its passages. No method of `Generation`, so that a cache of it keeps no generation alive."""
    record = stories.get(ids=[identity], include=["metadatas"])["metadatas"]
    if not record:
        raise StoreError(f"{identity}: there is no such story in the index. `python -m index status` lists them.")
    found = passages.get(where={"story": identity}, include=["documents", "metadatas"])
    own = sorted(
        (
            Passage(identity, int(place["number"]), int(place["start"]), int(place["end"]), text)
            for place, text in zip(found["metadatas"], found["documents"], strict=True)
        ),
        key=lambda passage: passage.number,
    )
    return story_from_record(identity, record[0], "".join(passage.text for passage in own)), tuple(own)


def write_generation(folder: Path, contents: Sequence[StoryPassages]) -> None:
    """Write the stories, in order of their ids, as a generation into a folder, which is made."""
    folder.mkdir(parents=True)
    client = _client(folder / "chroma")
    try:
        passages = client.create_collection("passages", embedding_function=None, configuration={"hnsw": HNSW})
        stories = client.create_collection("stories", embedding_function=None, configuration={"hnsw": HNSW})
        for records in _batches(_passage_records(contents)):
            passages.add(**records)
        for records in _batches(_story_records(contents)):
            stories.add(**records)
    finally:
        client.close()
    texts = [passage.text for item in contents for passage in item.passages]
    LexicalIndex.build(texts, [lexical_text(item.story) for item in contents]).save(folder / "lexical")
    sentences = [vectors for item in contents for vectors in item.sentences]
    dimension = contents[0].vectors.shape[1]
    np.save(folder / "sentences.npy", np.concatenate([*sentences, np.zeros((0, dimension))]).astype(np.float16))
    rows = {
        "stories": [item.story.id for item in contents],
        "passages": [len(item.passages) for item in contents],
        "sentences": [len(vectors) for vectors in sentences],
    }
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")


def lexical_text(story: Story) -> str:
    """What of a story its words are looked for in: the text, and what its metadata say of the person."""
    return "\n".join([story.title, story.author, story.path, " ".join(story.tags), story.text])


def _passage_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    row = 0
    for item in contents:
        for passage, vector in zip(item.passages, item.vectors, strict=True):
            place = {"story": passage.story_id, "number": passage.number, "start": passage.start, "end": passage.end}
            yield {
                "ids": passage.id,
                "embeddings": vector,
                "documents": passage.text,
                "metadatas": {**place, "row": row},
            }
            row += 1


def _story_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    for item in contents:
        mean = item.vectors.mean(axis=0) if len(item.vectors) else np.zeros(item.vectors.shape[1], dtype=np.float32)
        yield {
            "ids": item.story.id,
            "embeddings": mean,
            "documents": item.story.title,
            "metadatas": story_record(item.story),
        }


def _batches(records: Iterator[dict[str, Any]]) -> Iterator[dict[str, list[Any]]]:
    """Records one by one to the column lists Chroma adds, `ADD_BATCH` at a time."""
    batch: list[dict[str, Any]] = []
    for record in records:
        batch.append(record)
        if len(batch) == ADD_BATCH:
            yield {key: [item[key] for item in batch] for key in record}
            batch = []
    if batch:
        yield {key: [item[key] for item in batch] for key in batch[0]}


def check_generation(folder: Path, contents: Sequence[StoryPassages]) -> None:
    """Raise `StoreError` unless every passage is in, SQLite finds no fault, and a sample of vectors finds itself."""
    vectors = np.concatenate([item.vectors for item in contents])
    with sqlite3.connect(folder / "chroma" / "chroma.sqlite3") as database:
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
            f"{folder}: the new generation failed its check ({counted} of {len(vectors)} passages, "
            f"{lost} of {len(sample)} vectors not found, database: {verdict}). Nothing was published; "
            "what was there before still answers. Check the disk, then build again."
        )


def _client(folder: Path) -> Any:
    """An embedded Chroma that sends nothing anywhere."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _signs_of_damage() -> tuple[type[Exception], ...]:
    """What reading a generation raises if something in it is missing or broken."""
    from chromadb.errors import ChromaError

    locked = portalocker.exceptions.LockException
    return (OSError, ValueError, KeyError, TypeError, locked, ChromaError, sqlite3.Error)
