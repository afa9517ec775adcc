"""Export: every story and every passage of a generation, for other programs: one JSON object a line.

`{"type": "story", "id", "title", "url", "metadata", "sha256", "text"}`, and after it, in order, its passages:
`{"type": "passage", "id", "story", "number", "start", "end", "text"}`, where `start` and `end` count the characters
of the story's text.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index.errors import SettingsError
from index.generation import Generation


def save(generation: Generation, file: Path) -> None:
    """Write the export into a file, whole or not at all. Raises `SettingsError` where it cannot be written."""
    if file.is_dir():
        raise SettingsError(f"--out {file}: this is a folder. Name a file in it.")
    unfinished = file.with_name(f"{file.name}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as opened:
            opened.writelines(lines(generation))
        unfinished.replace(file)
    except OSError as error:
        raise SettingsError(f"--out {file}: it cannot be written ({error.strerror}). Name another.") from error
    finally:
        with suppress(OSError):  # is not there any more if all went well
            unfinished.unlink()


def lines(generation: Generation) -> Iterator[str]:
    """The lines of the export."""
    return (f"{json.dumps(record, ensure_ascii=False)}\n" for record in records(generation))


def records(generation: Generation) -> Iterator[dict[str, Any]]:
    """What is exported, story by story, in order of their ids."""
    for identity in generation.story_ids:
        yield {"type": "story", **asdict(generation.story(identity))}
        for passage in generation.story_passages(identity):
            place = {"number": passage.number, "start": passage.start, "end": passage.end}
            yield {"type": "passage", "id": passage.id, "story": identity, **place, "text": passage.text}
