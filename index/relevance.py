"""What speaks for a passage: evidence, its weights, and the chance that a passage is the one that answers.

People ask about a *person*, and the passage that answers seldom says who is speaking. So the chance of a passage is
that of its story times that of the passage within its story, each a softmax over weighted evidence: a conditional
logit (McFadden 1974), fitted by `bench/fit_search.py` on the tune half of `bench/questions/`. All evidence is either
a cosine or a share of the most that the words could give, so that one set of weights serves a library of any size.

Evidence for a story: the largest cosine of the words and a passage of it (`story_dense`), and a sentence of it
(`story_sentence`); the best BM25 of a passage (`story_lexical`); the share of the words it has, rarer ones heavier
(`story_words`); BM25 of the words' synonyms (`story_synonyms`); and the logarithm of its number of passages
(`story_length`), since in a longer story something fits by chance.

For a passage within its story: the largest cosine of the focus and a sentence of it (`focus`), or of the passages
beside it (`beside`); the cosine of the question and the passage after what both share with the story as a whole was
taken from them (`own`): who is asked about says nothing here; BM25 with words counted as rare that are rare in the
story (`local`); and BM25 of the synonyms (`synonyms`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.embedding import Vectors, unit
from index.lexical import LexicalIndex, Occurrences
from index.query import Query

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

STORY_WEIGHTS = {
    "story_dense": 9.4,
    "story_sentence": 8.2,
    "story_lexical": 6.3,
    "story_words": 4.2,
    "story_synonyms": 4.2,
    "story_length": -0.8,
}
PASSAGE_WEIGHTS = {"focus": 7.8, "beside": 4.1, "own": 4.6, "local": 8.2, "synonyms": 1.9}

STORIES = 40
"""Stories whose passages are weighed: those with the best evidence that can be had for all stories."""
PASSAGES = 600
"""Passages of such stories that are weighed at most; the best story's always."""


class Passages(Protocol):
    """What is needed of a generation."""

    lexical: LexicalIndex
    first_rows: Rows

    @property
    def story_of_row(self) -> Rows:
        """For each row the place of its story."""

    def nearest(self, vector: Vectors, count: int) -> Mapping[int, float]:
        """The rows with the largest cosine to a vector, with that cosine."""

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """Vectors of some rows."""

    def sentence_vectors(self, rows: Sequence[int]) -> list[Vectors]:
        """For each row the vectors of its sentences."""


@dataclass(frozen=True)
class QueryVectors:
    """Unit vectors of a query's words, question and focus."""

    words: Vectors
    asked: Vectors
    focus: Vectors


@dataclass(frozen=True)
class Evidence:
    """Candidates: their `rows`, ascending, and for each the number of its story, counted from 0 (`group`).

    `stories` and `passages` hold the evidence by name, shapes (groups,) and (rows,); `sentences` the vectors of
    each row's sentences; `dense` the cosine of the words and each passage.
    """

    rows: Rows
    group: Rows
    stories: Mapping[str, Array]
    passages: Mapping[str, Array]
    sentences: Sequence[Vectors]
    dense: Array


def weigh(index: Passages, query: Query, vectors: QueryVectors, depth: int) -> Evidence:
    """Choose the candidates for a query, and gather the evidence for each. `depth`: how far the dense search looks."""
    most = sum(count * index.lexical.idf(term) for term, count in query.terms.items()) or 1.0
    count = len(index.first_rows) - 1
    lexical = _bm25([(index.lexical.in_passages(term), n) for term, n in query.terms.items()], len(index.story_of_row))
    by_story = {
        "story_dense": _best_found(index.nearest(vectors.words, depth), index.story_of_row, count),
        "story_lexical": np.maximum.reduceat(lexical, index.first_rows[:-1]) / most,
        "story_words": _covered(index.lexical, query.terms, count) / most,
        "story_synonyms": _bm25([(index.lexical.in_stories(term), n) for term, n in query.synonyms.items()], count)
        / most,
        "story_length": np.log(np.diff(index.first_rows)),
    }
    chosen = _choose(by_story, np.diff(index.first_rows))
    rows = np.concatenate([np.arange(index.first_rows[story], index.first_rows[story + 1]) for story in chosen])
    group = np.repeat(np.arange(len(chosen)), np.diff(index.first_rows)[chosen])
    bounds = np.flatnonzero(np.diff(group, prepend=-1))
    dense_vectors, sentences = index.vectors(rows.tolist()), index.sentence_vectors(rows.tolist())
    dense = (dense_vectors @ vectors.words).astype(np.float64)
    focus, whole = _best_sentences(sentences, vectors.focus), _best_sentences(sentences, vectors.words)
    synonyms = _bm25([(index.lexical.in_passages(term), n) for term, n in query.synonyms.items()], len(lexical))
    stories = {name: values[chosen] for name, values in by_story.items()}
    return Evidence(
        rows,
        group,
        stories
        | {
            "story_dense": np.maximum.reduceat(dense, bounds),
            "story_sentence": np.maximum.reduceat(whole, bounds),
        },
        {
            "focus": focus,
            "beside": _beside(focus, group),
            "own": _own(dense_vectors, vectors.asked, group, bounds),
            "local": _local(index, query.weighted)[rows] / most,
            "synonyms": synonyms[rows] / most,
        },
        sentences,
        dense,
    )


