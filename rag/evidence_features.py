"""What a sentence shares with passages, and what it has that they lack: the features of grounding, without a model.

Owns how text is read into words, numbers, names and denials, and the value of every feature. Knows nothing of
weights, scores or verdicts: those are `rag/grounding.py`'s. Of the features tried, those that earned their place
stayed; what each is worth, and what was left out, `docs/experiments.md` tells.
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, zip_longest

import regex
import Stemmer

LONG_EVIDENCE = (400, 600)
"""Words of all passages from which, and up to which, chance matches count more and more, logarithmically.

Few of RAGTruth's questions come with more than the first, and most of WiCE's web pages have more than the second.
"""


@dataclass(frozen=True)
class Comparison:
    """The features by name; the share of the sentence's telling words that the passages have; what they lack."""

    features: Mapping[str, float]
    word_coverage: float
    unseen_numbers: tuple[str, ...]
    unseen_names: tuple[str, ...]
    is_negated: bool


def compare(sentence: str, passages: Sequence[str]) -> Comparison:
    """Compare a sentence, without citation marks, with passages, all of them together."""
    text = _CLAIMLESS.sub("", plain(sentence))
    read = _read(tuple(passages))
    words = _words(text)
    claim = [word for word in words if word.tells]
    numbers = tuple(dict.fromkeys(word.text for word in _claimed_numbers(words) if word.stem not in read.stems))
    names = tuple(dict.fromkeys(_unseen_names(text, words, read.stems)))
    is_negated = _is_negated(list(_clauses(text, words)), read)
    features = {
        # log(1 + how many telling words they lack)
        "unseen_words": math.log1p(sum(word.stem not in read.stems for word in claim)),
        # share of the telling words that two neighbouring passage sentences have between them, at best
        "two_sentence_coverage": _sentence_coverage(claim, read.sentences),
        # log(1 + words of the longest stretch that the passages have word for word)
        "longest_run": math.log1p(_longest_run([word.stem for word in words], read.text)),
        "unseen_number": float(bool(numbers)),
        "unseen_name": float(bool(names)),
        "negated": float(is_negated),
        # log(1 + words, three at most, that only speak of the answer or its sources): "according to the text"
        "framing": math.log1p(min(sum(word.stem in _FRAMING for word in words), 3)),
        # it says what its sources lack: "the stories do not tell"
        "admits": float(bool(_LACK.search(text)) and any(word.stem in _SOURCES for word in words)),
        # a list's first line and a question claim nothing
        "announces": float(text.rstrip().endswith((":", "?"))),
        "long_evidence": _ramp(read.length, *LONG_EVIDENCE),
    }
    return Comparison(features, _coverage(claim, read.stems), numbers, names, is_negated)


def plain(text: str) -> str:
    """A text with compatibility characters, fractions, quotes and dashes in their plainest form."""
    apart = _BEFORE_FRACTION.sub(" ", _PER_CENT.sub("percent", text))
    return unicodedata.normalize("NFKC", apart).translate(_PLAIN)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as written, as compared, and where. It tells something unless it is a function or framing word."""

    text: str
    stem: str
    start: int
    tells: bool
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """The stems of a clause's telling words, and those of them that come first after a denial."""

    stems: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True)
class _Reading:
    """Passages as compared with. `text` is all stems, each between spaces; `sentences` and `clauses` hold telling ones."""

    stems: frozenset[str]
    text: str
    sentences: tuple[frozenset[str], ...]
    clauses: tuple[_Clause, ...]
    affirmed: frozenset[str]
    denied: frozenset[str]
    length: int


@lru_cache(maxsize=64)
def _read(passages: tuple[str, ...]) -> _Reading:
    """Read passages, once for all the sentences of an answer that cite them."""
    texts = [text for passage in passages for text in _SENTENCE_END.split(plain(passage))]
    sentences = [_words(text) for text in texts]
    stems = [word.stem for words in sentences for word in words]
    clauses = tuple(clause for text, words in zip(texts, sentences, strict=True) for clause in _clauses(text, words))
    return _Reading(
        stems=frozenset(stems),
        text=f" {' '.join(stems)} ",
        sentences=tuple(frozenset(word.stem for word in words if word.tells) for words in sentences),
        clauses=clauses,
        affirmed=frozenset(stem for clause in clauses for stem in clause.stems - clause.denied),
        denied=frozenset(stem for clause in clauses for stem in clause.denied),
        length=len(stems),
    )


