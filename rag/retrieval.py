"""A standalone question → hits, spread over stories where many people are asked about.

Owns what a conversation needs beyond `index.search`; also offers the search as a LangChain retriever.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from index.generation import Generation
from index.live import LiveIndex
from index.search import Hit
from rag.question import Question, understand

RETRIEVED = 20
"""Hits that an answer keeps, and that `eval` sees."""
PER_STORY = 1
"""Of one story, this many passages come before the next story's turn where many people are asked about."""


def retrieve(index: LiveIndex, question: Question, generation: Generation, count: int = RETRIEVED) -> list[Hit]:
    """The best passages for a question, best first."""
    hits = index.search(question.text, count, generation, question.asked)
    return spread(hits, PER_STORY) if question.many else hits


def spread(hits: Sequence[Hit], per_story: int) -> list[Hit]:
    """The hits in rounds of at most `per_story` for each story, the order kept within a round. Nothing is lost."""
    seen: Counter[str] = Counter()
    rounds = []
    for hit in hits:
        rounds.append(seen[hit.story.id] // per_story)
        seen[hit.story.id] += 1
    return [hits[place] for place in sorted(range(len(hits)), key=lambda place: (rounds[place], place))]


class StoryRetriever(BaseRetriever):
    """The search as LangChain knows retrievers: Documents whose metadata hold story, title, start, end and score."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: LiveIndex
    count: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **_: Any
    ) -> list[Document]:
        hits = retrieve(self.index, understand(query), self.index.generation(), self.count)
        return [
            Document(
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
