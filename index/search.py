"""Words → hits: the passages of a generation that answer best, each with its score and what that is made of.

Owns the order of the steps and what a hit tells; which evidence there is, and its weights, is `relevance.py`'s.
Ties are broken by row, so the order is the same every time. Knows nothing of conversations, answers or LLMs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from index.embedding import Embedder, unit
from index.errors import FilterError
from index.facets import why_nothing
from index.gathering import QueryVectors, query_vectors, weigh
from index.generation import Generation
from index.passages import Passage, Span
from index.query import Sought, read_query
from index.relevance import Evidence, rank
from index.reranking import Reranker
from index.stories import Story
from index.threads import one_thread

Array = npt.NDArray[np.float64]

DEPTH = 200
"""How many passages the dense search finds; the best of them choose the stories that are weighed."""
EXACT = 5
# Decimals of a score. In the next ones, the same passage in two stories differs by where its vectors lie in memory.


@dataclass(frozen=True)
class HitSentence:
    """A sentence of a hit: its place in the story's text, and how near it is to what is sought.

    `cosine` compares its vector with the mean of what was looked for, asked and its focus; `match` is the mean over
    the focus' tokens of the largest cosine with one of its own.
    """

    span: Span
    cosine: float
    match: float


@dataclass(frozen=True)
class Hit:
    """A passage that was found, its story, its score (higher is better; only the order means something) and its parts.

    `score` is the logarithm of the chance that this passage is the one. `components` holds the evidence by name, as
    `relevance.py` defines it, besides the cosines of the words with the passage (`dense`) and with its best
    sentence (`sentence`), and the score by a reranker that was asked (`reranker`). `sentences` are the passage's,
    in order.
    """

    passage: Passage
    story: Story
    score: float
    components: dict[str, float] = field(default_factory=dict)
    sentences: Sequence[HitSentence] = ()

    @property
    def texts(self) -> list[str]:
        """The words of its sentences."""
        return [self.story.text[slice(*sentence.span)] for sentence in self.sentences]


def search(
    generation: Generation,
    embedder: Embedder,
    sought: Sought | str,
    count: int = 20,
    reranker: Reranker | None = None,
) -> list[Hit]:
    """The best passages for what is sought, best first; a reranker orders the best `reranker.depth` of them anew.

    Raises `FilterError` where filters leave no story, `EmbedderError` or `RerankerError` if a model fails.
    """
    wanted = Sought(sought) if isinstance(sought, str) else sought
    if reranker is None:
        return _found(generation, embedder, wanted, count)
    hits = _found(generation, embedder, wanted, max(count, reranker.depth))
    best = _reranked(hits[: reranker.depth], wanted.alone or wanted.words, reranker)
    return [*best, *hits[reranker.depth :]][:count]


def _found(generation: Generation, embedder: Embedder, sought: Sought, count: int) -> list[Hit]:
    """The passages with the best evidence, best first."""
    with one_thread():
        evidence, vectors = gather(generation, embedder, sought)
    scores = rank(evidence).round(EXACT)
    order = np.lexsort((evidence.rows, -scores))[:count]
    aim = unit((vectors.words + vectors.asked + vectors.focus)[None])[0]
    rows = evidence.rows[order]
    hits = []
    for place, passage, spans in zip(
        order, generation.passages(rows.tolist()), generation.sentence_spans(rows), strict=True
    ):
        story = generation.story(passage.story_id)
        own = evidence.sentences[place]
        components = {
            "dense": float(evidence.dense[place]),
            "sentence": max((own @ vectors.words).tolist(), default=0.0),
            **{name: float(values[evidence.group[place]]) for name, values in evidence.stories.items()},
            **{name: float(values[place]) for name, values in evidence.passages.items()},
        }
        values = zip(spans, (own @ aim).tolist(), evidence.matches[place].tolist(), strict=True)
        sentences = tuple(HitSentence(*value) for value in values)
        hits.append(Hit(passage, story, float(scores[place]), components, sentences))
    return hits


def gather(generation: Generation, embedder: Embedder, sought: Sought | str) -> tuple[Evidence, QueryVectors]:
    """The candidates with the evidence for each, and the vectors of what is sought: what `search` ranks."""
    wanted = Sought(sought) if isinstance(sought, str) else sought
    among = generation.matching(wanted.filters) if wanted.filters else None
    if among is not None and not len(among):
        raise FilterError(why_nothing(generation.stories(), wanted.filters))
    query = read_query(wanted, generation.lexical.is_known)
    texts = list(dict.fromkeys([query.words, query.asked, query.focus]))
    known = dict(zip(texts, embedder.read_queries(texts), strict=True))
    vectors = query_vectors(*(known[text] for text in (query.words, query.asked, query.focus)))
    return weigh(generation, query, vectors, DEPTH, among), vectors


def _reranked(hits: Sequence[Hit], question: str, reranker: Reranker) -> list[Hit]:
    """The hits in the order of a reranker's scores, equals as they were.

    Their own scores are handed out anew, the best to the first: what is made of hits later reads a score as the
    logarithm of a chance, which a reranker's is not.
    """
    found = reranker.scores(question, [_shown(hit) for hit in hits])
    ordered = np.argsort(-found, kind="stable").tolist()
    return [
        replace(hits[place], score=hit.score, components=hits[place].components | {"reranker": float(found[place])})
        for hit, place in zip(hits, ordered, strict=True)
    ]


def _shown(hit: Hit) -> str:
    """A passage with whose story it is, as a reranker reads it."""
    path = f" ({hit.story.path})" if hit.story.path else ""
    return f"{hit.story.title}{path}\n{hit.passage.text}"


def standardise(values: Array) -> Array:
    """Values less their mean, over their standard deviation; all 0 where they do not differ."""
    deviation = values.std()
    return (values - values.mean()) / deviation if deviation > 0 else np.zeros_like(values)
