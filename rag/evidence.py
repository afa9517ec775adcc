"""Is there enough evidence to answer? Decided before anything is written, and without an LLM.

Owns the evidence for a question in its hits, and the chance that an answer to it stands there.
The features are few and each can be read; the coefficients were fitted by `bench/fit_evidence.py` on the tune
half of `bench/questions/`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.lexical import LexicalIndex, terms
from index.search import Hit
from rag.question import Question
from rag.sentences import holds

TOP = 5
"""Hits looked at."""

COEFFICIENTS = {"sentence": 1.23, "dense": 2.31, "passage": -1.20, "story": 0.53, "unseen": -2.30, "wanted": 0.01}
INTERCEPT = -0.68
# Fitted with both classes weighed alike: 0.5 is the chance where as many questions can be answered as not.
THRESHOLD = 0.32
"""Below this chance of an answer, the question is refused, as are 1 % of the answerable ones it was fitted on."""


@dataclass(frozen=True)
class Evidence:
    """The features, and the `chance` they give that the hits hold an answer."""

    features: dict[str, float]
    chance: float

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
    total = sum(words.values())
    top = hits[:TOP]
    missing = [term for term in words if not lexical.is_known(term)]

    def share(text: str) -> float:
        present = set(terms(text))
        return sum(weight for term, weight in words.items() if term in present) / total if total else 1.0

    features = {
        "sentence": max((hit.components["sentence"] for hit in top), default=0.0),
        "dense": max((hit.components["dense"] for hit in top), default=0.0),
        "passage": max((share(f"{hit.story.title} {hit.story.path} {hit.passage.text}") for hit in top), default=0.0),
        "story": max((share(f"{hit.story.title} {hit.story.path} {hit.story.text}") for hit in top), default=0.0),
        "unseen": sum(words[term] for term in missing) / total if total else 0.0,
        "wanted": float(any(holds(question.wants, hit.passage.text) for hit in hits[:3])),
    }
    logit = INTERCEPT + sum(COEFFICIENTS[name] * value for name, value in features.items())
    return Evidence(features, 1 / (1 + math.exp(-logit)))


_GENERIC = re.compile(
    r"\b(?:any(?:one|body|thing)?|some(?:one|body|thing)?|every(?:one|body)|people|folks?|persons?|guys?|wom[ae]n|m[ae]n|stor(?:y|ies)|collection|library|"
    r"corpus|here|get|got|gets|getting|give|gave|take|took|make|made|tell|told|say|says|said|ask|know|knew|think|thought|use|used|find|found|"
    r"want|wanted|need|needed|become|became|go|went|come|came|start|started|begin|began|help|helped|like|liked|feel|felt|happen|happened|"
    r"learn|learned|learnt|study|studied|work|worked|change|changed|changer|changers|move|moved|switch|switched|quit|leave|left|"
    r"job|jobs|career|careers|field|code|coding|life|year|years|time|first|new|old|good|best|better|worst|hard|hardest|"
    r"many|much|long|often|kind|sort|thing|things|way|lot|really|actually|ever|please|according|exactly|finally|ok|okay|"
    r"without|instead|while|still|back|else|would|could|should|did|does|do|done|may|might|must|about|into|after|before)\b",
    re.IGNORECASE,
)
# Words that any story and any question may have: that a story has or lacks them says nothing.
