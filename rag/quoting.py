"""The answer without an LLM: the sentences that answer a question, quoted, a paragraph a person.

Owns the choice of sentences and how their teller is introduced. Every word between quotation marks is the
story's, to the character; what stands outside them comes from the story's metadata.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.lexical import terms
from index.passages import Span
from index.search import Hit, standardise
from index.stories import Story
from rag.question import Question, Wanted

import numpy as np

MAX_WORDS = 120
"""Quoted words of a whole answer."""
PEOPLE = 3
"""People quoted where many are asked about."""
OTHER_PERSON = 0.85
"""Where one person is asked about, another is quoted too if their best sentence scores this share of the best."""
SENTENCES = 2
"""Separate quotes from one person."""
LONGEST = 60
# Sentences of more words are seldom an answer, and hard to read as one.

WEIGHTS = {"cosine": 1.0, "words": 0.8, "passage": 0.7, "wanted": 0.6, "form": 1.0}


@dataclass(frozen=True)
class Candidate:
    """A sentence that may be quoted: where it stands, in which hit (its place), and how well it answers."""

    place: int
    story: Story
    span: Span
    score: float

    @property
    def text(self) -> str:
        """The words."""
        return self.story.text[self.span[0] : self.span[1]]


def quote(question: Question, hits: Sequence[Hit]) -> Iterator[str]:
    """The answer, a sentence with its mark at a time."""
    chosen = choose(question, hits)
    for number, group in enumerate(chosen):
        yield ("\n\n" if number else "") + introduction(group[0].story)
        for candidate in group:
            yield f" “{candidate.text}” [{candidate.place + 1}]"


def choose(question: Question, hits: Sequence[Hit]) -> list[list[Candidate]]:
    """The sentences to quote, grouped by person: the best person first, each person's in the order told."""
    ranked = sorted(candidates(question, hits), key=lambda candidate: (-candidate.score, candidate.place, candidate.span))
    people: dict[str, list[Candidate]] = {}
    for candidate in ranked:
        people.setdefault(candidate.story.id, []).append(candidate)
    best = ranked[0].score if ranked else 0.0
    groups, words = [], 0
    for own in people.values():
        few = len(groups) >= (PEOPLE if question.many else 1)
        if few and not (not question.many and len(groups) == 1 and own[0].score >= OTHER_PERSON * best > 0):
            break
        group = _quotes_of(own, 1 if question.many else SENTENCES)
        size = sum(len(candidate.text.split()) for candidate in group)
        if groups and words + size > MAX_WORDS:
            break
        words += size
        groups.append(group)
    return groups


def candidates(question: Question, hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence of the hits with its score."""
    asked = set(terms(question.text))
    found = [(place, hit, span, cosine) for place, hit in enumerate(hits) for span, cosine in hit.sentences]
    if not found:
        return []
    texts = [hit.story.text[start:end] for _, hit, (start, end), _ in found]
    cosine = standardise(np.array([value for *_, value in found], dtype=np.float64))
    words = standardise(np.array([_shared(asked, text) for text in texts]))
    passage = standardise(np.array([hit.score for _, hit, *_ in found]))
    return [
        Candidate(
            place,
            hit.story,
            span,
            float(
                WEIGHTS["cosine"] * cosine[number]
                + WEIGHTS["words"] * words[number]
                + WEIGHTS["passage"] * passage[number]
                + WEIGHTS["wanted"] * _holds(question.wants, texts[number])
                + WEIGHTS["form"] * _form(hit.story.text, span)
            ),
        )
        for number, (place, hit, span, _) in enumerate(found)
    ]


def introduction(story: Story) -> str:
    """Who is quoted, ending in a colon: from → to where the story says so, else its author, else its title."""
    verb = "writes" if _is_first_person(story) else "is told like this"
    if story.path:
        change = f"{_article(story.origin)} {story.origin} who became {_article(story.destination)} {story.destination}"
        return f"{change[0].upper()}{change[1:]} writes:" if verb == "writes" else f"Of {change} it is told:"
    if story.author:
        return f"{story.author}, in “{story.title}”, writes:"
    return f"The author of “{story.title}” writes:"


def _quotes_of(own: Sequence[Candidate], most: int) -> list[Candidate]:
    """The best sentences of one person, in the order told."""
    best = own[0].score
    good = [candidate for candidate in own[: most * 2] if candidate.score >= best - 1.2 or candidate is own[0]][:most]
    return sorted(good, key=lambda candidate: candidate.span)


def _shared(asked: set[str], text: str) -> float:
    return len(asked & set(terms(text))) / (len(asked) or 1)


def _holds(wanted: Wanted, text: str) -> float:
    """1 where the sentence has the kind of fact asked for, else 0."""
    pattern = {
        Wanted.NUMBER: _NUMBER,
        Wanted.TIME: _TIME,
        Wanted.REASON: _REASON,
        Wanted.NAME: _NAME,
    }.get(wanted)
    return float(bool(pattern and pattern.search(text)))


def _form(text: str, span: Span) -> float:
    """How well a sentence stands by itself: below 0 for headings, questions, fragments, thanks, and overlong ones."""
    sentence = text[span[0] : span[1]]
    words = len(sentence.split())
    line = text.rfind("\n", 0, span[0]) + 1
    score = 0.0
    if text[line : span[0]].lstrip().startswith("#") or words < 4 or words > LONGEST:
        score -= 3
    elif words < 7:
        score -= 0.5
    if sentence.endswith("?") or sentence.endswith(":"):
        score -= 1.5
    if _FAREWELL.search(sentence):
        score -= 2
    return score


def _is_first_person(story: Story) -> bool:
    return len(re.findall(r"\b(?:I|my|me)\b", story.text)) > len(re.findall(r"\b(?:he|she|his|her)\b", story.text, re.IGNORECASE))


def _article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|half|couple|few|several)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"day|week|month|year|spring|summer|autumn|fall|winter|ago|after|before|until)s?\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\b(?:because|since|so that|reason|due to|that's why|wanted|realis|realiz|made me|felt|inspired|thanks to)", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w.]+")
_FAREWELL = re.compile(r"\b(?:thanks? (?:you )?for reading|subscribe|newsletter|feel free to|stay tuned|next post|in this (?:post|article|blog))\b", re.IGNORECASE)
