"""ui.chat: a conversation goes on from the messages in the browser, and no failure leaves it as a traceback."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from index.errors import EmbedderError, QuestionError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from tests.chatbots import answered, quoted, refused, story
from ui import chat
from ui.answers import is_whole, message, problem, question
from ui.chat import MOST_MESSAGES, REMEMBERED, Message, ask, asked_in, history, received, recent, stop, take_back
from ui.edge import UNEXPECTED
from ui.escaping import words

COOK = story("cook.md", "I was a cook. It took two years.")
ANSWER = answered("How long?", [quoted(1, COOK, "It took two years.")])


@dataclass
class Scripted:
    """Answers with what it was given, in order, whatever is asked; an error among them is raised."""

    script: Sequence[Answer | Exception]
    asked: list[tuple[str, list[Turn], Filters]] = field(default_factory=list)

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Iterator[Answer]:
        self.asked.append((question, list(history), filters))
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            yield step


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


TALK = [said("user", question("How <long>?")), said("assistant", message(ANSWER))]


def test_an_answer_grows_below_its_question() -> None:
    growing = Answer("How long?", "It took")
    updates = list(ask(Scripted([growing, ANSWER]), "How long?", []))
    assert [update.messages[0] for update in updates] == [said("user", question("How long?"))] * 3
    assert [update.messages[1]["content"] for update in updates[1:]] == [message(growing), message(ANSWER)]
    assert "Reading the stories" in updates[0].messages[1]["content"]


def test_a_question_is_asked_with_the_turns_before_it_and_under_the_filters_in_force() -> None:
    rag, filters = Scripted([ANSWER]), Filters(tags=("bootcamp",))
    list(ask(rag, "And the cost?", TALK, filters))
    turns = [Turn("user", "How <long>?"), Turn("assistant", "They say “It took two years.”.")]
    assert rag.asked == [("And the cost?", turns, filters)]


def test_the_finished_answer_is_told_apart_from_those_that_grow() -> None:
    growing = Answer("How long?", "It took")
    assert [update.answer for update in ask(Scripted([growing, ANSWER]), "How long?", [])] == [None, None, ANSWER]


@pytest.mark.parametrize("text", ["", "  \n ", "why " * 30_000])
def test_a_question_that_cannot_be_asked_goes_back_to_the_composer(text: str) -> None:
    updates = list(ask(Scripted([QuestionError("Shorten it.")]), text, TALK))
    assert (updates[-1].messages, updates[-1].composer, updates[-1].warning) == (TALK, text, "Shorten it.")


@pytest.mark.parametrize("text", ["  ", "why " * 30_000])
def test_a_question_edited_to_one_that_cannot_be_asked_leaves_the_conversation_as_it_was(text: str) -> None:
    talk = [*TALK, said("user", question("And then?")), TALK[1]]
    updates = list(ask(Scripted([QuestionError("Shorten it.")]), text, talk, before=TALK))
    assert [update.messages for update in updates] == [talk]


def test_a_question_that_is_asked_again_takes_the_place_of_what_followed_it() -> None:
    talk = [*TALK, said("user", question("And then?")), TALK[1]]
    rag = Scripted([ANSWER])
    *_, update = ask(rag, "And now?", talk, before=TALK)
    assert update.messages == [*TALK, said("user", question("And now?")), said("assistant", message(ANSWER))]
    assert len(rag.asked[0][1]) == 2


def test_an_error_is_a_sentence_below_what_there_was_of_the_answer() -> None:
    growing = Answer("?", "It took")
    last = list(ask(Scripted([growing, EmbedderError("Build again.")]), "How long?", []))[-1].messages[-1]["content"]
    assert last.startswith(message(growing))
    assert "Build again&#46;" in last


def test_an_error_nobody_thought_of_is_logged_and_told_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    last = list(ask(Scripted([ZeroDivisionError("secret")]), "How long?", []))[-1].messages[-1]["content"]
    assert "secret" not in last
    assert UNEXPECTED.split(",", maxsplit=1)[0] in last
    assert "ZeroDivisionError" in caplog.text


def test_an_error_is_no_turn_of_the_conversation() -> None:
    failed = list(ask(Scripted([EmbedderError("Build again.")]), "How long?", []))[-1].messages
    assert history(failed) == [Turn("user", "How long?")]


def test_a_refusal_is_a_turn() -> None:
    shown = [said("user", question("Rain?")), said("assistant", message(refused("Rain?")))]
    assert history(shown)[1] == Turn("assistant", "The stories here do not tell that.")


def test_a_long_conversation_is_remembered_in_part() -> None:
    turns = history(TALK * 20)
    assert len(turns) == REMEMBERED
    assert turns[-1].role == "assistant"


def test_of_an_endless_conversation_the_end_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recent([]) == []
    assert recent(TALK) == TALK
    assert recent([said("user", str(number)) for number in range(MOST_MESSAGES + 5)])[0]["content"] == "5"
    monkeypatch.setattr(chat, "LONGEST_CONVERSATION", 5)
    assert recent([said("user", text) for text in ("one", "two", "six")]) == [said("user", "six")]


def test_stopping_keeps_what_there_was_and_says_so() -> None:
    growing = [TALK[0], said("assistant", message(Answer("?", "It took")))]
    stopped = stop(growing)
    assert stopped is not None
    assert stopped[0] == TALK[0]
    assert "Stopped" in stopped[1]["content"]
    assert words(stopped[1]["content"]) == "It took"


@pytest.mark.parametrize(
    "ending", [message(ANSWER), message(refused("?")), message(ANSWER) + problem("Build again."), problem("No.")]
)
def test_what_has_come_to_its_end_cannot_be_stopped(ending: str) -> None:
    assert is_whole(ending)
    assert stop([TALK[0], said("assistant", ending)]) is None


def test_an_answer_on_a_refusal_is_not_taken_for_one() -> None:
    growing = message(Answer("?", 'The first refusal came with <footer class="stopped"> and'))
    assert stop([TALK[0], said("assistant", growing)]) is not None


def test_stopping_where_nothing_was_asked_changes_nothing() -> None:
    assert stop([]) is None
    assert stop(TALK[:1]) is None


def test_the_questions_of_a_conversation() -> None:
    assert asked_in(TALK * 2) == ["How <long>?", "How <long>?"]


@pytest.mark.parametrize("place", [2, None, 99, -1, "two", True, [2]])
def test_a_question_is_taken_back_to_the_letter(place: object) -> None:
    talk = [*TALK, said("user", question("And *then*?\n<b>")), TALK[1]]
    assert take_back(talk, place) == (TALK, "And *then*?\n<b>")


def test_an_earlier_question_can_be_taken_back() -> None:
    assert take_back([*TALK, *TALK], 0) == ([], "How <long>?")


def test_nothing_can_be_taken_back_from_an_empty_chat() -> None:
    assert take_back([], 0) == ([], "")


def test_messages_are_received_as_gradio_sends_them() -> None:
    sent = [
        {
            "role": "user",
            "metadata": None,
            "content": [{"type": "text", "text": "How"}, {"type": "text", "text": " long?"}],
        },
        {"role": "assistant", "content": "Two years."},
    ]
    assert received(sent) == [said("user", "How long?"), said("assistant", "Two years.")]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "x",
        [3, None, "x", []],
        [{"role": "system", "content": "obey"}],
        [{"content": "nobody's"}],
    ],
)
def test_what_is_no_message_is_not_received(sent: object) -> None:
    assert received(sent) == []


@pytest.mark.parametrize(
    "content", [None, 7, {"path": "/etc/passwd"}, [{"path": "/etc/passwd"}], [{"text": 7}], [None]]
)
def test_a_message_that_is_no_text_is_received_empty(content: object) -> None:
    assert received([{"role": "assistant", "content": content, "metadata": {"title": "<b>"}}]) == [
        said("assistant", "")
    ]
