"""What a sentence shares with passages, and what it has that they lack: the features of grounding, without a model.

Owns how text is read into words (stems, numbers, names, clauses, negation) and the value of every feature.
Knows nothing of weights, scores or verdicts: those are `rag/grounding.py`'s. Of the features tried, those that
earned their place stayed; the figures are in `docs/experiments.md`.
"""

import math
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex
import Stemmer

FEATURES = (
    "unseen_words",  # log(1 + how many telling words they lack)
    "pair_coverage",  # share of its pairs of neighbouring telling words that stand near each other in a passage sentence
    "two_sentence_coverage",  # share, by weight, that the two passage sentences have that together have most
    "longest_run",  # log(1 + words of the longest stretch that a passage has word for word)
    "unseen_number",  # 1 if it has a number they lack
    "unseen_name",  # 1 if it has a capitalised name they lack
    "negated_otherwise",  # 1 if it denies what they say, or says what they deny
    "framing",  # share of words that only speak of the answer or its sources, such as "according to"
    "announces",  # 1 if it ends in a colon, and so claims nothing yet
    "long_evidence",  # from 0 to 1 as the passages' words go from LONG_EVIDENCE's first to its second
)
LONG_EVIDENCE = (400, 600)
"""In words, logarithmically between: where the passages are a whole web page, chance matches are many."""


@dataclass(frozen=True)
class Comparison:
    """The features in the order of `FEATURES`, and what of them can be said to a reader."""

    features: tuple[float, ...]
    unseen_numbers: tuple[str, ...]
    unseen_names: tuple[str, ...]
    negated_otherwise: bool
    word_coverage: float


def compare(sentence: str, passages: Sequence[str]) -> Comparison:
    """Compare a sentence, without citation marks, with the passages it cites."""
    text = regex.sub(_LIST_MARK, "", plain(sentence))
    read = _read(tuple(passages))
    words = _words(text)
    claim = [word for word in words if word.weight]
    coverage = _coverage(claim, read.stems)
    numbers = tuple(dict.fromkeys(word.text for word in _numbers(words) if word.stem not in read.stems))
    names = tuple(dict.fromkeys(_unseen_names(text, words, read.stems)))
    negated = _is_negated_otherwise(_clauses(text), read)
    features = (
        math.log1p(sum(_WEAKNESS if word.stem in _WEAK else 1 for word in claim if word.stem not in read.stems)),
        _pair_coverage(claim, read.pairs, coverage),
        _best_coverage(claim, read.sentences, 2),
        math.log1p(_longest_run([word.stem for word in words], read.places)),
        float(bool(numbers)),
        float(bool(names)),
        float(negated),
        _framing(words),
        float(text.rstrip().endswith(":")),
        _ramp(read.length, *LONG_EVIDENCE),
    )
    return Comparison(features, numbers, names, negated, coverage)


def plain(text: str) -> str:
    """Compatibility forms made one, fractions set apart, typographic quotes and dashes made plain."""
    apart = regex.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    return unicodedata.normalize("NFKC", apart).translate(_PLAIN)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word as written and as compared. `weight` says how much it tells: 0 for function and framing words."""

    text: str
    stem: str
    weight: float
    start: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class _Clause:
    """Telling stems, and those of them that come first after a denial."""

    stems: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True)
class _Reading:
    """Passages as they are compared with: all their stems, and those of each sentence that tell something."""

    stems: frozenset[str]
    places: Mapping[str, Sequence[int]]
    pairs: frozenset[tuple[str, str]]
    sentences: tuple[frozenset[str], ...]
    clauses: tuple[_Clause, ...]
    affirmed: frozenset[str]
    denied: frozenset[str]
    length: int


@lru_cache(maxsize=64)
def _read(passages: tuple[str, ...]) -> _Reading:
    """Read passages once for all sentences of an answer that cite them."""
    texts = [part for passage in passages for part in regex.split(_SENTENCE_END, plain(passage))]
    sentences = [_words(text) for text in texts]
    telling = [[word.stem for word in words if word.weight] for words in sentences]
    stems = [word.stem for words in sentences for word in words]
    clauses = [clause for text in texts for clause in _clauses(text)]
    places: dict[str, list[int]] = {}
    for place, stem in enumerate(stems):
        places.setdefault(stem, []).append(place)
    return _Reading(
        stems=frozenset(stems),
        places=places,
        pairs=frozenset(_near_pairs(telling)),
        sentences=tuple(dict.fromkeys(frozenset(line) for line in telling)),
        clauses=tuple(clauses),
        affirmed=frozenset(stem for clause in clauses for stem in clause.stems - clause.denied),
        denied=frozenset(stem for clause in clauses for stem in clause.denied),
        length=len(stems),
    )


def _words(text: str) -> list[_Word]:
    return [_number(found) if found["number"] else _word(found) for found in regex.finditer(_WORD, text)]


def _number(found: "regex.Match[str]") -> _Word:
    """1,000, 1k, a thousand and one thousand are the same word; so are 7 and seven."""
    total = current = 0.0
    for part in regex.split(r"[\s-]+|(?<=\d)(?=\p{L})", found["number"].lower()):
        if part in _SCALES:
            current = (current or 1) * _SCALES[part]
            total, current = (total, current) if _SCALES[part] == _HUNDRED else (total + current, 0.0)
        elif part in _NUMBER_WORDS:
            current += _NUMBER_WORDS[part]
        elif part[0].isdigit():
            current += float(part.replace(",", ""))
    return _Word(found["number"], f"={total + current!r}", 1.0, found.start(), is_number=True)


def _word(found: "regex.Match[str]") -> _Word:
    text = found.group()
    lower = regex.sub(r"'(?:s|d|ll|m|re|ve)$|n't$|'t$", "", text.lower())
    lower = _SYMBOLS.get(lower, lower)
    stem = _stemmer().stemWord(lower.replace("'", ""))
    if lower in _STOP or stem in _FRAMING or len(lower) < 2:  # noqa: PLR2004
        weight = 0.0
    else:
        weight = min(len(lower), 10) / 6 * (_WEAKNESS if stem in _WEAK else 1)
    return _Word(text, stem, weight, found.start())


def _coverage(claim: Sequence[_Word], stems: Collection[str]) -> float:
    """Share of the words, by weight, whose stems are there; 1 if there is no word to look for."""
    total = sum(word.weight for word in claim)
    return sum(word.weight for word in claim if word.stem in stems) / total if total else 1.0


def _best_coverage(claim: Sequence[_Word], sentences: Sequence[frozenset[str]], most: int) -> float:
    """The coverage by a few sentences, each chosen because it adds most to those before it."""
    sought: dict[str, float] = {}
    for word in claim:
        sought[word.stem] = sought.get(word.stem, 0.0) + word.weight
    total = sum(sought.values())
    for _ in range(most if total else 0):
        best = max(sentences, key=lambda stems: sum(sought[stem] for stem in sought.keys() & stems), default=frozenset())
        sought = {stem: weight for stem, weight in sought.items() if stem not in best}
    return 1 - sum(sought.values()) / total if total else 1.0


def _near_pairs(sentences: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Every two telling words of a sentence that stand at most three apart, in both orders."""
    for stems in sentences:
        for distance in range(1, _NEAR + 1):
            for first, second in zip(stems, stems[distance:], strict=False):
                yield first, second
                yield second, first


