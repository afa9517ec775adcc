"""A question that leans on the conversation → one that stands alone, told by rules.

What leans is told by its pronouns and openings; the earlier question, and what was answered about the person in
question, are put beside it, so that the search sees whom it is about. Where a language model is set, `rewriting.py`
does better, and these rules stand in when it fails. Knows nothing of stories.
"""

import re
from collections.abc import Sequence

from rag.answer import Turn
from rag.citations import without_marks
from rag.evidence import NOT_MENTIONED, NOT_NEAR, NOT_TOLD
from rag.patterns import HE_OR_SHE, LAST, ORDINAL, ORDINALS, SOMEBODY, whole
from rag.scope import REPLY

ANSWER_WORDS = 60
"""Of the answer before, this many words are put beside a follow-up."""
TITLE_WORDS = 8
# What an answer quotes at greater length is no title, and says too much beside whom it is about.
OF_NOBODY = (NOT_TOLD, NOT_MENTIONED, NOT_NEAR, REPLY)
"""What a paragraph of an answer begins with that tells of nobody."""
SHORT = 5
# A question of fewer words than this, after another, is a follow-up even without a pronoun: "and the cost?"


def leans(question: str) -> bool:
    """Whether a question needs the conversation before it to be understood.

    So it is where its beginning says so, where he or she comes before anybody whom that could be, and where they, it,
    there and their like stand in a question that names nobody.
    """
    if len(question.split()) < SHORT or any(sign.search(question) for sign in (_OPENS, ORDINAL, _HIS_ALONE)):
        return True
    personal = _HE_OR_SHE.search(question)
    if personal and not _names_somebody(question[: personal.start()]):
        return True
    return bool(_POINTS_BACK.search(question)) and not _ASKS_ALL.search(question) and not _names_somebody(question)


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The words to search for: the question itself, or with the last exchange in front where it leans on that."""
    asked = [turn.text for turn in history if turn.role == "user"]
    if not asked or not leans(question):
        return question
    return " ".join(filter(None, [asked[-1], answered(question, history), question]))


def answered(question: str, history: Sequence[Turn]) -> str:
    """What the last answer said of whom a question is about, without its quotations; "" where there was none.

    Answers tell of one person a paragraph: "the second one" is who the second tells of, and "she" is the first.
    """
    last = next((turn.text for turn in reversed(history) if turn.role == "assistant"), "")
    people = [told for told in last.split("\n\n") if told.strip() and not told.startswith(OF_NOBODY)]
    if not people:
        return ""
    told = _LONG_QUOTE.sub(" ", without_marks(people[_place(question, len(people))]))
    return " ".join(told.split()[:ANSWER_WORDS])


def _place(question: str, people: int) -> int:
    """Which of some people a question is about, by its "the first one", counted from 0."""
    found = ORDINAL.search(question)
    if found is None:
        return 0
    word = found[1].lower()
    place = people - 1 if word in LAST else ORDINALS.index(word)
    return place if place < people else 0


def _names_somebody(text: str) -> bool:
    return bool(_SOMEBODY.search(text))


_OPENS = re.compile(
    r"^\s*(?:and|but|so|ok(?:ay)?|also|what about|how about|really|which ones?|how come|why not)\b", re.IGNORECASE
)
_HE_OR_SHE = whole(HE_OR_SHE)
_HIS_ALONE = re.compile(r"\b(?:his|hers|theirs)(?=\s+(?:to|for|in|at|with|from)\b|\W*$)", re.IGNORECASE)
_POINTS_BACK = whole(
    r"they|them|their|then|same|else|latter",
    r"its?(?![’'])(?!\s+(?:worth|possible|too|better|ok|okay|hard|necessary|normal|take|true|still|rain)\b)",
    r"(?<!so )(?<!is )(?<!are )(?<!was )(?<!were )there",  # not "is there anybody"
    r"(?:this|that|these|those) (?:one|person|story|guy|man|woman)s?",
    r"(?:do|does|did|after|before|for|about|with|of|from|like|in|than|is|was) (?:this|that|those|these)"
    r"(?! (?:people|folks|stories))",
    r"(?:this|that)(?=\s*[?.,!]|$)",
)
_ASKS_ALL = whole(
    r"(?:has|have|did|does|is|are|was|were|do|can|could) (?:any(?:one|body)?|some(?:one|body)?|people|i|you|we)",
    "who",
)
_SOMEBODY = re.compile(
    r"\b(?:(?:any|some|every)(?:one|body)|people|folks|who(?:se)?(?! (?:do|does|did|has|had|is|was|can|could|w\w+)\b)"
    rf"|{SOMEBODY}s?)\b|(?<=[a-z,] )(?-i:[A-Z][a-z]+)",
    re.IGNORECASE,
)
# Whom he or she could be: anybody, a person by work or background, or a name.

_LONG_QUOTE = re.compile(rf"“[^“”\s]*(?:\s+[^“”\s]+){{{TITLE_WORDS},}}\s*”")
