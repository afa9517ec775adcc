"""A passage → a question that it answers, by the language model that answers: for drafts of eval sets.

Whatever comes back is untrusted: it is read here as far as it has the form asked for, and checked by whoever uses it.
"""

import json
import re
from contextlib import closing

from pydantic import BaseModel, ValidationError

from rag.answerers import Writer
from rag.examining import proposal_messages

LONGEST = 4000
"""Characters that are read of what a model writes."""


class Proposal(BaseModel):
    """A question, the words that answer it, and a short answer, as a model wrote them."""

    question: str
    quote: str
    answer: str


def propose(writer: Writer, who: str, passage: str) -> Proposal | None:
    """A question on a passage of `who`'s story; None where the model wrote none. Raises `LLMError` where it fails."""
    text = ""
    with closing(writer.written(proposal_messages(who, passage))) as pieces:
        for piece in pieces:
            text += piece if isinstance(piece, str) else ""
            if len(text) > LONGEST:
                break
    return _proposal_in(text)


def _proposal_in(text: str) -> Proposal | None:
    found = _OBJECT.search(text)
    try:
        return Proposal.model_validate(json.loads(found[0])) if found else None
    except (ValueError, RecursionError, ValidationError):  # a model may write anything
        return None


_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
