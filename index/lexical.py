"""BM25 over passages and over whole stories: the lexical half of the search.

A cache derived from the store's texts, kept beside them in a generation, never a second truth. Scores are
those of bm25s (Lù 2024, arXiv:2407.03618) with its defaults (Lucene's BM25, k1 1.5, b 0.75), over words
stemmed by Snowball's English stemmer.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer

Scores = npt.NDArray[np.float32]


class LexicalIndex:
    """BM25 scores of all passages and all stories for a text, in the order they were given."""

    def __init__(self, passages: "_Ranking", stories: "_Ranking") -> None:
        self._passages = passages
        self._stories = stories

    @classmethod
    def build(cls, passages: Sequence[str], stories: Sequence[str]) -> Self:
        """Index the texts of all passages and of all stories."""
        return cls(_Ranking.build(passages), _Ranking.build(stories))

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

    def idf(self, term: str) -> float:
        """How telling a term (as `terms` gives it) is: its inverse document frequency over stories."""
        return self._stories.idf(term)

    def is_known(self, term: str) -> bool:
        """Whether any story has a term (as `terms` gives it)."""
        return bool(self._stories.scores([term]).any())


def terms(text: str) -> list[str]:
    """The stemmed content words of a text, in order, repeats kept."""
    found = bm25s.tokenize([text], stopwords="en_plus", stemmer=_stemmer(), return_ids=False, show_progress=False)
    return [str(term) for term in found[0]]


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")


class _Ranking:
    """One BM25 index. bm25s cannot hold a corpus without any word, so `model` is None for such."""

    def __init__(self, model: Any, size: int) -> None:
        self._model = model
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str]) -> Self:
        tokens = [terms(text) for text in texts]
        if not any(tokens):
            return cls(None, len(texts))
        model = bm25s.BM25()
        model.index(tokens, show_progress=False)
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

    def idf(self, term: str) -> float:
        frequency = int(np.count_nonzero(self.scores([term])))
        return float(np.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5)))
