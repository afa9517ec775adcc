"""BM25 over passages and over whole stories: the lexical half of the search.

A cache derived from the shards' words, kept in a generation, never a second truth. Scores are those of bm25s
(Lù 2024, arXiv:2407.03618) with its defaults (Lucene's BM25, k1 1.5, b 0.75), over words stemmed by Snowball's
English stemmer. What is rare is rare in the whole generation, so BM25 is made anew with every one; the stemming,
which takes most of the time, is not (`Words`).
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer
from bm25s.stopwords import STOPWORDS_EN_PLUS

STOP_WORDS = frozenset(STOPWORDS_EN_PLUS)
"""Words that say nothing of what a text is about."""
TEXTS_KEPT = 8_192
# Texts of which it is remembered what terms they have: sentences of stories are read again with every question.

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Words:
    """The stemmed content words of some texts, in order: numbers into a vocabulary.

    `ids` holds the words of all texts on end, shape (words,); text n has `ids[starts[n] : starts[n + 1]]`.
    """

    vocabulary: tuple[str, ...]
    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Stem some texts."""
        found = bm25s.tokenize(list(texts), stopwords="en_plus", stemmer=_stemmer(), show_progress=False)
        vocabulary = sorted(found.vocab, key=found.vocab.__getitem__)
        flat = np.fromiter(itertools.chain.from_iterable(found.ids), dtype=np.int32)
        return cls(tuple(vocabulary), flat, np.cumsum([0, *map(len, found.ids)]))

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as found:
            vocabulary = bytes(found["vocabulary"]).decode().split("\n")
            return cls(tuple(vocabulary), found["ids"], found["starts"])

    def save(self, file: Path) -> None:
        """Write into a file; a word has no line break."""
        vocabulary = np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8)
        np.savez(file, vocabulary=vocabulary, ids=self.ids, starts=self.starts)

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[list[int]]:
        """The numbers of each text's words."""
        for first, last in itertools.pairwise(self.starts):
            yield self.ids[first:last].tolist()

    def renumbered(self, vocabulary: dict[str, int]) -> "Words":
        """The same words by the numbers of a larger vocabulary, which is given what it lacks."""
        numbers = [vocabulary.setdefault(word, len(vocabulary)) for word in self.vocabulary]
        return Words((), np.array(numbers, dtype=np.int32)[self.ids], self.starts)


@dataclass(frozen=True)
class Occurrences:
    """The texts that have a term: their `places`, ascending, and the BM25 the term gives each, shapes (n,).

    `idf` is the term's inverse document frequency, which is part of these scores.
    """

    places: npt.NDArray[np.int64]
    scores: Scores
    idf: float


class LexicalIndex:
    """BM25 scores of all passages and all stories for a text, in the order they were given."""

    def __init__(self, passages: "_Ranking", stories: "_Ranking") -> None:
        self._passages = passages
        self._stories = stories

    @classmethod
    def build(cls, passages: Sequence[Sequence[int]], stories: Sequence[Sequence[int]], words: dict[str, int]) -> Self:
        """Index all passages and all stories, given as numbers of words."""
        return cls(_Ranking.build(passages, words), _Ranking.build(stories, words))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(_Ranking.load(folder / "passages"), _Ranking.load(folder / "stories"))

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._passages.save(folder / "passages")
        self._stories.save(folder / "stories")

    def passage_scores(self, text: str) -> Scores:
        """BM25 of every passage, shape (passages,); 0 where no word is shared."""
        return self._passages.scores(terms(text))

    def story_scores(self, text: str) -> Scores:
        """BM25 of every story as a whole, shape (stories,)."""
        return self._stories.scores(terms(text))

    def in_passages(self, term: str) -> Occurrences:
        """Where a term (as `terms` gives it) stands, over passages."""
        return self._passages.occurrences(term)

    def in_stories(self, term: str) -> Occurrences:
        """Where a term stands, over stories."""
        return self._stories.occurrences(term)

    def idf(self, term: str) -> float:
        """How telling a term (as `terms` gives it) is: its inverse document frequency over stories."""
        return self._stories.occurrences(term).idf

    def is_known(self, term: str) -> bool:
        """Whether any story has a term (as `terms` gives it)."""
        return bool(len(self._stories.occurrences(term).places))


def terms(text: str) -> list[str]:
    """The stemmed content words of a text, in order, repeats kept."""
    return list(_terms(text))


@lru_cache(maxsize=TEXTS_KEPT)
def _terms(text: str) -> tuple[str, ...]:
    found = bm25s.tokenize([text], stopwords="en_plus", stemmer=_stemmer(), return_ids=False, show_progress=False)
    return tuple(str(term) for term in found[0])


def stemmed(words: Sequence[str]) -> list[str]:
    """The stems of some words in lower case, as `terms` has them."""
    return [str(stem) for stem in _stemmer().stemWords(list(words))]


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")


class _Ranking:
    """One BM25 index. bm25s cannot hold a corpus without any word, so `model` is None for such."""

    def __init__(self, model: Any, size: int) -> None:
        self._model = model
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[Sequence[int]], words: dict[str, int]) -> Self:
        if not any(texts):
            return cls(None, len(texts))
        model = bm25s.BM25()
        model.index((texts, words), show_progress=False)
        return cls(model, len(texts))

    @classmethod
    def load(cls, folder: Path) -> Self:
        size = int((folder / "size").read_text())
        model = bm25s.BM25.load(folder, mmap=True) if (folder / "params.index.json").exists() else None
        return cls(model, size)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        if self._model is not None:
            self._model.save(folder, show_progress=False)
        (folder / "size").write_text(str(self._size))

    def scores(self, words: Sequence[str]) -> Scores:
        known = [] if self._model is None else [word for word in words if word in self._model.vocab_dict]
        if not known:
            return np.zeros(self._size, dtype=np.float32)
        return np.asarray(self._model.get_scores(known), dtype=np.float32)

    def occurrences(self, term: str) -> Occurrences:
        places, scores = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        if self._model is not None and term in self._model.vocab_dict:
            number, matrix = self._model.vocab_dict[term], self._model.scores
            own = slice(*matrix["indptr"][number : number + 2])
            places, scores = np.asarray(matrix["indices"][own], dtype=np.int64), np.asarray(matrix["data"][own])
        idf = float(np.log(1 + (self._size - len(places) + 0.5) / (len(places) + 0.5)))
        return Occurrences(places, scores, idf)
