"""What could be asked next: looked up once an answer stands, and put below it.

Knows nothing of Gradio, nor of what is shown by now: `talk.py` puts it there if the answer still is the last one.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from index.errors import CrossroadsError
from index.filters import EVERY_STORY
from rag.answer import Answer
from ui.answers import is_filtered_out

_logger = logging.getLogger(__name__)


class Suggesting(Protocol):
    """Who knows what the library answers: `rag.ask.Rag` does."""

    def suggestions(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        """Questions to go on from a finished answer, none of those asked before."""
        ...


def followed(rag: Suggesting, answer: Answer, asked: Sequence[str] = ()) -> Answer:
    """A finished answer with what could be asked next, which takes a few searches.

    Where filters leave no story, that is what could be asked without them. Suggestions that cannot be had are logged
    and left out: the answer stands.
    """
    about = replace(answer, filters=EVERY_STORY) if is_filtered_out(answer) else answer
    try:
        return replace(answer, suggestions=rag.suggestions(about, asked))
    except CrossroadsError:
        _logger.exception("Suggestions could not be made.")
        return answer
