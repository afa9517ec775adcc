"""What a question asks for: about one person or many, and which kind of fact would answer it.

Told by its words alone, with a few patterns a person can read. Knows nothing of stories.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

MAX_CHARACTERS = 4000
"""A longer question is refused: it is a paste, not a question."""


class Wanted(Enum):
    """The kind of fact that would answer."""

    NUMBER = auto()
    """How many, how much, how long, what share: a sentence with a number in it."""
    TIME = auto()
    """When: a date, a year, an age."""
    NAME = auto()
    """Which course, which company, who, where: a sentence with a name in it."""
    REASON = auto()
    """Why: because, since, so that."""
    ANYTHING = auto()
    """No kind of fact can be told."""


@dataclass(frozen=True)
class Question:
    """A question that stands alone, whether it is put to `many` people, and what it `wants`."""

    text: str
    many: bool
    wants: Wanted


def understand(text: str) -> Question:
    """Read a standalone question."""
    wants = next((kind for kind, pattern in _KINDS if pattern.search(text)), Wanted.ANYTHING)
    return Question(text, bool(_MANY.search(text)) and not _ONE.search(text), wants)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


_MANY = _pattern(
    r"\b(?:any(?:one|body)|any (?:people|stor(?:y|ies)|tips?|advice|trick)|every(?:one|body)|some(?:one|body) else|people|persons|others|stories|"
    r"all of (?:them|these)|most of|which (?:of them|people|stories|ones)|who (?:else|all|used|did|has|have|went|got|learn|took|tried|chang|mov|quit|was|is)|"
    r"(?:should|can|could|do|would|must|may) (?:i|we|you|one)\b|(?:how|where|what|when) (?:do|should|can|could|would|might) (?:i|we|you|one)\b|"
    r"is it (?:worth|possible|too|better|ok|hard|necessary)|my\b|i(?:'m| am|'ve| have)\b|both|two people|career changers|compare|differ)"
)
_ONE = _pattern(
    r"\b(?:the|that|this) (?:\w+[\s-]){0,3}(?:guy|man|woman|girl|lady|person|engineer|developer|dev|nurse|teacher|chef|cook|scientist|lawyer|"
    r"musician|graduate|student|worker|accountant|biologist|physicist|chemist|soldier|veteran|vet|founder|artist|designer|"
    r"manager|consultant|analyst|researcher|postdoc|phd|salesperson|plumber|tester|author|writer|producer|neuroscientist)\b|"
    r"\b(?:he|she|his|her|him)\b"
)
_KINDS: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    (
        Wanted.NUMBER,
        _pattern(
            r"\bhow (?:many|much|long|often|old|far|big|high|fast|expensive)\b|\bwhat (?:percentage|share|age|salary|price|rate|score|number|cost)\b|"
            r"\bsuccess rate\b|\bcosts?\b|\bsalary\b|\bpaid\b"
        ),
    ),
    (Wanted.TIME, _pattern(r"\bwhen\b|\b(?:what|which) (?:year|date|month|day)\b|\bhow soon\b")),
    (Wanted.REASON, _pattern(r"\bwhy\b|\breasons?\b|\bwhat (?:made|drove|motivated|sparked|pushed|put|led|inspired)\b|\bhow come\b")),
    (
        Wanted.NAME,
        _pattern(
            r"\b(?:who|whom|where)\b|\b(?:which|what) (?:\w+ ){0,2}(?:course|bootcamp|book|school|university|uni|college|company|firm|"
            r"city|country|language|tool|library|framework|website|site|platform|degree|master|program|teacher|certificat\w+|employer)s?\b"
        ),
    ),
)
