"""Rebuild: from the stories folder to a published generation.

What did not change is not embedded again: a shard in which nothing changed is kept as it is, a story that did not
change is copied from its shard, and of a changed story every passage that stands as it stood. Until the very end,
where the new generation is published in one step, readers see the old one. What a build had finished when it was
interrupted, the next one takes up. Stories are read and embedded here, or by workers elsewhere (`portions.py`), who
make the same of them.
"""

import heapq
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from index.before import Before, Copy, Mode, Versions
from index.building import Building
from index.drafts import Draft, Keys, Version, assemble, complete, draft, keys
from index.embedding import Embedder
from index.errors import StoriesError
from index.folder import scan_stories
from index.formats import READER_VERSION, SUFFIXES
from index.generation import FORMAT, ShardEntry
from index.passages import SPLITTER_VERSION, TARGET_WORDS
from index.plan import SHARD_PASSAGES, Plan, shards_to_keep
from index.portions import Asked, Workers, portions
from index.shard import Shard, StoryPassages
from index.store import PassageStore
from index.stories import Fault, Story, read_stories

WRITERS = max(1, (os.cpu_count() or 1) // 2)
"""Shards that are written at the same time, while the next is embedded: Chroma takes about 1,500 passages/s each."""

Progress = Callable[[int, int], object]
"""Told the passages embedded so far, and how many there are to embed: an estimate where workers split the stories."""


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


def rebuild(  # noqa: PLR0913  # three are needed, the others have their names
    folder: Path,
    store: PassageStore,
    embedder: Embedder,
    mode: Mode = "changes",
    progress: Progress | None = None,
    *,
    workers: Workers | None = None,
) -> RebuildReport:
    """Bring the index up to the stories folder and publish it; with `workers`, these read, split and embed.

    Raises `StoriesError` where there is no story, `BuildLockedError` if another build is running, `StoreError` if
    the index cannot be written, `EmbedderError` if the model fails, `ClusterError` if the workers do; what was
    published before still is then.
    """
    began = time.perf_counter()
    fingerprint = fingerprint_of(embedder)
    with store.building() as building:
        before = Before(store, mode)
        files = scan_stories(folder)
        wanted = before.plan(files, fingerprint)
        work = _Work(folder, building, embedder, before, progress)
        if workers is not None and wanted.to_read:
            shards = work.shards(wanted, work.made_by(workers, wanted, files))
            found = tuple(work.faults)
            wanted = _as_read(folder, wanted, found, before)
        else:
            to_read = wanted.to_read
            stories, found, wanted = _read(folder, wanted, before)
            shards = [] if wanted.is_empty else work.shards(wanted, *work.made_here(to_read, stories))
        faults = (*before.faults_of(files.keys() - set(wanted.to_read) - {fault.file for fault in found}), *found)
        still_right = before.pointer if wanted.is_empty else None
        if still_right is not None:
            pointer = building.note(still_right, faults)
        elif shards:
            pointer = building.publish(shards, fingerprint, datetime.now(UTC).isoformat(timespec="seconds"), faults)
        else:
            raise StoriesError(_no_story(folder, faults))
    return RebuildReport(
        plan=wanted,
        faults=faults,
        generation=pointer.generation,
        stories=len(pointer.stories),
        passages=pointer.passages,
        embedded=work.embedded,
        seconds=time.perf_counter() - began,
        published=still_right is None,
    )


class _Work:
    """One rebuild's stories on their way into shards."""

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
        self._fingerprint = fingerprint_of(embedder)
        self._before = before
        self._versions = Versions(before, self._fingerprint)
        self._progress = progress
        self._total = 0

    def made_here(self, to_read: Sequence[str], stories: Sequence[Story]) -> tuple[Iterator[StoryPassages], int]:
        """Stories with their vectors, in order of their ids, and how many passages they have."""
        drafts = {story.id: draft(story, self._embedder, self._version(story)) for story in stories}
        self._total = sum(len(item.missing) for item in drafts.values())
        return self._completed(drafts, to_read), sum(item.size for item in drafts.values())

    def made_by(self, workers: Workers, wanted: Plan, files: Mapping[str, str]) -> Iterator[StoryPassages | Copy]:
        """The same, made by workers. What was wrong with which file is in `faults` when all are made."""
        versions = {identity: self._versions.of(identity, files[identity]) for identity in sorted(wanted.to_read)}
        asked = [
            Asked(identity, keys(version, self._embedder) if version else Keys())
            for identity, version in versions.items()
        ]
        done = 0
        for portion in workers.made(self._folder, asked):
            done += len(portion)
            embedded = sum(len(made.reads) for made in portion)
            self._total = round((self.embedded + embedded) / done * len(asked))
            self._told(embedded)
            for made in portion:
                self.faults += made.faults
                if made.draft is not None:
                    item = replace(made.draft, before=versions[made.story_id])
                    yield assemble(item, made.reads, self._embedder)
                elif (shard := self._before.shard_of(made.story_id)) is not None:  # the version before stays
                    copy = Copy(made.story_id, shard)
                    yield self._made_anew(copy.contents().story) if wanted.whole else copy

    def shards(self, wanted: Plan, made: Iterable[StoryPassages | Copy], size: int | None = None) -> list[ShardEntry]:
        """Every shard of the next generation: those kept, and the new ones, which are written.

        `size` is how many passages there are in what is made; where that is known, shards are equally large.
        """
        kept = [] if wanted.whole else shards_to_keep(self._before.shards(), set(wanted.same))
        placed = {identity for shard in kept for identity in shard.stories}
        copied = [] if wanted.whole else [identity for identity in wanted.same if identity not in placed]
        copies = sorted(map(self._versions.copy, copied), key=_story_id)
        each = SHARD_PASSAGES if size is None else _equal_size(size + sum(copy.size for copy in copies))
        with ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="shards") as writer:
            written: list[Future[ShardEntry]] = []
            for group in groups(heapq.merge(made, copies, key=_story_id), each):
                contents = [item.contents() if isinstance(item, Copy) else item for item in group]
                written.append(writer.submit(self._building.write, contents, self._fingerprint))
                if len(written) > WRITERS:
                    written[-1 - WRITERS].result()  # raises what went wrong, before more is embedded
            return sorted([*kept, *(future.result() for future in written)], key=lambda shard: shard.name)

    def _completed(self, drafts: Mapping[str, Draft], to_read: Sequence[str]) -> Iterator[StoryPassages]:
        for portion in portions(self._folder, to_read, self._embedder.device):
            yield from complete(
                [drafts[identity] for identity in portion if identity in drafts], self._embedder, self._told
            )

    def _made_anew(self, story: Story) -> StoryPassages:
        (made,) = complete([draft(story, self._embedder, self._version(story))], self._embedder, self._told)
        return made

    def _version(self, story: Story) -> Version | None:
        return self._versions.of(story.id, story.sha256)

    def _told(self, count: int) -> None:
        self.embedded += count
        if self._progress is not None:
            self._progress(self.embedded, max(self._total, self.embedded))


