"""Words → hits: the passages of a generation that answer best, each with its score and what that is made of.

Owns the order of the steps and what a hit tells; which evidence there is, and its weights, is `relevance.py`'s.
Ties are broken by row, so the order is the same every time. Knows nothing of conversations, answers or LLMs.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder, unit
from index.generation import Generation
from index.passages import Passage, Span, sentences_within
from index.query import Sought, read_query
from index.relevance import Evidence, QueryVectors, rank, weigh
from index.stories import Story

Array = npt.NDArray[np.float64]

DEPTH = 200
"""How many passages the dense search finds; the best of them choose the stories that are weighed."""


@dataclass(frozen=True)
class Hit:
    """A passage that was found, its story, its score (higher is better; only the order means something) and its parts.

    `score` is the logarithm of the chance that this passage is the one. `components` holds the evidence by name, as
    `relevance.py` defines it, besides the cosines of the words with the passage (`dense`) and with its best
    sentence (`sentence`). `sentences` are the passage's sentences, as (start, end) in the story's text, with their
    cosines.
    """

    passage: Passage
    story: Story
    score: float
    components: dict[str, float] = field(default_factory=dict)
    sentences: tuple[tuple[Span, float], ...] = ()


def search(generation: Generation, embedder: Embedder, sought: Sought | str, count: int = 20) -> list[Hit]:
    """The best passages for what is sought, best first.

    The hits' sentences are compared with the words and, where that is another text, with what was asked. Raises
    `EmbedderError` if the model fails.
    """
    evidence, vectors = gather(generation, embedder, sought)
    scores = rank(evidence)
    order = np.lexsort((evidence.rows, -scores))[:count]
    aim = vectors.words if vectors.asked is vectors.words else unit((vectors.words + vectors.asked)[None])[0]
    hits = []
    for place, passage in zip(order, generation.passages(evidence.rows[order].tolist()), strict=True):
        story = generation.story(passage.story_id)
        spans = sentences_within(story.text, passage.start, passage.end)
        own = evidence.sentences[place]
        components = {
            "dense": float(evidence.dense[place]),
            "sentence": max((own @ vectors.words).tolist(), default=0.0),
            **{name: float(values[evidence.group[place]]) for name, values in evidence.stories.items()},
            **{name: float(values[place]) for name, values in evidence.passages.items()},
        }
        cosines = zip(spans, (own @ aim).tolist(), strict=True)
        hits.append(Hit(passage, story, float(scores[place]), components, tuple(cosines)))
    return hits


def gather(generation: Generation, embedder: Embedder, sought: Sought | str) -> tuple[Evidence, QueryVectors]:
    """The candidates with the evidence for each, and the vectors of what is sought: what `search` ranks."""
    wanted = Sought(sought) if isinstance(sought, str) else sought
    query = read_query(wanted, generation.lexical.is_known)
    texts = list(dict.fromkeys([query.words, query.asked, query.focus]))
    known = dict(zip(texts, embedder.embed_queries(texts), strict=True))
    vectors = QueryVectors(known[query.words], known[query.asked], known[query.focus])
    return weigh(generation, query, vectors, DEPTH), vectors


def standardise(values: Array) -> Array:
    """Values less their mean, over their standard deviation; all 0 where they do not differ."""
    deviation = values.std()
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)
