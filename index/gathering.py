"""Gathering: the candidates for a query, and the evidence for each as `relevance.py` defines it.

First what can be had for every story, from the lexical index and one dense search; then, for the passages of the best
stories alone, what their own vectors tell. Knows nothing of weights but to choose those stories.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from index.embedding import CODE_LENGTH, CODE_UNIT, Codes, Read, Vectors, unit
from index.lexical import LexicalIndex, Occurrences
from index.query import Query
from index.relevance import STORY_WEIGHTS, Array, Evidence, Rows, weighted

STORIES = 40
"""Stories whose passages are weighed: those with the best evidence that can be had for all stories."""
PASSAGES = 600
"""Passages of such stories that are weighed at most; the best story's always."""
AT_A_TIME = 2_048
# Codes of tokens that are made floats at a time: a megabyte of them.


class Passages(Protocol):
    """What is needed of a generation."""

    lexical: LexicalIndex
    first_rows: Rows

    @property
    def story_of_row(self) -> Rows:
        """For each row the place of its story."""

    def nearest(self, vector: Vectors, count: int, among: Rows | None = None) -> Mapping[int, float]:
        """The rows (of some, or of all) with the largest cosine to a vector, with that cosine."""

    def vectors(self, rows: Rows) -> Vectors:
        """Vectors of some rows."""

    def tokens(self, rows: Rows) -> tuple[Codes, Rows]:
        """The codes of some rows' content words, sentence after sentence, and how many each sentence has."""

    def sentence_vectors(self, rows: Rows) -> list[Vectors]:
        """For each row the vectors of its sentences."""


@dataclass(frozen=True)
class QueryVectors:
    """Unit vectors of a query's words, question and focus, and the codes of the words' and the focus' tokens."""

    words: Vectors
    asked: Vectors
    focus: Vectors
    word_tokens: Codes
    focus_tokens: Codes


def query_vectors(words: Read, asked: Read, focus: Read) -> QueryVectors:
    """The vectors of a query, from what its words, its question and its focus became."""
    own = [
        np.concatenate(read.tokens) if read.tokens else np.zeros((0, CODE_LENGTH), dtype=np.int8)
        for read in (words, focus)
    ]
    return QueryVectors(words.rows[0], asked.rows[0], focus.rows[0], *own)


def weigh(index: Passages, query: Query, vectors: QueryVectors, depth: int, among: Rows | None = None) -> Evidence:
    """Choose the candidates for a query, and gather the evidence for each. `depth`: how far the dense search looks.

    `among` are the places of the stories to choose from, one at least; None stands for all.
    """
    most = sum(count * index.lexical.idf(term) for term, count in query.terms.items()) or 1.0
    count = len(index.first_rows) - 1
    lexical = _bm25([(index.lexical.in_passages(term), n) for term, n in query.terms.items()], len(index.story_of_row))
    by_story = {
        "story_dense": _best_found(
            index.nearest(vectors.words, depth, _rows_of(index, among)), index.story_of_row, count
        ),
        "story_lexical": np.maximum.reduceat(lexical, index.first_rows[:-1]) / most,
        "story_words": _covered(index.lexical, query.terms, count) / most,
        "story_synonyms": _bm25([(index.lexical.in_stories(term), n) for term, n in query.synonyms.items()], count)
        / most,
        "story_length": np.log(np.diff(index.first_rows)),
    }
    chosen = _choose(by_story, np.diff(index.first_rows), np.arange(count) if among is None else among)
    rows = np.concatenate([np.arange(index.first_rows[story], index.first_rows[story + 1]) for story in chosen])
    group = np.repeat(np.arange(len(chosen)), np.diff(index.first_rows)[chosen])
    bounds = np.flatnonzero(np.diff(group, prepend=-1))
    dense_vectors, sentences = index.vectors(rows), index.sentence_vectors(rows)
    dense = (dense_vectors @ vectors.words).astype(np.float64)
    focus, whole = _best_sentences(sentences, np.stack([vectors.focus, vectors.words]))
    place = np.full(len(lexical), -1)
    place[rows] = np.arange(len(rows))
    synonyms = np.zeros(len(rows))
    for term, n in query.synonyms.items():
        at, scores = _within(place, index.lexical.in_passages(term))
        synonyms[at] += n * scores
    counts = np.array([len(own) for own in sentences])
    of_stories, of_sentences = _matches(*index.tokens(rows), vectors, np.repeat(group, counts))
    matches = np.split(of_sentences, np.cumsum(counts)[:-1])
    stories = {name: values[chosen] for name, values in by_story.items()}
    return Evidence(
        rows,
        group,
        stories
        | {
            "story_dense": np.maximum.reduceat(dense, bounds),
            "story_sentence": np.maximum.reduceat(whole, bounds),
            "story_matches": of_stories,
        },
        {
            "focus": focus,
            "beside": _beside(focus, group),
            "own": _own(dense_vectors, vectors.asked, group, bounds),
            "local": _local(index.lexical, query.weighted, place, group) / most,
            "synonyms": synonyms / most,
            "matches": np.array([own.max(initial=0.0) for own in matches]),
        },
        sentences,
        matches,
        dense,
    )


