"""The steps of the library's view, called as a client could call them: rights, what is sent, what is given back."""

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest

from index.errors import IndexMissingError
from index.generation import Generation
from index.live import LiveIndex
from index.store import PassageStore
from index.stories import Story
from tests.folders import BREAD
from tests.library import write_library
from tests.sites import event, last, site
from ui import shelf
from ui.adding import Given, Understood, look_at_files
from ui.changing import _Steps as ChangingSteps
from ui.edge import UNEXPECTED
from ui.escaping import inert
from ui.library import _Steps as LibrarySteps
from ui.reader import Place
from ui.shelf import AT_ONCE

NOTHING: tuple[Any, Any, Any, Any, Any] = ("", [], [], [], "title")


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    return write_library(tmp_path / "stories")


def texts(update: object) -> str:
    return str(update)


def test_the_view_shows_every_story_and_what_it_can_be_narrowed_by(built: LiveIndex, stories: Path) -> None:
    number, heading, origins, _, tags, count, cards, more, clear, seen = LibrarySteps(site(built, stories)).opened(
        *NOTHING, AT_ONCE
    )
    assert number == seen == built.generation().number
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


def test_after_words_are_typed_the_counts_are_of_what_they_leave(built: LiveIndex, stories: Path) -> None:
    shown = LibrarySteps(site(built, stories)).narrowed("bread", [], [], [], "title")
    assert shown[1]["choices"] == [("baker (1)", "baker")]
    assert shown[3]["choices"] == [("bootcamp (1)", "bootcamp"), ("self-taught (1)", "self-taught")]


def test_words_are_looked_for_once_whatever_is_shown_of_them(
    built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought: list[str] = []
    look = shelf._places_telling

    def watched(generation: Generation, word: str) -> set[int]:
        sought.append(word)
        return look(generation, word)

    monkeypatch.setattr(shelf, "_places_telling", watched)
    LibrarySteps(site(built, stories)).narrowed("bread", ["baker"], [], [], "title")
    assert sought == ["bread"]


def test_what_no_story_tells_is_no_field_to_narrow_by(
    built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = LibrarySteps(site(built, stories))
    assert [field["visible"] for field in steps.opened(*NOTHING, AT_ONCE)[2:5]] == [True, True, True]
    told: Sequence[Story] = [replace(story, metadata={}) for story in built.generation().stories()]
    monkeypatch.setattr(built.generation(), "stories", lambda: told)
    steps = LibrarySteps(site(built, stories))
    assert [field["visible"] for field in steps.opened(*NOTHING, AT_ONCE)[2:5]] == [False, False, False]
    picked = steps.opened("", ["a trade that was removed"], [], [], "title", AT_ONCE)
    assert picked[2]["visible"], "else it could not be taken away"
    drawn, in_words = steps.pictured()
    assert drawn["visible"] is False
    assert "No story here says" in in_words


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


def test_a_library_that_comes_while_the_view_is_looked_at_is_shown(built: LiveIndex, stories: Path) -> None:
    steps, number = LibrarySteps(site(built, stories)), built.generation().number
    asked = (*NOTHING, AT_ONCE)
    assert steps.renewed(number, 0, *asked) == steps.opened(*asked)
    for seen in (None, number):  # never looked at; looked at already
        untouched = steps.renewed(number, seen, *asked)
        assert len(untouched) == len(steps.opened(*asked))
        assert all(update == gr.skip() for update in untouched)


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
        last(steps.saved(understood, None)),
        last(steps.built(None)),
        last(steps.removed(None, event({"place": place}))),
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
    shown = last(ChangingSteps(site(built, stories)).removed(None, event({"place": place})))
    assert "no longer in the library" in shown[2]
    assert sorted(stories.iterdir()) == before


@pytest.mark.parametrize("sent", [None, 7, "x", Understood()])
def test_nothing_new_is_not_saved(built: LiveIndex, stories: Path, sent: object) -> None:
    assert "nothing new to save" in texts(last(ChangingSteps(site(built, stories)).saved(sent, None)))


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
    shown = last(ChangingSteps(site(built, stories)).removed(None, event({"place": place})))
    assert "only story" in shown[2]
    assert (stories / "baker.md").exists()


def test_what_breaks_down_in_the_view_is_a_sentence(
    built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(built, "generation", broken)
    steps = LibrarySteps(site(built, stories))
    place = Place("baker.md", "0" * 12).href
    shown = [
        steps.opened(*NOTHING, AT_ONCE),
        steps.narrowed(*NOTHING),
        steps.further(*NOTHING, AT_ONCE),
        last(ChangingSteps(site(built, stories)).removed(None, event({"place": place}))),
    ]
    for update in shown:
        assert inert(UNEXPECTED) in texts(update)
        assert "secret" not in texts(update)
    assert "ZeroDivisionError" in caplog.text


def test_a_pasted_story_that_cannot_be_written_stays_in_the_form(
    built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    steps = ChangingSteps(site(built, stories))
    understood, *_ = last(steps.given_text("From nurse to tester", "nurse", "tester", "I nursed. I test."))
    monkeypatch.setattr("index.intake.written", full)
    panel, left, preview, save, *typed = last(steps.saved(understood, None))[:8]
    assert left.new == understood.new
    assert "No space left" in preview
    assert "From nurse to tester" in preview
    assert save["visible"] is True
    assert "value" not in panel
    assert "visible" not in panel
    assert all("value" not in field for field in typed), "what was typed is left as it is"


def test_a_folder_that_may_not_be_read_is_told_and_nothing_is_emptied(
    built: LiveIndex, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    steps = ChangingSteps(site(built, stories))
    understood, *_ = last(steps.given_text("A", "b", "c", "I nursed. I test."))
    monkeypatch.setattr("ui.changing.Holdings", locked)
    assert last(steps.given_text("A", "b", "c", "I nursed. I test."))[0].faults == (UNEXPECTED,)
    shown = last(steps.saved(understood, None))
    assert all("value" not in field for field in shown[:8])
    assert "nobody had thought of it" in shown[10]
    monkeypatch.setattr("ui.changing.plan_rebuild", locked)
    assert "nobody had thought of it" in steps.opened()[1]
