"""Words → hits: the passages of a generation that answer best, each with its score and what that is made of.

Four kinds of evidence are weighed, after each was standardised over the pool of candidates:

- dense: cosine of the words and the passage (embedded with its story's heading),
- sentence: the largest cosine of the words and one sentence of the passage,
- lexical: BM25 of the passage,
- story: BM25 of the whole story, and the mean of the story's best passages: people ask about a *person*, and
  the passage that answers seldom says who is speaking.

The weights are round numbers chosen by hand from the table in `docs/experiments.md`; the depths were not compared.
Ties are broken by row, so the order is the same every time. Knows nothing of conversations, answers or LLMs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder, Vectors, unit
from index.generation import Generation
from index.passages import Passage, Span, sentences_within
from index.stories import Story

Array = npt.NDArray[np.float64]

DEPTH = 200
"""Candidates taken from the dense and from the lexical search each."""
STORY_DEPTH = 8
"""Stories whose every passage is a candidate: those with the highest BM25 as a whole."""
WEIGHTS = {"dense": 1.0, "sentence": 1.0, "lexical": 1.0, "story": 0.5, "story_best": 1.0}
BEST_PASSAGES = 3
"""How many of a story's best passages speak for it."""


@dataclass(frozen=True)
class Hit:
    """A passage that was found, its story, its score (higher is better; only the order means something) and its parts.

    `components` holds the raw evidence: `dense` and `sentence` are cosines, `lexical` and `story` BM25.
    `sentences` are the passage's sentences, as (start, end) in the story's text, with their cosines.
    """

    passage: Passage
    story: Story
    score: float
    components: dict[str, float] = field(default_factory=dict)
    sentences: tuple[tuple[Span, float], ...] = ()


def search(generation: Generation, embedder: Embedder, words: str, count: int = 20, asked: str = "") -> list[Hit]:
    """The best passages for some words, best first.

    `asked`, where it differs from the words, is what the hits' sentences are compared with besides: the words
    of a conversation find the passage, those of its last question the sentence. Raises `EmbedderError` if the
    model fails.
    """
    vector = embedder.embed_query(words)
    focus = vector if asked in {"", words} else unit((vector + embedder.embed_query(asked))[None])[0]
    found = generation.nearest(vector, DEPTH)
    lexical = generation.lexical.passage_scores(words).astype(np.float64)
    whole = generation.lexical.story_scores(words).astype(np.float64)
    rows = _candidates(generation, found, lexical, whole)
    sentences = generation.sentence_vectors(rows)
    evidence = {
        "dense": _cosines(generation, vector, rows, found),
        "sentence": np.array([max((vectors @ vector).tolist(), default=0.0) for vectors in sentences]),
        "lexical": lexical[rows],
        "story": whole[generation.story_of_row[rows]],
    }
    scores = fuse(evidence, generation.story_of_row[rows])
    order = np.lexsort((np.array(rows), -scores))[:count]
    hits = []
    for place, passage in zip(order, generation.passages([rows[place] for place in order]), strict=True):
        story = generation.story(passage.story_id)
        spans = sentences_within(story.text, passage.start, passage.end)
        components = {name: float(values[place]) for name, values in evidence.items()}
        cosines = zip(spans, (sentences[place] @ focus).tolist(), strict=True)
        hits.append(Hit(passage, story, float(scores[place]), components, tuple(cosines)))
    return hits


def fuse(evidence: dict[str, Array], stories: npt.NDArray[np.int64]) -> Array:
    """Scores of candidates, shape (n,), from evidence of the same shape and the story each belongs to. Pure."""
    own = sum(
        (WEIGHTS[name] * standardise(evidence[name]) for name in ("dense", "sentence", "lexical")),
        np.zeros(len(stories)),
    )
    best = np.empty(len(stories))
    for story in np.unique(stories):
        of_story = stories == story
        best[of_story] = np.sort(own[of_story])[::-1][:BEST_PASSAGES].mean()
    return own + WEIGHTS["story"] * standardise(evidence["story"]) + WEIGHTS["story_best"] * standardise(best)


def standardise(values: Array) -> Array:
    """Values less their mean, over their standard deviation; all 0 where they do not differ."""
    deviation = values.std()
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)


def _candidates(generation: Generation, found: dict[int, float], lexical: Array, whole: Array) -> list[int]:
    """Rows worth scoring, ascending: the dense and lexical best, and all passages of the stories that fit best."""
    best = np.argsort(-lexical, kind="stable")[:DEPTH]
    rows = {*found, *(int(row) for row in best if lexical[row] > 0)}
    for story in np.argsort(-whole, kind="stable")[:STORY_DEPTH]:
        if whole[story] > 0:
            rows.update(range(generation.first_rows[story], generation.first_rows[story + 1]))
    return sorted(rows)


def _cosines(generation: Generation, vector: Vectors, rows: Sequence[int], found: dict[int, float]) -> Array:
    missing = [row for row in rows if row not in found]
    known = {**found, **dict(zip(missing, (generation.vectors(missing) @ vector).tolist(), strict=True))}
    return np.array([known[row] for row in rows])
