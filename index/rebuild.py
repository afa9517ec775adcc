"""Rebuild: from the stories folder to a published generation.

What did not change is not embedded again: a shard in which nothing changed is kept as it is, a story that did not
change stays in its shard, and of a changed story every passage that stands as it stood is taken over. Until a new
generation is published, in one step, readers see the old one. Where shards then hold much that was superseded, they are
written again, and a generation of the same stories is published: what is new is not kept waiting for that. What a build
had finished when it was interrupted, the next one takes up. Stories are read and embedded here, or by workers elsewhere
(`portions.py`), who make the same of them (`making.py`).
"""

import time
from collections.abc import Collection, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from index.before import Before, Mode
from index.building import Building
from index.drafts import Keys
from index.embedding import Embedder
from index.errors import StoriesError
from index.folder import refuse_vanished, scan_stories
from index.formats import READER_VERSION, SUFFIXES
from index.garbage import seldom_collected
from index.generation import FORMAT
from index.making import Making, Progress
from index.passages import SPLITTER_VERSION, TARGET_WORDS
from index.plan import Plan
from index.portions import Asked, Workers, read_file
from index.sharing import lost, refuse_to_replace, refuse_to_take_away
from index.store import PassageStore
from index.stories import Fault, story_in


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild did. `embedded` counts passages, `seconds` are the whole rebuild's.

    `published` is False where nothing had changed; `tidied` says whether shards were written again then.
    """

    plan: Plan
    faults: tuple[Fault, ...]
    generation: int
    stories: int
    passages: int
    embedded: int
    seconds: float
    published: bool
    tidied: bool


def fingerprint_of(embedder: Embedder) -> dict[str, str]:
    """What an index depends on besides the stories: where any of it differs, everything is made anew."""
    return {
        "embedder": embedder.fingerprint,
        "splitter": f"{SPLITTER_VERSION}/{TARGET_WORDS}, sentencex {version('sentencex')}",
        "reader": str(READER_VERSION),
        "store": str(FORMAT),
    }


def plan_rebuild(folder: Path, store: PassageStore, embedder: Embedder, mode: Mode = "changes") -> Plan:
    """What `rebuild` would do now; reads no story, embeds and writes nothing. Raises `StoriesError`, `StoreError`."""
    store.refresh()
    return Before(store, mode, fingerprint_of(embedder)).plan(scan_stories(folder))


def rebuild(  # noqa: PLR0913  # three are needed, the others have their names
    folder: Path,
    store: PassageStore,
    embedder: Embedder,
    mode: Mode = "changes",
    progress: Progress | None = None,
    *,
    workers: Workers | None = None,
    leaving: Collection[str] | None = (),
    held: Building | None = None,
) -> RebuildReport:
    """Bring the index up to the stories folder and publish it; with `workers`, these read, split and embed.

    From a library that other computers have too, only the stories `leaving` may be taken, any for None. `held` is the
    building of a caller who has the builder's lock.

    Raises `StoriesError` where there is no story, or others would lose some, `BuildLockedError` if another build is
    running, `StoreError` if the index cannot be written, or what is there is not known well enough to be replaced,
    `EmbedderError` if the model fails, `ClusterError` if the workers do; what was published before still is then.
    """
    began = time.perf_counter()
    fingerprint = fingerprint_of(embedder)
    with seldom_collected(), nullcontext(held) if held is not None else store.building() as building:
        before = Before(store, mode, fingerprint)
        files = scan_stories(folder)
        wanted = before.plan(files)
        refuse_to_take_away(folder, store, lost(before.pointer, files), leaving)
        refuse_to_replace(store, wanted, mode, is_known=building.is_current)
        making = Making(folder, building, embedder, before, progress)
        if not wanted.whole:  # what cannot be read now is not asked of anybody
            again = [one for one in wanted.to_read if not files[one] or one in before.put_off]
            making.faults += [fault for one in again for fault in _unread(folder, one)]
            wanted = _as_read(folder, wanted, making.faults, before)
        with closing(making.made(wanted, files, workers)) as made:
            shards = [] if wanted.is_empty else making.shards(wanted, made)
        found = sorted(making.faults, key=lambda fault: fault.file)
        wanted = _as_read(folder, wanted, found, before)
        read = {*wanted.to_read, *(fault.file for fault in found)}
        faults = (*before.faults_of({one: digest for one, digest in files.items() if one not in read}), *found)
        still_right = before.pointer if wanted.is_empty else None
        if still_right is not None:
            pointer = building.note(still_right, faults)
        elif shards:
            pointer = building.publish(shards, fingerprint, _now(), faults)
        else:
            raise StoriesError(_no_story(folder, faults))
        if tidied := making.tidied(pointer):
            pointer = building.publish(tidied, fingerprint, _now(), faults)
    return RebuildReport(
        plan=wanted,
        faults=faults,
        generation=pointer.generation,
        stories=len(pointer.stories),
        passages=pointer.passages,
        embedded=making.embedded,
        seconds=time.perf_counter() - began,
        published=still_right is None,
        tidied=bool(tidied),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _unread(folder: Path, identity: str) -> tuple[Fault, ...]:
    """What is wrong with a file, if no story can be read from it."""
    found = read_file(folder, Asked(identity, Keys()))
    story, faults = (None, found.faults) if found.faults else story_in(identity, found.data)
    return () if story is not None else tuple(faults)


def _as_read(folder: Path, wanted: Plan, faults: Sequence[Fault], before: Before) -> Plan:
    """What was planned, as it looks after the reading: files that cannot be read are none that changed."""
    refuse_vanished(folder)
    failed = {fault.file for fault in faults if not fault.story_kept}
    kept = {identity for identity in failed if before.shard_of(identity) is not None}  # as they were before
    return replace(
        wanted,
        added=tuple(identity for identity in wanted.added if identity not in failed),
        changed=tuple(identity for identity in wanted.changed if identity not in failed),
        damaged=tuple(identity for identity in wanted.damaged if identity not in failed),
        same=tuple(sorted({*wanted.same, *kept})),
        unread=tuple(sorted({*wanted.unread, *failed} - kept)),
    )


def _no_story(folder: Path, faults: Sequence[Fault]) -> str:
    reasons = "".join(f"\n  {fault.file}: {fault.what}" for fault in faults)
    return (
        f"{folder}: no story could be read. Put stories there as {', '.join(SUFFIXES)} files, "
        f"or name another folder with --stories.{reasons}"
    )
