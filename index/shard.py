"""Shard: some thousand passages of an index, in a folder of its own that is never changed once it is complete.

    chroma/          collections `passages` (a vector each) and `stories` (metadata): asked whether words stand in it
    vectors.npy      float32, the passages' vectors once more, by row: exact cosines without a query
    codes.npy        int8, the same in the directions (directions.npy) in which they differ most, to scales (scales.npy)
    sentences.npy    float16, a unit vector for every sentence, in order of the passages
    spans.npy        int32, where each sentence begins and ends in its story, in characters, as it was embedded
    tokens.npy       int8, the code of every content word's token, in order of the sentences
    token_counts.npy how many of these each sentence has
    words/           the stemmed words, and where they stand in passages and in stories: what BM25 counts
    texts/           the stories' texts and metadata once more, and where their passages end: what is shown
    shard.json       what made it, and how many passages each story has, how many sentences each passage

A *row* is a passage's place in its shard, counted from 0: the stories in order of their ids, the passages in
order of the text. Written by `shard_writing.py`. Knows nothing of which shards are published (`store.py`), of
files of stories, nor of how texts become vectors.
"""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index import chroma
from index.embedding import Codes, Vectors
from index.errors import StoreError, first_words
from index.lexical import Words
from index.passages import Passage, Span
from index.reduction import Reduction
from index.stories import Story
from index.texts import Telling, Texts

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class StoryPassages:
    """One story as it goes into a shard: passages with their vectors, and its sentences' places and vectors.

    `vectors` has shape (passages, dimension); `spans` are for each passage its sentences' places in the story's text;
    `sentences` one array a passage, of shape (its sentences, dimension); `tokens` for each passage one array a
    sentence, of shape (its content words' tokens, length of a code).
    """

    story: Story
    passages: Sequence[Passage]
    vectors: Vectors
    spans: Sequence[Sequence[Span]]
    sentences: Sequence[Vectors]
    tokens: Sequence[Sequence[Codes]]


