"""Building: what only the holder of the builder's lock may do: write shards, and publish a generation of them.

New shards are written beside those that are kept, then a generation of them all, then the pointer is replaced. Until
that last step readers see the generation before; what a killed build had finished, the next one takes up. Knows
nothing of where the stories come from, nor of who holds the lock (`store.py`).
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from index.deletion import delete_unread
from index.durable import replace_file, whole_folder, writing
from index.generation import Pointer, ShardEntry, write_generation
from index.layout import Layout
from index.shard import StoryPassages
from index.shard_writing import write_shard
from index.stories import Fault

ShardWriter = Callable[[Path, Sequence[StoryPassages], Mapping[str, str]], object]
"""Whoever does what `write_shard` does."""


class Building:
    """An index folder in the hands of its one builder. Shards may be written by several threads.

    `first_shard` is the number of the first that is written; from there on none is taken. `is_current` says whether
    what is published is known here: of a library on a server, it may not be readable.
    """

    is_current = True
    origin = ""
    """Of which library on a server it is a mirror, as `Pointer` has it."""

    def __init__(self, layout: Layout, first_shard: int) -> None:
        self._layout = layout
        self._numbers = itertools.count(first_shard)

    def write(
        self, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str], how: ShardWriter = write_shard
    ) -> ShardEntry:
        """Write a shard with these stories (in order of their ids), check it, and complete it.

        Raises `StoreError` if the check finds a fault, or the disk refuses; nothing of the shard is left then.
        """
        name = f"{next(self._numbers):06}"
        with whole_folder(self._layout.shard(name)) as unfinished:
            how(unfinished, contents, fingerprint)
        passages = sum(len(item.passages) for item in contents)
        return ShardEntry(name, passages, {item.story.id: item.story.sha256 for item in contents})

    def publish(
        self,
        shards: Sequence[ShardEntry],
        fingerprint: Mapping[str, str],
        built: str,
        faults: Sequence[Fault] = (),
        number: int | None = None,
    ) -> Pointer:
        """Make a generation of complete shards, and make it the published one; then delete what nobody reads.

        `number` is one that no generation has; without it, the next. Whatever fails, what was published before stays
        so. Raises `StoreError`.
        """
        number = number or self._next_generation()
        with whole_folder(self._layout.generation(number)) as unfinished:
            write_generation(unfinished, [shard.name for shard in shards])
        pointer = Pointer(number, dict(fingerprint), tuple(shards), tuple(faults), built, self.origin)
        self._point_at(pointer)
        delete_unread(self._layout, pointer)
        return pointer

    def clear(self) -> None:
        """Publish nothing any more, and delete what nobody reads. Raises `StoreError`."""
        with writing(self._layout.pointer):
            self._layout.pointer.unlink(missing_ok=True)
        delete_unread(self._layout, None)

    def note(self, pointer: Pointer, faults: Sequence[Fault]) -> Pointer:
        """Keep what was found wrong with files where nothing else changed: the same generation stays published."""
        noted = replace(pointer, faults=tuple(faults), origin=self.origin)
        if noted != pointer:
            self._point_at(noted)
        delete_unread(self._layout, noted)
        return noted

    def _next_generation(self) -> int:
        return 1 + max([0, *self._layout.generation_numbers()])

    def _point_at(self, pointer: Pointer) -> None:
        replace_file(self._layout.pointer, json.dumps(asdict(pointer)))
