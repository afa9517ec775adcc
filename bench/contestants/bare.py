"""What somebody writes who wants no framework: sentence-transformers, and a product of matrices."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bench.contestants.contestant import Chunk, Folders, Passages, packaged_model
from bench.contestants.warm_up import made_up

BATCH = 32


class Bare:
    """`SentenceTransformer.encode` in fp32 and batches of 32 of Crossroads' own passages; numpy finds the nearest.

    Cutting is no part of its building: what it is compared for is embedding.
    """

    is_kept_when_built: bool = False
    top_k: int = 8
    packages: Sequence[str] = ("sentence-transformers",)
    splitting: str = "Crossroads' passages"
    store: str = "a matrix of numpy's; exact"

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(packaged_model(), local_files_only=True)
        self._texts: Sequence[str] = ()
        self._stories: Sequence[str] = ()
        self._vectors: Any = None
        self._destinations: Any = np.array([])

    def prepare(self, folders: Folders) -> None:
        """Cut the stories as Crossroads cuts them; and encode a made-up one."""
        with made_up() as warm_up, ProcessPoolExecutor(1, get_context("spawn")) as cutter:  # its memory is its own
            _, texts = cutter.submit(_cut, warm_up.stories).result()
            self._stories, self._texts = cutter.submit(_cut, folders.stories).result()
        self._encoded(texts)

    def build(self, folders: Folders) -> int:
        """A matrix of unit vectors. What is embedded was prepared."""
        self._vectors = self._encoded(self._texts)
        return len(self._texts)

    def fill(self, passages: Passages) -> None:
        """The matrix as it is."""
        self._texts, self._stories, self._vectors = passages.texts, passages.stories, passages.vectors
        self._destinations = np.array(passages.destinations)

    def embedded(self) -> list[str]:
        """The passages below their stories' titles."""
        return list(self._texts)

    def keep(self, folder: Path) -> None:
        """`numpy.save`, and the texts as JSON."""
        np.save(folder / "vectors.npy", self._vectors)
        told = {"stories": list(self._stories), "texts": list(self._texts)}
        (folder / "texts.json").write_text(json.dumps(told), "utf-8")

    def take_up(self, folder: Path) -> None:
        """`numpy.load`."""
        self._vectors = np.load(folder / "vectors.npy")
        told = json.loads((folder / "texts.json").read_text("utf-8"))
        self._stories, self._texts = told["stories"], told["texts"]

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The passages with the largest cosines."""
        rows = nearest(self._vectors, self._encoded([words])[0], count, self._destinations == to if to else None)
        return [Chunk(self._stories[row], self._texts[row], None) for row in rows]

    def _encoded(self, texts: Sequence[str]) -> Any:
        return self._model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


def nearest(vectors: Any, vector: Any, count: int, among: Any = None) -> list[int]:
    """The rows with the largest cosines, best first; `among` says of each row whether it is looked at."""
    rows = np.arange(len(vectors)) if among is None else np.flatnonzero(among)
    cosines = (vectors if among is None else vectors[rows]) @ vector
    best = np.argpartition(-cosines, count)[:count] if count < len(rows) else np.arange(len(rows))
    found: list[int] = rows[best[np.argsort(-cosines[best])]].tolist()
    return found


def _cut(stories: Path) -> tuple[list[str], list[str]]:
    from bench.contestants.crossroads import cut
    from index.embedding import Embedder

    return cut(stories, Embedder())
