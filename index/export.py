"""Export: every story and every passage of a generation, for other programs: one JSON object a line.

`{"type": "story", "id", "title", "url", "metadata", "sha256", "text"}`, and after it, in order, its passages:
`{"type": "passage", "id", "story", "number", "start", "end", "text"}`, where `start` and `end` count the characters
of the story's text.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from index.generation import Generation


def records(generation: Generation) -> Iterator[dict[str, Any]]:
    """What is exported, story by story, in order of their ids."""
    for identity in generation.story_ids:
        yield {"type": "story", **asdict(generation.story(identity))}
        for passage in generation.story_passages(identity):
            place = {"number": passage.number, "start": passage.start, "end": passage.end}
            yield {"type": "passage", "id": passage.id, "story": identity, **place, "text": passage.text}
