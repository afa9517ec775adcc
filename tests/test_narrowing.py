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
from ui.narrowing import FIELDS, SETTLED, _Steps, build_narrowing
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


def site(told: Sequence[Story] | Exception) -> Site:
    return Site(cast("Rag", Library(told)), PageSettings.load(stories=Path(), index=Path()), Readiness())


def steps(told: Sequence[Story] | Exception) -> _Steps:
    return _Steps(site(told))


def told(identity: str, **metadata: object) -> Story:
    return replace(story(identity, ""), metadata={key.strip("_"): value for key, value in metadata.items()})


SHELF = [told("a", from_="nurse", year=2017), told("b", from_="cook", year=2019)]


def event(data: object) -> gr.EventData:
    return gr.EventData(None, data)


def built() -> tuple[gr.Blocks, set[tuple[int, str]]]:
    """A page with the control, and what has it drawn anew."""
    with gr.Blocks() as page:
        published = gr.State(0)
        fields = build_narrowing(site(SHELF), page, published)
    return page, {(page._id, "load"), *((own._id, "change") for own in [published, *fields])}


def test_a_page_asks_once_its_fields_are_written_and_waits_for_the_answer_before_it_asks_again() -> None:
    page, triggers = built()
    settled, then = (one for one in page.fns.values() if one.fn is None or one.name == "shown")
    assert set(settled.targets) == triggers
    assert (settled.fn, settled.outputs, settled.js) == (None, [], SETTLED)
    assert then.trigger_after == settled._id
    assert (then.queue, then.trigger_mode, then.concurrency_limit) == (True, "always_last", None)


def test_only_one_step_draws_the_filters_in_force() -> None:
    """What two of them draw can be shown in another order than it was asked."""
    page, _ = built()
    assert [step.name for step in page.fns.values() for own in step.outputs if own.elem_id == "narrow-bar"] == ["shown"]


def test_what_the_fields_hold_is_in_force() -> None:
    bar, origins, *_ = steps(SHELF).shown(["nurse"], [], [], "", "")
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
    control = steps(SHELF)
    assert control.shown(*NONE) == control.shown(*NONE)
    assert control.shown(["nurse"], [], [], "", "") == control.shown(["nurse"], [], [], "", "")
    assert counted == [EVERY_STORY, Filters(origins=("nurse",))]


def test_choosing_leaves_what_the_fields_hold_as_it_is() -> None:
    """Else each change would be followed by another."""
    _, *fields = steps(SHELF).shown(["nurse"], [], [], "2019", "2017")
    assert all("value" not in field for field in fields)


def test_a_filter_that_is_taken_away_is_taken_out_of_its_field() -> None:
    cook, every = event({"field": "origins", "value": "cook"}), event({"field": "every"})
    assert steps(SHELF).removed(["nurse", "cook"], [], [], "2017", "", cook) == [["nurse"], [], [], "2017", ""]
    assert steps(SHELF).removed(["nurse"], [], ["x"], "2017", "2019", every) == list(NONE)


def test_a_value_that_is_gone_from_the_library_can_still_be_seen_and_taken_away() -> None:
    bar, origins, _, _, since, until = steps(SHELF).shown(["pilot"], [], [], "1999", "")
    assert "Started as pilot" in bar
    assert ("pilot (0)", "pilot") in origins["choices"]
    assert ("1999", "1999") in since["choices"]
    assert since["choices"] == until["choices"]


@pytest.mark.parametrize("sent", [None, 7, "x", {"a": 1}, [1, None, {}]])
def test_whatever_is_sent_is_no_error(sent: object) -> None:
    assert "Narrow down" in steps(SHELF).shown(sent, sent, sent, sent, sent)[0]
    assert len(steps(SHELF).removed(sent, sent, sent, sent, sent, event(sent))) == FIELDS


def test_where_there_is_nothing_to_choose_there_is_no_button() -> None:
    bare = [told("a"), told("b", year=2019)]
    bar, *fields = steps(bare).shown(*NONE)
    assert bar == ""
    assert not any(field["visible"] for field in fields)


def test_values_that_are_too_many_to_be_offered_can_be_typed() -> None:
    many = [told(str(number), from_=f"trade {number}", to="cook") for number in range(MOST_OFFERED + 1)]
    _, origins, destinations, *_ = steps(many).shown(*NONE)
    assert origins["allow_custom_value"]
    assert not destinations["allow_custom_value"]


@pytest.mark.parametrize("error", [IndexMissingError("Build it."), OSError("secret")])
def test_where_the_library_cannot_be_read_there_is_a_sentence(error: Exception) -> None:
    broken = steps(error)
    shown = broken.shown(["nurse"], [], [], "", "")
    assert 'role="alert"' in shown[0]
    assert "secret" not in shown[0]
    assert len(shown) == 1 + FIELDS
    assert broken.shown(*NONE)[0] == "", "the page says it once, below the composer"
