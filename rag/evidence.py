"""Is there enough evidence to answer? Decided before anything is written, and without an LLM.

Owns the evidence for a question in its hits, the chance that an answer to it stands there, and what a refusal gives as
its reason. Three outcomes: answer; answer in part and say what is missing; refuse. The features are few and each can be
read; the coefficients were fitted by `bench/fit_evidence.py` on the tune half of `bench/questions/`.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.lexical import LexicalIndex, terms
from index.search import Hit
from rag.facts import Need, meets
from rag.people import People, is_alternative, people_in
from rag.question import Question
from rag.scope import REPLY
from rag.sentences import rank

TOP = 5
"""Hits whose cosines count."""
PASSAGES, SENTENCES = 8, 5
"""A fact that is needed is looked for in the best sentences of so many hits."""

COEFFICIENTS = {
    "sentence": 1.73,
    "dense": 3.62,
    "unseen": -2.02,
    "strangeness": -3.39,
    "no_person": -4.27,
    "no_fact": -3.63,
}
INTERCEPT = -0.19
# The chance is that of a set in which one question in six cannot be answered, as in the one they were fitted on.
THRESHOLD = 0.77
"""Below this chance of an answer, the question is refused, as are 5 % of the answerable ones it was fitted on."""
NOT_TOLD = "The stories here do not tell that."
NOT_MENTIONED = "No story here mentions"
NOT_NEAR = "The sentences that come nearest do not tell"
STRANGE = 0.05
"""A refused question as strange as this is told what the chat is for."""


@dataclass(frozen=True)
class Evidence:
    """The features, the `chance` they give that the hits hold an answer, and what is missing in them.

    That are those of the `people` asked about whom no story has, and the `unmet` facts, which the best sentences do not
    tell. `reason` says why the question would be refused.
    """

    features: dict[str, float]
    chance: float
    people: People
    unmet: tuple[Need, ...]
    reason: str

    def missing_in(self, text: str) -> str:
        """What is missing in an answer, without its marks, in a sentence; "" if nothing is known to be.

        A fact that the answer tells after all is not.
        """
        return _missing(self.people, [need for need in self.unmet if not meets(need, text)])

    @property
    def is_enough(self) -> bool:
        """Whether to answer, if only in part."""
        return self.chance >= THRESHOLD

    @property
    def is_out_of_scope(self) -> bool:
        """Whether the question is refused because it is about something else than careers."""
        return not self.is_enough and self.reason == REPLY


def weigh(question: Question, hits: Sequence[Hit], lexical: LexicalIndex, strangeness: float) -> Evidence:
    """The evidence for an answer in the hits, best first; `strangeness` as `scope.py` tells it.

    `sentence`, `dense`: the largest cosines. `unseen`: the share of the question's content words, weighted by their
    inverse document frequency, that no story has. `no_person`: 1 if somebody of a kind that no story has is asked
    about, unless side by side with somebody who is here, or it is who asks. `no_fact`: 1 if the best sentences have
    none of the facts that an answer needs, and nothing else is asked beside them: "how long did it take, and what did
    it cost?" can be answered in part.
    """
    people = people_in(question.asked, lexical, (hit.story for hit in hits))
    unmet = _unmet(question, hits)
    is_of_asker = bool(people.missing and _OF_ASKER.search(question.asked))
    in_part = is_alternative(question.asked, people) or is_of_asker
    features = {
        "sentence": max((hit.components["sentence"] for hit in hits[:TOP]), default=0.0),
        "dense": max((hit.components["dense"] for hit in hits[:TOP]), default=0.0),
        "unseen": _unseen(question, lexical, people.missing if in_part else ()),
        "strangeness": strangeness,
        "no_person": float(bool(people.missing) and not in_part),
        "no_fact": float(bool(unmet) and len(unmet) == len(question.needs) >= len(_PARTS.findall(question.asked))),
    }
    logit = INTERCEPT + sum(COEFFICIENTS[name] * value for name, value in features.items())
    reason = REPLY if strangeness >= STRANGE else _missing(people, unmet) or NOT_TOLD
    return Evidence(features, 1 / (1 + math.exp(-logit)), people, unmet, reason)


def _unmet(question: Question, hits: Sequence[Hit]) -> tuple[Need, ...]:
    """The facts needed that the best sentences do not have."""
    if not question.needs:
        return ()
    best = [candidate.text for candidate in rank(question, hits[:PASSAGES])[:SENTENCES]]
    return tuple(need for need in question.needs if not any(meets(need, text) for text in best))


def _unseen(question: Question, lexical: LexicalIndex, but: Sequence[str]) -> float:
    """The share of the question's words that no story has; some names are known to be missing, and do not count."""
    named = set(terms(" ".join(but)))
    words = {term: lexical.idf(term) for term in terms(_GENERIC.sub(" ", question.text)) if term not in named}
    total = sum(words.values())
    return sum(weight for term, weight in words.items() if not lexical.is_known(term)) / total if total else 0.0


def _missing(people: People, unmet: Sequence[Need]) -> str:
    if people.missing:
        return f"{NOT_MENTIONED} {_either([f'“{name}”' for name in people.missing])}."
    if unmet:
        return f"{NOT_NEAR} {_either([need.name for need in unmet])}."
    return ""


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


_PARTS = re.compile(r"(?:^|[,;?]|\band)\s*(?:how|what|when|where|which|who|why)\b", re.IGNORECASE)
# Where a question, or a further one in it, begins.
_OF_ASKER = re.compile(r"\b(?:i|i['’](?:m|ve|d)|my)\b", re.IGNORECASE)
# Who asks for advice as a plumber is helped by others' stories; who asks about a plumber is not.
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
