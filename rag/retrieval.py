"""A standalone question → hits, spread over stories where many people are asked about.

Owns what a conversation needs beyond `index.search`; also offers the search as a LangChain retriever.
"""

import logging
import time
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr

from index.errors import CrossroadsError
from index.filters import EVERY_STORY, Filters
from index.generation import Generation
from index.live import LiveIndex
from index.query import Sought
from index.search import Hit
from rag.kinds import is_told
from rag.question import Question, understand
from rag.whom import is_of_somebody, named_first, only_theirs

RETRIEVED = 20
"""Hits that an answer keeps, and that `eval` sees."""
FIRST, FROM_STORIES = 5, 4
"""Where many people are asked about, so many passages come first from so many stories, if as many were found."""
DEEPER = 3
"""So many times more hits are looked at, for other stories where many people are asked about, else for the person's."""
FOLLOW_SECONDS = 10.0
"""How long a retriever answers from what it has before it looks whether other computers published something."""

TOLD = 0.5
"""Where many people are asked about, a passage with a sentence that looks like an answer counts so much more; passages'
scores have a standard deviation of about 1.2."""

_logger = logging.getLogger(__name__)


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


class StoryRetriever(BaseRetriever):
    """The search as LangChain knows retrievers, for chains of others' making.

    A Document's `page_content` is the passage; its metadata hold `story` (an id), `title`, `start` and `end`
    (characters of the story's text) and `score` (higher is better). Raises the errors of index, models and filters.

    A library in a Chroma server is followed: a question that comes `FOLLOW_SECONDS` after the last look waits until
    what was published since is here, and is answered from what was here before where that cannot be fetched.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: LiveIndex
    count: int = 8
    filters: Filters = EVERY_STORY
    _looked: float = PrivateAttr(default_factory=time.monotonic)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **_: Any
    ) -> list[Document]:
        self._follow()
        hits = retrieve(self.index, understand(query), self.index.generation(), self.count, self.filters)
        return [
            Document(
                id=hit.passage.id,
                page_content=hit.passage.text,
                metadata={
                    "story": hit.story.id,
                    "title": hit.story.title,
                    "start": hit.passage.start,
                    "end": hit.passage.end,
                    "score": hit.score,
                },
            )
            for hit in hits
        ]

    def _follow(self) -> None:
        """Take up what other computers published since, if it was not looked for a moment ago."""
        if not self.index.store.is_shared or time.monotonic() - self._looked < FOLLOW_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            self.index.follow()
        except CrossroadsError as error:  # if nothing was here before, asking for it says so
            _logger.warning("%s What was fetched before answers meanwhile.", error)
