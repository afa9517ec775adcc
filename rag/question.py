"""What a question asks for: about one person or many, and which kind of fact would answer it.

Told by its words alone, with a few patterns a person can read. Knows nothing of stories.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from index.lexical import terms

MAX_CHARACTERS = 4000
"""A longer question is refused: it is a paste, not a question."""


FEWEST_TERMS = 2
# Content words: fewer find nothing by themselves.


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
    """What was `asked`, the `text` that stands alone, whether it is put to `many` people, and what it `wants`.

    `asked` and `text` differ where the question leans on the conversation: the search looks for the text, while
    the sentence that answers is told by what was asked. `focus` is what was asked without whom it is about: "what
    did the former cook pay for?" finds the story by all its words, but the passage in it by "what did pay for?".
    """

    asked: str
    text: str
    focus: str
    many: bool
    wants: Wanted


def understand(asked: str, text: str = "") -> Question:
    """Read a question; `text` is the same made to stand alone, if it does not by itself."""
    wants = next((kind for kind, pattern in _KINDS if pattern.search(asked)), Wanted.ANYTHING)
    many = bool(_MANY.search(asked)) and not _ONE.search(asked)
    return Question(asked, text or asked, focus_of(asked), many, wants)


def focus_of(asked: str) -> str:
    """The question without the words that name a person by background or work; all of it if too little is left."""
    rest = " ".join(_WHOM.sub(" ", asked).split()).strip(" ,.:-")
    return rest if len(terms(rest)) >= FEWEST_TERMS else asked


def _one_of(words: str) -> str:
    """A pattern for any of some words, parted by white space."""
    return f"(?:{'|'.join(words.split())})"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    """Any of some patterns, beginning and ending with whole words."""
    return re.compile(rf"\b(?:{'|'.join(alternatives)})\b", re.IGNORECASE)


_PERSON = _one_of(
    """guy man woman girl lady person engineer developer dev nurse teacher chef cook scientist lawyer musician graduate
    student worker accountant biologist physicist chemist soldier veteran vet founder artist designer manager consultant
    analyst researcher postdoc phd salesperson plumber tester author writer producer neuroscientist"""
)
_NAMED_THING = _one_of(
    r"""course bootcamp book school university uni college company firm city country language tool library framework
    website site platform degree master program teacher certificat\w+ employer"""
)
_DID = _one_of("else all used did has have went got learn learned took tried changed moved quit was is")

_MANY = _pattern(
    r"(?:any|every)(?:one|body)|some(?:one|body) else|any (?:people|stor(?:y|ies)|tips?|advice|trick)",
    r"people|persons|others|stories|career changers|both|compare|differ",
    r"all of (?:them|these)|most of|which (?:of them|people|stories|ones)",
    rf"who {_DID}",
    r"(?:should|can|could|do|would|must|may) (?:i|we|you|one)",
    r"is it (?:worth|possible|too|better|ok|hard|necessary)",
    r"my|i(?:'m| am|'ve| have)",
)
_ONE = _pattern(rf"(?:the|that|this) (?:\w+[\s-]){{0,3}}{_PERSON}", r"he|she|his|her|him")

_KINDS: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    (
        Wanted.NUMBER,
        _pattern(
            r"how (?:many|much|long|often|old|far|big|high|fast|expensive)",
            r"what (?:percentage|share|age|salary|price|rate|score|number|cost)",
            r"success rate|costs?|salary|paid",
        ),
    ),
    (Wanted.TIME, _pattern(r"when", r"(?:what|which) (?:year|date|month|day)", r"how soon")),
    (
        Wanted.REASON,
        _pattern(r"why|reasons?|how come", r"what (?:made|drove|motivated|sparked|pushed|put|led|inspired)"),
    ),
    (Wanted.NAME, _pattern(r"who|whom|where", rf"(?:which|what) (?:\w+ ){{0,2}}{_NAMED_THING}s?")),
)

_SOMEBODY = (
    r"(?:\w+(?:ist|ian|eer|man|woman)|"
    + _one_of(
        """guy girl lady person dev developer coder programmer nurse teacher chef cook lawyer graduate grad student
        worker accountant soldier veteran vet founder designer manager pm consultant analyst researcher postdoc phd
        tester author writer producer lecturer tutor parent dad mum mom marketer trader painter driver waiter kid son
        daughter fellow volunteer diplomat entrepreneur plumber salesperson officer baker welder"""
    ).removeprefix("(?:")
    + r"s?(?:['’]s)?"
)
_WHICH = (  # what may follow the person: "from Leeds", or "who …" up to the clause's end or the question's next verb
    r"(?:\s+(?:with|from|at|in)\s+(?:(?:the|an?)\s+)?[\w'’/-]+"
    r"|\s+(?:who|that|turned)\s+(?:[\w'’/-]+\s*){1,6}?"
    r"(?=[,:?;-]|\s(?:did|does|do|has|have|was|is|were|when|how|what|why)\b))?"
)
_BEFORE = r"(?:[\w'’/.-]+\s+)"
_WHOM = re.compile(
    rf"\b(?:the|that|this|an?|our|one of the|ex|former)\s+{_BEFORE}{{0,5}}?{_SOMEBODY}\b{_WHICH}"
    rf"|^{_BEFORE}{{0,4}}?{_SOMEBODY}(?=\s*[:,-])"
    r"|\b(?:(?:the|an?)\s+)?(?:ex|former)[- ]\w+",
    re.IGNORECASE,
)
