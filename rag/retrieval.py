"""A standalone question → hits, spread over stories where many people are asked about.

Owns what a conversation needs beyond `index.search`.
"""

from collections.abc import Sequence

from index.filters import EVERY_STORY, Filters
from index.generation import Generation
from index.live import LiveIndex
from index.query import Sought
from index.search import Hit
from rag.kinds import is_told
from rag.question import Question
from rag.whom import is_of_somebody, named_first, only_theirs

RETRIEVED = 20
"""Hits that an answer keeps, and that `eval` sees."""
FIRST, FROM_STORIES = 5, 4
"""Where many people are asked about, so many passages come first from so many stories, if as many were found."""
DEEPER = 3
"""So many times more hits are looked at, for other stories where many people are asked about, else for the person's."""

TOLD = 0.5
"""Where many people are asked about, a passage with a sentence that looks like an answer counts so much more; passages'
scores have a standard deviation of about 1.2."""


def retrieve(
    index: LiveIndex,
    question: Question,
    generation: Generation,
    count: int = RETRIEVED,
    filters: Filters = EVERY_STORY,
) -> list[Hit]:
    """The best passages for a question, best first; fewer than `count` where only one person's may answer it.

    Raises `FilterError` where the filters leave no story.
    """
    wanted = count * DEEPER if question.many or is_of_somebody(question) else count
    words = f"{question.beside} {question.text}".strip()
    sought = Sought(words, question.asked, question.focus, filters, alone=question.text)
    hits = index.search(sought, wanted, generation)
    hits = only_theirs(question, named_first(question, hits, generation.lexical.idf))
    return (spread(told_first(question, hits)) if question.many else hits)[:count]


def told_first(question: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, best first, where those count `TOLD` more that have a sentence as answers to such a question look."""

    def merit(hit: Hit) -> float:
        return hit.score + TOLD * any(is_told(question.kinds, text) for text in hit.texts)

    return sorted(hits, key=merit, reverse=True)


def spread(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, the first `FIRST` of them from at least `FROM_STORIES` stories if there are so many. Nothing is lost.

    As few are moved as that takes: a story may come again in `FIRST` - `FROM_STORIES` places, elsewhere the best hit
    of another story takes the place.
    """
    first: list[int] = []
    seen: set[str] = set()
    again = FIRST - FROM_STORIES
    for place, hit in enumerate(hits):
        is_new = hit.story.id not in seen
        if len(first) < FIRST and (is_new or again > 0):
            again -= not is_new
            seen.add(hit.story.id)
            first.append(place)
    chosen = set(first)
    return [hits[place] for place in [*first, *(place for place in range(len(hits)) if place not in chosen)]]
