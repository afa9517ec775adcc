"""Making: the shards of the next generation, from stories that were read and stories that are copied.

What is to be published first is little: a shard of what is new, beside the others as they stand. What these hold that
was superseded goes when they are written again, which a build does after it has published. Knows nothing of what has
to be done (`plan.py`), nor of publishing.
"""

import heapq
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from index.before import Before, Copy, Versions, copies
from index.building import Building
from index.drafts import Keys, assemble, complete, draft, keys
from index.embedding import Embedder
from index.folder import refuse_vanished
from index.generation import Pointer, ShardEntry
from index.plan import SHARD_PASSAGES, SMALL_SHARD, Plan, untidy
from index.portions import Asked, Here, Made, Workers
from index.shard import StoryPassages
from index.stories import Fault, Story
from index.writers import Writers

COPIED_AT_ONCE = 500
"""Passages that are copied before anything is published, so as not to publish twice: they take a fraction of a second,
to write and to be fetched elsewhere."""

Progress = Callable[[int, int], object]
"""Told the passages embedded so far, and how many there are to embed: an estimate until all stories were read."""


class Making:
    """One rebuild's stories on their way into shards. `embedded` counts passages."""

    def __init__(
        self,
        folder: Path,
        building: Building,
        embedder: Embedder,
        before: Before,
        progress: Progress | None,
    ) -> None:
        self.embedded = 0
        self.faults: list[Fault] = []
        self._folder = folder
        self._building = building
        self._embedder = embedder
        self._before = before
        self._versions = Versions(before)
        self._progress = progress
        self._total = 0

    def made(
        self, wanted: Plan, files: Mapping[str, str], workers: Workers | None
    ) -> Generator[StoryPassages | Copy, None, None]:
        """The stories that have to be read, with their vectors, in order of their ids; without workers, made here.

        What was wrong with which file is in `faults` when all are made.
        """
        versions = {identity: self._versions.of(identity, files[identity]) for identity in sorted(wanted.to_read)}
        asked = [
            Asked(identity, keys(version, self._embedder) if version else Keys())
            for identity, version in versions.items()
        ]
        if not asked:
            return  # no model is loaded to take a story away
        if workers is None:
            here = Here(self._embedder, progress=lambda count: self._told(count, here.expected))
            portions: Iterator[Sequence[Made]] = here.made(self._folder, asked)
        else:
            portions = self._counted(workers.made(self._folder, asked), len(asked))
        for made in chain.from_iterable(portions):
            self.faults += made.faults
            if made.draft is not None:
                item = replace(made.draft, before=versions[made.story_id])
                yield assemble(item, made.reads, self._embedder)
            elif (shard := self._before.shard_of(made.story_id)) is not None:  # the version before stays
                refuse_vanished(self._folder)
                identity = made.story_id
                told = shard.tellings([identity])[identity] if wanted.whole else None
                yield Copy(identity, shard) if told is None else self._made_anew(told[0])

    def shards(self, wanted: Plan, made: Iterable[StoryPassages | Copy]) -> list[ShardEntry]:
        """Every shard of the next generation: those that stand, and the new ones, which are written."""
        standing = [] if wanted.whole else self._before.standing(set(wanted.same))
        again = [shard for shard in standing if shard.superseded or shard.passages < SMALL_SHARD]
        if sum(shard.passages for shard in again) > COPIED_AT_ONCE:
            again = []
        copied = copies(self._before.store, again)
        kept = [shard for shard in standing if shard not in again]
        new = heapq.merge(made, copied, key=_story_id)
        return _ordered([*kept, *self._written(new, SHARD_PASSAGES, in_haste=True)])

    def tidied(self, pointer: Pointer) -> list[ShardEntry]:
        """The shards of a published generation, those that are untidy written again; none where none is."""
        again = untidy(pointer.shards)
        if not again:
            return []
        copied = copies(self._before.store, again)
        written = self._written(copied, _equal_size(sum(copy.size for copy in copied)))
        return _ordered([*(shard for shard in pointer.shards if shard not in again), *written])

    def _written(
        self, items: Iterable[StoryPassages | Copy], each: float, *, in_haste: bool = False
    ) -> list[ShardEntry]:
        """New shards of stories in order of their ids, with about so many passages each; in haste the last is halved.

        A full one is begun when it is known that others come after it.
        """
        with Writers(self._building, self._before.fingerprint) as writers:
            for group, more in groups(items, each):
                contents = [item.contents() if isinstance(item, Copy) else item for item in group]
                if more:
                    writers.write(contents)
                else:
                    writers.write_last(contents, in_haste=in_haste)
                del group, contents  # while the next are made, whoever writes them has them
            return writers.written()

    def _counted(self, portions: Iterable[Sequence[Made]], asked: int) -> Iterator[Sequence[Made]]:
        """Portions that workers made of so many stories; what was embedded for each is told."""
        done = 0
        for portion in portions:
            done += len(portion)
            embedded = sum(len(made.reads) for made in portion)
            self._told(embedded, round((self.embedded + embedded) / done * asked))
            yield portion

    def _made_anew(self, story: Story) -> StoryPassages:
        version = self._versions.of(story.id, story.sha256)
        return complete(draft(story, self._embedder, version), self._embedder, self._told)

    def _told(self, count: int, total: int = 0) -> None:
        """So many passages more were embedded, of so many in all, as far as is known."""
        self.embedded += count
        self._total = total or self._total
        if self._progress is not None:
            self._progress(self.embedded, max(self._total, self.embedded))


def groups(items: Iterable[StoryPassages | Copy], each: float) -> Iterator[tuple[list[StoryPassages | Copy], bool]]:
    """Stories by the shard they go into: in order, with about `each` passages; and whether more come after them."""
    group: list[StoryPassages | Copy] = []
    done, count = 0, 1
    for item in items:
        if done >= each * count:
            yield group, True
            group, count = [], count + 1
        group.append(item)
        done += item.size if isinstance(item, Copy) else len(item.passages)
    if group:
        yield group, False


def _equal_size(total: int) -> float:
    """How many passages a shard has where all are equally large, about `SHARD_PASSAGES` at most."""
    return total / max(1, math.ceil(total / SHARD_PASSAGES))


def _ordered(shards: Iterable[ShardEntry]) -> list[ShardEntry]:
    return sorted(shards, key=lambda shard: shard.name)


def _story_id(item: StoryPassages | Copy) -> str:
    return item.story_id if isinstance(item, Copy) else item.story.id
