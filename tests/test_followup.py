"""What leans on a conversation is told by its words, and then the conversation tells whom it is about."""

import time

import pytest

from rag.answer import Turn
from rag.followup import ANSWER_WORDS, answered, leans, standalone

TWO = (
    "The former nurse, in “From wards to web”, writes: “I drew a better form on the back of a chart, at night.” [1]\n\n"
    "The ex-welder writes: “The job centre offered me a course in electronics, which was warm inside.” [2] “C.” [3]"
)
HISTORY = [Turn("user", "Who left a trade?"), Turn("assistant", TWO)]


@pytest.mark.parametrize(
    "text",
    [
        "and how much did it cost?",
        "what about the exam",
        "how important was his family to him?",
        "who did she thank for it?",
        "is there a degree that he wishes he had done?",
        "in the summer, what did she do?",
        "how many firms did the welder show his to?",
        "did that help with the interviews?",
        "what had they done before then?",
        "did the second person regret the change?",
        "what did the latter’s boss say about all this?",
        "the price?",
    ],
)
def test_what_speaks_of_somebody_it_does_not_name_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "How did the plumber feel when he quit?",
        "Why did the tax accountant leave his firm?",
        "What did Ines do when she was tired of the law?",
        "Has anyone quit their job without another one?",
        "Who got their first job through a friend?",
        "Is it worth doing a bootcamp at forty?",
        "Is there a nurse who became a designer?",
        "Which of these people studied at night?",
        "how long did the first job take the person who found it by a friend?",
    ],
)
def test_what_names_whom_it_speaks_of_does_not(text: str) -> None:
    assert not leans(text)
    assert standalone(text, HISTORY) == text


def test_the_last_exchange_stands_in_front_of_what_leans_without_quotations_and_marks() -> None:
    found = standalone("and what did she earn?", HISTORY)
    assert found == "Who left a trade? The former nurse, in “From wards to web”, writes: and what did she earn?"


@pytest.mark.parametrize(
    ("question", "who"),
    [
        ("what did the first one earn?", "nurse"),
        ("and the second person?", "welder"),
        ("the last one's boss?", "welder"),
        ("what about the other one", "welder"),
        ("did the latter’s boss know", "welder"),
        ("the first person who hired him?", "nurse"),
        ("and the fourth one?", "nurse"),
        ("how did it end?", "nurse"),
    ],
)
def test_the_second_one_is_who_the_second_paragraph_tells_of(question: str, who: str) -> None:
    assert who in answered(question, HISTORY)
    assert answered(question, HISTORY).count("writes:") == 1


@pytest.mark.parametrize(
    "further",
    [
        "No story here mentions “plumber”.",
        "The sentences that come nearest do not tell an age.",
        "The stories here do not tell that. Nearest: “C.”.",
    ],
)
def test_a_paragraph_that_tells_what_is_missing_tells_of_nobody(further: str) -> None:
    history = [*HISTORY[:1], Turn("assistant", f"{TWO}\n\n{further}")]
    assert "welder" in answered("how did the last one do it?", history)
    assert answered("how did she do it?", [*HISTORY[:1], Turn("assistant", further)]) == ""


def test_only_the_beginning_of_a_long_answer_is_looked_at() -> None:
    assert answered("and then?", [Turn("assistant", "word " * 500)]) == " ".join(["word"] * ANSWER_WORDS)


def test_without_an_answer_the_question_before_is_enough() -> None:
    assert standalone("and then?", [Turn("user", "Who left a trade?")]) == "Who left a trade? and then?"
    assert standalone("and then?", [Turn("assistant", "A nurse did.")]) == "and then?"


@pytest.mark.parametrize(
    "text",
    ["“" * 20_000, "“a " * 7_000, "the first " * 2_000, "a" * 20_000],
    ids=["quotes", "words", "ordinals", "letters"],
)
def test_a_text_made_to_be_slow_to_read_is_read_at_once(text: str) -> None:
    began = time.perf_counter()
    leans(text)
    answered(text, [Turn("assistant", text)])
    assert time.perf_counter() - began < 2
