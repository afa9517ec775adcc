"""Generation: one published state of an index: shards read as one, and BM25 over all of them.

    shards.json      the names of its shards
    readers.lock     held, shared, by everyone who reads it

A *row* is a passage's place in its generation, counted from 0: the stories in order of their ids, the passages
in order of the text, whichever shards they lie in. A shard may hold stories that are not of this generation any more,
since they were changed or removed: they have no row. Knows nothing of which generation is published (`store.py`).
"""

import itertools
import json
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache, partial
from itertools import accumulate
from pathlib import Path

import numpy as np
import portalocker

from index.embedding import Codes, Vectors
from index.errors import StoreError
from index.filters import Filters
from index.first_look import EXACT_UP_TO, LOOKED_AT, FirstLook
from index.lexical import LexicalIndex, Part
from index.passages import Passage, Span
from index.shard import Rows, Shard, reading
from index.stories import Fault, Story
from index.texts import Telling

FORMAT = 7
"""Raised whenever the layout of generations or shards changes, so that an index made before is made anew."""
SHARDS = "shards.json"
READERS_LOCK = "readers.lock"
"""Held, shared, by everyone who reads a generation; whoever gets it alone may delete."""
STORIES_KEPT = 1024
# Stories whose text stays in memory after it was read.
FILTERS_KEPT = 128
# Filters of which it is remembered which stories they leave.


