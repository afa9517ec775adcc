"""Kinds of questions about a career change: what asks each, how a sentence that answers it looks, how it is put.

Patterns a person can read, and no more: who is asked about, whether the library answers, and how much it counts that a
sentence looks like an answer, others say.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rag.patterns import MONEY, NUMBER, whole

LONGEST_SENTENCE = 600
"""Characters of a sentence that are looked at: the time that the patterns take grows with the square of them."""


@dataclass(frozen=True)
class Kind:
    """A kind of question: what `asks` it, which sentence `shows` an answer, and how it is put.

    `question` has {who} in it; `with_goal`, where there is one, {goal} as well, and is put where the story says what
    the person became.
    """

    asks: re.Pattern[str]
    shows: re.Pattern[str]
    question: str
    with_goal: str = ""

    def is_told_by(self, sentence: str) -> bool:
        """Whether a sentence looks like an answer."""
        return self.shows.search(sentence[:LONGEST_SENTENCE]) is not None


_OUTCOME = (
    r"(?:transition|new career|first job|first role|offers?|hired|landed|became|become|graduat\w+|finish\w*|complet\w+|"
    r"enough to|ready|switch\w*|career change|change careers?|moved|course|bootcamp|degree|program(?:me)?|master['’]?s)"
)
_SPAN = rf"{NUMBER}(?: and a half)?[ -](?:months?|years?|weeks?)"
_SOMEBODY = (
    r"(?:mentors?|wife|husband|boyfriend|girlfriend|partner|friends?|brother|sister|family|colleagues?|boss|manager|"
    r"professor|teacher|classmates|community|meetups?|somebody|someone|people)"
)
_MADE = r"(?:built|build|building|made|created|wrote|developed|worked on|started|launched|finished)"
_THING = r"(?:projects?|apps?|websites?|sites?|portfolio|games?|blog|tools?|bots?|prototypes?|dashboards?|models?)"

JOURNEY = Kind(
    asks=whole(r"how did .{3,80} (?:become|get into|move into|end up)"),
    shows=re.compile(r"\w"),
    question="",
    with_goal="How did {who} become {goal}?",
)
"""The whole way; asked of somebody else than those an answer is about."""
FIRST_JOB = Kind(
    asks=whole(
        r"first (?:job|role|position|work)",
        r"f(?:ind|ound) (?:\w+ ){0,3}job|hired|interview\w*|appl(?:y|ied|ications?)",
    ),
    shows=whole(
        r"(?:got|was|were|been) hired|hired (?:me|him|her)",
        r"(?:job|an|the|first|two|three|one) offers?|offered (?:me|him|her) (?:a|an|the)",
        r"(?:phone |first |job |of |to |the |an |my |his |her )interview(?:s|ed|ing)?|applied (?:to|for)|applications?",
        r"land(?:ed|ing)? (?:a|an|my|his|her|the)",
        r"first (?:job|role|position) in (?:the field|data|tech)",
        r"first (?:job|role|position) as an? [\w -]*(?:developer|engineer|scientist|analyst)",
    ),
    question="How did {who} find the first job in the new field?",
    with_goal="How did {who} find a first job as {goal}?",
)
REASON = Kind(
    asks=whole(r"why|reasons?|what (?:made|drove|motivated|sparked|pushed|led|inspired)"),
    shows=whole(
        r"reasons? (?:why|for|that)|bored|boring|unhapp\w+|miserable|burn(?:ed|t) ?out|tired of|sick of|laid off|quit",
        r"fell in love|(?:wanted|longed|wished) (?:to (?:be|become|change|leave|learn|work|do|have|move)|more|for)",
        r"decided (?:to (?:become|change|leave|switch|learn|go|move|try|make|take)|that)|passion(?:ate)? (?:for|about)",
        r"fascinat\w+|dream(?:ed|t)? of|new challenges?|wear(?:ing)? on me|plateaued|disillusioned",
    ),
    question="What made {who} change careers?",
)
LEARNING = Kind(
    asks=whole(r"learn\w*|stud(?:y|ied)|courses?|books?|bootcamps?|degree|teach"),
    shows=re.compile(
        r"\A(?=.*\b(?:took|taken|enrol\w*|signed up|sign up|finished|completed|complete|read|reading|studied|started|"
        r"worked through|attended|graduated|followed|came across|applied|found|did)\b)"
        r".*\b(?:courses?|MOOCs?|boot ?camp|books?|tutorials?|freeCodeCamp|Coursera|Udacity|Udemy|edX|Codecademy|"
        r"fast\.ai|certificates?|nanodegree|master['’]s|degree)\b",
        re.IGNORECASE,
    ),
    question="Which courses or books did {who} learn from?",
)
HARDSHIP = Kind(
    asks=whole(r"hard(?:est|er)?|difficult\w*|struggl\w+|challeng\w+|obstacles?|problems?|fears?|wrong|mistakes?"),
    shows=whole(
        r"hardest|harder than|so hard|hard (?:part|to)|most difficult|difficult (?:part|to|because)",
        r"difficult challenge|struggl(?:ed|ing)|afraid|scared|terrif\w+|imp[oe]stor\w*|overwhelm\w+|frustrat\w+",
        r"intimidat\w+|daunting|rejections?|rejected|g[ai]ve up|failed|lonely|stressful|anxiety|tough",
    ),
    question="What did {who} find hard?",
)
HELP = Kind(
    asks=whole(r"help\w*|mentors?|support\w*|family|friends?"),
    shows=re.compile(
        rf"\b{_SOMEBODY}\b.*\b(?:helped|encouraged|supported|supporting|mentored|told me|told him|told her|introduced|"
        rf"suggested|recommended|referred|pushed|showed (?:me|him|her))\b|\b(?:mentored by|had a mentor|thanks to|"
        rf"helped by|support of|encouraged by|asked (?:my|his|her|a))\b.*\b(?:{_SOMEBODY}|entrepreneur)\b",
        re.IGNORECASE,
    ),
    question="Who helped {who} along the way?",
)
TIME = Kind(
    asks=whole(r"how long", r"how (?:many|much) (?:time|months|years|weeks)", r"how (?:fast|quickly|soon)"),
    shows=re.compile(
        rf"\b(?:took|takes|lasted|within|after|in(?: just| only| under| about)?|less than|over)\b[^.]{{0,40}}?{_SPAN}"
        rf"(?! ago)[^.]*\b{_OUTCOME}\b|\b{_OUTCOME}\b[^.]*\b(?:took|lasted|within|after|in|over)\b[^.]{{0,20}}?{_SPAN}"
        rf"(?! ago)|{NUMBER}-(?:month|year|week) (?:\w+ ){{0,2}}(?:course|bootcamp|degree|program(?:me)?)",
        re.IGNORECASE,
    ),
    question="How long did the change take {who}?",
    with_goal="How long did it take {who} to become {goal}?",
)
PROJECTS = Kind(
    asks=whole(r"projects?|portfolio|buil[dt]\w*"),
    shows=re.compile(
        rf"\b{_MADE}\b[^.]{{0,60}}\b{_THING}\b|\b(?:my|his|her|own|final|first|side|capstone|personal)\s(?:\w+\s)?projects?\b",
        re.IGNORECASE,
    ),
    question="Which projects did {who} work on?",
)
ADVICE = Kind(
    asks=whole(r"advi[cs]e\w*|tips?|recommend\w*|should i"),
    shows=re.compile(
        r"\badvice(?: \w+){0,3}? (?:is|would|to|i)\b|\badvice:|\bI(?:['’]d| would)? (?:also |strongly |highly |still )?"
        r"(?:recommend|advise|suggest)\b|^if you(?:['’]re| are| want| have)\b(?! reading)|\bmy tips?\b|"
        r"\bdo(?: not|n['’]t) give up\b|\b(?:he|she) (?:advises|recommends)\b",
        re.IGNORECASE,
    ),
    question="What advice does {who} give?",
)
COST = Kind(
    asks=whole(r"costs?|how much|pay|paid|price|tuition|expensive|afford\w*|sav(?:ed|ings)"),
    shows=re.compile(
        rf"\A(?=.*\b(?:paid|pay|spent|saved|borrowed|loans?|tuition|severance|salary|scholarship|"
        rf"cost (?:me|him|her))\b).*{MONEY}|\bpay cut\b|\bsavings\b|\bscholarship\b",
        re.IGNORECASE,
    ),
    question="What did the change cost {who}?",
)
JOY = Kind(
    asks=whole(r"enjoy\w*|happy|like\w* about|love\w*|new (?:job|work)|worth"),
    shows=whole(
        r"(?:I|he|she) (?:really |truly |thoroughly |enjoys? )?(?:loves?|enjoys?|enjoyed) (?:it|my|his|her|the|working|"
        r"every|what|being|coding|programming|solving|learning)",
        r"happier than|never been happier|favou?rite (?:part|days|thing)|best part|worth it|best decision|rewarding",
    ),
    question="What does {who} enjoy about the new work?",
)
HINDSIGHT = Kind(
    asks=whole(r"differently|regret\w*|hindsight|looking back|do (?:it |that )?(?:all )?(?:over )?again"),
    shows=whole(
        r"regret\w*|in hindsight|looking back|in retrospect|(?:I|he|she|they) should have|should(?:n['’]t| not) have",
        r"(?:I|he|she|they) wish(?:es|ed)?|would have (?:started|done|been better|preferred|liked)",
        r"(?:do|done) (?:it |things )?differently|(?:my|his|her|their|the) (?:big |biggest |only |main )?mistakes?",
    ),
    question="What would {who} do differently?",
)
BOOTCAMPS = Kind(
    asks=whole(r"boot ?camps?"),
    shows=whole(r"boot ?camps?"),
    question="",
)
FAMILY = Kind(
    asks=whole(
        r"child(?:ren)?|kids?|bab(?:y|ies)|parents?|(?:single |stay-at-home )?(?:mothers?|mums?|moms?|dads?|fathers?)"
    ),
    shows=whole(
        r"(?:my|his|her|their|an?|the|two|three|four|young|with) (?:\w+ )?(?:sons?|daughters?|child|children|kids?)",
        r"bab(?:y|ies)|toddlers?|parenthood|maternity|paternity|stay-at-home|pregnan\w+",
        r"became an? (?:mother|father|parent)",
    ),
    question="",
)
AGE = Kind(
    asks=whole(
        r"too (?:late|old)|(?:my|your|their|his|her) age|how old|older|(?:at|over|after|past) (?:the age of )?[2-6]\d"
    ),
    shows=whole(
        r"(?:my|his|her|their|one['’]s|late|early|mid) (?:twenties|thirties|forties|fifties|sixties|[2-6]0['’]?s)",
        r"(?:at|aged?|was|were|am|is|turned|turning) (?:the age of )?[2-6]\d(?! (?:per|minutes|hours|euros))",
        r"too (?:old|late)|years old|ageis[mt]|my age|(?:his|her|their) age|older than",
    ),
    question="",
)
BESIDE_WORK = Kind(
    asks=whole(
        r"full[- ]time|part[- ]time|evenings?|weekends?|(?:while|besides?|alongside) (?:\w+ ){0,4}(?:work\w*|jobs?)",
    ),
    shows=whole(
        r"full[- ]time|part[- ]time|evenings?|weekends?|(?:late|at) nights?|(?:after|before) work|after shifts?",
        r"lunch\w*|night ?shifts?|day job|commut\w+|(?:while|kept|still) working",
        r"(?:my|his|her|their) (?:spare|free|own) time",
    ),
    question="",
)

KINDS = (FIRST_JOB, REASON, LEARNING, HARDSHIP, HELP, TIME, PROJECTS, ADVICE, COST, JOY, HINDSIGHT)
"""Those that are offered, in this order."""
ASKED = (*KINDS, BOOTCAMPS, FAMILY, AGE, BESIDE_WORK)
"""Those that are told apart where they are asked. A question may be of several kinds."""


def kinds_in(asked: str) -> tuple[Kind, ...]:
    """The kinds of a question: of `LEARNING` not one on bootcamps alone, which looks for them by their name."""
    found = [kind for kind in ASKED if kind.asks.search(asked)]
    return tuple(kind for kind in found if not (kind is LEARNING and BOOTCAMPS in found))


def is_told(kinds: Iterable[Kind], sentence: str) -> bool:
    """Whether a sentence looks like an answer to any of some kinds."""
    return any(kind.is_told_by(sentence) for kind in kinds)