def groups(items: Iterable[StoryPassages | Copy], each: float) -> Iterator[list[StoryPassages | Copy]]:
    """Stories by the shard they go into: in order, with about `each` passages."""
    group: list[StoryPassages | Copy] = []
    done, count = 0, 1
    for item in items:
        group.append(item)
        done += item.size if isinstance(item, Copy) else len(item.passages)
        if done >= each * count:
            yield group
            group, count = [], count + 1
    if group:
        yield group


def _equal_size(total: int) -> float:
    """How many passages a shard has where all are equally large, about `SHARD_PASSAGES` at most."""
    return total / max(1, math.ceil(total / SHARD_PASSAGES))


def _story_id(item: StoryPassages | Copy) -> str:
    return item.story_id if isinstance(item, Copy) else item.story.id


def _read(folder: Path, wanted: Plan, before: Before) -> tuple[list[Story], tuple[Fault, ...], Plan]:
    """Read what has to be read. A file that cannot be read any more leaves the version of it in the index."""
    library = read_stories(folder, wanted.to_read)
    now = _as_read(folder, wanted, library.faults, before)
    stories = list(library.stories)
    if wanted.whole:
        kept = _kept(library.faults, before)
        stories += [shard.tellings([identity])[identity][0] for identity, shard in kept.items()]
    return stories, library.faults, now


def _as_read(folder: Path, wanted: Plan, faults: Sequence[Fault], before: Before) -> Plan:
    """What was planned, as it looks after the reading: files that cannot be read are none that changed."""
    if not folder.is_dir():
        raise StoriesError(f"{folder}: the folder vanished while it was read. Nothing was published; build again.")
    failed = {fault.file for fault in faults if not fault.story_kept}
    kept = _kept(faults, before)
    return replace(
        wanted,
        added=tuple(identity for identity in wanted.added if identity not in failed),
        changed=tuple(identity for identity in wanted.changed if identity not in failed),
        damaged=tuple(identity for identity in wanted.damaged if identity not in failed),
        same=tuple(sorted({*wanted.same, *kept})),
        unread=tuple(sorted({*wanted.unread, *failed} - kept.keys())),
    )


def _kept(faults: Sequence[Fault], before: Before) -> dict[str, Shard]:
    """The stories whose files cannot be read any more, each with the shard that holds the version before."""
    failed = [fault.file for fault in faults if not fault.story_kept]
    return {identity: shard for identity in failed if (shard := before.shard_of(identity)) is not None}


def _no_story(folder: Path, faults: Sequence[Fault]) -> str:
    reasons = "".join(f"\n  {fault.file}: {fault.what}" for fault in faults)
    return (
        f"{folder}: no story could be read. Put stories there as {', '.join(SUFFIXES)} files, "
        f"or name another folder with --stories.{reasons}"
    )
