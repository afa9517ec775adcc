"""BM25 over passages and over whole stories: the lexical half of the search.

A shard keeps the stems of its words and where they stand (`Words`), written once with it. What is rare is rare in the
whole generation, so a term is weighed when it is asked for, over all shards: a new generation has nothing to make anew.
Stems are Snowball's English ones, words what scikit-learn and bm25s take for such, less bm25s's stop words. Scores are
Lucene's BM25 (k1 1.5, b 0.75), to the last digit but one what bm25s gives with its defaults (Lù 2024,
arXiv:2407.03618). Tests hold words and scores to bm25s, which is not needed to run: asked for one text at a time it
takes seven times as long, most of it for progress bars that are never shown.
"""

import itertools
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import Stemmer

from index.stop_words import STOP_WORDS

K1, B = 1.5, 0.75
"""How soon a term that is repeated says no more, and how much longer texts are held back."""
TEXTS_KEPT = 8_192
# Texts of which it is remembered what terms they have: sentences of stories are read again with every question.
TERMS_KEPT = 1_024
# Terms of which it is remembered where they stand: a question asks for each several times.
VOCABULARY, SIZES, POSTINGS = "vocabulary.txt", "sizes.npy", "postings.npy"
# All postings lie in one file, mapped into memory: each that is mapped is a file that stays open.

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

_WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True)
class Postings:
    """Where the words of a vocabulary stand in some texts, as compressed sparse columns.

    Word n stands in the texts `places[starts[n] : starts[n + 1]]`, ascending, in each as often as `counts` has it;
    `lengths` are the texts' numbers of words.
    """

    starts: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[int]], words: int) -> Self:
        """Index texts that are given as numbers of words, of which there are so many."""
        lengths = np.fromiter(map(len, texts), dtype=np.int32, count=len(texts))
        numbers = np.fromiter(itertools.chain.from_iterable(texts), dtype=np.int64)
        of_text = np.repeat(np.arange(len(texts)), lengths)
        pairs, counts = np.unique(numbers * len(texts) + of_text, return_counts=True)
        found, places = np.divmod(pairs, max(len(texts), 1))
        starts = np.searchsorted(found, np.arange(words + 1))
        return cls(starts.astype(np.int32), places.astype(np.int32), counts.astype(np.int32), lengths)

    @property
    def parts(self) -> tuple[npt.NDArray[Any], ...]:
        """All of it."""
        return self.starts, self.places, self.counts, self.lengths

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.lengths)


