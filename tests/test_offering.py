"""ui.offering: an answer comes under the filters in force, and again with what could be asked next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from index.errors import EmbedderError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from rag.ask import Rag
from tests.chatbots import refused
from ui.offering import Offering

GROWING, FINISHED = Answer("How?", "It"), Answer("How?", "It took a year.", finished=True)


@dataclass
class Scripted:
    """Answers and suggests what it was given."""

    suggested: Sequence[str] | Exception = ("And then?",)
    seen: list[object] = field(default_factory=list)

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Iterator[Answer]:
        self.seen += [question, list(history), filters]
        yield from (GROWING, FINISHED)

    def suggestions(self, answer: Answer, asked: Sequence[str] = ()) -> tuple[str, ...]:
        self.seen += [answer, list(asked)]
        if isinstance(self.suggested, Exception):
            raise self.suggested
        return tuple(self.suggested)


def test_the_finished_answer_comes_again_with_suggestions() -> None:
    rag, filters = Scripted(), Filters(tags=("bootcamp",))
    history = [Turn("user", "Who?"), Turn("assistant", "A nurse.")]
    answers = list(Offering(cast("Rag", rag), filters).stream("How?", history))
    assert answers[:2] == [GROWING, FINISHED]
    assert [answer.suggestions for answer in answers] == [(), (), ("And then?",)]
    assert rag.seen == ["How?", history, filters, FINISHED, ["Who?"]]


def test_an_answer_stands_where_nothing_can_be_suggested(caplog: pytest.LogCaptureFixture) -> None:
    answers = list(Offering(cast("Rag", Scripted(EmbedderError("gone")))).stream("How?"))
    assert answers == [GROWING, FINISHED]
    assert "Suggestions could not be made" in caplog.text


def test_a_refusal_is_followed_by_suggestions_too() -> None:
    class Refusing(Scripted):
        def stream(
            self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY
        ) -> Iterator[Answer]:
            yield refused(question)

    assert [answer.suggestions for answer in Offering(cast("Rag", Refusing())).stream("?")] == [(), ("And then?",)]
