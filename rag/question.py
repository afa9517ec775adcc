"""What a question asks for: about one person or many, and which kind of fact would answer it.

Told by its words alone, with a few patterns a person can read. Knows nothing of stories.
"""

import re
from dataclasses import dataclass

from index.lexical import terms
from rag.facts import Need, Wanted, needs, wanted
from rag.kinds import Kind, kinds_in
from rag.patterns import one_of, whole

MAX_CHARACTERS = 4000
"""A longer question is refused: it is a paste, not a question."""
FEWEST_TERMS = 2
# Content words: fewer find nothing by themselves.


@dataclass(frozen=True)
class Question:
    """What was `asked`, the `text` that stands alone, whether it is put to `many` people, which facts would answer.

    `wants` is the kind of fact that answers best, `needs` are those without which there is no answer.

    `asked` and `text` differ where the question leans on the conversation: the search looks for the text, while
    the sentence that answers is told by what was asked. `focus` is what was asked without whom it is about: "what
    did the former cook pay for?" finds the story by all its words, but the passage in it by "what did pay for?".
    `whom` are the words that say whom, "the former cook", and `person` those of them, and after them, by which somebody
    certain is meant, "former cook pay", since who asks after "a cook" may mean any. Both are the conversation's where
    the question only says "he".
    `beside` is what was answered before about the person in question, and helps to find the story. `typed` is the text
    as it was typed, where its spelling was mended. `kinds` are the kinds of question it is, of those on career changes.
    """

    asked: str
    text: str
    focus: str
    whom: str
    person: str
    many: bool
    wants: Wanted
    needs: tuple[Need, ...] = ()
    kinds: tuple[Kind, ...] = ()
    beside: str = ""
    typed: str = ""

    @property
    def for_model(self) -> str:
        """The question as a language model reads it, which needs no spelling mended."""
        return self.typed or self.text


def understand(asked: str, text: str = "") -> Question:
    """Read a question; `text` is the same made to stand alone, if it does not by itself."""
    many = bool(_MANY.search(asked)) and not _ONE.search(asked)
    alone = text or asked
    whom = "" if _HE_OR_SHE.search(asked) and alone != asked else whom_of(asked)
    return Question(
        asked,
        alone,
        focus_of(asked),
        whom or whom_of(alone),
        person_of(asked) or person_of(alone),
        many,
        wanted(asked),
        needs(asked),
        kinds_in(asked),
    )


def whom_of(asked: str) -> str:
    """The words of a question that name a person by background or work; "" if it has none."""
    return " ".join(found.group() for found in _WHOM.finditer(asked))


def person_of(asked: str) -> str:
    """The words that follow what says that something certain is meant, "the" and its like; "" where nothing does."""
    return " ".join(found.group(1).strip() for found in _CERTAIN.finditer(f"{asked.rstrip(' ?!.')} "))


def focus_of(asked: str) -> str:
    """The question without the words that name a person by background or work; all of it if too little is left."""
    rest = " ".join(_WHOM.sub(" ", asked).split()).strip(" ,.:-")
    return rest if len(terms(rest)) >= FEWEST_TERMS else asked


_PERSON = one_of(
    """guy man woman girl lady person engineer developer dev nurse teacher chef cook scientist lawyer musician graduate
    student worker accountant biologist physicist chemist soldier veteran vet founder artist designer manager consultant
    analyst researcher postdoc phd salesperson plumber tester author writer producer neuroscientist"""
)
_DID = one_of("else all used did has have went got learn learned took tried changed moved quit was is")

_MANY = whole(
    r"(?:any|every)(?:one|body)|some(?:one|body) else|any (?:people|stor(?:y|ies)|tips?|advice|trick)",
    r"people|persons|others|stories|career changers|both|compare|differ",
    r"all of (?:them|these)|most of|which (?:of them|people|stories|ones)",
    rf"who {_DID}",
    r"(?:should|can|could|do|would|must|may) (?:i|we|you|one)",
    r"is it (?:worth|possible|too|better|ok|hard|necessary)",
    r"my|i(?:'m| am|'ve| have)",
)
_HE_OR_SHE = whole("he|she|his|her|him")
_ONE = whole(rf"(?:the|that|this) (?:\w+[\s-]){{0,3}}{_PERSON}", _HE_OR_SHE.pattern)

_SOMEBODY = (
    r"(?:\w+(?:ist|ian|eer|man|woman)|"
    + one_of(
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
_BEFORE = (  # a word of a person's description; an article or a preposition would begin something else
    r"(?:(?!(?:the|an?|at|by|for|from|in|into|on|to|with|before|after|when|while|who|and|or)\s)[\w'’/.-]+\s+)"
)
_CERTAIN = re.compile(rf"(?<!\ba )(?<!\ban )\b(?:the|that|this|our|ex|former)[\s-]+({_BEFORE}{{1,5}})", re.IGNORECASE)
_WHOM = re.compile(
    rf"\b(?:the|that|this|an?|our|one of the|ex|former)\s+{_BEFORE}{{0,5}}?{_SOMEBODY}\b"
    rf"(?:-turned-[\w-]+)?(?!-\w|\s+school\b){_WHICH}"
    rf"|^(?:[\w'’/.-]+\s+){{0,4}}?{_SOMEBODY}(?=\s*[:,]|\s+-)"
    r"|\b(?:(?:the|an?)\s+)?(?:ex|former)[- ][\w-]+",
    re.IGNORECASE,
)
