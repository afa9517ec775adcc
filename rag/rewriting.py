"""A question that leans on the conversation → one that stands alone, by the language model that answers.

One short request, made only where a question leans (`followup.py`), since whoever asks waits for it. Whatever comes
back is used to search with and as the question to be answered, if it is one line that speaks of what the conversation
speaks of; else the rules of `followup.py` do. How the model is told is `prompt.py`'s.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from index.errors import LLMError
from index.formats.characters import visible
from index.lexical import terms
from rag.answer import Tokens, Turn
from rag.answerers import Writer
from rag.citations import without_marks

SECONDS = 10.0
"""How long a question may take to rewrite."""
LONGEST = 320
"""Characters that are read, about 60 tokens; a model that writes more is stopped, since that is no question."""
LEAST_KNOWN = 0.5
"""The share of its content words that must come from the conversation: an excuse or an answer has words of its own."""


@dataclass(frozen=True)
class Rewritten:
    """The question as it stands alone, "" where that failed, and what it cost."""

    text: str = ""
    tokens: Tokens | None = None


def rewrite(writer: Writer, question: str, history: Sequence[Turn]) -> Iterator[Rewritten]:
    """The question made to stand alone is the last item; empty ones come while the model writes.

    Closing the iterator stops the model.
    """
    from rag.prompt import standalone_messages  # late: it brings LangChain

    text, tokens = "", None
    try:
        with closing(writer.written(standalone_messages(question, history))) as pieces:
            for piece in pieces:
                if isinstance(piece, Tokens):
                    tokens = piece if tokens is None else tokens + piece
                    continue
                text += piece
                if len(text) > LONGEST:
                    break
                yield Rewritten()
    except LLMError:  # the rules do instead, and whoever answers next meets the same failure and tells it
        text = ""
    yield Rewritten(_question_in(text, [question, *(turn.text for turn in history)]), tokens)


def _question_in(text: str, conversation: Sequence[str]) -> str:
    """The question that a model wrote; "" where it is none."""
    line = _LABEL.sub("", without_marks(visible(text)).strip()).strip("\"“”'` ")
    content = terms(line)
    known = set(terms(" ".join(conversation)))
    speaks_of_it = sum(term in known for term in content) >= LEAST_KNOWN * max(len(content), 1)
    return line if speaks_of_it and len(text) <= LONGEST and "\n" not in line else ""


_LABEL = re.compile(r"^(?:(?:rewritten|standalone|last)\s+)?question:\s*", re.IGNORECASE)