@dataclass(frozen=True)
class Words:
    """The stemmed content words of a shard (word → number), and where they stand in its passages and in its stories."""

    vocabulary: Mapping[str, int]
    passages: Postings
    stories: Postings

    @classmethod
    def of(cls, passages: Sequence[str], stories: Sequence[str]) -> Self:
        """Stem the texts of passages and of stories."""
        vocabulary: dict[str, int] = {}
        of_passages, of_stories = (list(_numbered(texts, vocabulary)) for texts in (passages, stories))
        made = (Postings.of(texts, len(vocabulary)) for texts in (of_passages, of_stories))
        return cls(vocabulary, *made)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        words = (folder / VOCABULARY).read_text("utf-8").split("\n")[:-1]
        vocabulary = {sys.intern(word): number for number, word in enumerate(words)}  # shards share most words
        flat = np.asarray(np.load(folder / POSTINGS, mmap_mode="r"))
        first, *ends = np.cumsum([0, *np.load(folder / SIZES).tolist()]).tolist()
        parts = [flat[start:end] for start, end in itertools.pairwise([first, *ends])]
        return cls(vocabulary, Postings(*parts[: len(parts) // 2]), Postings(*parts[len(parts) // 2 :]))

    def save(self, folder: Path) -> None:
        """Write into a folder, which is made; a word has no line break."""
        folder.mkdir()
        (folder / VOCABULARY).write_text(
            "".join(f"{word}\n" for word in self.vocabulary), encoding="utf-8", newline="\n"
        )
        parts = [*self.passages.parts, *self.stories.parts]
        np.save(folder / SIZES, np.array([len(part) for part in parts]))
        np.save(folder / POSTINGS, np.concatenate([part.astype(np.int32) for part in parts]))


@dataclass(frozen=True)
class Occurrences:
    """The texts that have a term: their `places`, each once, and the BM25 the term gives each, shapes (n,).

    `idf` is the term's inverse document frequency, which is part of these scores.
    """

    places: Rows
    scores: Scores
    idf: float


@dataclass(frozen=True)
class Part:
    """A shard's words, and which of its passages and stories are which of the generation's; -1 for none of them."""

    words: Words
    rows: Rows
    stories: Rows


class LexicalIndex:
    """BM25 of all passages and all stories of a generation, whose shards have the words."""

    def __init__(self, parts: Sequence[Part], passages: int, stories: int) -> None:
        vocabularies = [part.words.vocabulary for part in parts]
        of_passages = [(part.words.passages, part.rows) for part in parts]
        of_stories = [(part.words.stories, part.stories) for part in parts]
        self._in_passages = _finder(vocabularies, of_passages, passages)
        self._in_stories = _finder(vocabularies, of_stories, stories)

    def in_passages(self, term: str) -> Occurrences:
        """Where a term (as `terms` gives it) stands, over passages."""
        return self._in_passages(term)

    def in_stories(self, term: str) -> Occurrences:
        """Where a term stands, over stories."""
        return self._in_stories(term)

    def idf(self, term: str) -> float:
        """How telling a term (as `terms` gives it) is: its inverse document frequency over stories."""
        return self._in_stories(term).idf

    def is_known(self, term: str) -> bool:
        """Whether any story has a term (as `terms` gives it)."""
        return bool(len(self._in_stories(term).places))


def terms(text: str) -> list[str]:
    """The stemmed content words of a text, in order, repeats kept."""
    return list(_remembered_terms(text))


@lru_cache(maxsize=TEXTS_KEPT)
def _remembered_terms(text: str) -> tuple[str, ...]:
    return tuple(_terms(text))


def _terms(text: str) -> list[str]:
    return stemmed([word for word in _WORD.findall(text.lower()) if word not in STOP_WORDS])


def stemmed(words: Sequence[str]) -> list[str]:
    """The stems of some words in lower case, as `terms` has them."""
    return [str(stem) for stem in _stemmer().stemWords(list(words))]


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")


def _numbered(texts: Sequence[str], vocabulary: dict[str, int]) -> Iterator[list[int]]:
    """The stemmed words of each text as numbers of a vocabulary, which is given what it lacks."""
    for text in texts:
        yield [vocabulary.setdefault(word, len(vocabulary)) for word in _terms(text)]


_Placed = Sequence[tuple[Postings, Rows]]
"""For each shard, where its words stand, and which text of the generation each of its texts is."""


def _finder(vocabularies: Sequence[Mapping[str, int]], placed: _Placed, size: int) -> Callable[[str], Occurrences]:
    """What finds a term in the texts of a generation, of which there are so many; it remembers the last terms."""
    lengths = np.zeros(size)
    for postings, places in placed:
        lengths[places[places >= 0]] = postings.lengths[places >= 0]
    held_back = K1 * (1 - B + B * lengths / (lengths.mean() if lengths.any() else 1.0))
    return lru_cache(maxsize=TERMS_KEPT)(partial(_occurrences, vocabularies, placed, held_back))


def _occurrences(
    vocabularies: Sequence[Mapping[str, int]], placed: _Placed, held_back: npt.NDArray[np.float64], term: str
) -> Occurrences:
    of_shards, counts_of_shards = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    for vocabulary, (postings, place_of) in zip(vocabularies, placed, strict=True):
        if (number := vocabulary.get(term)) is not None:
            own = slice(*postings.starts[number : number + 2])
            of_shards.append(place_of[postings.places[own]])
            counts_of_shards.append(postings.counts[own])
    places, counts = np.concatenate(of_shards), np.concatenate(counts_of_shards)
    if len(places) and places.min() < 0:
        places, counts = places[places >= 0], counts[places >= 0]
    idf = float(np.log(1 + (len(held_back) - len(places) + 0.5) / (len(places) + 0.5)))
    scores = (idf * counts / (counts + held_back[places])).astype(np.float32)
    for shared in (places, scores):  # whoever asks for the same term is handed the same arrays
        shared.setflags(write=False)
    return Occurrences(places, scores, idf)
