"""Example questions drawn from the library that is loaded: each can be answered from one of its stories."""

from collections.abc import Sequence

from index.stories import Story
from rag.quoting import with_article

_ABOUT_ONE = (
    "How did the {origin} become {destination}?",
    "What made the {origin} change careers?",
)
_GENERAL = (
    "What do people say about bootcamps?",
    "How did people find their first job in the new field?",
    "What would they do again?",
    "How long did the change take?",
)


def examples(stories: Sequence[Story], count: int) -> tuple[str, ...]:
    """Up to `count` questions: half about people of the library, spread over it, half about all."""
    told = [story for story in stories if story.path]
    step = max(1, len(told) // max(1, count))
    people = [
        pattern.format(origin=story.origin, destination=with_article(story.destination))
        for pattern, story in zip(_ABOUT_ONE, told[::step], strict=False)
    ]
    half = min(len(people), (count + 1) // 2)
    return tuple([*people[:half], *_GENERAL][:count])
