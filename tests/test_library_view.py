"""The steps of the library's view, called as a client could call them: rights, what is sent, what is given back."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest

from index.errors import IndexMissingError
from index.live import LiveIndex
from index.store import PassageStore
from rag.ask import Rag
from tests.folders import BREAD
from tests.library import write_library
from ui.adding import Given, Understood, look_at_files
from ui.changing import _Steps as ChangingSteps
from ui.library import _Steps as LibrarySteps
from ui.reader import Place
from ui.settings import PageSettings
from ui.shelf import AT_ONCE
from ui.site import Site

NOTHING: tuple[Any, Any, Any, Any, Any] = ("", [], [], [], "title")


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    return write_library(tmp_path / "stories")


def site(index: LiveIndex, stories: Path, *, is_editable: bool = True, fetch: bool = False) -> Site:
    """A site over an index that was built; of its rag, the view uses the generation alone."""
    settings = PageSettings(stories=stories, index=index.store.folder, device="cpu", fetch=fetch)
    return Site(cast("Rag", index), settings, Future(), is_editable=is_editable)


def event(data: object) -> gr.EventData:
    return gr.EventData(None, data)


def texts(update: object) -> str:
    return str(update)


def last(updates: Iterator[list[Any]]) -> list[Any]:
    return list(updates)[-1]


def test_the_view_shows_every_story_and_what_it_can_be_narrowed_by(built: LiveIndex, stories: Path) -> None:
    number, heading, origins, _, tags, count, cards, more, clear = LibrarySteps(site(built, stories)).opened(
        *NOTHING, AT_ONCE
    )
    assert number == built.generation().number
    assert "4 stories" in heading
    assert "4 stories" in count
    assert cards.count('class="card"') == 4
    assert ("baker (1)", "baker") in origins["choices"]
    assert ("self-taught (2)", "self-taught") in tags["choices"]
    assert (more["visible"], clear["visible"]) == (False, False)


def test_who_may_not_change_it_sees_no_way_to_and_is_told(built: LiveIndex, stories: Path) -> None:
    shown = LibrarySteps(site(built, stories, is_editable=False)).opened(*NOTHING, AT_ONCE)
    assert "not changed" in shown[1]
    assert "Remove" not in texts(shown)


def test_a_pick_in_the_picture_narrows(built: LiveIndex, stories: Path) -> None:
    steps = LibrarySteps(site(built, stories))
    shown = steps.picked(*NOTHING, event({"from": "baker", "to": "backend developer"}))
    assert "1 of 4 stories" in texts(shown)
    assert shown[1]["value"] == ["baker"]
    kept = steps.picked("", ["baker"], [], [], "title", event({"from": "", "to": "data analyst"}))
    assert (kept[1]["value"], kept[2]["value"]) == (["baker"], ["data analyst"])


@pytest.mark.parametrize("data", [None, "x", [], {}, {"from": 7, "to": ["x"]}, {"from": "x" * 10_000}])
def test_a_pick_that_is_none_leaves_all(built: LiveIndex, stories: Path, data: object) -> None:
    assert "4 stories" in texts(LibrarySteps(site(built, stories)).picked(*NOTHING, event(data)))


@pytest.mark.parametrize("sent", [None, 7, {"a": 1}, [1, None, {}]])
def test_whatever_is_sent_is_no_error(built: LiveIndex, stories: Path, sent: object) -> None:
    steps = LibrarySteps(site(built, stories))
    steps.opened(sent, sent, sent, sent, sent, sent)
    steps.narrowed(sent, sent, sent, sent, sent)
    steps.further(sent, sent, sent, sent, sent, sent)
    steps.cleared(sent)


def test_a_value_that_is_gone_can_still_be_taken_away(built: LiveIndex, stories: Path) -> None:
    shown = LibrarySteps(site(built, stories)).narrowed("", ["a trade that was removed"], [], [], "title")
    assert ("a trade that was removed (0)", "a trade that was removed") in shown[1]["choices"]
    assert "Take one of the choices away" in texts(shown)


def test_the_picture_is_one_of_the_whole_library(built: LiveIndex, stories: Path) -> None:
    drawn, listed = LibrarySteps(site(built, stories)).pictured()
    assert drawn["value"].type == "plotly"
    assert "baker → backend developer" in listed


def test_without_an_index_the_view_says_so(tmp_path: Path, stories: Path) -> None:
    missing = LiveIndex(PassageStore(tmp_path / "no-index"), cast("Any", None))
    with pytest.raises(IndexMissingError):
        missing.generation()
    steps = LibrarySteps(site(missing, stories))
    assert "there is no index yet" in steps.opened(*NOTHING, AT_ONCE)[6].replace("&#32;", " ")
    assert steps.pictured() == [None, ""]
    steps.narrowed(*NOTHING)
    steps.further(*NOTHING, AT_ONCE)


def test_nothing_is_changed_for_who_may_not(built: LiveIndex, stories: Path) -> None:
    before = sorted(stories.iterdir())
    steps = ChangingSteps(site(built, stories, is_editable=False, fetch=True))
    place = Place.of(built.generation().story("baker.md")).href
    understood = look_at_files(steps._holdings(), [Given("x.md", BREAD)])
    outcomes = [
        steps.opened(),
        last(steps.given_files([])),
        last(steps.given_text("a", "b", "c", "I was a nurse.")),
        last(steps.given_address("https://example.org")),
        last(steps.saved(understood)),
        last(steps.built()),
        last(steps.removed(event({"place": place}))),
    ]
    for outcome in outcomes:
        assert "cannot be changed" in texts(outcome) or "previews=()" in texts(outcome)
    assert sorted(stories.iterdir()) == before


def test_no_page_is_fetched_where_that_is_off(built: LiveIndex, stories: Path) -> None:
    shown = last(ChangingSteps(site(built, stories)).given_address("https://example.org"))
    assert "Pages are not fetched here" in shown[0].faults[0]


@pytest.mark.parametrize(
    "place",
    [None, "x", 7, Place("../../etc/passwd", "0").href, Place("/etc/passwd", "0").href, Place("gone.md", "0").href],
)
def test_only_a_story_of_the_library_is_removed(built: LiveIndex, stories: Path, place: object) -> None:
    before = sorted(stories.iterdir())
    shown = last(ChangingSteps(site(built, stories)).removed(event({"place": place})))
    assert "no longer in the library" in shown[1]
    assert sorted(stories.iterdir()) == before


@pytest.mark.parametrize("sent", [None, 7, "x", Understood()])
def test_nothing_new_is_not_saved(built: LiveIndex, stories: Path, sent: object) -> None:
    assert "nothing new to save" in texts(last(ChangingSteps(site(built, stories)).saved(sent)))


def test_a_text_that_was_looked_at_can_be_saved(built: LiveIndex, stories: Path) -> None:
    understood, preview, save = last(
        ChangingSteps(site(built, stories)).given_text("From nurse to tester", "nurse", "tester", "I nursed. I test.")
    )
    assert len(understood.new) == 1
    assert "From nurse to tester" in preview
    assert save["visible"] is True


def test_a_folder_ahead_of_the_index_is_told(built: LiveIndex, stories: Path) -> None:
    steps = ChangingSteps(site(built, stories))
    assert steps.opened()[2]["visible"] is False
    (stories / "new.md").write_bytes(BREAD)
    _, told, again = steps.opened()
    assert "1 file of the stories folder" in told
    assert again["visible"] is True


def test_the_last_story_stays(built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = built.generation()
    monkeypatch.setattr(generation, "story_ids", ("baker.md",))
    place = Place.of(generation.story("baker.md")).href
    shown = last(ChangingSteps(site(built, stories)).removed(event({"place": place})))
    assert "only story" in shown[1]
    assert (stories / "baker.md").exists()
