"""A first build: seconds, memory, bytes on the disk, and what of the text the model never read."""

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.contestants import Folders, load
from bench.measuring.made import bytes_of, stories_at, texts_at
from bench.offline import stay_here
from bench.peak import with_children


def measure(folder: Path, name: str, stories: int) -> dict[str, Any]:
    """A contestant's first build of so many stories, 0 being the starter library.

    `keeping` is how many seconds persisting takes besides, 0 where what is built is on the disk by then. `memory` is
    the most that the process held until it was built, and each that the build began, in MB. Raises `RuntimeError`
    where no chunk was built.
    """
    stay_here()
    contestant = load(name)
    with tempfile.TemporaryDirectory() as scratch:
        folders = Folders(stories_at(folder, stories), texts_at(folder, stories), Path(scratch))
        contestant.prepare(folders)
        with with_children() as memory_so_far:
            began = time.perf_counter()
            chunks = contestant.build(folders)
            seconds = time.perf_counter() - began
            memory = memory_so_far()
        if not chunks:
            raise RuntimeError(f"{name} built no chunk of {stories or 'the starter'} stories")
        kept = Path(scratch) / "kept"
        kept.mkdir()
        began = time.perf_counter()
        contestant.keep(kept)
        keeping = 0.0 if contestant.is_kept_when_built else time.perf_counter() - began
        size = bytes_of(kept)
        tokens, unread = _tokens(contestant.embedded())
    return {
        "chunks": chunks,
        "seconds": seconds,
        "keeping": keeping,
        "memory": memory,
        "bytes": size,
        "tokens": tokens,
        "unread": unread,
    }


def _tokens(texts: list[str]) -> tuple[int, int]:
    """How many tokens some texts have, and how many of these the model cuts off."""
    from index.embedding import Embedder

    embedder = Embedder()
    room = embedder.max_tokens - 2  # a special one at each end
    counts = embedder.count_tokens(texts)
    return sum(counts), sum(max(0, count - room) for count in counts)
