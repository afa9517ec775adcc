"""A question that leans on the conversation → one that stands alone.

Without an LLM: what leans is told by its pronouns and openings, and the earlier question (with what was
answered) is put beside it, so that the search sees whom it is about. Knows nothing of stories.
"""

import re
from collections.abc import Sequence

from rag.answer import Turn
from rag.citations import without_marks

ANSWER_WORDS = 60
"""Of the answer before, this many words are put beside a follow-up."""

_LEANS = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|their|theirs|it|its|that|this|those|these|there|then|one|ones|same|else)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^\s*(?:and|but|so|ok(?:ay)?|also|what about|how about|why|how come|really|which one)\b", re.IGNORECASE
)
_OWN_SUBJECT = re.compile(
    r"\b(?:has|have|did|does|is|are|was|were|do|can|could)\s+(?:any(?:one|body)?|some(?:one|body)?|people|i|you|we)\b|"
    r"\bwho\b|\b(?:the|an?)\s+(?:\w+[\s-]){0,3}(?:engineer|developer|nurse|teacher|chef|scientist|lawyer|musician|person|guy|woman|man)\b",
    re.IGNORECASE,
)
SHORT = 5
# A question of fewer words than this, after another, is a follow-up even without a pronoun: "and the cost?"


def leans(question: str) -> bool:
    """Whether a question needs the conversation before it to be understood."""
    if _OPENS.search(question) or len(question.split()) < SHORT:
        return True
    return bool(_LEANS.search(question)) and not _OWN_SUBJECT.search(question)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The words to search for: the question itself, or with the last exchange in front where it leans on that."""
    asked = [turn.text for turn in history if turn.role == "user"]
    if not asked or not leans(question):
        return question
    answered = [turn.text for turn in history if turn.role == "assistant"]
    context = [asked[-1], *(" ".join(without_marks(text).split()[:ANSWER_WORDS]) for text in answered[-1:])]
    return " ".join([*context, question])
