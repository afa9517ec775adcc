"""Files into a folder, each whole and under a name that was free, or not at all.

The bytes are written under a hidden name first, then the file is given its own in one step. A process that is killed
in between leaves the hidden file; `sweep` deletes it later. Knows nothing of stories.
"""

import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ABANDONED_SECONDS = 3600.0
"""A hidden file that was not touched for so long is nobody's any more: writing one takes moments."""

_UNFINISHED = re.compile(r"\.crossroads-[0-9a-f]{16}\.tmp")


@contextmanager
def written(folder: Path, data: bytes) -> Iterator[Path]:
    """The bytes, safe on the disk under a hidden name that lasts as long as the block. Raises `OSError`."""
    temporary = folder / f".crossroads-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
        sync(folder)
    finally:
        temporary.unlink(missing_ok=True)


def placed(temporary: Path, target: Path) -> bool:
    """Give the file its name, in one step; False if the name is taken. Raises `OSError`."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError:
        return _moved(temporary, target)
    return True


def is_unfinished(name: str) -> bool:
    """Whether a file of that name is one of `written`'s: nobody else calls a file so."""
    return _UNFINISHED.fullmatch(name) is not None


def sweep(files: Iterable[Path]) -> None:
    """Delete those of some unfinished files that nobody writes any more. What cannot be deleted stays: it is hidden."""
    for file in files:
        with suppress(OSError):
            if time.time() - file.lstat().st_mtime > ABANDONED_SECONDS:
                file.unlink()


def sync(folder: Path) -> None:
    """Force the names in a folder onto the disk, where the system can: Windows and some network drives cannot."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _moved(temporary: Path, target: Path) -> bool:
    """The same on disks without hard links, such as FAT: the name is reserved, then filled in one step."""
    try:
        target.touch(exist_ok=False)
    except FileExistsError:
        return False
    try:
        temporary.replace(target)
    except OSError:
        target.unlink()
        raise
    return True
