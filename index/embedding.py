"""Embedder: texts → unit vectors, with any sentence-transformers model, on the best devices there are.

Tokenizes ahead of computing, and survives a device that runs out of memory. Where a model's files lie is
`weights.py`'s, which devices there are `devices.py`'s, what a model does with tokens `encoder.py`'s. torch is imported
when a model is first needed, so that commands which embed nothing start at once, and sentence-transformers only for
another model than the packaged one.
Knows nothing of stories, passages or stores.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from index import threads
from index.allocation import keep_freed
from index.batches import Batch, Group, Item, Span, batches
from index.devices import find_device, half_precision, ran_out_of_memory
from index.encoder import CODE_LENGTH, CODE_UNIT, Codes, Encoder, Read, Vectors, unit
from index.errors import EmbedderError, first_words
from index.garbage import seldom_collected
from index.in_order import ahead, in_order
from index.loading import LOADING_ERRORS, load_model, load_packaged_model
from index.weights import EMBEDDER, PACKAGED, ModelFiles, find_model, refuse_code_and_pickles

if TYPE_CHECKING:
    from index.loading import AnyModel

__all__ = ["CODE_LENGTH", "CODE_UNIT", "PACKAGED", "Codes", "Embedder", "Read", "Spanned", "Vectors", "unit"]

METHOD = 4
"""Raised whenever the same texts would get other vectors, so that an index made before is made anew."""
WINDOW = 2_048
"""Texts that are tokenized together, and sorted by length, while those before are computed."""

Spanned = tuple[Sequence[str], Sequence[Sequence[Span]]]
"""Texts, and of each the (start, end) of its sentences."""
Progress = Callable[[int], object]
"""Told how many texts each batch held."""


class Embedder:
    """A model for passages and questions. Loading is deferred to the first use. Safe to use from several threads.

    `name` is a model's name or folder, "" for the packaged one; `device` as in `Settings.device`: auto and cuda use
    every GPU there is. Only safetensors weights are loaded, and no code that comes with a model is ever run.
    """

    def __init__(self, name: str = "", device: str = "auto") -> None:
        self.name = name or PACKAGED
        self._wanted_device = device
        self._loading = threading.Lock()
        self._loaded: list[Encoder] = []
        self._free: SimpleQueue[Encoder] = SimpleQueue()  # each as often as it may compute one more batch at once

    @cached_property
    def fingerprint(self) -> str:
        """Which vectors this makes: the model, with a digest or its revision, and the method. Imports no torch.

        The same on every device. Raises `EmbedderError` where there is no such model.
        """
        return f"{self._files.identity}/{METHOD}"

    @cached_property
    def device(self) -> str:
        """The device in use. Raises `SettingsError` for one that is not there."""
        return find_device(self._wanted_device)

    @cached_property
    def precision(self) -> str:
        """The numbers computed with: on CUDA fp16, or bf16 if the model was made with it; on a CPU bf16 or fp32.

        bf16 where the processor has instructions for it: elsewhere it is slower than fp32.
        """
        if self.device.startswith("cuda"):
            return half_precision(self._files.folder)
        import torch

        has_bf16 = self.device == "cpu" and torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001  # no public check exists
        return "bfloat16" if has_bf16 else "float32"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read; the rest would be cut off in silence. Special tokens are counted in."""
        return self._encoder.max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the special ones a model adds."""
        return self._encoder.count_tokens(texts) if texts else []

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors, shape (texts, dimension), in the order of the texts. Raises `EmbedderError`."""
        nothing = np.zeros((0, self.dimension), dtype=np.float32)
        found = self.embed_with_sentences(texts, [()] * len(texts), progress)
        return np.concatenate([nothing, *(read.rows[:1] for read in found)])

    def embed_with_sentences(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], progress: Progress | None = None
    ) -> list[Read]:
        """For each text the unit vectors of it and of its sentences, and the codes of their content words.

        `spans[n]` are the (start, end) of sentences in `texts[n]`. A sentence is read within its text where the model
        pools tokens by their mean, else by itself. Raises `EmbedderError` if the model fails.
        """
        (found,) = self.embed_in_turn([(texts, spans)], progress)
        return found

    def embed_in_turn(self, groups: Iterable[Spanned], progress: Progress | None = None) -> Iterator[list[Read]]:
        """What `embed_with_sentences` makes of each group of texts and spans; no batch has texts of two groups.

        Where the model pools tokens by their mean, the next groups are taken and tokenized while those before are
        computed, in a thread.
        """
        if self._encoder.pools_tokens:
            yield from self._embed(groups, progress)
            return
        for texts, spans in groups:
            sentences = [text[start:end] for text, own in zip(texts, spans, strict=True) for start, end in own]
            (whole,) = self._embed([(texts, [()] * len(texts))], progress)
            (found,) = self._embed([(sentences, [()] * len(sentences))], None)
            apart = iter(found)
            none = np.zeros((0, CODE_LENGTH), dtype=np.int8)
            yield [
                Read(np.concatenate([read.rows, *(next(apart).rows for _ in own)]), [none for _ in own])
                for read, own in zip(whole, spans, strict=True)
            ]

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of one question, shape (dimension,). Raises `EmbedderError`."""
        (read,) = self.read_queries([text])
        found: Vectors = read.rows[0]
        return found

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """The unit vectors of many questions, shape (texts, dimension), shared out among the cores.

        Raises `EmbedderError`.
        """
        encoder = self._encoder
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        items = encoder.items(texts, [()] * len(texts), kind="question")
        share = -(-len(items) // encoder.at_once) * max((item.size for item in items), default=1)
        own = list(batches(items, min(share, encoder.batch_tokens)))
        begin = partial(threads.keep_caller_to, encoder.threads) if self.device == "cpu" else None
        compute = partial(self._computed, encoder, kind="question")
        for batch, reads in zip(own, in_order(compute, own, encoder.at_once, begin), strict=True):
            found[[item.place for item in batch]] = [read.rows[0] for read in reads]
        return found

    def read_queries(self, texts: Sequence[str]) -> list[Read]:
        """What a few questions become, in one batch; each is a sentence of its own. Raises `EmbedderError`."""
        encoder = self._encoder
        spans = [[(0, len(text))] if encoder.pools_tokens else [] for text in texts]
        return self._computed(encoder, encoder.items(texts, spans, kind="question"), "question")

    @cached_property
    def _files(self) -> ModelFiles:
        return find_model(self.name)

    @cached_property
    def _devices(self) -> list[str]:
        """Where passages are embedded: on every GPU, unless one of them was asked for."""
        import torch

        return [f"cuda:{n}" for n in range(torch.cuda.device_count())] if self.device == "cuda" else [self.device]

    @property
    def _encoder(self) -> Encoder:
        """The model on the first device; passages are embedded by those on the other devices too."""
        return self._encoders(1)[0]

    def _encoders(self, count: int) -> list[Encoder]:
        with self._loading:
            for device in self._devices[len(self._loaded) : count]:
                encoder = self._load(device)
                self._loaded.append(encoder)
                for _ in range(encoder.at_once):
                    self._free.put(encoder)
            return self._loaded[:count]

    def _load(self, device: str) -> Encoder:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        refuse_code_and_pickles(self.name, self._files.folder)
        load: Callable[[Path, str, str], AnyModel] = load_packaged_model if self.name == PACKAGED else load_model
        try:
            with seldom_collected():
                return Encoder(load(self._files.folder, device, self.precision), device)
        except LOADING_ERRORS as error:
            raise EMBEDDER.fault(self.name, f"the model cannot be loaded ({first_words(error)}).") from error

    def _embed(self, groups: Iterable[Spanned], progress: Progress | None) -> Iterator[list[Read]]:
        encoders = self._encoders(len(self._devices))
        at_once = sum(encoder.at_once for encoder in encoders)

        def compute(batch: Batch) -> list[Read]:
            if not batch.items:
                return []
            encoder = self._free.get()
            try:
                return self._computed(encoder, batch.items)
            finally:
                self._free.put(encoder)

        begin = None
        if self.device == "cpu":
            keep_freed()
            begin = partial(threads.keep_caller_to, encoders[0].threads)
        begun: deque[Group] = deque()
        taken = chain.from_iterable(ahead(self._windows(groups, begun)))
        for batch, reads in in_order(lambda batch: (batch, compute(batch)), taken, at_once, begin):
            batch.take(reads)
            if reads and progress is not None:
                progress(len(reads))
            while begun and not begun[0].left:
                yield begun.popleft().found

    def _windows(self, groups: Iterable[Spanned], begun: deque[Group]) -> Iterator[list[Batch]]:
        """The batches of a window of texts at a time, as it is tokenized; `begun` is told of each group before.

        Of no texts there is a batch too, an empty one: else groups without texts would all be taken at once.
        """
        for texts, spans in groups:
            group = Group([Read(np.zeros((0, self.dimension), dtype=np.float32), ())] * len(texts), len(texts))
            begun.append(group)
            for first in range(0, max(len(texts), 1), WINDOW):
                items = self._encoder.items(texts[first : first + WINDOW], spans[first : first + WINDOW], first)
                yield [Batch(group, own) for own in batches(items, self._encoder.batch_tokens)] or [Batch(group, ())]

    def _computed(self, encoder: Encoder, batch: Sequence[Item], kind: str = "passage") -> list[Read]:
        """What is made of a batch; where memory runs out, of one half and then of the other."""
        try:
            computed = encoder.read(batch, kind)
        except RuntimeError as error:
            self._give_up_unless_smaller_may_do(error, encoder, batch)
            computed = None  # the halves come after this block, whose error still holds what filled the memory
        if computed is None:
            encoder.take_less()
            half = (len(batch) + 1) // 2
            return [*self._computed(encoder, batch[:half], kind), *self._computed(encoder, batch[half:], kind)]
        if not all(np.isfinite(read.rows).all() for read in computed):
            raise EmbedderError(
                f"CROSSROADS_EMBEDDER={self.name}: the model made vectors that are no numbers ({self.precision} on "
                f"{encoder.device}). Set CROSSROADS_DEVICE=cpu, or another model."
            )
        return computed

    def _give_up_unless_smaller_may_do(self, error: RuntimeError, encoder: Encoder, batch: Sequence[Item]) -> None:
        if not ran_out_of_memory(error):
            raise EmbedderError(
                f"CROSSROADS_EMBEDDER={self.name}: the model failed on {encoder.device} ({first_words(error)}). "
                "Set CROSSROADS_DEVICE=cpu, or another model."
            ) from error
        if len(batch) == 1:
            raise EmbedderError(
                f"CROSSROADS_EMBEDDER={self.name}: {encoder.device} has too little memory for one text of "
                f"{batch[0].size} tokens. Free some, set CROSSROADS_DEVICE=cpu, or take a smaller model."
            ) from error
