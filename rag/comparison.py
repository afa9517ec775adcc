"""What a sentence shares with passages, and what it has that they lack: the features of grounding, without a model.

Owns how names are told and the value of every feature; `rag/words.py` reads the words, `rag/contradiction.py` tells
denials and opposites. Knows nothing of weights, scores or verdicts: those are `rag/grounding.py`'s. Of the features
tried, those that earned their place stayed; `docs/experiments.md` tells what each is worth.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, zip_longest

import regex

from rag.contradiction import DENIAL, Signs, exchange, is_denied, read_signs
from rag.words import FRAMING, SOURCES, Word, plain, read_words

LONG_EVIDENCE = (400, 600)
"""Words of all passages from which, and up to which, chance matches count more and more, logarithmically.

Few of RAGTruth's questions come with more than the first, and most of WiCE's web pages have more than the second.
"""


@dataclass(frozen=True)
class Comparison:
    """The features by name; the share of the sentence's telling words that the passages have; what they lack or deny.

    `exchanged` is a word of the sentence and its opposite, which the passages have in its place.
    """

    features: Mapping[str, float]
    word_coverage: float
    unseen_numbers: tuple[str, ...]
    unseen_names: tuple[str, ...]
    is_negated: bool
    exchanged: tuple[str, str] | None


def compare(sentence: str, passages: Sequence[str]) -> Comparison:
    """Compare a sentence, without citation marks, with passages, all of them together."""
    text = _CLAIMLESS.sub("", plain(sentence))
    read = _read(tuple(passages))
    words = read_words(text)
    claim = [word for word in words if word.tells]
    numbers = tuple(dict.fromkeys(word.text for word in _claimed_numbers(words) if word.stem not in read.stems))
    names = tuple(dict.fromkeys(_unseen_names(text, words, read.stems)))
    signs = read_signs([(text, words)])
    is_negated = is_denied(signs, read.signs)
    exchanged = exchange(signs, read.signs)
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
        "exchanged": float(exchanged is not None),
        # log(1 + words, three at most, that only speak of the answer or its sources): "according to the text"
        "framing": math.log1p(min(sum(word.stem in FRAMING for word in words), 3)),
        # it says what its sources lack: "the stories do not tell"
        "admits": float(bool(_LACK.search(text)) and any(word.stem in SOURCES for word in words)),
        # a list's first line and a question claim nothing
        "announces": float(text.rstrip().endswith((":", "?"))),
        "long_evidence": _ramp(read.length, *LONG_EVIDENCE),
    }
    return Comparison(features, _coverage(claim, read.stems), numbers, names, is_negated, exchanged)


@dataclass(frozen=True)
class _Reading:
    """Passages as compared with: `text` is all stems, each between spaces; sentences hold telling ones."""

    stems: frozenset[str]
    text: str
    sentences: tuple[frozenset[str], ...]
    signs: Signs
    length: int


@lru_cache(maxsize=64)
def _read(passages: tuple[str, ...]) -> _Reading:
    """Read passages, once for all the sentences of an answer that cite them."""
    texts = [text for passage in passages for text in _SENTENCE_END.split(plain(passage))]
    sentences = [read_words(text) for text in texts]
    stems = [word.stem for words in sentences for word in words]
    return _Reading(
        stems=frozenset(stems),
        text=f" {' '.join(stems)} ",
        sentences=tuple(frozenset(word.stem for word in words if word.tells) for words in sentences),
        signs=read_signs(list(zip(texts, sentences, strict=True))),
        length=len(stems),
    )


def _coverage(claim: Sequence[Word], stems: Collection[str]) -> float:
    """Share of the words that are there; 1 if there is no word to look for."""
    return sum(word.stem in stems for word in claim) / len(claim) if claim else 1.0


def _sentence_coverage(claim: Sequence[Word], sentences: Sequence[frozenset[str]]) -> float:
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


def _claimed_numbers(words: Sequence[Word]) -> Iterator[Word]:
    """All numbers but the one of "one of them" and the two of "the two"."""
    for place, word in enumerate(words):
        follows_article = place > 0 and words[place - 1].stem in {"the", "these"}
        is_pronoun = word.text.lower() == "one" or (word.text.lower() == "two" and follows_article)
        if word.is_number and not is_pronoun:
            yield word


def _unseen_names(text: str, words: Sequence[Word], seen: Collection[str]) -> Iterator[str]:
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


def _is_unseen_name(text: str, word: Word, following: Word | None, seen: Collection[str]) -> bool:
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


_SENTENCE_END = regex.compile(r"(?<=[.!?:;])\s+|\n+")
_CLAIMLESS = regex.compile(
    r"^\s*(?:(?:\d{1,2}[.)]|[*•+-])\s+)+"
    r"|\b(?:passage|step|part|source|point)s?\s\d+(?:\s*(?:,|-|and|to)\s*\d+)*"
    r"|\b(?:I )?hope (?:this|that|it|these)(?: \w+)? helps?\b|\bhappy to help\b|\blet (?:me|us) know\b|\bfeel free\b"
    r"|\bcan help (?:you )?with (?:this|that)\b|^(?:sure|certainly|of course)\b|\bplease (?:note|let|feel)\b",
    regex.IGNORECASE,
)
"""The marks of lists, the numbers of steps and sources, and courtesies: they claim nothing."""
_LACK = regex.compile(rf"{DENIAL.pattern}|\b(?:unable|lacks?|insufficient)\b", regex.IGNORECASE)
_AFTER_SUBJECT = regex.compile(
    r"is|was|has|had|does|did|will|would|can|could|became|got|left|made|said|says|taught|took|went|\p{Ll}{2,}ed"
)
_SMALL_IN_HEADINGS = {"a", "an", "and", "as", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
