"""Rebuild: from the stories folder to a published generation.

What did not change is not embedded again: a shard in which nothing changed is kept as it is, a story that did not
change is copied from its shard, and of a changed story every passage that stands as it stood. Until the very end,
where the new generation is published in one step, readers see the old one. What a build had finished when it was
interrupted, the next one takes up.
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from index.before import Before, Copy, Mode, Versions
from index.building import Building
from index.drafts import Draft, complete, draft
from index.embedding import Embedder
from index.errors import StoriesError
from index.folder import scan_stories
from index.formats import READER_VERSION, SUFFIXES
from index.generation import FORMAT, ShardEntry
from index.passages import SPLITTER_VERSION, TARGET_WORDS
from index.plan import SHARD_PASSAGES, Plan, shards_to_keep
from index.shard import StoryPassages
from index.store import PassageStore
from index.stories import Fault, Story, read_stories

WRITERS = max(1, (os.cpu_count() or 1) // 2)
"""Shards that are written at the same time, while the next is embedded: Chroma takes about 1,500 passages/s each."""

Progress = Callable[[int, int], object]
"""Told the passages embedded so far, and how many there are to embed."""


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild did. `embedded` counts passages, `seconds` are the whole rebuild's.

    `published` is False where nothing had changed.
    """

    plan: Plan
    faults: tuple[Fault, ...]
    generation: int
    stories: int
    passages: int
    embedded: int
    seconds: float
    published: bool


def fingerprint_of(embedder: Embedder) -> dict[str, str]:
    """What an index depends on besides the stories: where any of it differs, everything is made anew."""
    return {
        "embedder": embedder.fingerprint,
        "splitter": f"{SPLITTER_VERSION}/{TARGET_WORDS}",
        "reader": str(READER_VERSION),
        "store": str(FORMAT),
    }


def plan_rebuild(folder: Path, store: PassageStore, embedder: Embedder, mode: Mode = "changes") -> Plan:
    """What `rebuild` would do now; reads no story, embeds and writes nothing. Raises `StoriesError`, `StoreError`."""
    store.refresh()
    return Before(store, mode).plan(scan_stories(folder), fingerprint_of(embedder))


def rebuild(
    folder: Path,
    store: PassageStore,
    embedder: Embedder,
    mode: Mode = "changes",
    progress: Progress | None = None,
) -> RebuildReport:
    """Bring the index up to the stories folder and publish it.

    Raises `StoriesError` where there is no story, `BuildLockedError` if another build is running, `StoreError` if
    the index cannot be written, `EmbedderError` if the model fails; what was published before still is then.
    """
    began = time.perf_counter()
    fingerprint = fingerprint_of(embedder)
    with store.building() as building:
        before = Before(store, mode)
        files = scan_stories(folder)
        wanted = before.plan(files, fingerprint)
        stories, faults, wanted = _read(folder, wanted, before)
        faults = (*before.faults_of(files.keys() - set(wanted.to_read) - {fault.file for fault in faults}), *faults)
        still_right = before.pointer if wanted.is_empty else None
        embedded = 0
        if still_right is not None:
            pointer = building.note(still_right, faults)
        else:
            work = _Work(building, embedder, fingerprint, before, progress)
            shards = work.shards(wanted, stories)
            if not shards:
                raise StoriesError(_no_story(folder, faults))
            pointer = building.publish(shards, fingerprint, datetime.now(UTC).isoformat(timespec="seconds"), faults)
            embedded = work.embedded
    return RebuildReport(
        plan=wanted,
        faults=faults,
        generation=pointer.generation,
        stories=len(pointer.stories),
        passages=pointer.passages,
        embedded=embedded,
        seconds=time.perf_counter() - began,
        published=still_right is None,
    )


