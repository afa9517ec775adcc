"""ui.kept: a conversation that the browser kept comes back as it was, and with nothing else."""

from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chatbots import Shelf, answered, quoted, refused, story
from ui.answers import message, problem, question, stopped, waiting
from ui.chat import Message
from ui.kept import renewed, rewritten
from ui.transcript import exchanges

COOK = story("a 'cook' & \"son\".md", "I was a cook.\n\nIt took two years, ![x](y) <b>.")
ANSWER = answered(
    "How long?", [quoted(1, COOK, "I was a cook."), quoted(2, COOK, COOK.text[14:])], verdicts=["partly", "supported"]
)

ONE = answered("What?", [quoted(1, COOK, "I was a cook.")])


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def as_read(messages: list[Message]) -> list[Message]:
    """As a browser reads it: whether punctuation is written as a reference or not is all the same."""
    return [said(item["role"], unescape(item["content"])) for item in messages]


SHOWN = [
    question("How <long>?\n\n![x](y)"),
    message(ANSWER),
    message(replace(refused("?"), nearest=(COOK,))),
    problem("Build again."),
    stopped(message(ANSWER)),
]


@pytest.mark.parametrize("markup", SHOWN, ids=["question", "answer", "refusal", "problem", "stopped"])
def test_a_message_comes_back_to_the_letter(markup: str) -> None:
    assert unescape(rewritten(markup)) == unescape(markup)


def test_its_citations_lead_where_they_led() -> None:
    (source,) = exchanges([said("user", "?"), said("assistant", rewritten(message(ONE)))], Shelf((COOK,)))[0].sources
    assert source.quote == "I was a cook."


@pytest.mark.parametrize(
    "markup",
    [
        '<img src=x onerror="steal()">',
        "<script>steal()</script>",
        "<style>*{display:none}</style>",
        '<form action="javascript:steal()"><input name=action><button>b</button></form>',
        '<svg><a href="javascript:steal()"><text>x</text></a></svg>',
        '<a href="javascript:steal()">x</a>',
        '<a href="https://elsewhere.example/">x</a>',
        '<a href="#a" target="_blank" ping="https://elsewhere.example/">x</a>',
        '<p style="position:fixed;inset:0;background:url(https://elsewhere.example/)">x</p>',
        '<p class="a" onclick="steal()" id="reader">x</p>',
        '<iframe srcdoc="&lt;script&gt;steal()&lt;/script&gt;"></iframe>',
        "<video src=https://elsewhere.example/></video>",
        "<details open ontoggle=steal()>x</details>",
        "<!--<img src=x onerror=steal()>-->",
        "![x](https://elsewhere.example/t.png) [go](javascript:steal())",
        "```mermaid\ngraph TD\n```",
        "<p>$$x$$ **bold** `code`</p>",
    ],
)
def test_what_no_message_has_is_left_out(markup: str) -> None:
    shown = rewritten(markup)
    for sign in ("<img", "<svg", "<script", "<style", "<form", "<iframe", "<video", "javascript:", "https:", "steal("):
        assert sign not in shown
    for sign in (" on", " style", " target", " id=", "![", "](", "`", "$", "*", "\n"):
        assert sign not in shown


def test_words_that_look_like_markup_stay_words() -> None:
    assert rewritten("<p title='\"><img src=x>'>&lt;img src=x&gt;</p>") == (
        '<p title="&#34;&#62;&#60;img src&#61;x&#62;">&#60;img src&#61;x&#62;</p>'
    )


@given(st.text())
def test_any_markup_is_rewritten_once_and_for_all(markup: str) -> None:
    once = rewritten(markup)
    assert rewritten(once) == once


def test_open_elements_are_closed_in_order() -> None:
    assert rewritten("<div><p>a<span>b</div>c</p>") == "<div><p>a<span>b</span></p></div>c"


TALK = [said("user", SHOWN[0]), said("assistant", SHOWN[1])]


@pytest.mark.parametrize("ending", SHOWN[1:], ids=["answer", "refusal", "problem", "stopped"])
def test_a_conversation_that_had_ended_comes_back_as_it_was(ending: str) -> None:
    talk = [*TALK, said("user", SHOWN[0]), said("assistant", ending)]
    assert as_read(renewed(talk)) == as_read(talk)


HALF = '<div class="answer"><p>It took</p></div>'


@pytest.mark.parametrize(
    ("left", "shown"), [(HALF, stopped(HALF)), (waiting(), stopped(waiting()))], ids=["growing", "waiting"]
)
def test_an_answer_that_was_cut_short_says_so(left: str, shown: str) -> None:
    assert as_read(renewed([*TALK, TALK[0], said("assistant", left)]))[-1] == said("assistant", shown)


def test_a_question_that_had_no_answer_yet_says_so() -> None:
    assert as_read(renewed(TALK[:1])) == as_read([TALK[0], said("assistant", stopped(waiting()))])


def test_nothing_comes_back_of_nothing() -> None:
    assert renewed([]) == []
