"""The outermost edge of the page: whatever goes wrong beyond it becomes a sentence for whoever is looking.

What nobody had thought of is told in one sentence, and in full to the log. Knows nothing of how a sentence is shown.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from index.errors import CrossroadsError

UNEXPECTED = (
    "Something went wrong on the server, and nobody had thought of it. Try again; if it happens again, "
    "the terminal that Crossroads was started from shows what it was."
)

_Shown = TypeVar("_Shown")
_logger = logging.getLogger(__name__)


def guarded(step: Callable[[], _Shown], instead: Callable[[str], _Shown]) -> _Shown:
    """What a step gives; where it fails, what is shown instead, made of the sentence that says why."""
    try:
        return step()
    except Exception as error:  # noqa: BLE001  # the edge: beyond it a visitor would be told nothing
        return instead(sentence(error))


def sentence(error: Exception) -> str:
    """What is told of an error; one that nobody had thought of is logged."""
    if isinstance(error, CrossroadsError):
        return str(error)
    _logger.error("A step of the page failed.", exc_info=error)
    return UNEXPECTED
