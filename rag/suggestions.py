"""What could be asked next: questions about the people of some stories, made by rules, without a language model.

A question is only made where a sentence of the story looks like an answer (`kinds.py` knows how such sentences look);
whether the search finds that sentence is `assurance.py`'s to say. Knows nothing of searching.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from index.lexical import terms
from index.stories import Story
from rag.kinds import JOURNEY, KINDS, Kind
from rag.quoting import is_first_person, with_article

LONGEST_TITLE = 72
"""Characters of a title by which a person is named; a longer one is cut at a colon, a dash or a word."""
PEOPLE = 3
"""People of an answer that further questions are asked about, and further people."""
SEVERAL = 2
"""So many people, at least, tell what everybody is asked about."""


@dataclass(frozen=True)
class Suggestion:
    """A question, the story that should answer it ("" for any of the library), and its kind."""

    question: str
    story: str
    kind: Kind

    def is_told_by(self, quotes: Iterable[tuple[str, str]]) -> bool:
        """Whether what is quoted (a story's id and a sentence) looks like an answer, from the story meant.

        A question on everybody is answered by several people.
        """
        tellers = {story for story, sentence in quotes if self.kind.is_told_by(sentence)}
        if self.story:
            return self.story in tellers
        return len(tellers) >= SEVERAL


Told = Callable[[Suggestion], bool]
"""Whether the library answers a suggestion."""


def follow_ups(
    asked: Sequence[str], cited: Sequence[Story], others: Sequence[Story], is_told: Told, count: int = 3
) -> tuple[str, ...]:
    """Up to `count` questions that go on from an answer: on those whom it cites, the last on another of the same goal.

    `asked` are the questions of the conversation, the last one last: none is asked again, nor the kind of the last.
    """
    kinds = [kind for kind in KINDS if not (asked and kind.asks.search(asked[-1]))]
    goals = {word for story in cited for word in _goal_words(story)}
    alike = sorted(others, key=lambda story: not goals & _goal_words(story))
    own = in_turn(cited[:PEOPLE], kinds)
    further = in_turn(alike[:PEOPLE], (JOURNEY, *kinds))
    known = frozenset(question.casefold() for question in asked)
    chosen = told(own, is_told, count - 1, known)
    return questions_of(told([*further, *own], is_told, count, known, chosen))


def instead(asked: str, near: Sequence[Story], is_told: Told, count: int = 2) -> tuple[str, ...]:
    """Up to `count` questions that the library answers, in place of one that it does not: on whom stands nearest."""
    kinds = sorted((JOURNEY, *KINDS), key=lambda kind: not kind.asks.search(asked))
    return questions_of(told(in_turn(near, kinds), is_told, count, {asked.casefold()}))


def questions_of(suggestions: Iterable[Suggestion]) -> tuple[str, ...]:
    """Only what is asked."""
    return tuple(suggestion.question for suggestion in suggestions)


def told(
    suggestions: Iterable[Suggestion],
    is_told: Told,
    count: int,
    known: Collection[str] = (),
    begun: Sequence[Suggestion] = (),
) -> list[Suggestion]:
    """The first `count` that the library answers, no two of a kind, none of those `known` (in lower case).

    Those `begun` with count, and are not asked again whether they are told.
    """
    chosen = list(begun)
    for suggestion in suggestions:
        if len(chosen) == count:
            break
        is_new = suggestion.question.casefold() not in known and all(one.kind is not suggestion.kind for one in chosen)
        if is_new and is_told(suggestion):
            chosen.append(suggestion)
    return chosen


def in_turn(stories: Sequence[Story], kinds: Sequence[Kind]) -> list[Suggestion]:
    """What could be asked about some people: the first of each, another kind for each; then the second, and so on."""
    every = [list(about(story, kinds)) for story in stories]
    turned = [own[place % len(own) :] + own[: place % len(own)] for place, own in enumerate(every) if own]
    return [suggestion for turn in zip_longest(*turned) for suggestion in turn if suggestion]


def about(story: Story, kinds: Sequence[Kind]) -> Iterator[Suggestion]:
    """The questions of some kinds that a sentence of the story may answer, in the order of the kinds."""
    sentences = _SENTENCE_END.split(story.text)
    for kind in kinds:
        suggestion = put(story, kind)
        if suggestion and any(kind.is_told_by(sentence) for sentence in sentences):
            yield suggestion


def put(story: Story, kind: Kind) -> Suggestion | None:
    """The question of a kind about a person, whether or not their story answers it; None where it cannot be put."""
    goal = _goal(story)
    form = kind.with_goal if goal and kind.with_goal else kind.question
    question = form.format(who=who(story), goal=with_article(goal))
    return Suggestion(question[0].upper() + question[1:], story.id, kind) if question else None


def who(story: Story) -> str:
    """How a person is named in a question: what they were, else their name, else by their story's title."""
    if story.path:
        return f"the {_short(story.origin)}"
    if is_first_person(story) and _NAME.fullmatch(story.author):
        return story.author
    teller = "author" if is_first_person(story) else "person"
    return f"the {teller} {'of' if teller == 'author' else 'in'} “{_short_title(story.title)}”"


def _goal(story: Story) -> str:
    """What the person became, in short; "" where the story does not say it."""
    return _HOPING.sub("", _short(story.destination)) if story.path else ""


def _goal_words(story: Story) -> set[str]:
    """By what it is told that others went the same way: what they became, else the tags of the story."""
    return set(terms(_goal(story))) - _ANY_GOAL if story.path else set(story.tags)


def _short(role: str) -> str:
    """A background or a role without what is added to it: the first of several, and not where or with what."""
    return re.sub(r"\bphd\b", "PhD", _ADDED.split(role, maxsplit=1)[0].strip())


def _short_title(title: str) -> str:
    if len(title) <= LONGEST_TITLE:
        return title
    first = re.split(r"(?<=\w)(?:: | [-–—|] )", title, maxsplit=1)[0]
    if len(first) <= LONGEST_TITLE and not _NUMBERED.fullmatch(first):
        return first
    return title[:LONGEST_TITLE].rsplit(" ", 1)[0].rstrip(",;:.-–— ") + "…"


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_NAME = re.compile(r"[A-Z][\w'’-]+(?: [A-Z][\w'’.-]*){1,3}")
_ADDED = re.compile(r",|;| and | at | with | who | in | from | of a ")
_NUMBERED = re.compile(r"\w+ \d+|\w+", re.IGNORECASE)
# "Chapter 1" names nothing, nor does a single word.
_HOPING = re.compile(r"^(?:aspiring|future|hopeful)\s+", re.IGNORECASE)
_ANY_GOAL = {"engin", "develop", "intern", "senior", "junior"}