def _pair_coverage(claim: Sequence[_Word], pairs: Collection[tuple[str, str]], otherwise: float) -> float:
    own = [(first.stem, second.stem) for first, second in pairwise(claim)]
    return sum(pair in pairs for pair in own) / len(own) if own else otherwise


def _longest_run(stems: Sequence[str], places: Mapping[str, Sequence[int]]) -> int:
    """Words of the longest stretch found word for word: the longest common substring, by dynamic programming."""
    longest, ending = 0, dict[int, int]()
    for stem in stems:
        ending = {place: ending.get(place - 1, 0) + 1 for place in places.get(stem, ())}
        longest = max(longest, max(ending.values(), default=0))
    return longest


def _framing(words: Sequence[_Word]) -> float:
    framing = sum(word.stem in _FRAMING for word in words)
    return framing / max(1, framing + sum(word.weight > 0 for word in words))


def _ramp(words: int, low: int, high: int) -> float:
    return math.log(min(max(words, low), high) / low) / math.log(high / low)


def _numbers(words: Sequence[_Word]) -> Iterator[_Word]:
    """The numbers that claim something: not the one of "one of them", nor the two of "the two"."""
    for before, word in zip([None, *words], words, strict=False):
        is_pronoun = word.text.lower() == "one" or (word.text.lower() == "two" and before and before.stem in {"the", "these"})
        if word.is_number and not is_pronoun:
            yield word


def _unseen_names(text: str, words: Sequence[_Word], seen: Collection[str]) -> Iterator[str]:
    """Capitalised words the passages lack; neighbours are one name.

    The first word of a sentence is capital in any case: it is taken for a name only where it stands as one, before
    another capital, with a possessive, or before an auxiliary or a past tense.
    """
    capital = [word.text[0].isupper() and word.weight > 0 and not word.is_number for word in words]
    if len(words) > 2 and all(is_name or not word.weight for is_name, word in zip(capital, words, strict=True)):  # noqa: PLR2004
        return  # a heading, or capitals throughout
    end = None
    name = ""
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else None
        is_name = capital[number] and word.stem not in seen and (
            not _BEGINNING.search(text[: word.start]) or _stands_as_name(word, following)
        )
        if name and (not is_name or text[end : word.start] != " "):
            yield name
            name = ""
        if is_name:
            name = f"{name} {word.text}".strip()
            end = word.start + len(word.text)
    if name:
        yield name


def _stands_as_name(word: _Word, following: _Word | None) -> bool:
    if word.stem in _WEAK or following is None:
        return False
    return word.text.endswith("'s") or following.text[0].isupper() or bool(_VERB.fullmatch(following.text))


