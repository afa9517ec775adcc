"""ui.actions: what the page's script may call answers with what was asked for, or with a problem in a sentence."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from rag.ask import Rag
from rag.upkeep import Readiness
from tests.chatbots import POINTER, Scripted, Shelf, answered, quoted, story
from ui.actions import NOTHING, UNREADABLE, Reply, build_actions, server_functions
from ui.answers import message, question
from ui.edge import UNEXPECTED
from ui.settings import PageSettings
from ui.site import Site
from ui.votes import FILE

COOK = story("cook.md", "I was a cook. It took two years.")
TALK = [
    {"role": "user", "content": question("How long?")},
    {
        "role": "assistant",
        "content": [{"type": "text", "text": message(answered("?", [quoted(1, COOK, "two years")]))}],
    },
]
VOTE = {"ballot": "0" * 32, "vote": "down", "index": 1, "messages": TALK}

Functions = Mapping[str, Callable[[Any], Reply]]


class NumberedShelf(Shelf):
    """Stories with the number that a generation has."""

    number = POINTER.generation


def site(folder: Path, *, feedback: bool = True) -> Site:
    rag = cast("Rag", Scripted(NumberedShelf((COOK,)), {}))
    settings = PageSettings.load(stories=folder, index=folder, feedback=feedback)
    return Site(rag, settings, Readiness())


def functions(folder: Path, *, feedback: bool = True) -> Functions:
    return {function.__name__: function for function in server_functions(site(folder, feedback=feedback))}


@pytest.fixture
def call(tmp_path: Path) -> Functions:
    return functions(tmp_path)


def test_an_answer_is_copied_with_its_sources(call: Functions) -> None:
    copied = call["copied"]({"messages": TALK, "index": 1})["text"]
    assert "“two years” [1]." in copied
    assert "[1] cook.md" in copied


def test_a_conversation_is_exported_in_both_forms(call: Functions) -> None:
    as_text = call["exported"]({"messages": TALK, "form": "markdown"})
    assert re.fullmatch(r"crossroads-\d{4}-\d\d-\d\d-\d{4}\.md", as_text["name"])
    assert "## How long?" in as_text["text"]
    as_json = call["exported"]({"messages": TALK, "form": "json"})
    assert as_json["name"].endswith(".json")
    assert json.loads(as_json["text"])["conversation"][0]["sources"][0]["quote"] == "two years"


def test_nothing_cannot_be_exported(call: Functions) -> None:
    assert call["exported"]({"messages": [], "form": "json"}) == {"problem": NOTHING}


def test_a_vote_is_kept_in_the_folder_of_the_index(call: Functions, tmp_path: Path) -> None:
    assert call["voted"](VOTE)["said"].startswith("Thank you.")
    assert json.loads((tmp_path / FILE).read_text())["question"] == "How long?"
    assert "withdrawn" in call["voted"](VOTE | {"vote": ""})["said"]
    assert (tmp_path / FILE).read_text() == ""


@pytest.mark.parametrize(("feedback", "shown"), [(True, 'data-feedback="on"'), (False, 'data-feedback="off"')])
def test_the_page_is_told_whether_votes_are_kept(tmp_path: Path, feedback: bool, shown: str) -> None:
    assert shown in str(build_actions(site(tmp_path, feedback=feedback)).value)


def test_where_votes_are_off_none_is_kept(tmp_path: Path) -> None:
    assert "not kept" in functions(tmp_path, feedback=False)["voted"](VOTE)["problem"]
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("name", ["copied", "exported", "voted"])
@pytest.mark.parametrize(
    "request_",
    [None, "x", 7, [], {}, {"messages": 3, "index": 1}, {"messages": [None], "index": "1"}, VOTE | {"messages": []}],
)
def test_whatever_is_sent_the_reply_is_a_sentence(call: Functions, name: str, request_: Any) -> None:
    assert call[name](request_)["problem"] in {UNREADABLE, NOTHING}


def test_what_nobody_thought_of_is_a_sentence_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = functions(tmp_path)
    monkeypatch.setattr("ui.actions.markdown", lambda *_: 1 // 0)
    assert call["exported"]({"messages": TALK, "form": "markdown"}) == {"problem": UNEXPECTED}


@pytest.mark.parametrize("index", [-1, 0, 2, 99, None, 1.0, "1"])
def test_only_an_answer_can_be_copied(call: Functions, index: object) -> None:
    assert call["copied"]({"messages": TALK, "index": index}) == {"problem": UNREADABLE}
