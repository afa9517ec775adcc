"""A conversation: a question is asked, asked again, taken back or stopped, and what the chat shows after each step.

The messages in the browser are the one truth of a conversation: they are sent with every step, so that
nothing is kept on the server and a page that was reloaded could go on. They are the client's, therefore, and
only their words are used. Knows nothing of Gradio; `talk.py` carries steps in and updates out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Protocol

from index.errors import QuestionError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from rag.question import MAX_CHARACTERS
from ui.answers import is_whole, message, problem, question, stopped, waiting
from ui.edge import sentence
from ui.escaping import words

REMEMBERED = 12
"""Messages of a conversation, at most, that the next question may lean on; of a program's too."""
LONGEST_MEMORY = 20_000
"""Characters of each, at most, that are read for it: of a message's markup, of a program's text."""
MOST_MESSAGES = 400
"""Messages of a conversation, at most, that are taken along or reopened: the last ones."""
LONGEST_CONVERSATION = 1_000_000
"""Characters of their markup, at most: a browser keeps less than half of that."""

Message = dict[str, str]
"""One message of the chat: `role` (user or assistant) and `content` (markup)."""


class Answering(Protocol):
    """Who answers: `rag.ask.Rag` does."""

    def stream(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Iterator[Answer]:
        """Growing answers, from the stories that the filters leave; the last is finished."""
        ...


@dataclass(frozen=True)
class Update:
    """What the page shows from now on. `composer` is what goes back to the question box, None to leave it as it is.

    `answer` is the last message's, once it is finished.
    """

    messages: list[Message]
    composer: str | None = None
    warning: str = ""
    answer: Answer | None = None


def ask(
    rag: Answering,
    asked: str,
    messages: Sequence[Message],
    filters: Filters = EVERY_STORY,
    *,
    before: Sequence[Message] | None = None,
) -> Iterator[Update]:
    """Put a question at the end of a conversation; the answer grows from update to update.

    One that is asked again comes with those `messages` that stood `before` it: it takes the place of the others.

    No error leaves here: a question that cannot be asked goes back to the composer with a warning, and the messages
    stay as they were; any other failure is told in the chat, below what there was of the answer.
    """
    kept = messages if before is None else before
    shown = [*kept, _by("user", question(asked))]
    if 0 < len(" ".join(asked.split())) <= MAX_CHARACTERS:
        yield Update([*shown, _by("assistant", waiting())])
    grown = ""
    try:
        for answer in rag.stream(asked, history(kept), filters):
            grown = message(answer)
            yield Update([*shown, _by("assistant", grown)], answer=answer if answer.finished else None)
    except QuestionError as error:
        yield Update(list(messages), composer=asked, warning=str(error))
    except Exception as error:  # noqa: BLE001  # the edge: a visitor is told, and the log of what nobody thought of
        yield Update([*shown, _by("assistant", grown + problem(sentence(error)))])


def stop(messages: Sequence[Message]) -> list[Message] | None:
    """The conversation with a word below its answer that it was stopped; None where there is nothing to stop."""
    if not messages or messages[-1]["role"] != "assistant" or is_whole(messages[-1]["content"]):
        return None
    return [*messages[:-1], _by("assistant", stopped(messages[-1]["content"]))]


def asked_in(messages: Sequence[Message]) -> list[str]:
    """The questions of a conversation, as far as it is remembered."""
    return [turn.text for turn in history(messages) if turn.role == "user"]


def take_back(messages: Sequence[Message], place: object) -> tuple[list[Message], str]:
    """The conversation before the question at a place (its last question, if there is none), and that question."""
    questions = [number for number, item in enumerate(messages) if item["role"] == "user"]
    if not questions:
        return list(messages), ""
    number = place if isinstance(place, int) and place in questions else questions[-1]
    return list(messages[:number]), words(messages[number]["content"])


def received(messages: object) -> list[Message]:
    """The messages as the browser sent them, reduced to who said what; whatever else was sent is left out."""
    found = messages if isinstance(messages, list) else []
    return [
        _by(str(item["role"]), _markup(item.get("content")))
        for item in found
        if isinstance(item, Mapping) and item.get("role") in {"user", "assistant"}
    ]


def recent(messages: Sequence[Message]) -> list[Message]:
    """As much of the end of a conversation as is read at once."""
    lengths = accumulate(len(item["content"]) for item in reversed(messages[-MOST_MESSAGES:]))
    fitting = sum(length <= LONGEST_CONVERSATION for length in lengths)
    return list(messages[len(messages) - fitting :])


def history(messages: Sequence[Message]) -> list[Turn]:
    """The turns that a question may lean on; a message that says nothing (an error, say) is no turn."""
    turns = [
        Turn("user" if item["role"] == "user" else "assistant", words(item["content"][:LONGEST_MEMORY]))
        for item in messages[-REMEMBERED:]
    ]
    return [turn for turn in turns if turn.text]


def _markup(content: Any) -> str:
    """A message's content as text: Gradio wraps what it was given in a list of blocks."""
    blocks = content if isinstance(content, list) else [content]
    texts = [block.get("text") if isinstance(block, Mapping) else block for block in blocks]
    return "".join(text for text in texts if isinstance(text, str))


def _by(role: str, content: str) -> Message:
    return {"role": role, "content": content}