def rank(
    evidence: Evidence,
    stories: Mapping[str, float] = MappingProxyType(STORY_WEIGHTS),
    passages: Mapping[str, float] = MappingProxyType(PASSAGE_WEIGHTS),
) -> Array:
    """The logarithm of each candidate's chance to be the passage that answers, shape (rows,). Pure."""
    of_story = _weighted(evidence.stories, stories)
    chance = _log_softmax(of_story, np.zeros(len(of_story), dtype=np.int64))
    return chance[evidence.group] + _log_softmax(_weighted(evidence.passages, passages), evidence.group)


def _weighted(evidence: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    found = [weight * evidence[name] for name, weight in weights.items() if name in evidence]
    return np.asarray(np.sum(found, axis=0), dtype=np.float64)


def _log_softmax(values: Array, group: Rows) -> Array:
    """Values less the logarithm of the sum of the exponentials of their group, groups being runs of equal numbers."""
    bounds = np.flatnonzero(np.diff(group, prepend=-1))
    values = values - np.maximum.reduceat(values, bounds)[group]
    return values - np.log(np.add.reduceat(np.exp(values), bounds))[group]


def _choose(by_story: Mapping[str, Array], sizes: Rows) -> Rows:
    """The stories to weigh, ascending: those with the best evidence, until there are enough of them or of passages."""
    best = np.argsort(-_weighted(by_story, STORY_WEIGHTS), kind="stable")[:STORIES]
    fitting = np.cumsum(sizes[best]) <= PASSAGES
    fitting[0] = True
    return np.sort(best[fitting])


def _best_found(found: Mapping[int, float], story_of_row: Rows, stories: int) -> Array:
    """The largest cosine found for each story; for those of which nothing was found, the smallest of all."""
    cosines = np.array(list(found.values()))
    best = np.full(stories, cosines.min())
    np.maximum.at(best, story_of_row[list(found)], cosines)
    return best


def _bm25(found: Sequence[tuple[Occurrences, float]], size: int) -> Array:
    scores = np.zeros(size)
    for occurrences, count in found:
        scores[occurrences.places] += count * occurrences.scores
    return scores


def _covered(lexical: LexicalIndex, terms: Mapping[str, float], stories: int) -> Array:
    covered = np.zeros(stories)
    for term, count in terms.items():
        found = lexical.in_stories(term)
        covered[found.places] += count * found.idf
    return covered


def _local(index: Passages, weighted: Mapping[str, float]) -> Array:
    """BM25 of all passages, each term's inverse document frequency counted over the passages of their own story."""
    sizes = np.diff(index.first_rows)
    scores = np.zeros(len(index.story_of_row))
    for term, weight in weighted.items():
        found = index.lexical.in_passages(term)
        stories = index.story_of_row[found.places]
        having = np.bincount(stories, minlength=len(sizes))[stories]
        rarity = np.log(1 + (sizes[stories] - having + 0.5) / (having + 0.5))
        scores[found.places] += weight * rarity * found.scores / found.idf
    return scores


def _best_sentences(sentences: Sequence[Vectors], vector: Vectors) -> Array:
    """For each passage the largest cosine of a sentence; 0 for one without sentences."""
    counts = np.array([len(own) for own in sentences])
    best = np.zeros(len(sentences))
    if counts.any():
        cosines = np.concatenate(sentences) @ vector
        starts = np.cumsum(counts) - counts
        best[counts > 0] = np.maximum.reduceat(cosines, starts[counts > 0])
    return best


def _beside(values: Array, group: Rows) -> Array:
    """The larger of the values before and after in the same group; 0 stands for one that is not there."""
    before, after = np.roll(values, 1), np.roll(values, -1)
    before[np.diff(group, prepend=-1) != 0] = 0
    after[np.diff(group, append=-1) != 0] = 0
    return np.maximum(before, after)


def _own(passages: Vectors, asked: Vectors, group: Rows, bounds: Rows) -> Array:
    """The cosine of question and passage, both less what they have along their story's mean vector."""
    sizes = np.diff(bounds, append=len(group))[:, None]
    mean = unit((np.add.reduceat(passages, bounds) / sizes).astype(np.float32))
    along, shared = (passages * mean[group]).sum(axis=1), (mean @ asked)[group]
    rest = np.sqrt(np.maximum(1 - along**2, LEAST)) * np.sqrt(np.maximum(1 - shared**2, LEAST))
    return np.asarray((passages @ asked - along * shared) / rest, dtype=np.float64)


LEAST = 1e-6
# A passage that is its whole story has nothing of its own: 0 over this.
