"""Alterations: a true sentence → one that says something else by a single detail: number, name, denial, time or role.

Each alteration gives every variant that it can make, and none that a passage says too. Owns what such a detail looks
like in English; `denials.py` has the denials. Knows nothing of how sentences are chosen and of scores.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from eval.validating.denials import flipped
from rag.words import plain, read_words


@dataclass(frozen=True)
class Surroundings:
    """What an alteration may draw on: the passage that carries the sentence, names and roles of other stories."""

    passage: str
    names: Sequence[str] = ()
    roles: Sequence[str] = ()


def numbers_in(text: str) -> Iterator["regex.Match[str]"]:
    """Numbers that count or measure: in digits or as words, but no years, no "one", no part of another word."""
    yield from _NUMBER.finditer(text)


def names_in(text: str) -> list[str]:
    """Names as far as capitals tell, without what begins a sentence, months and weekdays."""
    if _HEADING.fullmatch(text):
        return []
    return [found.group() for found in _NAME.finditer(text) if not _NO_NAME.search(found.group())]


def roles_in(text: str) -> list[str]:
    """Job titles, as they are written."""
    return [found.group() for found in _ROLE.finditer(text)]


def other_number(sentence: str, around: Surroundings) -> list[str]:
    """With another number, written in the same way."""
    said = {word.stem for word in read_words(plain(f"{around.passage} {sentence}")) if word.is_number}
    return [
        _replaced(sentence, found, fresh)
        for found in numbers_in(sentence)
        for fresh in _others(found.group())
        if {word.stem for word in read_words(fresh)}.isdisjoint(said)
    ]


def other_name(sentence: str, around: Surroundings) -> list[str]:
    """With a name of another story in the place of one, a short for a short and a long for a long one."""
    names, passage = set(names_in(sentence)), around.passage.lower()
    return [
        _replaced(sentence, found, fresh)
        for found in _NAME.finditer(sentence)
        if found.group() in names
        for fresh in around.names
        if _shape(fresh) == _shape(found.group()) and fresh.lower() not in passage
    ]


def other_sign(sentence: str, around: Surroundings) -> list[str]:
    """With a denial put in or taken out."""
    return [made for made in flipped(sentence) if not _holds(around.passage, made)]


def other_time(sentence: str, around: Surroundings) -> list[str]:
    """With another unit of a duration, another year, month or weekday, or the order of two things turned round."""
    return [
        made
        for pattern, words in _TIMES
        for found in pattern.finditer(sentence)
        for fresh in words
        if _singular(fresh) != _singular(found.group())
        if (made := _replaced(sentence, found, _like(fresh, found.group())))
        if not _holds(around.passage, _neighbourhood(made, found.start()))
    ] + [
        _replaced(sentence, found, year)
        for found in _YEAR.finditer(sentence)
        for step in (-7, -4, -2, 3, 5)
        if not _holds(around.passage, year := str(int(found.group()) + step))
    ] + [
        _replaced(sentence, found, _like(_ORDER[found.group().lower()], found.group()))
        for found in _ORDERED.finditer(sentence)
    ]  # fmt: skip


def other_role(sentence: str, around: Surroundings) -> list[str]:
    """With a job title of another story in the place of one; none that is only more or less exact."""
    return [
        _with_article(sentence[: found.start()], fresh) + sentence[found.end() :]
        for found in _ROLE.finditer(sentence)
        for fresh in around.roles
        if not _holds(around.passage, fresh) and not _is_alike(fresh, found.group())
    ]


ALTERATIONS: Mapping[str, Callable[[str, Surroundings], list[str]]] = {
    "number": other_number,
    "name": other_name,
    "negation": other_sign,
    "time": other_time,
    "role": other_role,
}
"""Each kind of alteration by its name, in the order of reports."""


def _replaced(sentence: str, found: "regex.Match[str]", words: str) -> str:
    return sentence[: found.start()] + words + sentence[found.end() :]


def _others(number: str) -> list[str]:
    """Other numbers in the same form: words for words, digits for digits with as many decimals."""
    lower = number.lower()
    if lower in _COUNT:
        place = _COUNT.index(lower)
        near = [*_COUNT[place + 1 : place + 4], *_COUNT[max(place - 3, 0) : place]]
        return [_like(word, number) for word in near]
    digits, point, decimals = number.replace(",", "").partition(".")
    value = int(digits)
    fresh = [value + step for step in (1, 2, 3, 5)] if value < 20 else [value * 2, value * 3 // 2, value * 3 // 4]  # noqa: PLR2004  # small ones count
    return [f"{other:,}" if "," in number else f"{other}{point}{decimals}" for other in fresh if other != value]


def _like(words: str, written: str) -> str:
    """The words with a capital, or with an s at the end, as what they replace has it."""
    plural = words if not written.lower().endswith("s") or words.endswith("s") or words not in _UNITS else words + "s"
    return plural[:1].upper() + plural[1:] if written[:1].isupper() else plural


def _singular(word: str) -> str:
    return word.lower().removesuffix("s")


def _neighbourhood(sentence: str, place: int) -> str:
    """The word at a place with the one before it: "six months"."""
    begin = sentence.rfind(" ", 0, max(place - 1, 0)) + 1
    return " ".join(sentence[begin:].split()[:2]).rstrip(".,;:!?)")


def _holds(text: str, words: str) -> bool:
    return bool(regex.search(rf"(?<!\w){regex.escape(words)}(?!\w)", text, regex.IGNORECASE))


def _shape(name: str) -> tuple[bool, bool]:
    """Whether a name has several words, and whether it is an abbreviation."""
    return " " in name, name.isupper()


def _is_alike(one: str, other: str) -> bool:
    """Whether one title has all words of the other, or both mean nearly the same."""
    words, others = (set(_SAME_JOB.sub("developer", role.lower()).replace("-", " ").split()) for role in (one, other))
    return words <= others or others <= words


def _with_article(before: str, role: str) -> str:
    """The words before a title with "a" or "an" as it wants it."""
    article = (
        "an" if regex.match(r"[aeio]|ux|ml|ai", role, regex.IGNORECASE) and not role.lower().startswith("one") else "a"
    )
    return regex.sub(r"\b([Aa])n? $", lambda found: (found[1] + article[1:]) + " ", before) + role


_COUNT = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy",
    "eighty", "ninety",
)  # fmt: skip
_NUMBER = regex.compile(
    r"(?<![\w.,$#/+-])(?<!\$ )(?!(?:19|20)\d\d\b)(?:\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.\d+)?(?![\w/+:]|[.,-]\d|-\w|th\b)"
    r"|(?<=[$€£])(?:\d{1,3}(?:,\d{3})+|\d{1,7})(?![\w./]|,\d)"
    rf"|(?<![\w-])(?:{'|'.join(_COUNT)})(?![\w-])",
    regex.IGNORECASE,
)
_YEAR = regex.compile(r"(?<![\w.,$#/-])(?:19|20)\d\d(?![\w/]|[.,-]\d)")
_NAME = regex.compile(r"(?<=[a-z,] )[A-Z][\w.&+#]*\w(?: [A-Z][\w&+#]*\w)*(?![\w'’-])")
_SMALL = r"(?:[A-Z]\S*|a|an|the|of|and|to|in|for|on|with|my|\W+)"
_HEADING = regex.compile(rf"{_SMALL}(?: {_SMALL})*")
"""A line all in capitals but for small words names nothing."""
_HOW_MANY = rf"\d+|one|{'|'.join(_COUNT)}|few|couple of|several|many|half a|next|last|first|whole"
_UNITS = ("hour", "day", "week", "month", "year")
_MONTHS = (
    "January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIMES = (
    (regex.compile(rf"(?<=\b(?:{_HOW_MANY})[ -])(?:{'|'.join(_UNITS)})s?(?!\w)", regex.IGNORECASE), _UNITS),
    (regex.compile(rf"\b(?:{'|'.join(_MONTHS)})\b"), _MONTHS),
    (regex.compile(rf"\b(?:{'|'.join(_WEEKDAYS)})\b"), _WEEKDAYS),
)
"""What tells a time, and the words of its kind."""
_NO_NAME = regex.compile(rf"\b(?:I|{'|'.join((*_MONTHS, 'May', *_WEEKDAYS))})\b")
_ORDER = {
    "before": "after",
    "after": "before",
    "earlier": "later",
    "later": "earlier",
    "previous": "next",
    "next": "previous",
}
_ORDERED = regex.compile(
    r"(?<!look )(?<!looking )(?<!looked )(?<!day )(?<!year )(?<!sought )(?<!sought-)(?<!one )(?<!named )\b"
    r"(?:before|after|earlier|later|previous|next)\b(?! all\b| long\b| to\b|-)",
    regex.IGNORECASE,
)
_FIELDS = (
    "software|web|data|machine learning|deep learning|ML|AI|front[- ]?end|back[- ]?end|full[- ]?stack|product|project"
    "|program|business|UX|UI|UX/UI|graphic|research|mechanical|electrical|civil|chemical|process|network|security|cloud"
    "|DevOps|mobile|game|marketing|sales|account|office|school|flight|financial|systems|test|quality|math|science"
    "|English|music|high school|customer support|technical|staff|infantry|army|visual|creative|content|applied"
)
_JOBS = (
    "engineer|developer|programmer|scientist|analyst|designer|manager|researcher|architect|teacher|nurse|lawyer"
    "|accountant|consultant|recruiter|musician|journalist|chef|cook|baker|barista|waiter|waitress|doctor|physicist"
    "|chemist|biologist|neuroscientist|mathematician|statistician|professor|lecturer|tutor|instructor|soldier|officer"
    "|sailor|mechanic|electrician|plumber|carpenter|welder|technician|administrator|director|salesperson|marketer|banker"
    "|trader|actuary|economist|psychologist|therapist|pharmacist|dentist|librarian|translator|writer|editor|photographer"
    "|actor|dancer|driver|pilot|farmer|gardener|cashier|receptionist|secretary|intern|attendant|firefighter|paramedic"
)
_ROLE = regex.compile(rf"(?<![\w-])(?:(?:{_FIELDS}) )*(?:{_JOBS})(?![\w-])", regex.IGNORECASE)
_SAME_JOB = regex.compile(r"\b(?:engineer|programmer|coder)\b")
