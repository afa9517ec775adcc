"""What every view of the page is built over: who answers, the settings, and whether the models are loaded yet."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import gradio as gr

from index.errors import IndexMissingError, StoreError
from index.generation import Generation
from rag.ask import Rag
from rag.upkeep import Readiness
from ui.settings import PageSettings

_Found = TypeVar("_Found")
_logger = logging.getLogger(__name__)

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""For events: no named endpoint, and no veil over what is being filled."""


@dataclass(frozen=True)
class Site:
    """One server's page. `ready` tells when the models are loaded and the index is open.

    `is_editable` says whether stories may be added and removed on the page.
    """

    rag: Rag
    settings: PageSettings
    ready: Readiness
    is_editable: bool = True

    def at_first(self, look: Callable[[], _Found], instead: _Found) -> _Found:
        """What of the library the page is built of; `instead` while a server's is not there yet, or cannot be read.

        Raises what `look` does beside that.
        """
        try:
            return look()
        except IndexMissingError:
            return instead
        except StoreError as error:
            if not self.settings.chroma_url:
                raise
            _logger.warning("%s The page is built without it.", error)
            return instead


@contextmanager
def reading(rag: Rag) -> Iterator[Generation]:
    """The generation that is published now, for whoever reads in it without asking a question.

    Raises what is wrong with it as `LiveIndex.reading` tells it to visitors, who has what is damaged mended.
    """
    with rag.index.reading():
        yield rag.generation()


def sent(event: gr.EventData) -> dict[str, Any]:
    """What the browser sent along with an event, if it is a mapping at all."""
    data = event._data  # noqa: SLF001  # Gradio documents no other way to it
    return data if isinstance(data, dict) else {}
