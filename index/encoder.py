"""Encoder: a sentence-transformers model on one device, from texts to tokens to vectors.

A model of the usual shape, a transformer and then a pooling, is fed with tokens made here, once; where its pooling is
the mean, the vectors of a text's sentences come out of the text's own forward pass (late chunking, Günther et al.
2024, arXiv:2409.04701). A model of any other shape is run by sentence-transformers' own `encode`. Knows nothing of
streams of batches, of threads, or of a second device.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index import threads
from index.batches import Item, Span, content_places, token_ranges
from index.loading import fast_tokenizer, has_usual_shape, limit_of, prompt_of, tokens_a_batch
from index.stop_words import STOP_WORDS

if TYPE_CHECKING:
    import torch

    from index.loading import AnyModel

Vectors = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]
"""Unit vectors of tokens, shape (tokens, CODE_LENGTH): each number times 127, rounded."""

CONTEXT = 0.3
"""How much of its passage's vector is taken off a sentence's: what all tokens of a passage share tells none apart."""
CODE_LENGTH = 128
"""Numbers that are kept of a token's vector: its products with as many random vectors (Achlioptas 2003)."""
CODE_UNIT = 127
"""The length of a code."""
AT_ONCE = {"cpu": 8, "mps": 1, "cuda": 2}
"""Batches computed at a time, at most: a thread for each is faster than many for one; on a GPU the next is ready."""
PLACES = 16
"""Texts are padded to a multiple of this: attention is a third faster so on a CPU, and there are fewer shapes."""
CHARACTERS_A_TOKEN = 4
# Where tokens are not counted beforehand, a rough size is enough to sort by.
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Read:
    """What a model makes of a text: unit vectors of it and of its sentences, and its content words' codes by sentence.

    `rows` has shape (1 + sentences, dimension).
    """

    rows: Vectors
    tokens: Sequence[Codes]


