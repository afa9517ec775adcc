"""Encoder: a sentence-transformers model on one device, from texts to tokens to vectors.

A model of the usual shape, a transformer and then a pooling, is fed with tokens made here, once; where its pooling is
the mean, the vectors of a text's sentences come out of the text's own forward pass (late chunking, Günther et al.
2024, arXiv:2409.04701). A model of any other shape is run by sentence-transformers' own `encode`. Knows nothing of
streams of batches, of threads, or of a second device.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.batches import Item, Span, token_ranges

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

CONTEXT = 0.3
"""How much of its passage's vector is taken off a sentence's: what all tokens of a passage share tells none apart."""
BATCH_TOKENS = {"cpu": 2_048, "mps": 16_384, "cuda": 65_536}
"""Tokens a batch, padding included. On CUDA fewer where less memory is free."""
MEMORY_SHARE = 0.25
# Of a GPU's free memory, what one batch may take: two are under way at once, and the estimate is rough.
NO_LIMIT = 100_000
# Tokenizers that know no limit say 1e30.
USUAL_LIMIT = 512
CHARACTERS_A_TOKEN = 4
# Where tokens are not counted beforehand, a rough size is enough to sort by.


class Encoder:
    """A loaded model. Safe to use from several threads.

    `dimension` is the length of a vector. `pools_tokens` says that sentences are read within their text; else
    `spans` have to be empty. `at_once` is how many batches to compute at a time, `batch_tokens` how large ones.
    """

    def __init__(self, folder: Path, device: str, precision: str) -> None:
        """Load the safetensors weights in a folder. Raises what transformers and sentence-transformers raise."""
        self.device = device
        self._model = _load(folder, device, precision)
        self._prompts = {
            "question": _prompt(self._model, ("query",)),
            "passage": _prompt(self._model, ("document", "passage", "corpus")),
        }
        self._counter = _fast_tokenizer(self._model)
        self._reader = _fast_tokenizer(self._model) if _has_usual_shape(self._model) else None
        limit = _limit(self._model)
        if self._reader is not None:
            self._reader.enable_truncation(limit)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = max(limit - self.count_tokens([self._prompts["passage"]])[0], 1)
        self.pools_tokens = self._reader is not None and self._model[1].pooling_mode == "mean"
        self.at_once = 2 if device.startswith("cuda") else 1  # one is made ready while the other is computed
        self.batch_tokens = _batch_tokens(self._model, device, limit)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the special ones a model adds."""
        if self._counter is None:
            return [len(self._model.tokenizer.tokenize(text)) for text in texts]
        return [len(found.ids) for found in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)]

    def items(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], first: int = 0, kind: str = "passage"
    ) -> list[Item]:
        """Texts as `vectors` takes them, each a "passage" or "question", their places counted from `first`."""
        if self._reader is None:
            return [
                Item(place, text, (), (), len(text) // CHARACTERS_A_TOKEN + 1)
                for place, text in enumerate(texts, first)
            ]
        prompt = self._prompts[kind]
        items = []
        for place, (own, found) in enumerate(
            zip(spans, self._reader.encode_batch([prompt + text for text in texts]), strict=True), first
        ):
            shifted = [(start + len(prompt), end + len(prompt)) for start, end in own]
            ids = found.ids
            items.append(Item(place, "", ids, token_ranges(found.offsets, shifted) if shifted else (), len(ids)))
        return items

    def vectors(self, batch: Sequence[Item], kind: str = "passage") -> list[Vectors]:
        """For each item the unit vectors of its text and then of its sentences, shape (1 + sentences, dimension).

        A text without a token has zero vectors. Raises `RuntimeError` where memory runs out.
        """
        import torch

        counts = [1 + len(item.ranges) for item in batch]
        rows = np.zeros((sum(counts), self.dimension), dtype=np.float32)
        with torch.inference_mode():
            if self._reader is None:
                encode = self._model.encode_query if kind == "question" else self._model.encode_document
                texts = [item.text for item in batch]
                found = encode(texts, prompt=self._prompts[kind], batch_size=len(batch), show_progress_bar=False)
                rows[:] = unit(np.asarray(found, dtype=np.float32))
            elif any(item.tokens for item in batch):
                has_tokens = np.repeat([bool(item.tokens) for item in batch], counts)
                rows[has_tokens] = self._read([item for item in batch if item.tokens]).cpu().numpy()
        return np.split(rows, np.cumsum(counts)[:-1])

    def take_less(self) -> None:
        """Make batches half as large from now on, and give back what memory is held in reserve."""
        import torch

        self.batch_tokens = max(self.batch_tokens // 2, 1)
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _read(self, batch: Sequence[Item]) -> "torch.Tensor":
        """The vectors of some tokenized texts, each followed by its sentences'."""
        import torch
        from torch.nn.functional import normalize

        transformer, pooling, *rest = self._model
        ids, mask = self._padded(batch)
        features = {"input_ids": ids.to(self.device), "attention_mask": mask.to(self.device)}
        hidden = transformer(dict(features))["token_embeddings"].float()
        if not self.pools_tokens:
            rows = pooling({"token_embeddings": hidden, "attention_mask": features["attention_mask"]})[
                "sentence_embedding"
            ]
        else:
            weights, used = _pooling_weights(batch, features["attention_mask"])
            rows = (weights @ hidden)[used]
        for module in rest:
            rows = module({"sentence_embedding": rows})["sentence_embedding"]
        rows = normalize(rows[:, : self.dimension], dim=-1)
        counts = torch.tensor([1 + len(item.ranges) for item in batch])
        own = torch.repeat_interleave(counts.cumsum(0) - counts, counts)  # for each row the row of its text
        share = torch.where(own == torch.arange(len(own)), 0.0, CONTEXT)[:, None].to(self.device)
        return normalize(rows - share * rows[own.to(self.device)], dim=-1)

    def _padded(self, batch: Sequence[Item]) -> "tuple[torch.Tensor, torch.Tensor]":
        """Token ids and which of them are no padding, both of shape (texts, longest)."""
        import torch

        tokenizer = self._model.tokenizer
        longest = max(len(item.tokens) for item in batch)
        ids = np.full((len(batch), longest), tokenizer.pad_token_id or 0)
        mask = np.zeros_like(ids)
        for row, item in enumerate(batch):
            first = longest - len(item.tokens) if tokenizer.padding_side == "left" else 0
            ids[row, first : first + len(item.tokens)] = item.tokens
            mask[row, first : first + len(item.tokens)] = 1
        return torch.from_numpy(ids), torch.from_numpy(mask)


def unit(vectors: Vectors) -> Vectors:
    """Vectors, shape (n, d), scaled to length 1; zero vectors stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)


def _load(folder: Path, device: str, precision: str) -> "SentenceTransformer":
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers types it not
    model = SentenceTransformer(
        str(folder),
        device=device,
        trust_remote_code=False,
        local_files_only=True,
        model_kwargs={"use_safetensors": True, "dtype": getattr(torch, precision)},
    )
    if _has_usual_shape(model):
        for module in list(model)[2:]:
            module.float()  # what comes after the pooling is small, and loses nothing in fp32
    return model.eval()


def _has_usual_shape(model: "SentenceTransformer") -> bool:
    """Whether it is a transformer of texts, with a fast tokenizer, then a pooling, then only layers over that."""
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling

    first, *rest = model
    return (
        isinstance(first, Transformer)
        and first.modalities == ["text"]
        and first.query_length is None
        and first.document_length is None
        and _fast_tokenizer(model) is not None
        and bool(rest)
        and isinstance(rest[0], Pooling)
        and rest[0].include_prompt
        and all(isinstance(module, Dense | Normalize | LayerNorm) for module in rest[1:])
    )


def _fast_tokenizer(model: "SentenceTransformer") -> "Tokenizer | None":
    """A tokenizer of our own that cuts nothing off: the model's own changes as it is called."""
    from tokenizers import Tokenizer

    found = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(found, Tokenizer):
        return None
    copy = Tokenizer.from_str(found.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def _prompt(model: "SentenceTransformer", names: Sequence[str]) -> str:
    """The first prompt of these names that says anything.

    sentence-transformers adds empty ones, and then takes "document" where a model's own is called "passage".
    """
    return next((prompt for name in names if (prompt := model.prompts.get(name))), "")


def _limit(model: "SentenceTransformer") -> int:
    """Tokens of a text that are read, special ones counted in: as the model says, if it has places for so many."""
    said = model.max_seq_length or NO_LIMIT
    places = getattr(getattr(model[0], "config", None), "max_position_embeddings", None) or NO_LIMIT
    return int(min(said if said < NO_LIMIT else USUAL_LIMIT, places))


def _batch_tokens(model: "SentenceTransformer", device: str, limit: int) -> int:
    """How many tokens fit into a batch: on CUDA by the memory that is free now, roughly."""
    import torch

    kind = device.partition(":")[0]
    if kind != "cuda":
        return BATCH_TOKENS[kind]
    config = getattr(model[0], "config", None)
    hidden = getattr(config, "hidden_size", 1024)
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    heads = getattr(config, "num_attention_heads", 16)
    a_token = (
        2 * (12 * hidden + 2 * inner) + 8 * hidden + 4 * heads * limit
    )  # bytes; the last where attention is not fused
    return max(min(BATCH_TOKENS[kind], int(torch.cuda.mem_get_info(device)[0] * MEMORY_SHARE) // a_token), limit)


def _pooling_weights(batch: Sequence[Item], mask: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """What makes means of token vectors: weights, shape (texts, rows, longest), and which rows are meant.

    The first row of a text is the mean over all of its tokens, the others are those of its sentences.
    """
    import torch

    longest = mask.shape[1]
    starts = mask.argmax(dim=1)
    bounds = np.zeros((len(batch), max(1 + len(item.ranges) for item in batch), 2), dtype=np.int64)
    for row, item in enumerate(batch):
        bounds[row, : 1 + len(item.ranges)] = [(0, len(item.tokens)), *item.ranges]
    first, last = torch.from_numpy(bounds).to(mask.device).unbind(dim=2)
    places = torch.arange(longest, device=mask.device) - starts[:, None, None]
    inside = (places >= first[:, :, None]) & (places < last[:, :, None])
    return inside / (last - first).clamp(min=1)[:, :, None], last > first