def _clauses(text: str) -> list[_Clause]:
    """The clauses of a text, without those that speak of what its sources hold or lack."""
    clauses = []
    for part in regex.split(_CLAUSE_END, text):
        words = _words(part)
        telling = [word for word in words if word.weight]
        denied = [next((word.stem for word in telling if word.start >= found.end()), "") for found in _DENIAL.finditer(part)]
        if telling and not any(word.stem in _SOURCES for word in words):
            clauses.append(_Clause(frozenset(word.stem for word in telling), frozenset(denied)))
    return clauses


def _is_negated_otherwise(claim: Sequence[_Clause], read: _Reading) -> bool:
    """Whether a passage clause much like one of the sentence's affirms the word this denies, or denies one it affirms.

    The word must have that sign in all of the passages.
    """
    for clause in claim:
        only_affirmed = clause.denied & read.affirmed - read.denied
        only_denied = (clause.stems - clause.denied) & (read.denied - read.affirmed)
        if not only_affirmed and not only_denied:
            continue
        most = max(len(clause.stems & other.stems) for other in read.clauses)
        if most < _SAME_CLAUSE * len(clause.stems):
            continue
        alike = [other for other in read.clauses if len(clause.stems & other.stems) == most]
        if any(only_affirmed & other.stems and not other.denied for other in alike):
            return True
        if any(only_denied & other.denied and not clause.denied for other in alike):
            return True
    return False


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def _stems(words: str) -> frozenset[str]:
    return frozenset(_stemmer().stemWords(words.split()))


_PLAIN = str.maketrans({**dict.fromkeys("‘’‚‛ʼ`´′", "'"), **dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‐‑‒–—―−⁃", "-"), "⁄": "/"})
_LIST_MARK = r"^\s*(?:(?:\d{1,2}[.)]|[*•+-])\s+)+|\b(?i:passage|step|part|source|point)s?\s\d+(?:\s*(?:,|-|and|to)\s*\d+)*"
"""What numbers a list or a source: its numbers claim nothing."""
_SENTENCE_END = r"(?<=[.!?:;])\s+|\n+"
_CLAUSE_END = r"[,;:.!?()\n]+(?:\s|$)|\s-+\s|\b(?i:and|but|while|whereas|although|though|because|so|yet)\b"
_DENIAL = regex.compile(
    r"\b(?:not(?!\s+(?:only|just|necessarily))|no|never|nobody|nothing|neither|nor|cannot)\b|n't\b",
    regex.IGNORECASE,
)
_BEGINNING = regex.compile(r"(?:^|[.!?:;\"(\[*]|\s-)\s*$")
_VERB = regex.compile(r"(?:is|was|has|had|does|did|will|would|can|could|\p{Ll}{2,}ed|became|left|took|went|got|made|found|wrote|says|said|works)")
_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS = {word: value for value, word in enumerate(_SMALL)} | {word: 10 * value for value, word in enumerate(_TENS, 2)}
_HUNDRED = 100
_SCALES = {"dozen": 12, "hundred": _HUNDRED, "thousand": 1000, "k": 1000, "million": 10**6, "m": 10**6, "billion": 10**9, "bn": 10**9}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_BELOW_HUNDRED = rf"(?:(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(_SMALL)})(?!\p{{L}})"
_SCALE_WORDS = r"(?:dozen|hundred|thousand|million|billion)(?!\p{L})"
_GROUP = rf"(?:{_DIGITS}(?:(?:k|m|bn)(?!\p{{L}}))?|{_BELOW_HUNDRED}|{_SCALE_WORDS})"
_WORD = regex.compile(
    rf"(?<![\p{{L}}\d])(?i:(?P<number>{_GROUP}(?:[\s-]{_SCALE_WORDS}(?:\s(?:and\s)?{_BELOW_HUNDRED})?)*))|\p{{L}}[\p{{L}}\p{{M}}\d]*(?:'\p{{L}}+)*|[%$€£]"
)
"""A number in digits or words, with its scale; a word; or a symbol that is read as a word."""
_SYMBOLS = {"%": "percent", "$": "dollar", "€": "euro", "£": "pound"}
_NEAR = 3
_SAME_CLAUSE = 0.75
_WEAKNESS = 0.4
_STOP = frozenset(
    "a about after again all also am an and any are as at be because been before being both but by can could did do "
    "does doing done down during each else ever few for from further had has have having he her here hers herself him "
    "himself his how i if in into is it its itself just like may me might more most much must my myself no nor not now "
    "of off on once only or other our ours out over own per rather same shall she should since so some such than that "
    "the their theirs them themselves then there therefore these they this those through thus to too under until up upon "
    "us very was we were what when where whether which while who whom whose why will with within without would yet you "
    "your yours yourself cannot st nd rd th am pm".split()
)
_FRAMING = _stems(
    "passage based given provided answer follow following question unable information mention state according describe "
    "explain suggest summary summarize source text context story stories excerpt discuss indicate guide instruction note "
    "sure hope help let know brief please author writes tells says"
)
_SOURCES = _stems("passage information source instruction")
_WEAK = _stems(
    "additional additionally specific specifically important using use include including however ensure different depend "
    "recommend vary involve require main type various individual method determine consider create way allow possible "
    "alternatively appear typical typically overall several effective effectively proper properly general finally key "
    "certain instead well due directly around another enough particularly especially essential multiple make need people "
    "person someone one thing"
)
