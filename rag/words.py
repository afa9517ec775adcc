"""Text → words as they are compared: stems, numbers by their value, and whether a word tells anything.

Owns what counts as the same word: 1,000 and "one thousand", "studies" and "study", curly and straight quotes.
Knows nothing of passages, sentences or support.
"""

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import regex
import Stemmer


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, as compared, and where. It tells something unless it is a function or framing word."""

    text: str
    stem: str
    start: int
    tells: bool
    is_number: bool = False


def plain(text: str) -> str:
    """A text with compatibility characters, fractions, quotes and dashes in their plainest form."""
    apart = _BEFORE_FRACTION.sub(" ", _PER_CENT.sub("percent", text))
    return unicodedata.normalize("NFKC", apart).translate(_PLAIN)


def read_words(text: str) -> list[Word]:
    """The words and numbers of a text that `plain` has made, in order."""
    return [_number(found) if found["number"] else _word(found) for found in _WORD.finditer(text)]


def _number(found: "regex.Match[str]") -> Word:
    """1,000, 1k, a thousand and one thousand are the same word; so are 7 and seven."""
    total = current = 0.0
    for part in _NUMBER_PART.split(found["number"].lower()):
        if part in {"hundred", "dozen"}:
            current = (current or 1) * _SCALES[part]
        elif part in _SCALES:
            total += (current or 1) * _SCALES[part]
            current = 0.0
        else:
            current += float(part.replace(",", "")) if part[0].isdecimal() else _SMALL_NUMBERS.get(part, 0)
    value = found["number"] if math.isinf(total + current) else total + current
    return Word(found["number"], f"={value}", found.start(), tells=True, is_number=True)


def _word(found: "regex.Match[str]") -> Word:
    stem, tells = _stem(found.group().lower())
    return Word(found.group(), stem, found.start(), tells)


@lru_cache(maxsize=20_000)
def _stem(lower: str) -> tuple[str, bool]:
    """A word's stem, without possessive or contraction, and whether the word tells something."""
    bare = _CONTRACTION.sub("", lower)
    bare = _BASE_FORMS.get(bare, bare)
    stem = _stemmer().stemWord(bare.replace("'", ""))
    return stem, len(bare) > 1 and bare not in _FUNCTION_WORDS and stem not in FRAMING and stem not in SOURCES


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def _stems(words: str) -> frozenset[str]:
    return frozenset(_stemmer().stemWords(words.split()))


_PER_CENT = regex.compile(r"\bper cent\b", regex.IGNORECASE)
_BEFORE_FRACTION = regex.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛ʼ`´′", "'")  # noqa: RUF001  # to be told from each other
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―−⁃", "-")  # noqa: RUF001  # as above
)
_CONTRACTION = regex.compile(r"(?:'(?:s|d|ll|m|re|ve|t)|n't)$")
_PAST_TENSES = (
    "became become began begin bought buy brought bring built build chose choose came come drove drive fell fall felt "
    "feel found find gave give gone go got get grew grow grown grow heard hear held hold kept keep knew know "
    "known know learnt learn led lead left leave lost lose made make meant mean met meet paid pay ran run sold sell "
    "saw see seen see sent send spent spend spoke speak stood stand taught teach taken take thought think told tell "
    "took take understood understand went go won win wrote write written write"
)
_BASE_FORMS = dict(zip(_PAST_TENSES.split()[::2], _PAST_TENSES.split()[1::2], strict=True)) | {
    "%": "percent",
    "$": "dollar",
    "€": "euro",
    "£": "pound",
}
"""What a word is read as, where a stemmer cannot tell."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL_NUMBERS = {word: value for value, word in enumerate(_ONES.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), start=2)
}
_SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "m": 10**6,
    "billion": 10**9,
    "bn": 10**9,
}
_NUMBER_PART = regex.compile(r"[\s-]+(?:and\s+)?|(?<=\d)(?=\p{L})")
_WORD = regex.compile(
    r"""
    (?P<number> (?<![\p{L}\p{N}])
      (?: (?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:(?:k|m|bn)(?!\p{L}))? | (?&small) | (?&scale) )
      (?: [\s-](?&scale) (?:\s(?:and\s)?(?&small))? )*
    )
    | \p{L}[\p{L}\p{M}\p{N}]*(?:'\p{L}+)*
    | [%$€£]
    (?(DEFINE)
      (?P<scale> (?:dozen|hundred|thousand|million|billion)(?!\p{L}) )
      (?P<small> (?: (?:TENS)(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))? | (?:ONES) )(?!\p{L}) )
    )
    """.replace("TENS", _TENS.replace(" ", "|")).replace("ONES", _ONES.replace(" ", "|")),
    regex.VERBOSE | regex.IGNORECASE,
)
"""A number in digits or words, with its scale; a word; or a symbol that is read as a word."""

_FUNCTION_WORDS = frozenset(
    "a about after again all also am an and any are as at be because been before being both but by ca can could did do "  # noqa: SIM905  # so many commas would not help
    "does doing done down during each else ever few for from further had has have having he her here hers herself him "
    "himself his how i if in into is it its itself just let like may me might more most much must my myself no nor not "
    "now of off on once only or other our ours out over own per rather same shall she should since so some such than "
    "that the their theirs them themselves then there therefore these they this those through thus to too under until "
    "up upon us very was we were what when where whether which while who whom whose why will with within without wo "
    "would yet you your yours yourself cannot never neither nobody nothing says tells writes st nd rd th am pm".split()
)
FRAMING = _stems(
    "passage based given provided answer follow following question unable information mention state according describe "
    "explain suggest summary summarize source text context excerpt discuss indicate instruction note"
)
"""Words that speak of the answer or its sources rather than of the world."""
SOURCES = _stems("passage source text context information instruction answer question story stories author")