def _rows_of(index: Passages, stories: Rows | None) -> Rows | None:
    """The rows of some stories; None for all."""
    if stories is None:
        return None
    wanted = np.zeros(len(index.first_rows) - 1, dtype=np.bool_)
    wanted[stories] = True
    return np.flatnonzero(wanted[index.story_of_row])


def _choose(by_story: Mapping[str, Array], sizes: Rows, among: Rows) -> Rows:
    """The stories to weigh, ascending: those with the best evidence, until there are enough of them or of passages."""
    merits = weighted(by_story, STORY_WEIGHTS)[among]
    if len(among) > STORIES:
        good = merits >= np.partition(merits, -STORIES)[-STORIES]
        among, merits = among[good], merits[good]
    best = among[np.argsort(-merits, kind="stable")[:STORIES]]
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


def _local(lexical: LexicalIndex, weighted: Mapping[str, float], place: Rows, group: Rows) -> Array:
    """BM25 of the candidates, each term's inverse document frequency counted over the passages of their own story.

    `place` as `_within` has it, `group` is each candidate's story.
    """
    sizes, scores = np.bincount(group), np.zeros(len(group))
    for term, weight in weighted.items():
        found = lexical.in_passages(term)
        at, own = _within(place, found)
        having = np.bincount(group[at], minlength=len(sizes))[group[at]]
        rarity = np.log(1 + (sizes[group[at]] - having + 0.5) / (having + 0.5))
        scores[at] += weight * rarity * own / found.idf
    return scores


def _within(place: Rows, found: Occurrences) -> tuple[Rows, Array]:
    """Which candidates have a term, and the BM25 that it gives each; `place` is each row's among them, -1 for none."""
    at = place[found.places]
    return at[at >= 0], found.scores[at >= 0].astype(np.float64)


def _best_sentences(sentences: Sequence[Vectors], vectors: Vectors) -> Array:
    """For each vector the largest cosine of a sentence, by passage; 0 for a passage without sentences."""
    counts = np.array([len(own) for own in sentences])
    best = np.zeros((len(vectors), len(sentences)))
    if counts.any():
        cosines = np.concatenate(sentences) @ vectors.T
        starts = np.cumsum(counts) - counts
        best[:, counts > 0] = np.maximum.reduceat(cosines, starts[counts > 0]).T
    return best


def _matches(codes: Codes, counts: Rows, query: QueryVectors, group: Rows) -> tuple[Array, Array]:
    """How well each story as a whole has the words, and how well each sentence has the focus.

    `counts` are the tokens of each sentence, `group` is its story.
    """
    of_stories, of_sentences = np.zeros(group[-1] + 1), np.zeros(len(counts))
    wanted = np.concatenate([query.focus_tokens, query.word_tokens])
    if len(codes) and len(wanted):
        of_focus, of_words = np.split(_cosines(codes, wanted), [len(query.focus_tokens)], axis=1)
        starts, story = (np.cumsum(counts) - counts)[counts > 0], group[counts > 0]
        firsts = np.flatnonzero(np.diff(story, prepend=-1))
        of_sentences[counts > 0] = _best(of_focus, starts)
        of_stories[story[firsts]] = _best(of_words, starts[firsts])
    return of_stories, of_sentences


def _cosines(codes: Codes, wanted: Codes) -> Vectors:
    """The cosines of all codes, in rows, with those wanted, in columns.

    So many at a time as stay in a core's cache between being made floats and being multiplied.
    """
    directions = wanted.astype(np.float32).T / CODE_UNIT**2
    found = np.empty((len(codes), len(wanted)), dtype=np.float32)
    for first in range(0, len(codes), AT_A_TIME):
        some = slice(first, first + AT_A_TIME)
        np.matmul(codes[some].astype(np.float32), directions, out=found[some])
    return found


def _best(cosines: Array | Vectors, starts: Rows) -> Array:
    """For each run of tokens the mean over those wanted, in columns, of the largest cosine in the run; else 0."""
    if not cosines.shape[1]:
        return np.zeros(len(starts))
    return np.asarray(np.maximum.reduceat(cosines, starts).mean(axis=1), dtype=np.float64)


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
