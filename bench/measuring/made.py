"""What is measured: stories, their texts, indexes, stores. Made in one folder, and kept there.

It is made where it is missing, and anew where what it was made from has changed: the starter stories, or the code that
makes, reads, splits and stores. Stories are counted where a library is built, passages where it is asked; 0 stories are
the starter library.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.contestants import Folders, Passages, load
from bench.library import STARTER, write_library
from bench.measuring.machine import versions
from bench.measuring.stamp import stamp_of, whole
from bench.offline import stay_here
from bench.start import ROOT
from index.embedding import Embedder, Progress, Read, Spanned
from index.encoder import CODE_LENGTH, unit

MILLION = 1_000_000
"""From so many passages on, vectors are drawn at random."""
FREE_BYTES = 20e9
"""Disk that a million passages with random vectors want: their index and stories take 15 GB."""
SOURCES = (
    ROOT / "index",
    *(ROOT / "bench" / name for name in ("library.py", "stand_in.py", "peers.py", "measuring/made.py")),
)
"""What makes libraries, their texts and their indexes, of the starter stories."""
CONTESTANTS_SOURCES = ROOT / "bench" / "contestants"
"""What builds and keeps a store, besides."""


def measure(folder: Path, what: str, of: str | int) -> dict[str, Any]:
    """Make something unless it is there as it would be made now: `what` as `MADE` has it, of how many or of whom."""
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


def _stamp(*more: Path) -> str:
    """What libraries are made from now, and what else is named: sources, versions, the model, the index's format."""
    from index.rebuild import fingerprint_of

    return stamp_of((STARTER, *SOURCES, *more), versions() | fingerprint_of(Embedder()))


def _make_stories(folder: Path, stories: int) -> None:
    if stories:
        with whole(stories_at(folder, stories), _stamp()) as new:
            if new:
                write_library(new, stories)


def _make_texts(folder: Path, stories: int) -> None:
    from bench.peers import write_texts

    _make_stories(folder, stories)
    with whole(texts_at(folder, stories), _stamp()) as new:
        if new:
            write_texts(stories_at(folder, stories), new)


def _make_index(folder: Path, passages: int) -> None:
    from bench.retrieve import PASSAGES_A_STORY
    from bench.stand_in import StandIn

    stories = round(passages / PASSAGES_A_STORY)
    _make_stories(folder, stories)
    with whole(index_at(folder, passages), _stamp()):
        pass  # an index is begun empty, and what an interrupted build of the same had finished stays
    embedder = RandomVectors() if passages >= MILLION else StandIn()
    _build(stories_at(folder, stories), index_at(folder, passages), embedder)


def _make_passages(folder: Path, passages: int) -> None:
    from index.generation import Generation
    from index.store import PassageStore

    with whole(passages_at(folder, passages), _stamp()) as new:
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
    with whole(own, _stamp()) as new:
        if new:
            write_library(new / "stories", stories)
    _build(own / "stories", own / "index", StandIn())


def _make_kept(folder: Path, name: str) -> None:
    stay_here()
    _make_texts(folder, 0)
    with whole(kept_at(folder, name), _stamp(CONTESTANTS_SOURCES)) as new:
        if new:
            with tempfile.TemporaryDirectory() as scratch:
                contestant, folders = load(name), Folders(STARTER, texts_at(folder, 0), Path(scratch))
                contestant.prepare(folders)
                contestant.build(folders)
                written = Path(scratch) / "kept"
                written.mkdir()
                contestant.keep(written)
                shutil.copytree(written, new, dirs_exist_ok=True)  # who has it open, has it open elsewhere


def _build(stories: Path, index: Path, embedder: Embedder) -> None:
    """Bring an index up to its stories; what an interrupted build had finished is taken up."""
    from index.rebuild import rebuild
    from index.store import PassageStore

    rebuild(stories, PassageStore(index), embedder)


MADE: dict[str, Callable[[Path, Any], None]] = {
    "texts": _make_texts,
    "index": _make_index,
    "passages": _make_passages,
    "edited": _make_edited,
    "kept": _make_kept,
}
