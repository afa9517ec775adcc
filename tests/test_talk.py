"""ui.talk: its steps, called as the page calls them: what is asked, under which filters, and what is told."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from index.errors import EmbedderError, IndexMissingError, QuestionError, StoreError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from rag.ask import Rag
from rag.upkeep import Readiness
from tests.chatbots import Named, answered, quoted, story
from ui.answers import message, question
from ui.edge import UNEXPECTED
from ui.escaping import inert
from ui.settings import PageSettings
from ui.site import Site
from ui.talk import _ASKABLE, _STOPPABLE, _Steps

COOK = story("cook.md", "It took two years.")
ANSWER = answered("How long?", [quoted(1, COOK, COOK.text)])
TALK = [{"role": "user", "content": question("How long?")}, {"role": "assistant", "content": message(ANSWER)}]
WITHIN = 30.0
"""Seconds for a thread to be free, on a slow and busy machine."""
NONE: tuple[Any, Any, Any, Any, Any] = ([], [], [], "", "")


@dataclass(frozen=True)
class Told(Named):
    notice: str = "Answers quote."


@dataclass
class Scripted:
    """Answers with `ANSWER`, and has always one more question; where there is an error, nothing of it can be read."""

    error: Exception | None = None
    answerer: Told = field(default_factory=Told)
    seen: list[tuple[str, Filters]] = field(default_factory=list)
    looked_up: list[Sequence[str]] = field(default_factory=list)
    index: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(reading=nullcontext))

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Iterator[Answer]:
        self.seen.append((question, filters))
        yield replace(ANSWER, finished=False)
        yield ANSWER

    def suggestions(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        self.looked_up.append(asked)
        return ("And then?",)

    def examples(self, count: int) -> tuple[str, ...]:
        self.generation()
        return ("How?",) * count

    def generation(self) -> SimpleNamespace:
        if self.error:
            raise self.error
        return SimpleNamespace(number=7)


def steps(rag: Scripted, failed: Exception | None = None) -> _Steps:
    ready = Readiness()
    if failed:
        ready.settle(failed)
    else:
        ready.settle()
    return _Steps(Site(cast("Rag", rag), PageSettings.load(stories=Path(), index=Path()), ready))


def told(of: _Steps) -> list[tuple[str, Any]]:
    """Every line that a page is told, to the end."""

    async def lines() -> list[tuple[str, Any]]:
        return [one async for one in of.told()]

    return asyncio.run(lines())


def event(data: object = None) -> gr.EventData:
    return gr.EventData(None, data)


def test_the_filters_of_a_question_are_those_that_came_with_it() -> None:
    rag = Scripted()
    list(steps(rag).asked("How long?", [], ["nurse"], [], ["phd"], "2017", "", event()))
    assert rag.seen == [("How long?", Filters(("nurse",), (), ("phd",), (2017, 2100)))]


def test_with_the_finished_answer_one_can_ask_again_and_nothing_was_looked_up_yet() -> None:
    rag = Scripted()
    *_, before, last, _ = steps(rag).asked("How long?", TALK, *NONE, event())
    assert before[1] == _STOPPABLE, "told with every piece"
    assert (last[0][-1]["content"], last[1]) == (message(ANSWER), _ASKABLE)
    assert rag.looked_up == []
    offered, finished = steps(rag).followed_up(last[2])
    assert offered == {"of": message(ANSWER), "shown": message(replace(ANSWER, suggestions=("And then?",)))}
    assert finished is None
    assert rag.looked_up == [("How long?",)]


def test_a_new_question_makes_looking_up_for_the_last_one_idle() -> None:
    rag = Scripted()
    first, *_ = steps(rag).asked("How long?", TALK, *NONE, event())
    assert steps(rag).followed_up(first[2]) == (None, None)
    assert rag.looked_up == []


@pytest.mark.parametrize(
    ("data", "asked", "kept"),
    [
        (None, "typed", 2),
        ({"value": {"text": "an example"}}, "an example", 2),
        ({"index": 0}, "How long?", 0),
        ({"index": 0, "text": "edited"}, "edited", 0),
        ({"index": 0, "text": 7}, "How long?", 0),
        ("x", "typed", 2),
    ],
)
def test_a_question_is_typed_or_an_example_or_asked_again(data: object, asked: str, kept: int) -> None:
    rag = Scripted()
    *_, last, _ = steps(rag).asked("typed", TALK, *NONE, event(data))
    assert rag.seen[0][0] == asked
    assert len(last[0]) == kept + 2


def test_a_question_that_cannot_be_asked_comes_back_with_the_last_update() -> None:
    class Refusing(Scripted):
        def stream(self, *_: object) -> Iterator[Answer]:
            raise QuestionError("Shorten it.")

    with pytest.warns(UserWarning, match="Shorten it"):  # what a page shows, where there is no page
        *_, last = steps(Refusing()).asked("How long?", TALK, *NONE, event())
    assert last[1] == {**_ASKABLE, "value": "How long?"}


def test_what_is_finished_cannot_be_stopped() -> None:
    shown, composer = steps(Scripted()).stopped(TALK)
    assert (shown, composer) == (gr.skip(), _ASKABLE)
    growing = [TALK[0], {"role": "assistant", "content": message(Answer("?", "It took"))}]
    assert "Stopped." in steps(Scripted()).stopped(growing)[0][-1]["content"]


@pytest.mark.parametrize(
    ("error", "said"), [(EmbedderError("Install it."), "Install it."), (OSError("secret"), UNEXPECTED)]
)
def test_models_that_cannot_be_loaded_are_told_in_a_sentence(error: Exception, said: str) -> None:
    *_, (last, _) = told(steps(Scripted(), error))
    assert inert(said) in last
    assert 'class="failed"' in last


@pytest.mark.parametrize(
    ("error", "said"), [(IndexMissingError("Build it."), "Build it."), (OSError("secret"), UNEXPECTED)]
)
def test_a_library_that_cannot_be_read_is_told_in_a_sentence(error: Exception, said: str) -> None:
    broken = steps(Scripted(error))
    assert inert(said) in told(broken)[-1][0]
    assert broken.welcomed() == gr.skip()


def test_all_being_well_the_line_says_who_answers() -> None:
    ((line, published),) = told(steps(Scripted()))
    assert inert("Answers quote.") in line
    assert published == gr.skip()


def test_a_library_that_is_being_fetched_is_waited_for_and_then_what_was_built_without_it_is_told() -> None:
    rag, ready = Scripted(IndexMissingError("the library is being fetched (part 1 of 2).")), Readiness()
    site = Site(cast("Rag", rag), PageSettings.load(stories=Path(), index=Path()), ready)
    assert site.at_first(lambda: rag.generation().number, 0) == 0

    async def watched() -> None:
        lines = _Steps(site).told()
        line, published = await anext(lines)
        assert inert("The library is being fetched (part 1 of 2).") in line
        assert published == gr.skip()
        rag.error = None
        assert "the search model is being loaded" in (await anext(lines))[0]
        ready.settle()
        line, published = await anext(lines)
        assert inert("Answers quote.") in line
        assert published == 7

    asyncio.run(watched())
    assert site.at_first(lambda: rag.generation().number, 0) == 7


def test_what_stands_in_the_way_is_told_until_it_is_mended() -> None:
    rag, ready = Scripted(), Readiness()
    ready.hinder(StoreError("The index is damaged."))

    async def watched() -> None:
        lines = _Steps(Site(cast("Rag", rag), PageSettings.load(stories=Path(), index=Path()), ready)).told()
        line, _ = await anext(lines)
        assert inert("The index is damaged.") in line
        assert 'class="failed"' in line
        ready.settle()
        assert inert("Answers quote.") in (await anext(lines))[0]

    asyncio.run(watched())


def test_however_many_pages_wait_they_wait_in_one_thread() -> None:
    ready, pages = Readiness(), 50
    site = Site(cast("Rag", Scripted()), PageSettings.load(stories=Path(), index=Path()), ready)

    async def watched() -> None:
        lines = [_Steps(site).told() for _ in range(pages)]
        for one in lines:
            assert "is being loaded" in (await anext(one))[0]
        waiting = [asyncio.ensure_future(anext(one)) for one in lines]
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "a thread is free"), WITHIN) == "a thread is free"
        ready.settle()
        assert len(await asyncio.gather(*waiting)) == pages

    asyncio.run(watched())


def test_only_a_servers_library_may_be_unreadable_while_the_page_is_built() -> None:
    def damaged() -> int:
        raise StoreError("It is damaged.")

    rag, ready, folders = cast("Rag", Scripted()), Readiness(), {"stories": Path(), "index": Path()}
    assert Site(rag, PageSettings.load(**folders, chroma_url="http://127.0.0.1"), ready).at_first(damaged, 0) == 0
    with pytest.raises(StoreError):
        Site(rag, PageSettings.load(**folders), ready).at_first(damaged, 0)
