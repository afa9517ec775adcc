"""Which sentence answers? Every sentence of the hits, scored for a question.

Owns the features and their weights. The weights are those of a conditional logit (McFadden 1974: the chance
that a sentence is the one, among all those offered) fitted by `bench/fit_sentences.py`; every feature is
standardised over the sentences offered, so the weights compare.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.lexical import terms
from index.passages import Span
from index.search import Hit, standardise
from index.stories import Story
from rag.facts import holds
from rag.kinds import is_told
from rag.question import Question

Array = npt.NDArray[np.float64]

WEIGHTS = {
    "cosine": 0.61,
    "match": 0.54,
    "before": 0.09,
    "after": 0.05,
    "focus": -0.08,
    "near_focus": 0.0,
    "passage": 0.87,
    "dense": -0.29,
    "wanted": 0.54,
    "length": 0.10,
    "form": 0.22,
}
TOLD = 1.0
"""Where many people are asked about, a sentence that looks like an answer to such a question scores so much more."""


@dataclass(frozen=True)
class Candidate:
    """A sentence that may answer: in which hit (its place among them), where in the story's text, how well."""

    place: int
    story: Story
    span: Span
    score: float

    @property
    def text(self) -> str:
        """The words."""
        return self.story.text[self.span[0] : self.span[1]]

    @property
    def is_quotable(self) -> bool:
        """Whether it is no heading, no fragment and not far too long."""
        return form(self.story.text, self.span) > UNFIT


def rank(question: Question, hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence of the hits, the best first; ties in the order of the hits.

    Where many people are asked about, no names tell which sentence is meant: there the kind of question counts too.
    """
    found = features(question, hits)
    if not found:
        return []
    scores = sum((WEIGHTS[name] * values for name, values in found.items()), np.zeros(len(next(iter(found.values())))))
    if question.many:
        scores += [TOLD * is_told(question.kinds, text) for hit in hits for text in hit.texts]
    places = [(place, hit, found.span) for place, hit in enumerate(hits) for found in hit.sentences]
    ranked = [
        Candidate(place, hit.story, span, float(score))
        for (place, hit, span), score in zip(places, scores, strict=True)
    ]
    return sorted(ranked, key=lambda candidate: (-candidate.score, candidate.place, candidate.span))


def features(question: Question, hits: Sequence[Hit]) -> dict[str, Array]:
    """For each feature its standardised values, shape (sentences,), in the order of the hits and their sentences.

    `cosine` of question and sentence, and of the sentences `before` and `after`; how far the sentence has each token of
    the focus (`match`); the share of the question's
    content words in the sentence, the rarer among the sentences offered the heavier, and without those that
    only say whose story it is (`focus`); the larger of both neighbours' shares (`near_focus`); the score and
    cosine of the `passage` (`dense`); whether the kind of fact `wanted` is there; `length` and `form`.
    """
    if not any(hit.sentences for hit in hits):
        return {}
    asked = _rarity(question, hits)
    rows: list[dict[str, float]] = []
    for hit in hits:
        naming = set(terms(f"{hit.story.title} {hit.story.path} {hit.story.author}"))
        focus = {term: weight for term, weight in asked.items() if term not in naming}
        texts = hit.texts
        cosines = [found.cosine for found in hit.sentences]
        focused = [_share(focus, text) for text in texts]
        for number, (found, text) in enumerate(zip(hit.sentences, texts, strict=True)):
            rows.append(
                {
                    "cosine": found.cosine,
                    "match": found.match,
                    "before": cosines[number - 1] if number else 0.0,
                    "after": cosines[number + 1] if number + 1 < len(cosines) else 0.0,
                    "focus": focused[number],
                    "near_focus": max([*focused[max(0, number - 1) : number], *focused[number + 1 : number + 2], 0.0]),
                    "passage": hit.score,
                    "dense": hit.components["dense"],
                    "wanted": float(holds(question.wants, text)),
                    "length": float(np.log1p(len(text.split()))),
                    "form": form(hit.story.text, found.span),
                }
            )
    return {name: standardise(np.array([row[name] for row in rows])) for name in WEIGHTS}


def form(text: str, span: Span) -> float:
    """How well a sentence stands by itself: 0 if it does, less for fragments, headings, questions and farewells."""
    sentence = text[span[0] : span[1]]
    words = len(sentence.split())
    line = text.rfind("\n", 0, span[0]) + 1
    faults = [
        -UNFIT * text[line : span[0]].lstrip().startswith("#"),
        -UNFIT * (words < FEWEST) + 0.5 * (words < FEW) - UNFIT * (words > LONGEST),
        1.5 * sentence.endswith(("?", ":")),
        2.0 * bool(_FAREWELL.search(sentence)),
    ]
    return -sum(faults)


UNFIT = -3.0
"""The form of what should never be quoted by itself."""
FEWEST, FEW, LONGEST = 4, 7, 60
# Words: fewer than the first say nothing by themselves, fewer than the second seldom; more than the last tire.


def _rarity(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """The question's content words with their inverse document frequency among the sentences offered."""
    offered = [set(terms(text)) for hit in hits for text in hit.texts]
    counts = {term: sum(term in sentence for sentence in offered) for term in terms(question.asked)}
    return {term: math.log(1 + (len(offered) - count + 0.5) / (count + 0.5)) for term, count in counts.items()}


def _share(asked: dict[str, float], text: str) -> float:
    total = sum(asked.values())
    present = set(terms(text))
    return sum(weight for term, weight in asked.items() if term in present) / total if total else 0.0


_FAREWELL = re.compile(
    r"\b(?:thanks? (?:you )?for reading|subscribe|newsletter|feel free to|stay tuned|next post|"
    r"in this (?:post|article|blog))\b",
    re.IGNORECASE,
)
