"""Whom a question is about: which hits are of stories that are called by such a person.

What somebody asks about may be told best by somebody else: of the nurse's course only the baker tells what it cost.
So where a nurse's story was found, others are not told of the nurse. Knows nothing of how hits are found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from index.lexical import terms
from index.search import Hit
from rag.people import Kind, called_by, named_kinds
from rag.question import Question

NAMED = 1.0
"""A hit counts so much more whose story is called by all words that say whom the question is about, less for some of
them, rarer ones heavier; passages' scores have a standard deviation of about 1.2."""

_ANYBODY = frozenset(
    terms("boy coder developer fellow folk gentleman girl guy kid lady man one people person programmer woman")
)
# Words that whoever is meant may be called by: a title that has them says nothing.


def is_of_somebody(question: Question) -> bool:
    """Whether a question says whom it is about."""
    return bool(question.whom or named_kinds(question.person))


def named_first(question: Question, hits: Sequence[Hit], rarity: Callable[[str], float]) -> list[Hit]:
    """The hits, best first, the scores of stories raised that are called by whom the question is about.

    By how much of the words that name the person: that is a further piece of a hit's `components`, `whom`. `rarity` of
    a stem is its inverse document frequency in the library.
    """
    weights = {stem: rarity(stem) for stem in terms(question.whom) if stem not in _ANYBODY}
    total = sum(weights.values())
    if not total:
        return list(hits)
    called = {hit.story.id: called_by(hit.story) for hit in hits}
    raised = []
    for hit in hits:
        share = sum(weight for stem, weight in weights.items() if stem in called[hit.story.id]) / total
        raised.append(replace(hit, score=hit.score + NAMED * share, components={**hit.components, "whom": share}))
    return sorted(raised, key=lambda hit: hit.score, reverse=True)


def only_theirs(question: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The hits that may be of the person whom the question is about, if a story that was found is called by them.

    Those are the hits of such stories, of passages that mention such a person, since a nurse whom a baker met may be
    meant, and of stories without a path to say whose they are that mention such a person anywhere. All hits where the
    question is put to many, or names nobody certain of a kind that stands in `lists/people.txt`.
    """
    kinds = [] if question.many else named_kinds(question.person)
    if not kinds:
        return list(hits)
    stories = {hit.story.id: hit.story for hit in hits}
    called = {identity for identity, story in stories.items() if _shows(kinds, called_by(story))}
    return [hit for hit in hits if hit.story.id in called or not called or _shows(kinds, _mentioned(hit))]


def _mentioned(hit: Hit) -> set[str]:
    return set(terms(hit.passage.text if hit.story.path else hit.story.text))


def _shows(kinds: Sequence[Kind], stems: set[str]) -> bool:
    """Whether stems show a person of one of the kinds."""
    return any(stems.issuperset(phrase) for phrases in kinds for phrase in phrases)
