"""Contradiction: where a sentence and passages say opposite things of the same matter.

A denial that only one of them has, one of two opposites in the place of the other ("before" and "after"), and a
number with another unit. Where a word stands decides: it is compared with the place in the passages that has most of
the words around it. Owns denials, opposites and units; `rag/words.py` reads the words. Knows nothing of weights.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import regex

from rag.words import SOURCES, Word, read_words

AROUND, FURTHER = 4, 6
"""Telling words before and after a word that say what it is about; more in passages, where others stand between."""
ALIKE = 0.6
"""The share of these that must stand around the same word in a passage, for both to speak of the same matter."""
FEWEST = 2
"""And so many words at least, where there are as many: one alone may stand there by chance."""

RIGHT_AFTER = 12
"""Characters behind a word in which a denial may concern it too."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a sentence: its text, and where its denials end in the sentence.

    `denied` has the first and the second telling word after each denial, by where they begin, with the stem between.
    """

    text: str
    denials: tuple[int, ...]
    denied: Mapping[int, tuple[str, ...]]


class Place(NamedTuple):
    """A telling word, or one of two opposites, where it stands: after so many of its sentence's telling `stems`.

    `denied` is None unless it comes first or second after a denial; then it holds the stem between the two, if any.
    """

    word: Word
    number: int
    stems: Sequence[str]
    denied: tuple[str, ...] | None
    clause: Clause

    def before(self, reach: int) -> Sequence[str]:
        """The stems of so many telling words before it."""
        return self.stems[max(self.number - reach, 0) : self.number]

    def after(self, reach: int) -> Sequence[str]:
        """The stems of so many telling words after it."""
        following = self.number + self.word.tells
        return self.stems[following : following + reach]


Signs = Mapping[str, Sequence[Place]]
"""A text's places by their stem."""


def read_signs(sentences: Sequence[tuple[str, Sequence[Word]]]) -> Signs:
    """Read the sentences of a text, each as `plain` makes it, with its words."""
    places: dict[str, list[Place]] = defaultdict(list)
    for text, words in sentences:
        for place in _places(text, words):
            places[place.word.stem].append(place)
    return dict(places)


def is_denied(claim: Signs, passages: Signs) -> bool:
    """Whether the passages deny what the claim affirms of the same matter, or affirm what it denies."""
    stems = _denied(claim, passages) ^ _denied(passages, claim)
    return any(_is_opposed(place, passages[stem], claim, passages) for stem in stems for place in claim[stem])


def exchange(claim: Signs, passages: Signs) -> tuple[str, str] | None:
    """A word of the sentence and its opposite, which the passages have in its place; None if there is none."""
    for place in (place for stem, places in claim.items() if stem in OPPOSITES for place in places):
        same, _ = _most_alike(place, passages.get(place.word.stem, ()))
        for opposite in sorted(OPPOSITES[place.word.stem] & passages.keys()):
            most, alike = _most_alike(place, passages[opposite])
            if most > same and all(_denials(place) == _denials(other) for other in alike):
                return place.word.text, alike[0].word.text
    return None


def _denied(text: Signs, other: Signs) -> frozenset[str]:
    """The stems that a text denies and another has too: the word after a denial, or the next where that has another."""
    return frozenset(stem for stem in text.keys() & other.keys() if any(_is_denied(at, other) for at in text[stem]))


def _is_denied(place: Place, other: Signs) -> bool:
    return place.denied is not None and not any(stem in other for stem in place.denied)


def _is_opposed(place: Place, others: Sequence[Place], claim: Signs, passages: Signs) -> bool:
    """Whether those of the passages' places that are most like one of the claim all have the other sign."""
    denies = _is_denied(place, passages)
    _, alike = _most_alike(place, others)
    return bool(alike) and all(
        _is_denied(other, claim) != denies and (_differ(place, other) if denies else _differ(other, place))
        for other in alike
    )


def _most_alike(place: Place, others: Sequence[Place]) -> tuple[int, list[Place]]:
    """Those of some places that have most words before and after in common with one, and how many; none if too few."""
    before, after = frozenset(place.before(AROUND)), frozenset(place.after(AROUND))
    shared = [
        len(before.intersection(other.before(FURTHER))) + len(after.intersection(other.after(FURTHER)))
        for other in others
    ]
    most = max(shared, default=0)
    around = len(before) + len(after)
    if most < max(ALIKE * around, min(FEWEST, around), 1):
        return 0, []
    return most, [other for other, count in zip(others, shared, strict=True) if count == most]


def _differ(denied: Place, affirmed: Place) -> bool:
    """Whether nothing around the word that is affirmed says by other means what is said where it is denied."""
    if _denials(affirmed) >= _denials(denied):
        return False
    doubts, conditions = (
        [{found.lower() for found in pattern.findall(place.clause.text)} for place in (affirmed, denied)]
        for pattern in (_DOUBT, _CONDITION)
    )
    return doubts[0] <= doubts[1] and conditions[0] == conditions[1]


