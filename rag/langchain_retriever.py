"""The search as LangChain knows retrievers, for chains of others' making. Nothing in Crossroads itself imports it."""

import logging
import time
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr

from index.errors import CrossroadsError
from index.filters import EVERY_STORY, Filters
from index.live import LiveIndex
from rag.question import understand
from rag.retrieval import retrieve

FOLLOW_SECONDS = 10.0
"""How long a retriever answers from what it has before it looks whether other computers published something."""

_logger = logging.getLogger(__name__)


class StoryRetriever(BaseRetriever):
    """Retrieves passages, best first.

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