class Encoder:
    """A loaded model. Safe to use from several threads.

    `dimension` is the length of a vector. `pools_tokens` says that sentences are read within their text; else
    `spans` have to be empty. `at_once` is how many batches to compute at a time, `batch_tokens` how large ones, and
    `threads` how many threads are for each of them on a CPU.
    """

    def __init__(self, model: "AnyModel", device: str) -> None:
        self.device = device
        self._model: Any = model  # of another than the usual shape more is asked than `PackagedModel` has
        self._prompts = {
            "question": prompt_of(self._model, ("query",)),
            "passage": prompt_of(self._model, ("document", "passage", "corpus")),
        }
        self._counter = fast_tokenizer(self._model)
        self._reader = fast_tokenizer(self._model) if has_usual_shape(self._model) else None
        limit = self._limit = limit_of(self._model)
        if self._reader is not None:
            self._reader.enable_truncation(limit)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = max(limit - self.count_tokens([self._prompts["passage"]])[0], 1)
        self.pools_tokens = self._reader is not None and self._model[1].pooling_mode == "mean"
        self._padding_side = getattr(self._model.tokenizer, "padding_side", "right")
        cores = threads.there()
        most = AT_ONCE[device.partition(":")[0]]
        self.at_once = min(cores, most) if device == "cpu" else most
        self.threads = max(cores // self.at_once, 1)
        self.batch_tokens = tokens_a_batch(self._model, device, limit)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the special ones a model adds."""
        if self._counter is None:
            return [len(self._model.tokenizer.tokenize(text)) for text in texts]
        return [len(found.ids) for found in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)]

    def items(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]], first: int = 0, kind: str = "passage"
    ) -> list[Item]:
        """Texts as `read` takes them, each a "passage" or "question", their places counted from `first`."""
        if self._reader is None:
            return [
                Item(place, text, (), (), len(text) // CHARACTERS_A_TOKEN + 1)
                for place, text in enumerate(texts, first)
            ]
        prompt = self._prompts[kind]
        prompted = [prompt + whole(text) for text in texts]
        # a batch is shared out among threads, which for a few words takes longer than the words do
        encoded = map(self._reader.encode, prompted) if kind == "question" else self._reader.encode_batch(prompted)
        items = []
        for place, (own, found) in enumerate(zip(spans, encoded, strict=True), first):
            shifted = [(start + len(prompt), end + len(prompt)) for start, end in own]
            ids = found.ids
            ranges = token_ranges(found.offsets, shifted) if shifted else []
            content = content_places(prompted[place - first], found.offsets, ranges, STOP_WORDS)
            items.append(Item(place, "", ids, ranges, self._padded_size(len(ids)), content))
        return items

    def read(self, batch: Sequence[Item], kind: str = "passage") -> list[Read]:
        """What each item's text and its sentences become.

        A text without a token has zero vectors. Only a model of the usual shape tells tokens. Raises `RuntimeError`
        where memory runs out.
        """
        import torch

        counts = [1 + len(item.ranges) for item in batch]
        rows = np.zeros((sum(counts), self.dimension), dtype=np.float32)
        codes = np.zeros((0, CODE_LENGTH), dtype=np.int8)
        with torch.inference_mode():
            if self._reader is None:
                encode = self._model.encode_query if kind == "question" else self._model.encode_document
                texts = [item.text for item in batch]
                found = encode(texts, prompt=self._prompts[kind], batch_size=len(batch), show_progress_bar=False)
                rows[:] = unit(np.asarray(found, dtype=np.float32))
            elif any(item.tokens for item in batch):
                has_tokens = np.repeat([bool(item.tokens) for item in batch], counts)
                found_rows, found_codes = self._read([item for item in batch if item.tokens])
                rows[has_tokens], codes = found_rows.cpu().numpy(), found_codes.cpu().numpy()
        sizes = [len(places) for item in batch for places in item.content]
        of_sentence = iter(np.split(codes, np.cumsum(sizes)[:-1]) if sizes else ())
        return [
            Read(own, [next(of_sentence, codes[:0]) for _ in item.ranges])
            for item, own in zip(batch, np.split(rows, np.cumsum(counts)[:-1]), strict=True)
        ]

    def take_less(self) -> None:
        """Make batches half as large from now on, and give back what memory is held in reserve."""
        import torch

        self.batch_tokens = max(self.batch_tokens // 2, 1)
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _read(self, batch: Sequence[Item]) -> "tuple[torch.Tensor, torch.Tensor]":
        """The vectors of some tokenized texts, each followed by its sentences', and their content words' codes."""
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
        codes = self._codes(batch, hidden, features["attention_mask"])
        for module in rest:
            rows = module({"sentence_embedding": rows})["sentence_embedding"]
        rows = normalize(rows[:, : self.dimension], dim=-1)
        counts = torch.tensor([1 + len(item.ranges) for item in batch])
        own = torch.repeat_interleave(counts.cumsum(0) - counts, counts)  # for each row the row of its text
        share = torch.where(own == torch.arange(len(own)), 0.0, CONTEXT)[:, None].to(self.device)
        return normalize(rows - share * rows[own.to(self.device)], dim=-1), codes

    def _codes(self, batch: Sequence[Item], hidden: "torch.Tensor", mask: "torch.Tensor") -> "torch.Tensor":
        import torch
        from torch.nn.functional import normalize

        starts = mask.argmax(dim=1).tolist()
        places = [(row, starts[row] + place) for row, item in enumerate(batch) for own in item.content for place in own]
        chosen = torch.tensor(places, dtype=torch.long, device=hidden.device).reshape(-1, 2)
        found = normalize(hidden[chosen[:, 0], chosen[:, 1]], dim=-1) @ self._directions
        return (normalize(found, dim=-1) * CODE_UNIT).round().to(torch.int8)

    @cached_property
    def _directions(self) -> "torch.Tensor":
        """What a token's vector is multiplied with, the same on every machine; of a short vector all is kept."""
        import torch

        size = int(getattr(getattr(self._model[0], "config", None), "hidden_size", self.dimension))
        if size <= CODE_LENGTH:
            return torch.eye(size, CODE_LENGTH, device=self.device)
        signs = np.random.RandomState(0).randint(0, 2, (size, CODE_LENGTH)) * 2 - 1  # its stream never changes
        return torch.from_numpy(signs.astype(np.float32)).to(self.device)

    def _padded_size(self, tokens: int) -> int:
        """How many places a text gets; on the left of it none more, since they may count as places before it."""
        if self._padding_side == "left":
            return tokens
        return min(-(-tokens // PLACES) * PLACES, max(self._limit, tokens))

    def _padded(self, batch: Sequence[Item]) -> "tuple[torch.Tensor, torch.Tensor]":
        """Token ids and which of them are no padding, both of shape (texts, longest)."""
        import torch

        padding = getattr(self._model.tokenizer, "pad_token_id", None)
        longest = max(item.size for item in batch)
        ids = np.full((len(batch), longest), padding or 0)
        mask = np.zeros_like(ids)
        for row, item in enumerate(batch):
            first = longest - len(item.tokens) if self._padding_side == "left" else 0
            ids[row, first : first + len(item.tokens)] = item.tokens
            mask[row, first : first + len(item.tokens)] = 1
        return torch.from_numpy(ids), torch.from_numpy(mask)


def whole(text: str) -> str:
    """A text without half a character, as of an emoji that a link was cut off in: it can be neither read nor told."""
    return _HALF.sub("\ufffd", text)


def unit(vectors: Vectors) -> Vectors:
    """Vectors, shape (n, d), scaled to length 1; zero vectors stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)


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
