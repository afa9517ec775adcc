"""Answer, answer in part, or refuse: decided from the hits, the people named and the facts needed."""

import pytest

from index.live import LiveIndex
from rag.evidence import Evidence, weigh
from rag.question import understand
from rag.retrieval import retrieve
from rag.scope import REPLY

CAREERS, WEATHER = -0.2, 0.25


def evidence(index: LiveIndex, asked: str, strangeness: float = CAREERS) -> Evidence:
    question, generation = understand(asked), index.generation()
    return weigh(question, retrieve(index, question, generation), generation.lexical, strangeness)


@pytest.mark.parametrize("asked", ["How long did the baker's course take?", "Why did the welder take the course?"])
def test_a_question_the_library_answers_is_answered(built: LiveIndex, asked: str) -> None:
    found = evidence(built, asked)
    assert found.is_enough
    assert found.missing_in("") == ""


def test_somebody_who_is_not_here_is_refused_by_name(built: LiveIndex) -> None:
    found = evidence(built, "How did the airline pilot learn to code?")
    assert not found.is_enough
    assert found.reason == "No story here mentions “airline pilot”."


def test_a_fact_no_sentence_tells_is_refused_by_its_name(built: LiveIndex) -> None:
    found = evidence(built, "How old was the lawyer when she changed?")
    assert not found.is_enough
    assert found.reason == "The sentences that come nearest do not tell an age."


def test_a_strange_request_is_told_what_the_chat_is_for(built: LiveIndex) -> None:
    found = evidence(built, "What is the weather in Leeds?", WEATHER)
    assert not found.is_enough
    assert found.is_out_of_scope
    assert found.reason == REPLY


def test_what_is_strange_but_plainly_told_is_answered(built: LiveIndex) -> None:
    assert evidence(built, "How long did the baker's free Python course take?", 0.06).is_enough


def test_of_two_people_the_one_who_is_here_is_answered_for(built: LiveIndex) -> None:
    found = evidence(built, "How did the lawyer and the plumber learn?")
    assert found.is_enough
    assert found.missing_in("") == "No story here mentions “plumber”."


def test_who_asks_for_advice_is_helped_by_others(built: LiveIndex) -> None:
    found = evidence(built, "I am a plumber, should I take a bootcamp or a free course?")
    assert found.is_enough
    assert found.missing_in("") == "No story here mentions “plumber”."


def test_of_two_facts_the_one_told_is_answered_and_the_other_named(built: LiveIndex) -> None:
    found = evidence(built, "What did the baker's bootcamp cost, and what was his GPA?")
    assert found.is_enough
    assert found.missing_in("") == "The sentences that come nearest do not tell a grade or score."


def test_a_fact_that_the_answer_tells_after_all_is_not_missing(built: LiveIndex) -> None:
    found = evidence(built, "What did the baker's bootcamp cost, and what was his GPA?")
    assert found.missing_in("He paid 4,200 euros. His GPA was 3.2.") == ""


def test_what_else_is_asked_beside_a_fact_that_no_story_tells_is_answered(built: LiveIndex) -> None:
    assert not evidence(built, "What did the lawyer's course cost?").is_enough
    found = evidence(built, "How did the lawyer learn SQL, and what did the course cost?")
    assert found.is_enough
    assert found.missing_in("") == "The sentences that come nearest do not tell an amount of money."
