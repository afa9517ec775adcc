"""What a question asks for, and whether it leans on the conversation before it."""

import pytest

from rag.answer import Turn
from rag.followup import leans, standalone
from rag.question import focus_of, understand

HISTORY = [Turn("user", "Which course did the baker take?"), Turn("assistant", "A free Python course of Helsinki. [1]")]


@pytest.mark.parametrize(
    "text",
    [
        "Has anyone left law?",
        "should I do a bootcamp?",
        "who used fast.ai",
        "How do people pay for it?",
        "what helps when my savings run out",
        "Did anyone besides the nurse take a bootcamp?",
        "Did anybody else do what the nurse did?",
        "How did people get the first developer job?",
        "How many people have become engineers?",
    ],
)
def test_questions_to_many_people_are_told(text: str) -> None:
    assert understand(text).many


@pytest.mark.parametrize(
    "text",
    [
        "How long did the baker take?",
        "what did the ex-lawyer earn",
        "why did he quit",
        "the nurse's first job?",
        "Did anyone help the nurse?",
        "How many people did the journalist interview?",
        "How many people did Ines ask?",
    ],
)
def test_questions_about_one_person_are_told(text: str) -> None:
    assert not understand(text).many


@pytest.mark.parametrize(
    "text", ["and how long did it take?", "what did he pay?", "the cost?", "why?", "was that hard for her"]
)
def test_a_follow_up_brings_the_last_exchange_with_it(text: str) -> None:
    found = standalone(text, HISTORY)
    assert found == f"Which course did the baker take? A free Python course of Helsinki. {text}"


@pytest.mark.parametrize("text", ["How did the lawyer become an analyst?", "Has anyone left teaching for data work?"])
def test_a_question_with_a_subject_of_its_own_stands_alone(text: str) -> None:
    assert not leans(text)
    assert standalone(text, HISTORY) == text


def test_the_first_question_stands_alone() -> None:
    assert standalone("and then?", []) == "and then?"


@pytest.mark.parametrize(
    ("asked", "focus"),
    [
        ("What did the former baker pay for the bootcamp?", "What did pay for the bootcamp?"),
        ("why did the woman from Leeds draw a form", "why did draw a form"),
        ("ex-welder: which book did he learn C from?", "which book did he learn C from?"),
        ("The nurse who became a designer: how long did she wait?", "how long did she wait?"),
        ("What did the ex-priest pay for the bootcamp?", "What did pay for the bootcamp?"),
        ("How long does it take?", "How long does it take?"),
        ("the nurse?", "the nurse?"),
    ],
)
def test_the_focus_is_the_question_without_whom_it_is_about(asked: str, focus: str) -> None:
    assert focus_of(asked) == focus
    assert understand(asked, f"Who? {asked}").focus == focus