class _Work:
    """One rebuild's stories on their way into shards."""

    def __init__(
        self,
        building: Building,
        embedder: Embedder,
        fingerprint: Mapping[str, str],
        before: Before,
        progress: Progress | None,
    ) -> None:
        self.embedded = 0
        self._building = building
        self._embedder = embedder
        self._fingerprint = fingerprint
        self._before = before
        self._progress = progress
        self._total = 0

    def shards(self, wanted: Plan, stories: Sequence[Story]) -> list[ShardEntry]:
        """Every shard of the next generation: those kept, and the new ones, which are written."""
        kept = [] if wanted.whole else shards_to_keep(self._before.shards(), set(wanted.same))
        placed = {identity for shard in kept for identity in shard.stories}
        copied = [] if wanted.whole else [identity for identity in wanted.same if identity not in placed]
        versions = Versions(self._before, self._fingerprint)
        drafts = [draft(story, self._embedder, versions.of(story)) for story in stories]
        self._total = sum(len(item.missing) for item in drafts)
        items: list[Draft | Copy] = [*drafts, *(versions.copy(identity) for identity in copied)]
        items.sort(key=lambda item: item.story_id)
        with ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="shards") as writer:
            written: list[Future[ShardEntry]] = []
            for group in groups(items):
                contents = self._contents(group)
                written.append(writer.submit(self._building.write, contents, self._fingerprint))
                if len(written) > WRITERS:
                    written[-1 - WRITERS].result()  # raises what went wrong, before more is embedded
            return sorted([*kept, *(future.result() for future in written)], key=lambda shard: shard.name)

    def _contents(self, group: Sequence[Draft | Copy]) -> list[StoryPassages]:
        made = complete([item for item in group if isinstance(item, Draft)], self._embedder, self._told)
        copied = [item.contents() for item in group if isinstance(item, Copy)]
        return sorted([*made, *copied], key=lambda item: item.story.id)

    def _told(self, count: int) -> None:
        self.embedded += count
        if self._progress is not None:
            self._progress(self.embedded, self._total)


def groups(items: Sequence[Draft | Copy]) -> Iterator[list[Draft | Copy]]:
    """Stories by the shard they go into: in order, as many passages in each, about `SHARD_PASSAGES` at most."""
    total = sum(item.size for item in items)
    each = total / max(1, math.ceil(total / SHARD_PASSAGES))
    group: list[Draft | Copy] = []
    done, count = 0, 1
    for item in items:
        group.append(item)
        done += item.size
        if done >= each * count:
            yield group
            group, count = [], count + 1
    if group:
        yield group


def _read(folder: Path, wanted: Plan, before: Before) -> tuple[list[Story], tuple[Fault, ...], Plan]:
    """Read what has to be read. A file that cannot be read any more leaves the version of it in the index."""
    library = read_stories(folder, wanted.to_read)
    if not folder.is_dir():
        raise StoriesError(f"{folder}: the folder vanished while it was read. Nothing was published; build again.")
    failed = {fault.file for fault in library.faults if not fault.story_kept}
    kept = {identity: shard for identity in failed if (shard := before.shard_of(identity)) is not None}
    stories = list(library.stories)
    if wanted.whole:
        stories += [shard.tellings([identity])[identity][0] for identity, shard in kept.items()]
    now = replace(
        wanted,
        added=tuple(identity for identity in wanted.added if identity not in failed),
        changed=tuple(identity for identity in wanted.changed if identity not in failed),
        damaged=tuple(identity for identity in wanted.damaged if identity not in failed),
        same=tuple(sorted({*wanted.same, *kept})),
        unread=tuple(sorted({*wanted.unread, *failed} - kept.keys())),
    )
    return stories, library.faults, now


def _no_story(folder: Path, faults: Sequence[Fault]) -> str:
    reasons = "".join(f"\n  {fault.file}: {fault.what}" for fault in faults)
    return (
        f"{folder}: no story could be read. Put stories there as {', '.join(SUFFIXES)} files, "
        f"or name another folder with --stories.{reasons}"
    )
