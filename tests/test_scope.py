"""Requests for anything else than careers are strange; questions about careers are not."""

import pytest

from index.embedding import Embedder
from rag.evidence import STRANGE
from rag.lists import read_list
from rag.scope import OTHERS, OURS, Scope


@pytest.fixture(scope="module")
def scope(embedder: Embedder) -> Scope:
    return Scope(embedder)


@pytest.mark.parametrize(
    "asked",
    [
        "is it going to snow in Oslo tonight",
        "how do i boil lentils",
        "what's 15% of 80",
        "Write a haiku about autumn",
        "My Java code throws a NullPointerException, why?",
        "who scored the most goals last season",
        "which laptop is best under 800 euros",
        "translate good morning into Greek",
    ],
)
def test_a_request_for_something_else_is_strange(scope: Scope, asked: str) -> None:
    assert scope.strangeness(asked) > STRANGE


@pytest.mark.parametrize(
    "asked",
    [
        "how did the baker get his first job",
        "what did the lawyer earn afterwards?",
        "Is it too late at 45?",
        "did the welder go to university",
        "which programming language should I begin with",
        "who wrote about burnout and leaving medicine",
        "what does she do all day in her new job",
    ],
)
def test_a_question_about_a_career_is_not(scope: Scope, asked: str) -> None:
    assert scope.strangeness(asked) < STRANGE


def test_no_request_stands_in_both_lists_and_none_stands_twice() -> None:
    both = [*read_list(OURS), *read_list(OTHERS)]
    assert len(both) == len(set(both))
