"""Is there enough evidence to answer? Decided before anything is written, and without an LLM.

Owns the evidence for a question in its hits, and the calibrated chance that an answer to it stands there.
The features are few and each can be read; the coefficients were fitted by `bench/fit_evidence.py`, on
questions of stories kept apart from those the figures in `docs/experiments.md` are from.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.lexical import LexicalIndex, terms
from index.search import Hit
from rag.question import Question, Wanted

TOP = 5
"""Hits looked at."""

COEFFICIENTS = {"sentence": 6.0, "dense": 3.0, "passage": 2.5, "story": 2.0, "unseen": -2.5, "wanted": 0.3}
INTERCEPT = -4.6
THRESHOLD = 0.4
"""Below this chance of an answer, the question is refused."""


@dataclass(frozen=True)
class Evidence:
    """The features, the `chance` they give that the hits hold an answer, and the words no story has."""

    features: dict[str, float]
    chance: float
    missing: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        """Whether to answer."""
        return self.chance >= THRESHOLD


def weigh(question: Question, hits: Sequence[Hit], lexical: LexicalIndex) -> Evidence:
    """The evidence for an answer in the hits, best first.

    `sentence`, `dense`: the largest cosines. `passage`, `story`: the largest share of the question's content
    words, weighted by their inverse document frequency, in one passage (with its story's heading) and in one
    story. `unseen`: the share of them no story has. `wanted`: whether the kind of fact asked for is there.
    """
    words = {term: lexical.idf(term) for term in terms(_GENERIC.sub(" ", question.text))}
    total = sum(words.values()) or 1.0
    top = hits[:TOP]
    missing = [term for term in words if not lexical.is_known(term)]

    def share(text: str) -> float:
        present = set(terms(text))
        return sum(weight for term, weight in words.items() if term in present) / total

    features = {
        "sentence": max((hit.components["sentence"] for hit in top), default=0.0),
        "dense": max((hit.components["dense"] for hit in top), default=0.0),
        "passage": max((share(f"{hit.story.title} {hit.story.path} {hit.passage.text}") for hit in top), default=0.0),
        "story": max((share(f"{hit.story.title} {hit.story.path} {hit.story.text}") for hit in top), default=0.0),
        "unseen": sum(words[term] for term in missing) / total,
        "wanted": float(_has_wanted(question, top)),
    }
    logit = INTERCEPT + sum(COEFFICIENTS[name] * value for name, value in features.items())
    return Evidence(features, 1 / (1 + math.exp(-logit)), tuple(missing))


def _has_wanted(question: Question, hits: Sequence[Hit]) -> bool:
    """Whether the best passages hold the kind of fact that the question wants."""
    if question.wants in {Wanted.NUMBER, Wanted.TIME}:
        return any(_NUMBER.search(hit.passage.text) for hit in hits[:3])
    return True


_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|half|couple|few|several)\b",
    re.IGNORECASE,
)

_GENERIC = re.compile(
    r"\b(?:any(?:one|body|thing)?|some(?:one|body|thing)?|every(?:one|body)|people|persons?|guys?|stor(?:y|ies)|collection|library|corpus|here|"
    r"did|does|do|done|get|got|gets|getting|give|take|took|make|made|tell|told|say|says|said|ask|know|think|use|used|"
    r"many|much|long|often|kind|sort|thing|way|lot|really|actually|ever|please|according|exactly|finally|ok|okay)\b",
    re.IGNORECASE,
)