class Shard:
    """One complete shard, open for reading. Safe to use from several threads.

    Every method raises `StoreError` where it comes upon damage.
    """

    def __init__(self, folder: Path) -> None:
        """Open the shard in a folder. Raises `StoreError` for a damaged one."""
        self.name = folder.name
        self._folder = folder
        with reading(folder):
            made = json.loads((folder / "shard.json").read_text("utf-8"))
            self.fingerprint: Mapping[str, str] = made["fingerprint"]
            self.stories: Mapping[str, str] = {story["id"]: story["sha256"] for story in made["stories"]}
            self._places = {identity: place for place, identity in enumerate(self.stories)}
            sizes = [len(story["sentences"]) for story in made["stories"]]
            self._first_rows = dict(zip(self.stories, accumulate([0, *sizes]), strict=False))
            self._sizes = dict(zip(self.stories, sizes, strict=True))
            counts = [count for story in made["stories"] for count in story["sentences"]]
            self._sentence_starts = np.array([0, *accumulate(counts)])
            self.vectors: Vectors = _mapped(folder / "vectors.npy")
            self._sentences = _mapped(folder / "sentences.npy")
            self._spans = _mapped(folder / "spans.npy")
            self._tokens = _mapped(folder / "tokens.npy")
            token_counts = np.load(folder / "token_counts.npy")
            self._token_starts = np.concatenate([[0], np.cumsum(token_counts)])
            found = [len(self.vectors), len(self._tokens), *map(len, (self._sentences, self._spans, token_counts))]
            if found != [sum(sizes), token_counts.sum(), *[sum(counts)] * 3] or token_counts.min(initial=0) < 0:
                raise ValueError("its arrays do not fit together")
            self._texts = Texts.load(folder / "texts", len(self.stories))

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self.vectors)

    def size_of(self, identity: str) -> int:
        """How many passages a story has."""
        return self._sizes[identity]

    def rows_of(self, identity: str) -> range:
        """The rows of a story."""
        first = self._first_rows[identity]
        return range(first, first + self._sizes[identity])

    def sentence_vectors(self, rows: range) -> list[Vectors]:
        """For each of some rows that follow each other the unit vectors of its sentences, shape (n, dimension)."""
        first, *ends = self._sentence_starts[rows.start : rows.stop + 1].tolist()
        found = np.asarray(self._sentences[first : ends[-1]], dtype=np.float32)
        return [found[start - first : end - first] for start, end in itertools.pairwise([first, *ends])]

    def sentence_spans(self, rows: range) -> list[list[Span]]:
        """For each of some rows that follow each other where its sentences begin and end in the story's text."""
        first, *ends = self._sentence_starts[rows.start : rows.stop + 1].tolist()
        found = [(start, end) for start, end in self._spans[first : ends[-1]].tolist()]
        return [found[start - first : end - first] for start, end in itertools.pairwise([first, *ends])]

    def tokens(self, rows: range) -> tuple[Codes, Rows]:
        """The codes of some rows' content words, sentence after sentence, and how many each sentence has."""
        bounds = self._token_starts[self._sentence_starts[rows.start] : self._sentence_starts[rows.stop] + 1]
        return self._tokens[bounds[0] : bounds[-1]], np.diff(bounds)

    def tellings(self, identities: Sequence[str]) -> dict[str, Telling]:
        """Some stories by their ids, each with its whole text and its passages in order: they tile the text."""
        with reading(self._folder):
            return {
                identity: self._texts.telling(self._places[identity], identity, self.rows_of(identity))
                for identity in identities
            }

    @cached_property
    def words(self) -> Words:
        """The stemmed words of its passages and its stories, by row and in the stories' order."""
        with reading(self._folder):
            return Words.load(self._folder / "words")

    def reduction(self) -> Reduction:
        """Its passages' vectors in few directions, by row."""
        with reading(self._folder):
            return Reduction.load(self._folder)

    def containing(self, texts: Collection[str], but: Collection[str] = ()) -> set[str]:
        """Those of some texts that stand in a passage, just so; in one of some stories they do not count."""
        where: dict[str, Any] = {"story": {"$nin": list(but)}} if but else {}
        with reading(self._folder), chroma.opened(self._folder / "chroma") as collection:
            passages = collection("passages")
            find = partial(passages.get, where=where or None, limit=1, include=[])
            return {text for text in texts if find(where_document={"$contains": text})["ids"]}

    def records(self) -> Sequence[Story]:
        """Every story, **without its text**."""
        with reading(self._folder):
            return [self._texts.record(place, identity) for identity, place in self._places.items()]

    def contents(self, identity: str) -> StoryPassages:
        """A story as `write_shard` takes it: what another shard copies where nothing changed."""
        story, passages = self.tellings([identity])[identity]
        rows = self.rows_of(identity)
        vectors = np.array(self.vectors[rows.start : rows.stop])
        spans, sentences = self.sentence_spans(rows), self.sentence_vectors(rows)
        tokens = [self._tokens_by_sentence(row) for row in rows]
        return StoryPassages(story, passages, vectors, spans, sentences, tokens)

    def _tokens_by_sentence(self, row: int) -> list[Codes]:
        codes, counts = self.tokens(range(row, row + 1))
        return np.split(np.array(codes), np.cumsum(counts)[:-1]) if len(counts) else []


def _mapped(file: Path) -> Any:
    """The array in a file, of which only what is read comes into memory.

    As a plain array: of numpy's own class for such, every slice takes many times as long.
    """
    return np.asarray(np.load(file, mmap_mode="r"))


def read_listing(folder: Path) -> list[dict[str, Any]]:
    """What is listed of each story of the shard in a folder: its id, sha256, digest of words, and sentences."""
    with reading(folder):
        listed: list[dict[str, Any]] = json.loads((folder / "shard.json").read_text("utf-8"))["stories"]
        return listed


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """While a folder of the index is read: what shows that something in it is missing or broken is a `StoreError`."""
    try:
        yield
    except _signs_of_damage() as error:
        raise StoreError(
            f"{folder}: the index is damaged, or cannot be read ({first_words(error)}). "
            "Run `python -m index build --check`: it finds what is damaged and makes that anew."
        ) from error


def _signs_of_damage() -> tuple[type[Exception], ...]:
    """What reading raises if something is missing or broken."""
    return (*chroma.disk_errors(), EOFError, ValueError, LookupError, TypeError)