def _coverage(claim: Sequence[_Word], stems: Collection[str]) -> float:
    """Share of the words that are there; 1 if there is no word to look for."""
    return sum(word.stem in stems for word in claim) / len(claim) if claim else 1.0


def _sentence_coverage(claim: Sequence[_Word], sentences: Sequence[frozenset[str]]) -> float:
    """The largest coverage by two neighbouring sentences together; 1 if there is no word to look for."""
    counts = Counter(word.stem for word in claim)
    pairs = pairwise([frozenset[str](), *sentences])
    found = (sum(counts[stem] for stem in counts.keys() & (first | second)) for first, second in pairs)
    return max(found, default=0) / len(claim) if claim else 1.0


def _longest_run(stems: Sequence[str], text: str) -> int:
    """How many of the stems in a row, at most, stand in the text of a reading."""
    longest = 0
    for start in range(len(stems)):
        while (end := start + longest + 1) <= len(stems) and f" {' '.join(stems[start:end])} " in text:
            longest += 1
    return longest


def _ramp(words: int, low: int, high: int) -> float:
    return math.log(min(max(words, low), high) / low) / math.log(high / low)


def _claimed_numbers(words: Sequence[_Word]) -> Iterator[_Word]:
    """All numbers but the one of "one of them" and the two of "the two"."""
    for place, word in enumerate(words):
        follows_article = place > 0 and words[place - 1].stem in {"the", "these"}
        is_pronoun = word.text.lower() == "one" or (word.text.lower() == "two" and follows_article)
        if word.is_number and not is_pronoun:
            yield word


def _unseen_names(text: str, words: Sequence[_Word], seen: Collection[str]) -> Iterator[str]:
    """Capitalised words the passages lack, neighbours as one name; none in a heading."""
    if all(word.text[0].isupper() or word.stem in _SMALL_IN_HEADINGS for word in words):
        return
    name, end = "", 0
    for word, following in zip_longest(words, words[1:]):
        if not _is_unseen_name(text, word, following, seen):
            continue
        if name and text[end : word.start] == " ":
            name += f" {word.text}"
        else:
            yield from [name] if name else []
            name = word.text
        end = word.start + len(word.text)
    yield from [name] if name else []


def _is_unseen_name(text: str, word: _Word, following: _Word | None, seen: Collection[str]) -> bool:
    """Whether a capitalised word is a name the passages lack.

    A sentence's first word is capital in any case. It is a name if it has a possessive, or is followed by another
    such capital or by what follows a subject: an auxiliary or a past tense.
    """
    if word.is_number or not word.tells or not word.text[0].isupper() or word.stem in seen:
        return False
    before = text[: word.start].rstrip()
    is_first = not before or before.endswith((*'.!?:;"([*', " -"))
    if not is_first or word.text.endswith("'s"):
        return True
    if following is None or text[word.start + len(word.text) : following.start] != " ":
        return False
    is_capital = following.text[0].isupper() and following.stem not in seen
    return is_capital or bool(_AFTER_SUBJECT.fullmatch(following.text))


def _is_negated(claim: Sequence[_Clause], read: _Reading) -> bool:
    """Whether a passage clause much like one of the claim's affirms a word this denies, or denies one it affirms.

    The word must have that sign throughout the passages.
    """
    for clause in claim:
        wrongly_denied = clause.denied & (read.affirmed - read.denied)
        wrongly_affirmed = (clause.stems - clause.denied) & (read.denied - read.affirmed)
        if not wrongly_denied and not wrongly_affirmed:
            continue
        most = max(len(clause.stems & other.stems) for other in read.clauses)
        if most < _ALIKE * len(clause.stems):
            continue
        alike = [other for other in read.clauses if len(clause.stems & other.stems) == most]
        if any(wrongly_denied & other.stems and not other.denied for other in alike):
            return True
        if any(wrongly_affirmed & other.denied and not clause.denied for other in alike):
            return True
    return False