def _denials(place: Place) -> int:
    """How many denials of its clause may concern a word: those before it, or right after it, as in "took no job"."""
    last = place.word.start + len(place.word.text) + RIGHT_AFTER
    return sum(denial <= last for denial in place.clause.denials)


def _places(text: str, words: Sequence[Word]) -> Iterator[Place]:
    """The places of a sentence's telling words and opposites, but for clauses about what its sources hold or lack."""
    stems = [word.stem for word in words if word.tells]
    numbers = list(accumulate((word.tells for word in words), initial=0))
    for clause, first, last in _clauses(text, words):
        for place in range(first, last):
            word = words[place]
            if word.tells or word.stem in OPPOSITES:
                yield Place(word, numbers[place], stems, clause.denied.get(word.start), clause)


def _clauses(text: str, words: Sequence[Word]) -> Iterator[tuple[Clause, int, int]]:
    """The clauses of a sentence, but for those about its sources, each with where its words begin and end."""
    denials = [found.end() for found in DENIAL.finditer(text)]
    ends = [*(found.start() for found in CLAUSE_END.finditer(text)), len(text)]
    begin = place = 0
    for end in ends:
        first = place
        while place < len(words) and words[place].start < end:
            place += 1
        inside = words[first:place]
        if inside and not any(word.stem in SOURCES for word in inside):
            own = tuple(denial for denial in denials if begin < denial <= end) if denials else ()
            yield Clause(text[begin:end], own, _denied_words(inside, own) if own else {}), first, place
        begin = end


def _denied_words(words: Sequence[Word], denials: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
    """The first and the second telling word after each denial, by where they begin, with the stem between."""
    denied: dict[int, tuple[str, ...]] = {}
    for denial in denials:
        following = [word for word in words if word.tells and word.start >= denial][:2]
        denied |= {
            word.start: tuple(before.stem for before in following[:place]) for place, word in enumerate(following)
        }
    return denied


def _opposites(groups: str) -> dict[str, frozenset[str]]:
    """Of words in groups, for each stem those of the others in its groups."""
    found: dict[str, frozenset[str]] = {}
    for group in groups.split("|"):
        stems = frozenset(word.stem for word in read_words(group))
        found |= {stem: found.get(stem, frozenset()) | stems - {stem} for stem in stems}
    return found


_GROUPS = (
    "before after|earlier later|more less|more fewer|most least|first last|previous next|early late|morning evening"
    "|hour day week month year decade|second minute hour|spring summer autumn winter|increase decrease|higher lower"
    "|high low|better worse|best worst|easy difficult|easy hard|easier harder|succeed fail|accept reject|win lose"
    "|gain lose|buy sell|love hate|like hate|large small|big small|long short|old young|cheap expensive|rich poor"
    "|junior senior|public private|full part|mother father|brother sister|son daughter|husband wife|north south"
    "|east west|bachelor master|weekday weekend|start finish|begin end|open close|hire fire"
)
OPPOSITES: Mapping[str, frozenset[str]] = _opposites(_GROUPS)
"""For each stem those that cannot stand in its place without saying something else."""
DENIAL = regex.compile(
    r"\b(?:(?<!\bor )not(?!\s+(?:only|just|necessarily|all|every|until)\b)|no(?! matter\b)|never|nobody|nothing|none"
    r"|neither|nor|cannot|without|unable)\b|n't\b|\b(?:did|do|does|is|was|were|would|could|should)nt\b",
    regex.IGNORECASE,
)
_DOUBT = regex.compile(
    r"\b(?:hardly|barely|scarcely|rarely|seldom|fail(?:s|ed|ing|ure)?|lack(?:s|ed|ing)?|refus\w+|avoid\w*|instead|rather"
    r"|stop(?:s|ped)?|prevent\w*|minimi\w+|reduc\w+|unlike|than|other|except|only|cautious|careful|free|absen\w+|missing"
    r"|un(?!der|i|til)\w{4,}|impossible|few|little|less|non|illegal|false|wrong|prohibit\w*|forbid\w*|declin\w+"
    r"|den(?:y|ie[sd])|dislik\w+|too|keep)\b",
    regex.IGNORECASE,
)
"""What may deny something: a clause with such a word is no proof of the opposite."""
_CONDITION = regex.compile(r"\b(?:(?:if|unless|whether|else|might|may)\b|could)", regex.IGNORECASE)
CLAUSE_END = regex.compile(
    r"[,;:.!?()\n]+(?:\s|$)|\s-+\s|\b(?:and|but|while|whereas|although|though|because|so|(?<!not )yet)\b",
    regex.IGNORECASE,
)
