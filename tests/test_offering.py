"""ui.offering: a finished answer is followed by what could be asked next, and stands where nothing can be."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from index.errors import EmbedderError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer
from tests.chatbots import answered, hits_of, quoted, refused, story
from ui.offering import followed

COOK = story("cook.md", "It took a year.")
FINISHED = answered("How?", [quoted(1, COOK, "It took a year.")])
NURSES = Filters(origins=("nurse",))


@dataclass
class Scripted:
    """Suggests what it was given; an error is raised."""

    suggested: Sequence[str] | Exception = ("And then?",)
    seen: list[tuple[Answer, list[str]]] = field(default_factory=list)

    def suggestions(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        self.seen.append((answer, list(asked)))
        if isinstance(self.suggested, Exception):
            raise self.suggested
        return tuple(self.suggested)


@pytest.mark.parametrize("answer", [FINISHED, refused("?")], ids=["answer", "refusal"])
def test_a_finished_answer_comes_back_with_suggestions(answer: Answer) -> None:
    rag = Scripted()
    assert followed(rag, answer, ["Who?"]) == replace(answer, suggestions=("And then?",))
    assert rag.seen == [(answer, ["Who?"])]


def test_an_answer_stands_where_nothing_can_be_suggested(caplog: pytest.LogCaptureFixture) -> None:
    assert followed(Scripted(EmbedderError("gone")), FINISHED) is FINISHED
    assert "Suggestions could not be made" in caplog.text


def test_where_filters_leave_no_story_suggested_is_what_could_be_asked_without_them() -> None:
    rag, nothing = Scripted(), replace(refused("?"), filters=NURSES)
    assert followed(rag, nothing) == replace(nothing, suggestions=("And then?",))
    assert rag.seen[0][0].filters == EVERY_STORY


@pytest.mark.parametrize("answer", [FINISHED, refused("?", hits_of([COOK]))], ids=["answer", "refusal"])
def test_where_filters_leave_stories_they_stay_in_force(answer: Answer) -> None:
    rag = Scripted()
    followed(rag, replace(answer, filters=NURSES))
    assert rag.seen[0][0].filters == NURSES
