"""Whom a question is about: which hits are of stories that say by their title, or their path, that they are theirs.

What somebody asks about may be told best by somebody else: of the nurse's course only the baker tells what it cost.
Then a question about the nurse is answered from the nurse's story, or not at all. Knows nothing of how hits are found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from index.lexical import terms
from index.search import Hit
from index.stories import Story
from rag.people import Kind, named_kinds
from rag.question import Question

NAMED = 1.0
"""A hit counts so much more whose story's title and path have all words that say whom the question is about, less for
some of them, rarer ones heavier; passages' scores have a standard deviation of about 1.2."""

_ANYBODY = frozenset(
    terms("boy coder developer fellow folk gentleman girl guy kid lady man one people person programmer woman")
)
# Words that whoever is meant may be called by: a title that has them says nothing.


def named_first(question: Question, hits: Sequence[Hit], rarity: Callable[[str], float]) -> list[Hit]:
    """The hits, best first, the scores of stories raised that are called by whom the question is about.

    By how much of the words that name the person: that is a further piece of a hit's `components`, `whom`. `rarity` of
    a stem is its inverse document frequency in the library.
    """
    weights = {stem: rarity(stem) for stem in terms(question.whom) if stem not in _ANYBODY}
    total = sum(weights.values())
    if not total:
        return list(hits)
    called = {hit.story.id: _called(hit.story) for hit in hits}
    raised = []
    for hit in hits:
        share = sum(weight for stem, weight in weights.items() if stem in called[hit.story.id]) / total
        raised.append(replace(hit, score=hit.score + NAMED * share, components={**hit.components, "whom": share}))
    return sorted(raised, key=lambda hit: hit.score, reverse=True)


def only_theirs(question: Question, hits: Sequence[Hit]) -> list[Hit]:
    """The hits of stories that are called by whom the question is about, where the best hit is of somebody else.

    Somebody else is who is not called so; who is called nothing that tells, only where the story never says so either.
    All hits where the question is put to many, names nobody of a kind that stands in `lists/people.txt`, or where no
    story found is called so.
    """
    kinds = [] if question.many else named_kinds(question.whom)
    if not (kinds and hits) or _is_theirs(hits[0].story, kinds):
        return list(hits)
    stories = {hit.story.id: hit.story for hit in hits}
    theirs = {identity for identity, story in stories.items() if _shows(kinds, _called(story))}
    return [hit for hit in hits if hit.story.id in theirs or not theirs]


def _is_theirs(story: Story, kinds: Sequence[Kind]) -> bool:
    called = _called(story)
    return _shows(kinds, called if story.path else called.union(terms(story.text)))


def _called(story: Story) -> set[str]:
    return set(terms(f"{story.title} {story.path}"))


def _shows(kinds: Sequence[Kind], stems: set[str]) -> bool:
    """Whether stems show a person of every kind."""
    return all(any(stems.issuperset(phrase) for phrase in phrases) for phrases in kinds)
