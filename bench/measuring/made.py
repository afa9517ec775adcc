"""What is measured: stories, their texts, indexes, stores. Made where it is missing, in one folder, and kept there.

Stories are counted where a library is built, passages where it is asked; 0 stories are the starter library.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.contestants import Passages
from bench.library import STARTER, write_library
from index.embedding import Embedder, Progress, Read, Spanned
from index.encoder import CODE_LENGTH, unit

MILLION = 1_000_000
"""From so many passages on, vectors are drawn at random."""
FREE_BYTES = 20e9
"""Disk that a million passages with random vectors want: their index and stories take 15 GB."""


def measure(folder: Path, what: str, of: str | int) -> dict[str, Any]:
    """Make something where it is not there: `what` as `MADE` has it, of so many stories or passages, or of whom."""
    MADE[what](folder, of)
    return {}


def stories_at(folder: Path, stories: int) -> Path:
    """The folder of a library of so many stories."""
    return folder / f"stories-{stories}" if stories else STARTER


def texts_at(folder: Path, stories: int) -> Path:
    """The folder of their clean texts."""
    return folder / f"texts-{stories}"


def index_at(folder: Path, passages: int) -> Path:
    """The index of a library of about so many passages."""
    return folder / f"index-of-{passages}"


def has_room_for_million(folder: Path) -> bool:
    """Whether there is disk for an index of a million passages, or for what is missing of it."""
    there = next(one for one in (folder, *folder.resolve().parents) if one.is_dir())
    return bytes_of(index_at(folder, MILLION)) + shutil.disk_usage(there).free >= FREE_BYTES


def passages_at(folder: Path, passages: int) -> Path:
    """What that index holds, for other stores."""
    return folder / f"passages-{passages}"


def edited_at(folder: Path, stories: int) -> Path:
    """A library of so many stories that is edited, and its index: the folders `stories` and `index`."""
    return folder / f"edited-{stories}"


def kept_at(folder: Path, name: str) -> Path:
    """The store that a contestant keeps of the starter library."""
    return folder / "kept" / name


def read_passages(folder: Path) -> Passages:
    """What `passages_at` holds."""
    told = json.loads((folder / "passages.json").read_text("utf-8"))
    return Passages(**told, vectors=np.load(folder / "vectors.npy"))


def bytes_of(folder: Path) -> int:
    """How much lies in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of Crossroads."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CROSSROADS_")}


class RandomVectors(Embedder):
    """Vectors drawn at random, near to nothing: for more passages than made stories can be embedded for."""

    def __init__(self) -> None:
        super().__init__()
        self._chance = np.random.default_rng(0)

    def embed_in_turn(self, groups: Iterable[Spanned], progress: Progress | None = None) -> Iterator[list[Read]]:
        """As `Embedder` has it, one code a sentence."""
        for _, spans in groups:
            reads = []
            for own in spans:
                rows = self._chance.standard_normal((1 + len(own), self.dimension), dtype=np.float32)
                reads.append(Read(unit(rows), [np.zeros((1, CODE_LENGTH), dtype=np.int8) for _ in own]))
            if progress is not None:
                progress(len(reads))
            yield reads


def _make_stories(folder: Path, stories: int) -> None:
    if stories:
        with _whole(stories_at(folder, stories)) as new:
            if new:
                write_library(new, stories)


def _make_texts(folder: Path, stories: int) -> None:
    from bench.peers import write_texts

    _make_stories(folder, stories)
    with _whole(texts_at(folder, stories)) as new:
        if new:
            write_texts(stories_at(folder, stories), new)


def _make_index(folder: Path, passages: int) -> None:
    from bench.retrieve import PASSAGES_A_STORY
    from bench.stand_in import StandIn

    stories = round(passages / PASSAGES_A_STORY)
    _make_stories(folder, stories)
    embedder = RandomVectors() if passages >= MILLION else StandIn()
    _build(stories_at(folder, stories), index_at(folder, passages), embedder)


def _make_passages(folder: Path, passages: int) -> None:
    from index.generation import Generation
    from index.store import PassageStore

    with _whole(passages_at(folder, passages)) as new:
        if new:
            generation: Generation = PassageStore(index_at(folder, passages)).open()
            found = [
                (one.id, passage.text, one.destination)
                for one in generation.stories()
                for passage in generation.story_passages(one.id)
            ]
            told = dict(zip(("stories", "texts", "destinations"), zip(*found, strict=True), strict=True))
            (new / "passages.json").write_text(json.dumps(told), "utf-8")
            np.save(new / "vectors.npy", generation.vectors(np.arange(len(generation))))


def _make_edited(folder: Path, stories: int) -> None:
    from bench.stand_in import StandIn

    own = edited_at(folder, stories)
    with _whole(own / "stories") as new:
        if new:
            write_library(new, stories)
    _build(own / "stories", own / "index", StandIn())


def _make_kept(folder: Path, name: str) -> None:
    from bench.measuring import build

    if not kept_at(folder, name).is_dir():
        _make_texts(folder, 0)
        build.measure(folder, name, 0)


def _build(stories: Path, index: Path, embedder: Embedder) -> None:
    """Bring an index up to its stories; what an interrupted build had finished is taken up."""
    from index.rebuild import rebuild
    from index.store import PassageStore

    rebuild(stories, PassageStore(index), embedder)


@contextmanager
def _whole(folder: Path) -> Iterator[Path | None]:
    """A folder to fill, which gets its name once it is full; None where that was done before."""
    if folder.is_dir():
        yield None
        return
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    new.rename(folder)


MADE: dict[str, Callable[[Path, Any], None]] = {
    "texts": _make_texts,
    "index": _make_index,
    "passages": _make_passages,
    "edited": _make_edited,
    "kept": _make_kept,
}