def _clauses(text: str, words: Sequence[_Word]) -> Iterator[_Clause]:
    """The clauses of a text, but for those that speak of what its sources hold or lack."""
    denials = [found.end() for found in _DENIAL.finditer(text)]
    begin = 0
    for end in [*(found.start() for found in _CLAUSE_END.finditer(text)), len(text)]:
        inside = [word for word in words if begin <= word.start < end]
        telling = [word for word in inside if word.tells]
        if telling and not any(word.stem in _SOURCES for word in inside):
            denied = (
                next((word.stem for word in telling if word.start >= denial), telling[-1].stem)
                for denial in denials
                if begin < denial <= end
            )
            yield _Clause(frozenset(word.stem for word in telling), frozenset(denied))
        begin = end


def _words(text: str) -> list[_Word]:
    return [_number(found) if found["number"] else _word(found) for found in _WORD.finditer(text)]


def _number(found: "regex.Match[str]") -> _Word:
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
    return _Word(found["number"], f"={total + current!r}", found.start(), tells=True, is_number=True)


def _word(found: "regex.Match[str]") -> _Word:
    stem, tells = _stem(found.group().lower())
    return _Word(found.group(), stem, found.start(), tells)


@lru_cache(maxsize=20_000)
def _stem(lower: str) -> tuple[str, bool]:
    """A word's stem, without possessive or contraction, and whether the word tells something."""
    bare = _CONTRACTION.sub("", lower)
    bare = _BASE_FORMS.get(bare, bare)
    stem = _stemmer().stemWord(bare.replace("'", ""))
    return stem, len(bare) > 1 and bare not in _FUNCTION_WORDS and stem not in _FRAMING and stem not in _SOURCES


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
_SENTENCE_END = regex.compile(r"(?<=[.!?:;])\s+|\n+")
_CLAUSE_END = regex.compile(
    r"[,;:.!?()\n]+(?:\s|$)|\s-+\s|\b(?:and|but|while|whereas|although|though|because|so|yet)\b", regex.IGNORECASE
)
_CLAIMLESS = regex.compile(
    r"^\s*(?:(?:\d{1,2}[.)]|[*•+-])\s+)+"
    r"|\b(?:passage|step|part|source|point)s?\s\d+(?:\s*(?:,|-|and|to)\s*\d+)*"
    r"|\b(?:I )?hope (?:this|that|it|these)(?: \w+)? helps?\b|\bhappy to help\b|\blet (?:me|us) know\b|\bfeel free\b"
    r"|\bcan help (?:you )?with (?:this|that)\b|^(?:sure|certainly|of course)\b|\bplease (?:note|let|feel)\b",
    regex.IGNORECASE,
)
"""The marks of lists, the numbers of steps and sources, and courtesies: they claim nothing."""
_DENIAL = regex.compile(
    r"\b(?:not(?!\s+(?:only|just|necessarily))|no|never|nobody|nothing|neither|nor|cannot)\b|n't\b", regex.IGNORECASE
)
_LACK = regex.compile(rf"{_DENIAL.pattern}|\b(?:unable|lacks?|insufficient)\b", regex.IGNORECASE)
_AFTER_SUBJECT = regex.compile(
    r"is|was|has|had|does|did|will|would|can|could|became|got|left|made|said|says|taught|took|went|\p{Ll}{2,}ed"
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

_ALIKE = 0.75
"""A clause is much like another that has this share of its telling words."""
_SMALL_IN_HEADINGS = {"a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
_FUNCTION_WORDS = frozenset(
    "a about after again all also am an and any are as at be because been before being both but by ca can could did do "  # noqa: SIM905  # so many commas would not help
    "does doing done down during each else ever few for from further had has have having he her here hers herself him "
    "himself his how i if in into is it its itself just let like may me might more most much must my myself no nor not "
    "now of off on once only or other our ours out over own per rather same shall she should since so some such than "
    "that the their theirs them themselves then there therefore these they this those through thus to too under until "
    "up upon us very was we were what when where whether which while who whom whose why will with within without wo "
    "would yet you your yours yourself cannot never neither nobody nothing says tells writes st nd rd th am pm".split()
)
_FRAMING = _stems(
    "passage based given provided answer follow following question unable information mention state according describe "
    "explain suggest summary summarize source text context excerpt discuss indicate instruction note"
)
"""Words that speak of the answer or its sources rather than of the world."""
_SOURCES = _stems("passage source text context information instruction answer question story stories author")
