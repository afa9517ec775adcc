"""Do these passages support this sentence? One scorer, used while answering and in evaluation.

Owns the score, its thresholds, the rules that hold whoever gives it (`grounder.py` is another), and the reasons a
reader is given. The score is a logistic regression on the features of `rag/comparison.py`, fitted by
`bench/fit_grounding.py` to what people found of 28,534 sentences of language models (RAGTruth, Niu et al. 2024,
arXiv:2401.00396) and of 349 from Wikipedia (WiCE, Kamoi et al. 2023, arXiv:2303.01432). Needs no model; knows nothing
of answers, of citations, or of where passages come from.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import regex

from rag.comparison import Comparison, compare
from rag.words import plain

Verdict = Literal["supported", "partly", "unsupported"]

SUPPORTED = 0.8
"""From this score on, supported: of RAGTruth's sentences with such a score, people found 95 in 100 supported."""
PARTLY = 0.5
"""From this score on, partly supported; below it, people are more likely to find the sentence unsupported."""
UNSEEN = SUPPORTED - 0.01
"""The most that a sentence is given with a number that no passage has, whoever judges; and with a name, by words.

In text close to its source one false name or number changes few features, and all of the meaning. Of RAGTruth's
sentences this takes 143 of 22,510 out of those called supported, of which people found 90 in 100 supported.
"""
VERBATIM = 0.95
"""The least score of a sentence that stands in a passage word for word."""

WEIGHTS = {
    "unseen_words": -0.79,
    "two_sentence_coverage": 1.98,
    "longest_run": 0.50,
    "unseen_number": -2.08,
    "unseen_name": -1.43,
    "negated": -2.85,
    "exchanged": -3.29,
    "framing": 0.87,
    "admits": 0.82,
    "announces": 1.64,
    "long_evidence": -1.45,
}
INTERCEPT = 0.49


@dataclass(frozen=True)
class Support:
    """How well passages carry a sentence: a calibrated score in 0..1, the verdict, and why it is not more."""

    score: float
    verdict: Verdict
    reasons: tuple[str, ...] = ()


Judge = Callable[[str, Sequence[str]], Support]
"""How well passages, all of them together, carry a sentence: `support`, or a grounder's."""
Chance = Callable[[str, Sequence[str], Comparison], float]
"""The chance that passages carry a claim, in 0..1, given how their words compare."""


def support(sentence: str, passages: Sequence[str]) -> Support:
    """How well passages, all of them together, carry a sentence. Its citation marks, as [1] or [2, 3], are ignored.

    The score is the chance that a person would call the sentence supported. It is 0 for a sentence that cites no
    passage or says nothing, and at least `VERBATIM` for one that a passage has word for word.
    """
    return judged(sentence, passages, _by_words)


def _by_words(_claim: str, _cited: Sequence[str], comparison: Comparison) -> float:
    score = chance(comparison.features)
    return min(score, UNSEEN) if comparison.unseen_names else score


def judged(sentence: str, passages: Sequence[str], chance_of: Chance) -> Support:
    """As `support`, with another's chance for what is not settled without: it is given neither marks nor blanks."""
    cited = [passage for passage in passages if passage.strip()]
    claim = _MARK.sub("", sentence)
    if not cited:
        return Support(0.0, "unsupported", ("it cites nothing",))
    is_verbatim = any(_is_verbatim(sentence, passage) for passage in cited)
    if not is_verbatim and not _WORD.search(claim):
        return Support(0.0, "unsupported", ("it says nothing",))
    comparison = compare(claim, cited)
    if is_verbatim:
        return Support(max(chance(comparison.features), VERBATIM), "supported")
    score = chance_of(claim, cited, comparison)
    score = min(score, UNSEEN) if comparison.unseen_numbers else score
    verdict: Verdict = "supported" if score >= SUPPORTED else "partly" if score >= PARTLY else "unsupported"
    return Support(score, verdict, tuple(_reasons(comparison, verdict, len(cited))))


def chance(features: Mapping[str, float]) -> float:
    """The chance that a person would call a sentence with these features supported, in 0..1."""
    logit = INTERCEPT + sum(weight * features[name] for name, weight in WEIGHTS.items())
    return 1 / (1 + math.exp(-logit))


def _is_verbatim(sentence: str, passage: str) -> bool:
    """Whether a passage has the sentence, but for case, white space, marks, and the form of quotes and dashes."""
    # With marks and without, since a number in brackets may be the passage's own.
    sought = {_squeezed(sentence), _squeezed(_MARK.sub("", sentence))}
    sought |= {_AROUND.sub("", words) for words in sought}
    texts = {_squeezed(passage), _squeezed(_MARK.sub("", passage))}
    return any(_holds(text, words) for text in texts for words in sought if words)


def _squeezed(text: str) -> str:
    return " ".join(plain(text).casefold().split())


def _holds(text: str, words: str) -> bool:
    """Whether a text has the words, and neither end of them cuts a word or a number of it in two."""
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        if not _INSIDE.match(text, start) and not _INSIDE.match(text, end):
            return True
        start = text.find(words, start + 1)
    return False


def _reasons(comparison: Comparison, verdict: Verdict, passages: int) -> Iterator[str]:
    """What a reader can check for themselves; how many words are missing only where nothing else explains a verdict."""
    cited = "the passage" if passages == 1 else "the passages"
    yield from (f"the number {number} is not in {cited}" for number in comparison.unseen_numbers[:MOST_NAMED])
    yield from (f'the name "{name}" is not in {cited}' for name in comparison.unseen_names[:MOST_NAMED])
    if comparison.is_negated:
        yield "the passage negates it" if passages == 1 else "a passage negates it"
    if comparison.exchanged:
        own, theirs = comparison.exchanged
        yield f'it says "{own}" where {cited} {"says" if passages == 1 else "say"} "{theirs}"'
    is_explained = any(
        (comparison.unseen_numbers, comparison.unseen_names, comparison.is_negated, comparison.exchanged)
    )
    if verdict != "supported" and comparison.word_coverage < FEW:
        yield f"few of its words are in {cited}"
    elif verdict != "supported" and not is_explained and comparison.features["two_sentence_coverage"] < 1:
        yield f"not all of its words are together in {cited}"
    elif verdict != "supported" and not is_explained:
        yield "the cited words do not carry it"


MOST_NAMED = 3
"""Numbers and names given as a reason, of each."""
FEW = 0.5
"""Below this share of a sentence's telling words, few of them are there."""
_MARK = regex.compile(r"\s*\[\s*\d+(?:\s*[,;-]\s*\d+)*\s*\]")
_WORD = regex.compile(r"[\p{L}\p{N}]")
_INSIDE = regex.compile(r"(?<=[\p{L}\p{N}])(?=[\p{L}\p{N}])|(?<=\p{N}[.,])(?=\p{N})|(?<=\p{N})(?=[.,]\p{N})")
"""Between two characters of a word or a number."""
_AROUND = regex.compile(r"^(?:(?:\d{1,2}[.)]|[*•+-])\s+|[\"'(\[]+)+|[\s\"')\].,;:!?]+$")