@dataclass(frozen=True)
class ShardEntry:
    """A complete shard: its name, its stories (id → sha256), and how many passages these have.

    `superseded` are stories in its files that were changed or removed since: no answer is made of them, and the shard
    is written again without them.
    """

    name: str
    passages: int
    stories: Mapping[str, str]
    superseded: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pointer:
    """The published generation: its number, what made it, what is in it, and what was wrong with which file.

    `origin` says of which library on a server it is a mirror; "" where it is none.
    """

    generation: int
    fingerprint: Mapping[str, str]
    shards: tuple[ShardEntry, ...]
    faults: tuple[Fault, ...]
    built: str
    origin: str = ""
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
            weakref.finalize(self, held.pop_all().close)
        self._place_rows()
        self._kept: dict[str, Telling] = {}
        self._records = cache(partial(_read_records, pointer.shards, self._shards))
        self._matching = lru_cache(maxsize=FILTERS_KEPT)(partial(_places_matching, self._records))

    def _place_rows(self) -> None:
        """Number the passages of all shards in order of their stories."""
        shards = list(zip(self.pointer.shards, self._shards, strict=True))
        self._shard_of = {identity: shard for entry, shard in shards for identity in entry.stories}
        self.story_ids: tuple[str, ...] = tuple(sorted(self._shard_of))
        self._place = {identity: place for place, identity in enumerate(self.story_ids)}
        sizes = [self._shard_of[identity].size_of(identity) for identity in self.story_ids]
        self.first_rows: Rows = np.array([0, *accumulate(sizes)], dtype=np.int64)
        self._rows_of_shard: list[tuple[Rows, Rows]] = []
        self._shard_of_row, self._row_in_shard = np.zeros((2, len(self)), dtype=np.int64)
        parts, every = [], []
        for number, (entry, shard) in enumerate(shards):
            places = [self._place[identity] if identity in entry.stories else -1 for identity in shard.stories]
            sizes = [shard.size_of(identity) for identity in shard.stories]
            rows = np.concatenate([self._rows(*one) for one in zip(places, sizes, strict=True)])
            own = np.flatnonzero(rows >= 0)
            self._shard_of_row[rows[own]], self._row_in_shard[rows[own]] = number, own
            self._rows_of_shard.append((own, rows[own]))
            every.append(rows)
            parts.append(Part(shard.words, rows, np.array(places, dtype=np.int64)))
        self._row_at: Rows = np.concatenate([*every, np.zeros(0, dtype=np.int64)])
        self._superseded = np.flatnonzero(self._row_at < 0)
        self._place_of_row = np.zeros(len(self), dtype=np.int64)
        placed = np.flatnonzero(self._row_at >= 0)
        self._place_of_row[self._row_at[placed]] = placed
        self.lexical = LexicalIndex(parts, len(self), len(self.story_ids))

    def __len__(self) -> int:
        """How many passages there are."""
        return int(self.first_rows[-1])

    @cached_property
    def story_of_row(self) -> Rows:
        """For each row the place of its story in `story_ids`, shape (passages,)."""
        return np.repeat(np.arange(len(self.story_ids)), np.diff(self.first_rows))

    def nearest(self, vector: Vectors, count: int, among: Rows | None = None) -> dict[int, float]:
        """The rows whose vectors have the largest cosine to `vector`, best first, with that cosine.

        Exact among up to `EXACT_UP_TO` rows, nearly so among more (`first_look.py`).
        """
        if (len(self) if among is None else len(among)) > EXACT_UP_TO:
            among = self._likely(vector, among)
        cosines = self._cosines(vector) if among is None else self._cosines_of(among, vector)
        least = np.partition(cosines, -count)[-count] if count < len(cosines) else -np.inf
        near = np.flatnonzero(cosines >= least)
        best = near[np.lexsort((near, -cosines[near]))[:count]]
        rows = best if among is None else among[best]
        return dict(zip(rows.tolist(), cosines[best].tolist(), strict=True))

    def prepare(self) -> None:
        """Make what else the first question of a large library would wait for."""
        if len(self) > EXACT_UP_TO:
            _ = self._first_look

    def _likely(self, vector: Vectors, among: Rows | None) -> Rows:
        """The `LOOKED_AT` rows with the largest products in the first look, ascending."""
        products = self._first_look.products(vector)
        if among is None:
            products[self._superseded] = -np.inf
            return np.sort(self._row_at[np.argpartition(products, -LOOKED_AT)[-LOOKED_AT:]])
        chosen = np.argpartition(products[self._place_of_row[among]], -LOOKED_AT)[-LOOKED_AT:]
        return np.sort(among[chosen])

    def _cosines(self, vector: Vectors) -> Vectors:
        """The cosine of every row's vector with another."""
        found = np.empty(len(self), dtype=vector.dtype)
        for shard, (own, rows) in zip(self._shards, self._rows_of_shard, strict=True):
            found[rows] = (shard.vectors @ vector)[own]
        return found

    def _cosines_of(self, rows: Rows, vector: Vectors) -> Vectors:
        """The cosine of some rows' vectors with another, of each shard's as soon as they are read."""
        found = np.empty(len(rows), dtype=vector.dtype)
        for shard, places, own in self._by_shard(rows):
            found[places] = shard.vectors.take(own, axis=0) @ vector
        return found

    @cached_property
    def _first_look(self) -> FirstLook:
        return FirstLook([shard.reduction() for shard in self._shards])

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of some rows, shape (rows, dimension)."""
        found = np.empty((len(rows), self._shards[0].vectors.shape[1]), dtype=np.float32)
        for shard, places, own in self._by_shard(rows):
            found[places] = shard.vectors.take(own, axis=0)
        return found

    def sentence_vectors(self, rows: Rows) -> list[Vectors]:
        """For each row the unit vectors of its sentences, shape (sentences, dimension)."""
        return [own for shard, run in self._runs(rows) for own in shard.sentence_vectors(run)]

    def sentence_spans(self, rows: Rows) -> list[list[Span]]:
        """For each row where its sentences begin and end in the text of its story."""
        return [own for shard, run in self._runs(rows) for own in shard.sentence_spans(run)]

    def tokens(self, rows: Rows) -> tuple[Codes, Rows]:
        """The codes of some rows' content words, sentence after sentence, and how many each sentence has."""
        codes, counts = zip(*(shard.tokens(run) for shard, run in self._runs(rows)), strict=True)
        return np.concatenate(codes), np.concatenate(counts)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """The passages of some rows, in that order."""
        identities = [self.story_ids[self.story_of_row[row]] for row in rows]
        told = self._tellings(identities)
        return [told[identity][1][self._number(row)] for identity, row in zip(identities, rows, strict=True)]

    def story(self, identity: str) -> Story:
        """A story with its whole text. Raises `StoreError` for an id that is not in this generation."""
        return self._tellings([identity])[identity][0]

    def story_passages(self, identity: str) -> tuple[Passage, ...]:
        """All passages of a story, in order: they tile its text."""
        return self._tellings([identity])[identity][1]

    def stories(self) -> tuple[Story, ...]:
        """Every story, in order of their ids, **without its text**: for lists, cards and filters."""
        return self._records()

    def matching(self, filters: Filters) -> Rows:
        """The places in `story_ids` of the stories that filters leave, ascending."""
        return self._matching(filters)

    def containing(self, texts: Collection[str]) -> set[str]:
        """Those of some texts that stand in a passage, just so. Every shard is opened once for all of them."""
        found: set[str] = set()
        for entry, shard in zip(self.pointer.shards, self._shards, strict=True):
            if missing := set(texts) - found:
                found |= shard.containing(missing, entry.superseded)
        return found

    def _tellings(self, identities: Sequence[str]) -> dict[str, Telling]:
        """Some stories with their passages: those in memory, and of every shard the others at once."""
        told = {identity: kept for identity in identities if (kept := self._kept.get(identity)) is not None}
        missing: dict[Shard, list[str]] = {}
        for identity in dict.fromkeys(identities):
            if identity not in told:
                missing.setdefault(self._shard(identity), []).append(identity)
        for shard, own in missing.items():
            told |= shard.tellings(own)
        self._kept |= told
        for identity in list(self._kept)[:-STORIES_KEPT]:
            self._kept.pop(identity, None)
        return told

    def _shard(self, identity: str) -> Shard:
        if identity not in self._shard_of:
            raise StoreError(f"{identity}: there is no such story in the index. `python -m index status` lists them.")
        return self._shard_of[identity]

    def _rows(self, place: int, size: int) -> Rows:
        """The rows of the story at a place in `story_ids`, which has so many passages; -1 for one that has no place."""
        first = self.first_rows[place]
        return np.full(size, -1) if place < 0 else np.arange(first, first + size)

    def _by_shard(self, rows: Rows) -> Iterator[tuple[Shard, Rows, Rows]]:
        """For each shard that has some of the rows: their places among these, and their rows in it."""
        shards, own = self._shard_of_row[rows], self._row_in_shard[rows]
        order = np.argsort(shards, kind="stable")
        bounds = np.searchsorted(shards[order], np.arange(len(self._shards) + 1)).tolist()
        for shard, (first, last) in zip(self._shards, itertools.pairwise(bounds), strict=True):
            if first < last:
                places = order[first:last]
                yield shard, places, own[places]

    def _runs(self, rows: Rows) -> Iterator[tuple[Shard, range]]:
        """Some rows as stretches of rows that follow each other in one shard."""
        shards, own = self._shard_of_row[rows], self._row_in_shard[rows]
        starts = np.flatnonzero((np.diff(shards, prepend=-1) != 0) | (np.diff(own, prepend=-2) != 1))
        for first, last in itertools.pairwise([*starts.tolist(), len(rows)]):
            yield self._shards[shards[first]], range(own[first], own[last - 1] + 1)

    def _number(self, row: int) -> int:
        return int(row - self.first_rows[self.story_of_row[row]])


def _read_records(entries: Sequence[ShardEntry], shards: Sequence[Shard]) -> tuple[Story, ...]:
    every = (
        story
        for entry, shard in zip(entries, shards, strict=True)
        for story in shard.records()
        if story.id in entry.stories
    )
    return tuple(sorted(every, key=lambda story: story.id))


def _places_matching(records: Callable[[], Sequence[Story]], filters: Filters) -> Rows:
    places = np.array([place for place, story in enumerate(records()) if filters.matches(story)], dtype=np.int64)
    places.setflags(write=False)  # whoever asks for the same filters is handed the same array
    return places


def write_generation(folder: Path, shards: Sequence[str]) -> None:
    """Write what a generation adds to its shards into a folder, which is made. Raises `OSError` if the disk refuses."""
    folder.mkdir(parents=True)
    (folder / READERS_LOCK).touch()
    (folder / SHARDS).write_text(json.dumps(shards), encoding="utf-8")
