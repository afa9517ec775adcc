"""Deletion: what is neither published nor read goes, and the proof that a text is gone.

Readers hold a shared lock on their generation; whoever gets it alone may delete the generation, and the shards that
no other holds.
"""

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import portalocker

from index.generation import READERS_LOCK, SHARDS, Pointer
from index.layout import Layout

NEEDLE = 48
# Bytes of a removed sentence that are looked for: shorter than a database page, longer than chance.
CHUNK = 1 << 24


def delete_unread(layout: Layout, published: Pointer | None, *, unpublished: bool = True) -> None:
    """Delete what is neither published nor read. Only for whoever holds the builder's lock.

    `unpublished` says whether shards go, too, that were finished and never published: a later build may take them up.
    What cannot be deleted, since it is read or for any other reason, is left to the next time.
    """
    current = published.generation if published else None
    kept = {shard.name for shard in published.shards} if published else set()
    for folder in layout.unfinished():
        shutil.rmtree(folder, ignore_errors=True)
    gone: set[str] = set()
    for number in layout.generation_numbers():
        folder = layout.generation(number)
        if number != current:
            listed = _listed(folder)
            (gone if _delete_generation(folder) else kept).update(listed)
    for name in (set(layout.shard_names()) if unpublished else gone) - kept:
        shutil.rmtree(layout.shard(name), ignore_errors=True)


def traces(files: Sequence[Path], needles: Sequence[str]) -> list[Path]:
    """Those of some files in which any of some texts still stands: what proves that a story is gone.

    Texts are looked for by the first bytes of each, as UTF-8, which is how everything in the index keeps text.
    """
    sought = [needle.encode()[:NEEDLE] for needle in needles]
    return [file for file in files if _holds(file, sought)]


def _listed(folder: Path) -> list[str]:
    """The shards of a generation; none where their list is not there or cannot be read."""
    with suppress(OSError, ValueError):
        listed = json.loads((folder / SHARDS).read_text("utf-8"))
        return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    return []


def _delete_generation(folder: Path) -> bool:
    """Delete a generation that nobody reads; whether it is gone."""
    unread = portalocker.Lock(folder / READERS_LOCK, "r+", timeout=0, fail_when_locked=True)
    with suppress(portalocker.exceptions.LockException, FileNotFoundError), unread:
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _holds(file: Path, sought: Sequence[bytes]) -> bool:
    """Whether any of some byte strings, at most `NEEDLE` long, stands in a file."""
    tail = b""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            window = tail + chunk
            if any(needle in window for needle in sought):
                return True
            tail = window[-NEEDLE:]
    return False
