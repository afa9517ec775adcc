"""What a question asks for: about one person or many, and which kind of fact would answer it.

Told by its words alone, with a few patterns a person can read. Knows nothing of stories.
"""

import re
from dataclasses import dataclass

from index.lexical import terms
from rag.facts import Need, Wanted, needs, wanted
from rag.kinds import Kind, kinds_in
from rag.patterns import HE_OR_SHE, ORDINAL, SOMEBODY, one_of, whole
from rag.people import named_kinds

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
    the question only says "he", and `person` where it names nobody of a kind that is known.
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
    many = bool(_OTHERS.search(asked) or (_MANY.search(asked) and not _ONE.search(asked)))
    alone = text or asked
    points_back = bool(_POINTS_BACK.search(asked)) and alone != asked
    whom = "" if points_back else whom_of(asked)
    person = "" if points_back else person_of(asked)
    told_of = " ".join(found.group(1).strip() for found in _TOLD_OF.finditer(alone)) if points_back else ""
    return Question(
        asked,
        alone,
        focus_of(asked),
        whom or whom_of(alone),
        person if named_kinds(person) or alone == asked else f"{person_of(alone)} {told_of}".strip(),
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


_DID = one_of("else all used did has have went got learn learned took tried changed moved quit was is")

_MANY = whole(
    r"(?:any|every)(?:one|body)|some(?:one|body) else|any (?:people|stor(?:y|ies)|tips?|advice|trick)",
    r"(?<!how many )people|how many people(?! (?:do|does|did)\b(?! an?\b| the\b))",  # not "how many people did he ask"
    r"persons|others|stories|career changers|both|compare|differ",
    r"all of (?:them|these)|most of|which (?:of them|people|stories|ones)",
    rf"who {_DID}",
    r"(?:should|can|could|do|would|must|may) (?:i|we|you|one)",
    r"is it (?:worth|possible|too|better|ok|hard|necessary)",
    r"my|i(?:'m| am|'ve| have)",
)
_POINTS_BACK = whole(HE_OR_SHE, ORDINAL.pattern)
_ONE = whole(
    rf"(?:the|that|this) (?:\w+[\s-]){{0,3}}{SOMEBODY}"
    # not "the first developer job"
    r"(?! (?:jobs?|roles?|positions?|internships?|interviews|careers?|salar(?:y|ies)|world|market|community|track|path|"
    r"degrees?|courses?|bootcamps?|training|skills?|titles?|teams?)\b)",
    HE_OR_SHE,
)
_OTHERS = whole(r"(?:any|some|every)(?:one|body) (?:else|besides|but|other than|apart from)")
# Whoever is named beside them, others are asked about.

_WHOM_ENDS = r"s?(?:['’]s)?"
_WHICH = (  # what may follow the person: "from Leeds", or "who …" up to the clause's end or the question's next verb
    r"(?:\s+(?:with|from|at|in)\s+(?:(?:the|an?)\s+)?[\w'’/-]+"
    r"|\s+(?:who|that|turned)\s+(?:[\w'’/-]+\s*){1,6}?"
    r"(?=[,:?;-]|\s(?:did|does|do|has|have|was|is|were|when|how|what|why)\b))?"
)
_WORD = (  # of a person's description; an article or a preposition would begin something else
    r"(?!(?:the|an?|at|by|for|from|in|into|on|to|with|before|after|when|while|who|and|or)\s)[\w'’/.-]+"
)
_BEFORE = rf"(?:{_WORD}\s+)"
_AFTER = rf"{_BEFORE}{{0,4}}{_WORD}[\s,:;?!]"
_CERTAIN = re.compile(rf"(?<!\ba )(?<!\ban )\b(?:the|that|this|our|ex|former)[\s-]+({_AFTER})", re.IGNORECASE)
_TOLD_OF = re.compile(rf"(?:^|\s)(?:An?|Of an?) ({_AFTER})")
# As an answer begins that tells of somebody.
_WHOM = re.compile(
    rf"\b(?:the|that|this|an?|our|one of the|ex|former)\s+{_BEFORE}{{0,5}}?{SOMEBODY}{_WHOM_ENDS}\b"
    rf"(?:-turned-[\w-]+)?(?!-\w|\s+school\b){_WHICH}"
    rf"|^(?:[\w'’/.-]+\s+){{0,4}}?{SOMEBODY}{_WHOM_ENDS}(?=\s*[:,]|\s+-)"
    r"|\b(?:(?:the|an?)\s+)?(?:ex|former)[- ][\w-]+",
    re.IGNORECASE,
)
