"""ui.narrowing: the filters in force are what the fields hold; whatever they hold, the control shows something."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from index.errors import IndexMissingError
from index.filters import EVERY_STORY, Filters
from index.stories import Story
from rag.ask import Rag
from rag.upkeep import Readiness
from tests.chatbots import story
from ui import choosing
from ui.choosing import MOST_OFFERED
from ui.narrowing import FIELDS, _Steps, build_narrowing
from ui.settings import PageSettings
from ui.site import Site

NONE: tuple[Any, Any, Any, Any, Any] = ([], [], [], "", "")


@dataclass
class Library:
    """Stories, or what stands in the way of them."""

    told: Sequence[Story] | Exception
    index: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(reading=nullcontext))

    def generation(self) -> "Library":
        if isinstance(self.told, Exception):
            raise self.told
        return self

    def stories(self) -> Sequence[Story]:
        return cast("Sequence[Story]", self.told)


def steps(told: Sequence[Story] | Exception) -> _Steps:
    settings = PageSettings.load(stories=Path(), index=Path())
    return _Steps(Site(cast("Rag", Library(told)), settings, Readiness()))


def told(identity: str, **metadata: object) -> Story:
    return replace(story(identity, ""), metadata={key.strip("_"): value for key, value in metadata.items()})


SHELF = [told("a", from_="nurse", year=2017), told("b", from_="cook", year=2019)]


def event(data: object) -> gr.EventData:
    return gr.EventData(None, data)


def test_a_page_waits_for_what_it_asked_before_it_asks_again() -> None:
    site = Site(cast("Rag", Library(SHELF)), PageSettings.load(stories=Path(), index=Path()), Readiness())
    with gr.Blocks() as page:
        fields = build_narrowing(site, page, gr.State(0))
    (step,) = (one for one in page.fns.values() if {(own._id, "change") for own in fields} <= set(one.targets))
    assert (step.queue, step.trigger_mode, step.concurrency_limit) == (True, "always_last", None)


def test_what_the_fields_hold_is_in_force() -> None:
    bar, origins, *_ = steps(SHELF).chosen(["nurse"], [], [], "", "")
    assert "Started as nurse" in bar
    assert "1 of 2 stories" in bar
    assert ("nurse (1)", "nurse") in origins["choices"]


def test_pages_that_are_opened_on_one_library_are_told_what_was_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Filters] = []
    offered = choosing.offered

    def watched(stories: Sequence[Story], filters: Filters) -> choosing.Offered:
        counted.append(filters)
        return offered(stories, filters)

    monkeypatch.setattr(choosing, "offered", watched)
    shown = steps(SHELF)
    assert shown.opened(*NONE) == shown.opened(*NONE)
    assert shown.chosen(["nurse"], [], [], "", "") == shown.opened(["nurse"], [], [], "", "")
    assert counted == [EVERY_STORY, Filters(origins=("nurse",))]


def test_choosing_leaves_what_the_fields_hold_as_it_is() -> None:
    """Else each change would be followed by another."""
    _, *fields = steps(SHELF).chosen(["nurse"], [], [], "2019", "2017")
    assert all("value" not in field for field in fields)


def test_a_filter_that_is_taken_away_is_taken_out_of_its_field() -> None:
    bar, *fields = steps(SHELF).removed(
        ["nurse", "cook"], [], [], "2017", "", event({"field": "origins", "value": "cook"})
    )
    assert [field["value"] for field in fields] == [["nurse"], [], [], "2017", ""]
    assert "cook" not in bar
    _, *fields = steps(SHELF).removed(["nurse"], [], ["x"], "2017", "2019", event({"field": "every"}))
    assert [field["value"] for field in fields] == list(NONE)


def test_a_value_that_is_gone_from_the_library_can_still_be_seen_and_taken_away() -> None:
    bar, origins, _, _, since, until = steps(SHELF).opened(["pilot"], [], [], "1999", "")
    assert "Started as pilot" in bar
    assert ("pilot (0)", "pilot") in origins["choices"]
    assert ("1999", "1999") in since["choices"]
    assert since["choices"] == until["choices"]


@pytest.mark.parametrize("sent", [None, 7, "x", {"a": 1}, [1, None, {}]])
def test_whatever_is_sent_is_no_error(sent: object) -> None:
    assert "Narrow down" in steps(SHELF).chosen(sent, sent, sent, sent, sent)[0]
    assert len(steps(SHELF).removed(sent, sent, sent, sent, sent, event(sent))) == 1 + FIELDS


def test_where_there_is_nothing_to_choose_there_is_no_button() -> None:
    bare = [told("a"), told("b", year=2019)]
    bar, *fields = steps(bare).opened(*NONE)
    assert bar == ""
    assert not any(field["visible"] for field in fields)


def test_values_that_are_too_many_to_be_offered_can_be_typed() -> None:
    many = [told(str(number), from_=f"trade {number}", to="cook") for number in range(MOST_OFFERED + 1)]
    _, origins, destinations, *_ = steps(many).opened(*NONE)
    assert origins["allow_custom_value"]
    assert not destinations["allow_custom_value"]


@pytest.mark.parametrize("error", [IndexMissingError("Build it."), OSError("secret")])
def test_where_the_library_cannot_be_read_there_is_a_sentence(error: Exception) -> None:
    broken = steps(error)
    for shown in (broken.chosen(*NONE), broken.removed(*NONE, event({}))):
        assert 'role="alert"' in shown[0]
        assert "secret" not in shown[0]
        assert len(shown) == 1 + FIELDS
    assert broken.opened(*NONE)[0] == "", "the page says it once, below the composer"
