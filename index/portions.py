"""Portion: stories that are read, split and embedded together, on this machine or on a worker elsewhere.

Texts that share a batch are padded to one length, and how long that is shows in the last digits of their vectors. Which
stories are embedded together is told by their files alone, so that vectors are the same wherever they are made. Knows
nothing of who the workers are, nor of where vectors go.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Protocol

from index.drafts import Draft, Keys, Known, by_key, draft, missing
from index.embedding import Embedder, Spanned
from index.folder import MAX_FILE_BYTES, first_bytes
from index.stories import Fault, story_in, unreadable

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
    """What was made of a file: a draft, None if there is no story in it, and what became of its missing texts."""

    story_id: str
    draft: Draft | None
    reads: Known
    faults: tuple[Fault, ...]


class Workers(Protocol):
    """Those who read, split and embed stories: this process (`Here`), or others in its place."""

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
        data = first_bytes(folder / asked.story_id)
    except OSError as error:
        return File(asked.story_id, b"", asked.known, (unreadable(asked.story_id, error),))
    if len(data) > MAX_FILE_BYTES:
        _, faults = story_in(asked.story_id, data)
        return File(asked.story_id, b"", asked.known, tuple(faults))
    return File(asked.story_id, data, asked.known)


class Here:
    """One who works in this process: the next portions are read and split while those before are embedded.

    `at` is told which story is being read, and then "": all of a portion are being embedded; `progress` how many
    passages each batch held.
    """

    def __init__(
        self,
        embedder: Embedder,
        at: Callable[[str], object] = lambda _: None,
        progress: Callable[[int], object] | None = None,
    ) -> None:
        self._embedder = embedder
        self._at = at
        self._progress = progress
        self._coming = self._read = self._of_read = 0  # new stories to come, those that were read, and their passages
        self._of_others = 0  # passages to embed of stories that are known in part

    @property
    def expected(self) -> int:
        """How many passages there are to embed in all, as far as can be told from the stories read so far."""
        return self._of_others + self._of_read + round(self._coming * self._of_read / max(self._read, 1))

    def made(self, folder: Path, asked: Sequence[Asked]) -> Iterator[list[Made]]:
        """As `Workers` has it. Raises `EmbedderError`."""
        by_id = {one.story_id: one for one in asked}
        self._coming = sum(not one.known for one in asked)
        own = portions(folder, list(by_id), self._embedder.device)
        return self.work_off([read_file(folder, by_id[identity]) for identity in portion] for portion in own)

    def work_off(self, files: Iterable[Sequence[File]]) -> Iterator[list[Made]]:
        """Read, split and embed portions of files."""
        begun: deque[tuple[list[_Drafted], Spanned]] = deque()
        reading = Event()
        reading.set()

        def texts() -> Iterator[Spanned]:
            for portion in files:
                drafted = [self._drafted(file) for file in portion if reading.is_set()]
                if not reading.is_set():
                    return
                self._at("")
                found = missing([item for _, item, _ in drafted if item])
                begun.append((drafted, found))
                yield found

        embedded = self._embedder.embed_in_turn(texts(), self._progress)
        try:
            for reads in embedded:
                drafted, found = begun.popleft()
                known = by_key(found, reads)
                yield [Made(story_id, item, _own(item, known), faults) for story_id, item, faults in drafted]
        finally:
            reading.clear()  # before `embedded` ends: that waits for the file that is being read, and for none after it

    def _drafted(self, file: File) -> "_Drafted":
        self._at(file.story_id)
        story, faults = (None, file.faults) if file.faults else story_in(file.story_id, file.data)
        item = replace(draft(story, self._embedder), known=file.known) if story else None
        embedded = len(item.missing) if item else 0
        if file.known:
            self._of_others += embedded
        else:
            self._coming -= 1
            self._read += 1
            self._of_read += embedded
        return file.story_id, item, tuple(faults)


_Drafted = tuple[str, Draft | None, tuple[Fault, ...]]


def _own(drafted: Draft | None, known: Known) -> Known:
    return {key: known[key] for key in map(drafted.key, drafted.missing)} if drafted else {}
