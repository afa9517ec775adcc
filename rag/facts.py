"""Facts: which kind of fact a question asks for, and what in a text shows one.

Two uses. Sentences that have the kind of fact *wanted* answer more often (`sentences.py`). And where a question *needs*
an amount, an age or a count, no sentence without one can answer it (`evidence.py`). Told by words alone, with patterns
a person can read; knows nothing of stories.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from index.lexical import terms
from index.query import synonyms
from rag.patterns import MONEY, NUMBER, one_of, whole


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
class Need:
    """A fact an answer cannot do without: its `name` as a reader is told it; the stem of the `thing` counted."""

    name: str
    thing: str = ""


def wanted(asked: str) -> Wanted:
    """The kind of fact a question asks for."""
    return next((kind for kind, pattern in _ASKS_FOR if pattern.search(asked)), Wanted.ANYTHING)


def holds(kind: Wanted, text: str) -> bool:
    """Whether a text has the kind of fact asked for; True where any would do."""
    pattern = _SHOWS.get(kind)
    return pattern is None or bool(pattern.search(text))


def needs(asked: str) -> tuple[Need, ...]:
    """The facts a question cannot be answered without; none where yes, no or a reason may do."""
    if _OPEN.search(asked):
        return ()
    found = tuple(Need(name) for name, (asks, _) in _NEEDS.items() if asks.search(asked))
    counted = None if found else _COUNTED.search(asked)
    things = _LATER.sub("", counted["things"]) if counted else ""
    stems = terms(things) if not _OF_TIME.search(things) else []
    return (Need(f"how many {' '.join(things.split())}", stems[-1]),) if stems else found


def meets(need: Need, text: str) -> bool:
    """Whether a text shows the fact: an amount, an age; of what is counted, a number in the same sentence."""
    if not need.thing:
        return bool(_NEEDS[need.name][1].search(text))
    same = {need.thing, *synonyms([need.thing])}
    return any(_SOME.search(sentence) and same & set(terms(sentence)) for sentence in _SENTENCE_END.split(text))


_NAMED_THING = one_of(
    r"""course bootcamp book school university uni college company firm city country language tool library framework
    website site platform degree master program teacher certificat\w+ employer"""
)
_ASKS_FOR: tuple[tuple[Wanted, re.Pattern[str]], ...] = (
    (
        Wanted.NUMBER,
        whole(
            r"how (?:many|much|long|often|old|far|big|high|fast|expensive)",
            r"what (?:percentage|share|age|salary|price|rate|score|number|cost)",
            r"success rate|costs?|salary|paid",
        ),
    ),
    (Wanted.TIME, whole(r"when", r"(?:what|which) (?:year|date|month|day)", r"how soon")),
    (
        Wanted.REASON,
        whole(r"why|reasons?|how come", r"what (?:made|drove|motivated|sparked|pushed|put|led|inspired)"),
    ),
    (Wanted.NAME, whole(r"who|whom|where", rf"(?:which|what) (?:\w+ ){{0,2}}{_NAMED_THING}s?")),
)
_SHOWS = {
    Wanted.NUMBER: re.compile(rf"\d|\b{NUMBER}\b", re.IGNORECASE),
    Wanted.TIME: re.compile(
        r"\b(?:19|20)\d\d\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
        r"day|week|month|year|spring|summer|autumn|winter|ago|after|before|until)s?\b",
        re.IGNORECASE,
    ),
    Wanted.REASON: re.compile(
        r"\b(?:because|since|so that|reasons?|due to|that's why|wanted|realis|realiz|made me|felt|feel|inspired|"
        r"thanks to)",
        re.IGNORECASE,
    ),
    Wanted.NAME: re.compile(r"(?<=[a-z,’'] )[A-Z][\w.]+"),
}

_OPEN = whole(r"^\W*(?:why|how come|did|does|do|is|was|were|are|has|have|had|should|can|could|would|will|if)")
# What may be answered by yes, no or a reason.
_EARNED = r"(?:salar\w+|paid|pay|earn\w*|wages?|income|paycheck)"
_SPENT = r"(?:tuition|fees?|costs?|price|debt|loans?|savings?|severance|bonus|rent|budget)"
_PEOPLE = one_of(
    """people person employees? staff members? engineers? developers? scientists? analysts? colleagues? men women
    students strong applicants folks participants"""
)
_GROUP = one_of("team company firm class cohort group startup department lab")
_MUCH = (  # of money, not "how much time": what follows is no thing of which there may be much
    r"how much(?= (?:money|cash|debt|savings?|tuition|rent|salary|pay|income|less|more|of|did|does|do|was|were|is|are|"
    r"has|have|had|would|will|can|could|should|it|he|she|they|his|her|their|the|to)\b)"
)
_OF_IT = (  # up to five words of a description, in which no other thing begins
    r"(?:(?!(?:about|with|of|for|to|that|who|when|than|from|on|in|at|do|did|does|after|before|like|and)\s)"
    r"[\w'’-]+\s+){0,5}?"
)
_WHAT_IS = (
    rf"(?:what|which)(?:(?:['’]s| is| was| were| are| would be) {_OF_IT}|"
    r" (?:(?:starting|first|final|exact|average|total) )?)"
)
_NEEDS: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "what was earned": (
        whole(
            rf"{_MUCH}.*\b(?:earn\w*|(?:was|were|is|are|get|got)\b.{{0,40}}\bpaid|salary|income|"
            r"pay (?:cut|rise|raise))",
            # "how much did she make a month", not "make a difference" nor "make the switch"
            rf"{_MUCH}.*\b(?:mak(?:e|es|ing)|made)"
            r"(?=\W*$|[,;]| (?:as|in|at|per|an? (?:hour|day|week|month|year)|before|after|when|while|now|there)\b)",
            rf"{_WHAT_IS}(?:salar(?:y|ies)|wages?|income|earnings|pay)(?! (?:negotiat\w+|expectations?|for|off))",
            r"what (?:did|does|do|would|will) (?:[\w'’-]+ ){1,5}?(?:earn(?! an?\b| the\b)|get paid)",
            r"^\W*(?:(?:and|but|so|what|about|the|his|her|their|starting|average|first|new|old) ){0,4}"
            r"(?:salary|pay|income)(?=\W*$)",
            r"how (?:big|large)\b.{0,30}\b(?:raise|bonus|pay (?:rise|cut)|salary)",
        ),
        re.compile(
            rf"{MONEY}|\b{_EARNED}\b.*(?:\b{NUMBER}\b|%|\b(?:percent|third|quarter|fifth|double|twice|less|more|drop|cut)\b)|"
            rf"(?:\b{NUMBER}\b|%).*\b{_EARNED}\b|\bpay cut\b|\bunpaid\b|\bminimum wage\b|\bsix[- ]figure",
            re.IGNORECASE,
        ),
    ),
    "an amount of money": (
        whole(
            rf"{_MUCH}(?!.*\b(?:pay|salary) (?:cut|rise|raise))(?: money\b|.*\b(?:costs?|pays?|"
            r"(?:has|have|had)\b.{0,30}\bpaid|spend|spent|charg\w+|tuition|fees?|price\w*|debts?|rent|money|lose|lost|owe\w*|sav\w+|"
            r"rais\w+)\b)",
            rf"{_WHAT_IS}(?:price|costs?|tuition|fees?|budget|severance|debt|bonus|rent)(?! and benefits)",
            # "what did it cost her", not "what did they do to keep costs down"
            r"what (?:did|does|do|would|will|might|has|have) (?:[\w'’-]+ ){1,8}?"
            r"(?<!the )(?<!of )(?<!keep )(?<!cut )(?<!about )(?<!cover )(?<!lower )(?<!living )(?:costs?|charged?)"
            r"(?! down)",
            r"what (?:did|does|do|would|will) (?:[\w'’-]+ ){1,5}?(?<!to )(?<!could )(?<!can )pay(?= for\b|\W*$)",
            r"how expensive",
            r"^\W*(?:(?:tell|give|me|and|but|what|about|the|total|full) ){0,4}(?:costs?|price|tuition)",
        ),
        re.compile(
            rf"{MONEY}|\bfree\b|\bscholarship|\b{_SPENT}\b.*(?:\b{NUMBER}\b|\b(?:nothing|low|high)\b)|\bseverance\b|"
            r"\bmonths? of (?:pay|salary)\b",
            re.IGNORECASE,
        ),
    ),
    "an age": (
        whole(r"how old|what age|age (?:was|is|did|when|does)|(?:his|her|their) age"),
        re.compile(
            r"\b\d\d?[- ]years?[- ]olds?\b|\byears old\b|\bage[sd]?\b|\bborn in\b|\bbirthday\b|\bteenager\b|"
            r"\b(?:in|into|my|his|her|their|early|mid|late)[ -](?:\w+[- ])?(?:\d0['’]?s|twenties|thirties|forties|"
            r"fifties|teens)\b|\b(?:at|was|am|is|turn(?:ed|ing)?|i['’]m|about|around|nearly|almost|over) (?:\d\d|"
            r"sixteen|eighteen|twenty|thirty|forty|fifty|sixty)\b|\b(?:when i was|as) a (?:kid|child|boy|girl|teen)\b|"
            r"\b(?:\dst|\dnd|\drd|\dth|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) grade\b",
            re.IGNORECASE,
        ),
    ),
    "how many there were": (
        whole(rf"how (?:big|large)\b.{{0,40}}\b{_GROUP}", rf"how many {_PEOPLE}"),
        re.compile(
            rf"\b{NUMBER}\b[\w\s,'’-]{{0,30}}\b(?:{_PEOPLE}|of us)\b|\b(?:team|company|firm|class|cohort|group|startup)"
            rf" of (?:about |around |some )?{NUMBER}\b|\b(?:only|first|sole|lone|one[- ]person|one[- ]man)\b|"
            r"\b(?:small|large|big|huge|tiny)\b[\w\s-]{0,20}\b(?:team|company|firm|class|startup|cohort)\b",
            re.IGNORECASE,
        ),
    ),
    "a grade or score": (
        whole(
            rf"{_WHAT_IS}(?:gpa|grades?|marks?|scores?|exam results?|percentage(?! of\b))",
            r"how (?:good |high )?(?:was|were|is|are) (?:[\w'’-]+ ){1,6}?(?:gpa|grades|marks|scores?|exam results?)",
        ),
        re.compile(
            r"\b(?:gpa|grades?|marks?|scor\w+|distinction|honou?rs|first[- ]class|cum laude|pass(?:ed)?|fail(?:ed)?|"
            r"straight as?|average|top of)\b|\d\s?%|\bper ?cent",
            re.IGNORECASE,
        ),
    ),
}
# For each fact: what asks for it, and what shows it.
_COUNTED = re.compile(
    r"\bhow many\s+(?P<things>(?:[\w'’-]+\s+){0,2}?[\w'’-]+)(?:\s+"
    + one_of(
        """did does do were was is are has have had per a in to of before after until on at from for would can it he she
        they"""
    )
    + r"\b|\W*$)",
    re.IGNORECASE,
)
_LATER = re.compile(r"(?<=\w)\s+\w+ed\b.*")
# "how many places wanted to hire him" counts places.
_OF_TIME = whole(r"(?:year|month|week|day|hour|minute|time)s?")
# How long something took is told in too many ways to ask for any of them.
_SOME = whole(NUMBER, r"many|all|both|each|every|hundred|no|once|twice")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
