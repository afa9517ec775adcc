"""Folders that are made: whole or not there, and made anew where what they were made from is not the same any more."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def gpu_sources() -> str:
    """Twelve digits that tell what `bench.gpu` measures, and what measures it: `index` and the two scripts."""
    return stamp_of((ROOT / "index", ROOT / "bench" / "embed.py", ROOT / "bench" / "gpu.py"), {})[:12]


def stamp_of(sources: Iterable[Path], told: Mapping[str, str]) -> str:
    """A digest of some files, of all files in some folders, and of what else is told that something is made from."""
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for source in sources:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(source.parent).as_posix()} {content}\n".encode())
    return digest.hexdigest()


@contextmanager
def whole(folder: Path, stamp: str) -> Iterator[Path | None]:
    """A folder to fill, which gets its name once it is full; None where that was done before, with the same stamp.

    The stamp lies beside the folder: who reads or measures what is in it does not meet it.
    """
    beside, new = (folder.with_name(f"{folder.name}.{end}") for end in ("made-from", "new"))
    if folder.is_dir() and beside.is_file() and beside.read_text("utf-8") == stamp:
        yield None
        return
    beside.unlink(missing_ok=True)
    for old in (folder, new):
        shutil.rmtree(old, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    new.rename(folder)
    beside.write_text(stamp, "utf-8")
