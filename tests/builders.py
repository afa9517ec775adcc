"""Builds that end badly, in a process of their own: `python -m tests.builders STORIES INDEX STEP NUMBER`.

The build is killed, as by `kill -9`, when it comes to a step for the given time; with "apart" for a step it ends well,
and processes write its shards. The embedder is a stand-in that makes vectors from the texts themselves, so that a build
takes a second. The environment may name a Chroma server.
"""

import os
import signal
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from loky import ProcessPoolExecutor

from index import building, chroma, deletion, durable, making, portions, rebuild, shard_writing, writers
from index.embedding import CODE_LENGTH, Embedder, Read, Spanned, Vectors, unit
from index.lexical import Words
from index.opening import open_store
from index.server import remote
from index.server.connection import Connection
from index.server.lock import BuildersLock
from index.server.remote import RemoteLibrary
from index.settings import Settings
from index.texts import Texts

STEPS: dict[str, tuple[ModuleType | type, str]] = {
    "locked": (rebuild, "scan_stories"),
    "planned": (portions, "read_file"),
    "read": (portions, "draft"),
    "embedding": (portions, "missing"),
    "embedded": (making, "assemble"),
    "passages stored": (shard_writing, "_story_records"),
    "documents stored": (chroma, "_make_index"),
    "words stored": (Words, "save"),
    "texts stored": (Texts, "save"),
    "shard stored": (shard_writing, "_check"),
    "shard checked": (durable, "seal"),
    "shard sealed": (durable, "_sync"),
    "shards written": (building, "write_generation"),
    "before the pointer": (building, "replace_file"),
    "pointer written": (Path, "replace"),
    "published": (building, "delete_unread"),
    "deleting": (deletion, "_delete_generation"),
}
"""Steps of a build, in order, each with what is called when it begins."""

APART_STEPS: dict[str, tuple[ModuleType | type, str]] = {
    "shard handed over": (ProcessPoolExecutor, "submit"),
    "shard written apart": (durable, "seal"),
    "written apart": (building, "write_generation"),
}
"""Those of a build whose shards, one a story, are written by processes: at its first `submit` there is none yet."""

SERVER_STEPS: dict[str, tuple[ModuleType | type, str]] = {
    "stories uploaded": (remote, "passage_records"),
    "passages uploaded": (Connection, "note"),
    "shards uploaded": (building, "write_generation"),
    "manifest uploaded": (BuildersLock, "is_held"),
    "published there": (building, "replace_file"),
    "deleting there": (RemoteLibrary, "keep_only"),
}
"""Those that matter to a Chroma server."""


class TextEmbedder(Embedder):
    """Vectors made from the texts themselves: the same text, the same vector. Loads no model."""

    fingerprint = "text"
    precision = "float32"
    device = "cpu"
    dimension = 16
    max_tokens = 200

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def embed_in_turn(
        self, groups: Iterable[Spanned], progress: Callable[[int], object] | None = None
    ) -> Iterator[list[Read]]:
        for texts, spans in groups:
            if progress is not None:
                progress(len(texts))
            parts = [[text, *(text[start:end] for start, end in own)] for text, own in zip(texts, spans, strict=True)]
            none = np.zeros((0, CODE_LENGTH), dtype=np.int8)
            yield [Read(self._vectors(own), [none] * (len(own) - 1)) for own in parts]

    def embed_query(self, text: str) -> Vectors:
        found: Vectors = self._vectors([text])[0]
        return found

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        seeds = [zlib.crc32(text.encode()) for text in texts]
        made = np.array([np.random.default_rng(seed).standard_normal(16) for seed in seeds]).reshape(-1, 16)
        return unit(made.astype(np.float32))


def kill_at(owner: ModuleType | type, name: str, number: int) -> None:
    """Let the process be killed when something is called for the `number`-th time."""
    called = 0
    original = getattr(owner, name)

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal called
        called += 1
        if called == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **options)

    setattr(owner, name, killed)


if __name__ == "__main__":
    stories, index, step, times = sys.argv[1:]
    making.SHARD_PASSAGES = 4  # type: ignore[attr-defined]  # several shards, of a small library
    if step in {*APART_STEPS, "apart"}:
        making.SHARD_PASSAGES = writers.WORTH_A_PROCESS = 1  # type: ignore[attr-defined]
    steps = STEPS | APART_STEPS | SERVER_STEPS
    if step in steps:
        kill_at(*steps[step], int(times))
    rebuild.rebuild(Path(stories), open_store(Settings.load(index=Path(index))), TextEmbedder(), leaving=None)
