"""The library for programs: `ask`, `search` and `story`, the only named endpoints of the page's server.

What comes in is anybody's and is checked here; every error is one sentence. `docs/api.md` shows how each is called,
`tools.py` offers the same three to MCP clients.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

import gradio as gr
from gradio.events import api
from pydantic import Field, ValidationError, validate_call

from index.errors import QuestionError
from index.filters import EVERY_STORY, Filters
from rag.answer import Turn
from rag.ask import Rag
from rag.question import MAX_CHARACTERS, understand
from rag.retrieval import retrieve
from ui.chat import LONGEST_MEMORY, REMEMBERED
from ui.edge import sentence
from ui.results import Answered, Chosen, FoundAll, Message, Told, answered, found, told
from ui.site import Site, reading

Count = Annotated[int, Field(ge=1, le=50)]

_Result = TypeVar("_Result")


class Library:
    """The three, as functions; they raise `CrossroadsError`. What they are given has the form that their hints say."""

    def __init__(self, rag: Rag) -> None:
        self._rag = rag

    def ask(self, question: str, history: list[Message] | None = None, filters: Chosen | None = None) -> Answered:
        """Answer a question on changing careers from the stories, every sentence with citations, or refuse.

        `history` is the conversation before it, `filters` which stories to look at: words of `from`, `to` and `tags`,
        and `years` as the first and the last.
        """
        *_, last = self.stream(question, history, filters)
        return last

    def stream(
        self, question: str, history: list[Message] | None = None, filters: Chosen | None = None
    ) -> Iterator[Answered]:
        """The answer to a question as it grows; the last one is `finished`."""
        for answer in self._rag.stream(question, _turns(history or []), _filters(filters)):
            yield answered(answer)

    def search(self, words: str, count: Count = 10, filters: Chosen | None = None) -> FoundAll:
        """Find the passages of stories that fit some words or a question best; no language model is asked.

        `count` is how many, up to 50; `filters` as in `ask`.
        """
        sought = " ".join(words.split())
        if not sought or len(sought) > MAX_CHARACTERS:
            raise QuestionError(f"Say what to look for, in 1 to {MAX_CHARACTERS:,} characters.")
        with reading(self._rag) as generation:
            hits = retrieve(self._rag.index, understand(sought), generation, count, _filters(filters))
            return found(sought, hits, generation.number)

    def story(self, story: str) -> Told:
        """Read a whole story and what is known of it. `story` is its id, as citations and passages have it."""
        with reading(self._rag) as generation:
            if story not in generation.story_ids:
                raise QuestionError(
                    "There is no such story in the library. Take an id from an answer or from a search."
                )
            return told(generation.story(story), generation.number)


def add_api(site: Site) -> None:
    """Give the page that is being built the three endpoints."""
    library = Library(site.rag)
    stream = _checked(library.stream)

    @functools.wraps(library.ask)
    def ask(*given: Any) -> Iterator[Answered]:
        try:
            yield from stream(*given)
        except Exception as error:  # noqa: BLE001  # the outermost edge: it is logged, and told in a sentence
            raise _spoken(error) from None

    for function in (ask, _speaking(library.search), _speaking(library.story)):
        api(function, api_name=function.__name__, concurrency_limit=None)


def _speaking(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """The function with what it is given checked, and with errors that Gradio hands on as a sentence."""
    checked = _checked(function)

    @functools.wraps(function)
    def speaking(*given: Any) -> _Result:
        try:
            return checked(*given)
        except Exception as error:  # noqa: BLE001  # the outermost edge: it is logged, and told in a sentence
            raise _spoken(error) from None

    return speaking


def _checked(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """The function with what it is given checked against its hints, each value by its name."""
    checked, signature = validate_call(function), inspect.signature(function)
    return lambda *given: checked(**signature.bind(*given).arguments)


def _spoken(error: Exception) -> gr.Error:
    """The error as whoever called is told; what nobody thought of is told in full by the log alone."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        said = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}."
    else:
        said = sentence(error)
    return gr.Error(said, print_exception=False)


def _turns(history: Sequence[Message]) -> list[Turn]:
    turns = [Turn(message["role"], message["content"][:LONGEST_MEMORY].strip()) for message in history[-REMEMBERED:]]
    return [turn for turn in turns if turn.text]


def _filters(chosen: Chosen | None) -> Filters:
    if not chosen:
        return EVERY_STORY
    years = chosen.get("years") or []
    return Filters(
        origins=tuple(chosen.get("from", ())),
        destinations=tuple(chosen.get("to", ())),
        tags=tuple(chosen.get("tags", ())),
        years=(years[0], years[-1]) if years else None,
    )
