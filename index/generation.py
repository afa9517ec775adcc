"""Generation: one published state of an index: shards read as one, and BM25 over all of them.

    lexical/         BM25 of the passages and of the stories
    shards.json      the names of its shards
    readers.lock     held, shared, by everyone who reads it

A *row* is a passage's place in its generation, counted from 0: the stories in order of their ids, the passages
in order of the text, whichever shards they lie in. Knows nothing of which generation is published (`store.py`).
"""

import itertools
import json
import weakref
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import portalocker

from index.embedding import Vectors
from index.errors import StoreError
from index.lexical import LexicalIndex
from index.passages import Passage
from index.shard import Rows, Shard, read_words, reading
from index.stories import Fault, Story

FORMAT = 2
"""Raised whenever the layout of generations or shards changes, so that an index made before is made anew."""
SHARDS = "shards.json"
READERS_LOCK = "readers.lock"
"""Held, shared, by everyone who reads a generation; whoever gets it alone may delete."""
STORIES_KEPT = 1024
# Stories whose text stays in memory after it was read.


@dataclass(frozen=True)
class ShardEntry:
    """A complete shard: its name, how many passages it has, and its stories (id → sha256)."""

    name: str
    passages: int
    stories: Mapping[str, str]


@dataclass(frozen=True)
class Pointer:
    """The published generation: its number, what made it, what is in it, and what was wrong with which file."""

    generation: int
    fingerprint: Mapping[str, str]
    shards: tuple[ShardEntry, ...]
    faults: tuple[Fault, ...]
    built: str
    format: int = FORMAT

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return sum(shard.passages for shard in self.shards)

    @cached_property
    def stories(self) -> Mapping[str, str]:
        """Every story's sha256 by its id, in order of the ids."""
        return dict(sorted(item for shard in self.shards for item in shard.stories.items()))


class Generation:
    """One published generation, open for reading. Safe to use from several threads."""

    def __init__(self, folder: Path, pointer: Pointer, shards: Sequence[Shard]) -> None:
        """Open the generation in a folder, as its pointer describes it. Raises `StoreError` for a damaged one."""
        self.pointer = pointer
        self.number = pointer.generation
        self._shards = tuple(shards)
        with ExitStack() as held, reading(folder):
            lock = portalocker.Lock(folder / READERS_LOCK, "r", flags=portalocker.LOCK_SH | portalocker.LOCK_NB)
            lock.acquire()
            held.callback(lock.release)
            self.lexical = LexicalIndex.load(folder / "lexical")
            weakref.finalize(self, held.pop_all().close)
        self._place_rows()
        self._story = lru_cache(maxsize=STORIES_KEPT)(partial(_read_story, self._shard_of))

    def _place_rows(self) -> None:
        """Number the passages of all shards in order of their stories."""
        self._shard_of = {identity: shard for shard in self._shards for identity in shard.stories}
        self.story_ids: tuple[str, ...] = tuple(sorted(self._shard_of))
        self._place = {identity: place for place, identity in enumerate(self.story_ids)}
        sizes = [len(self._shard_of[identity].rows_of(identity)) for identity in self.story_ids]
        self.first_rows: Rows = np.array([0, *accumulate(sizes)], dtype=np.int64)
        self._rows_of_shard = [
            np.concatenate([self._rows(identity) for identity in shard.stories]) for shard in self._shards
        ]

    def __len__(self) -> int:
        """How many passages there are."""
        return int(self.first_rows[-1])

    @cached_property
    def story_of_row(self) -> Rows:
        """For each row the place of its story in `story_ids`, shape (passages,)."""
        return np.repeat(np.arange(len(self.story_ids)), np.diff(self.first_rows))

    def nearest(self, vector: Vectors, count: int) -> dict[int, float]:
        """The rows whose vectors have the largest cosine to `vector`, best first, with that cosine."""
        found = [shard.nearest(vector, count) for shard in self._shards]
        rows = np.concatenate([rows[own] for rows, (own, _) in zip(self._rows_of_shard, found, strict=True)])
        cosines = np.concatenate([cosines for _, cosines in found])
        best = np.lexsort((rows, -cosines))[:count]
        return dict(zip(rows[best].tolist(), cosines[best].tolist(), strict=True))

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (rows, dimension)."""
        found = [shard.vectors[own] for shard, own in map(self._locate, rows)]
        return np.stack(found) if found else np.zeros((0, self._shards[0].vectors.shape[1]), dtype=np.float32)

    def sentence_vectors(self, rows: Sequence[int]) -> list[Vectors]:
        """For each row the unit vectors of its sentences, shape (sentences, dimension)."""
        return [shard.sentence_vectors(own) for shard, own in map(self._locate, rows)]

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
        every = itertools.chain.from_iterable(shard.records() for shard in self._shards)
        return tuple(sorted(every, key=lambda story: story.id))

    def contains(self, words: str) -> bool:
        """Whether some words stand in a passage, just so."""
        return any(shard.contains(words) for shard in self._shards)

    def _rows(self, identity: str) -> Rows:
        place = self._place[identity]
        return np.arange(self.first_rows[place], self.first_rows[place + 1])

    def _locate(self, row: int) -> tuple[Shard, int]:
        identity = self.story_ids[self.story_of_row[row]]
        shard = self._shard_of[identity]
        return shard, shard.rows_of(identity).start + self._number(row)

    def _number(self, row: int) -> int:
        return int(row - self.first_rows[self.story_of_row[row]])


def _read_story(shard_of: Mapping[str, Shard], identity: str) -> tuple[Story, tuple[Passage, ...]]:
    """A story and its passages. No method of `Generation`, so that a cache of it keeps no generation alive."""
    if identity not in shard_of:
        raise StoreError(f"{identity}: there is no such story in the index. `python -m index status` lists them.")
    return shard_of[identity].story_and_passages(identity)


def write_generation(folder: Path, shards: Sequence[Path]) -> None:
    """Write what a generation adds to its shards into a folder, which is made.

    Raises `StoreError` for a damaged shard, `OSError` if the disk refuses.
    """
    folder.mkdir(parents=True)
    (folder / READERS_LOCK).touch()
    (folder / SHARDS).write_text(json.dumps([shard.name for shard in shards]), encoding="utf-8")
    vocabulary: dict[str, int] = {}
    every = sorted(itertools.chain.from_iterable(read_words(shard, vocabulary) for shard in shards))
    passages = [words for _, _, of_passages in every for words in of_passages]
    LexicalIndex.build(passages, [words for _, words, _ in every], vocabulary).save(folder / "lexical")
