"""Portion: stories that are read, split and embedded together, on this machine or on a worker elsewhere.

Texts that share a batch are padded to one length, and how long that is shows in the last digits of their vectors. Which
stories are embedded together is told by their files alone, so that vectors are the same wherever they are made. Knows
nothing of who the workers are, nor of where vectors go.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from index.drafts import Draft, Keys, Known, draft, embed
from index.embedding import Embedder
from index.stories import MAX_FILE_BYTES, Fault, story_in, unreadable

PORTION_BYTES = 150_000
"""Of files, in one portion: some 240 passages, so that texts of about one length share a batch on a CPU."""
GPU_PORTION_BYTES = 3_000_000
"""The same for other devices, whose batches are larger: about a shard of passages."""


@dataclass(frozen=True)
class Asked:
    """A story that a worker is asked for, and what of it need not be embedded."""

    story_id: str
    known: Keys


@dataclass(frozen=True)
class File:
    """A story's file on its way to a worker: its bytes, or why they cannot be used."""

    story_id: str
    data: bytes
    known: Keys
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a worker made of a file: a draft, None if there is no story in it, and what became of its missing texts."""

    story_id: str
    draft: Draft | None
    reads: Known
    faults: tuple[Fault, ...]


class Workers(Protocol):
    """Those who read, split and embed stories in place of the program that builds."""

    def made(self, folder: Path, asked: Sequence[Asked]) -> Iterator[Sequence[Made]]:
        """What becomes of the stories asked for, portion by portion, in order of their ids.

        Raises `ClusterError`, `EmbedderError`.
        """


def portions(folder: Path, identities: Sequence[str], device: str) -> Iterator[list[str]]:
    """Stories in order of their ids, as many together as their files and the kind of device say."""
    limit = PORTION_BYTES if device == "cpu" else GPU_PORTION_BYTES
    portion: list[str] = []
    size = 0
    for identity in sorted(identities):
        portion.append(identity)
        with suppress(OSError):  # of a file that is not there any more; whoever reads it says so
            size += (folder / identity).stat().st_size
        if size >= limit:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def read_file(folder: Path, asked: Asked) -> File:
    """The bytes of a story's file; not of one that no worker could use."""
    try:
        data = (folder / asked.story_id).read_bytes()
    except OSError as error:
        return File(asked.story_id, b"", asked.known, (unreadable(asked.story_id, error),))
    if len(data) > MAX_FILE_BYTES:
        _, faults = story_in(asked.story_id, data)
        return File(asked.story_id, b"", asked.known, tuple(faults))
    return File(asked.story_id, data, asked.known)


def work_off(files: Sequence[File], embedder: Embedder, at: Callable[[str], object]) -> list[Made]:
    """Read, split and embed a portion. `at` is told which story is being read, and then "": all are being embedded."""
    read: list[tuple[File, Draft | None, tuple[Fault, ...]]] = []
    for file in files:
        at(file.story_id)
        story, faults = (None, file.faults) if file.faults else story_in(file.story_id, file.data)
        drafted = replace(draft(story, embedder), known=file.known) if story else None
        read.append((file, drafted, tuple(faults)))
    at("")
    reads = embed([drafted for _, drafted, _ in read if drafted], embedder)
    return [Made(file.story_id, drafted, _own(drafted, reads), faults) for file, drafted, faults in read]


def _own(drafted: Draft | None, reads: Known) -> Known:
    return {key: reads[key] for key in map(drafted.key, drafted.missing)} if drafted else {}
