"""Who answers on the page: Rag, with the filters in force, and with what could be asked next after an answer.

Wraps what a conversation asks (`chat.Answering`), so that a conversation need not know of either.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.errors import CrossroadsError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from rag.ask import Rag

_logger = logging.getLogger(__name__)
_LOOKING_UP = threading.Lock()
"""Suggestions are looked up for one visitor at a time: they can wait, and nobody's first words wait for them."""


@dataclass(frozen=True)
class Offering:
    """Answers under filters, each followed by itself with suggestions."""

    rag: Rag
    filters: Filters = EVERY_STORY

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Growing answers; the finished one comes again with what could be asked next, which takes a few searches.

        Raises what `Rag.stream` raises. Suggestions that cannot be had are logged and left out: the answer stands.
        """
        answer = Answer(question)
        for answer in self.rag.stream(question, history, self.filters):
            yield answer
        asked = [turn.text for turn in history if turn.role == "user"]
        try:
            with _LOOKING_UP:
                suggestions = self.rag.suggestions(answer, asked)
        except CrossroadsError:
            _logger.exception("Suggestions could not be made.")
        else:
            yield replace(answer, suggestions=suggestions)
