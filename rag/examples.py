"""Example questions drawn from the library that is loaded: half about some of its people, half about all of them."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest

from index.stories import Story
from rag.kinds import ADVICE, BOOTCAMPS, FIRST_JOB, HARDSHIP, JOURNEY, KINDS, REASON
from rag.suggestions import Suggestion, Told, about, in_turn, put, questions_of, told

LOOKED_AT = 12
"""People, spread over the library, of whom some are asked about."""

OF_ALL = (
    Suggestion("What do people say about bootcamps?", "", BOOTCAMPS),
    Suggestion("How did people find their first job in the new field?", "", FIRST_JOB),
    Suggestion("What did people find hardest about changing careers?", "", HARDSHIP),
    Suggestion("What made people leave their old career?", "", REASON),
    Suggestion("What advice do people give to career changers?", "", ADVICE),
)
"""Questions to the whole library."""


def examples(stories: Sequence[Story], count: int) -> tuple[str, ...]:
    """`count` questions made at once, from what is known of stories without their text. Most are answered."""
    ways = [suggestion for story in spread(stories, count) if (suggestion := put(story, JOURNEY))]
    return questions_of([*ways[: count // 2], *OF_ALL][:count])


def assured_examples(
    stories: Sequence[Story], read: Callable[[Story], Story], is_told: Told, is_told_by_many: Told, count: int
) -> tuple[str, ...]:
    """Up to `count` questions that the library answers, for certain; `read` gives a story its text.

    Those about people and those about all take turns; `is_told_by_many` is asked about the latter.
    """
    people = [read(story) for story in spread(stories, LOOKED_AT)]
    ways = [suggestion for story in people[:1] for suggestion in about(story, (JOURNEY,))]
    of_all = told(OF_ALL, is_told_by_many, count // 2)
    of_people = told(chain(ways, in_turn(people[len(ways) :], KINDS)), is_told, count - len(of_all))
    return questions_of(_mixed(of_people, of_all))


def spread(stories: Sequence[Story], count: int) -> Sequence[Story]:
    """So many stories, from all over the library."""
    return stories[:: max(1, len(stories) // max(1, count))][:count]


def _mixed(first: Iterable[Suggestion], second: Iterable[Suggestion]) -> list[Suggestion]:
    return [suggestion for pair in zip_longest(first, second) for suggestion in pair if suggestion]
