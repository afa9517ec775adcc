"""Bert: the packaged model, without sentence-transformers, which takes four seconds to import and is slower on a CPU.

The architecture is Devlin et al.'s (2018, arXiv:1810.04805), in torch's own operations. Queries, keys and values are
one product of matrices in place of three; where a processor has instructions for bf16, weights are kept in the order
that these want, and GELU and the residual are part of a product. Tests hold it to sentence-transformers. Knows nothing
of texts; what is done with token vectors is `encoder.py`'s.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, linear, scaled_dot_product_attention

Weights = Mapping[str, Tensor]


class Bert:
    """A BERT in a folder as sentence-transformers has it, on one device, in one precision.

    `config` are the model's settings, `tokenizer` is its fast one, `max_seq_length` how many tokens it was made for.
    """

    def __init__(self, folder: Path, device: str, precision: str) -> None:
        """Load the safetensors weights in a folder. Raises `loading.LOADING_ERRORS` for one that holds no BERT."""
        config = self.config = SimpleNamespace(**_settings(folder / "config.json"))
        if config.hidden_act != "gelu":
            raise ValueError(f"config.json: hidden_act is {config.hidden_act}, not gelu")
        self.tokenizer = _tokenizer(folder / "tokenizer.json")
        self.max_seq_length = int(_settings(folder / "sentence_bert_config.json")["max_seq_length"])
        weights = {
            name: tensor.to(device, getattr(torch, precision))
            for name, tensor in load_file(folder / "model.safetensors").items()
            if tensor.is_floating_point()
        }
        kinds = weights["embeddings.token_type_embeddings.weight"]
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = weights["embeddings.position_embeddings.weight"] + kinds[0]
        self._norm = _Norm(weights, "embeddings.LayerNorm", config.layer_norm_eps)
        self._layers = [_Layer(weights, f"encoder.layer.{n}", config) for n in range(config.num_hidden_layers)]

    def __call__(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Token vectors, shape (texts, longest, hidden size), of ids and a mask of shape (texts, longest).

        What stands at padding means nothing.
        """
        ids = features["input_ids"]
        found = self._norm(embedding(ids, self._words) + self._places[: ids.shape[1]])
        attended = (features["attention_mask"] != 0)[:, None, None, :]
        for layer in self._layers:
            found = layer(found, attended)
        return {"token_embeddings": found}


@dataclass(frozen=True)
class PackagedModel:
    """The packaged model as `SentenceTransformer` shows it to `Encoder`: a transformer, then the mean of its tokens."""

    transformer: Bert

    @property
    def prompts(self) -> Mapping[str, str]:
        """What is put in front of texts: nothing."""
        return {}

    @property
    def tokenizer(self) -> Tokenizer:
        """The fast tokenizer."""
        return self.transformer.tokenizer

    @property
    def max_seq_length(self) -> int:
        """Tokens of a text that are read."""
        return self.transformer.max_seq_length

    def get_embedding_dimension(self) -> int:
        """Length of a vector."""
        return int(self.transformer.config.hidden_size)

    def __getitem__(self, place: int) -> Any:
        """The module at a place."""
        return list(self)[place]

    def __iter__(self) -> Iterator[Any]:
        """Its modules, in order."""
        return iter((self.transformer, SimpleNamespace(pooling_mode="mean")))


class _Layer:
    """Attention, then two layers for each token by itself, each added to what it was made of and normalized."""

    def __init__(self, weights: Weights, name: str, config: SimpleNamespace) -> None:
        own = f"{name}.attention.self"
        self._heads = config.num_attention_heads
        self._begin = _Linear(weights, f"{own}.query", f"{own}.key", f"{own}.value")
        self._attended = _Linear(weights, f"{name}.attention.output.dense")
        self._norm = _Norm(weights, f"{name}.attention.output.LayerNorm", config.layer_norm_eps)
        self._inner = _Linear(weights, f"{name}.intermediate.dense")
        self._outer = _Linear(weights, f"{name}.output.dense")
        self._last_norm = _Norm(weights, f"{name}.output.LayerNorm", config.layer_norm_eps)

    def __call__(self, tokens: Tensor, attended: Tensor) -> Tensor:
        texts, places, _ = tokens.shape
        begun = self._begin(tokens).view(texts, places, 3, self._heads, -1)
        query, key, value = begun.permute(2, 0, 3, 1, 4).unbind()
        found = scaled_dot_product_attention(query, key, value, attn_mask=attended).transpose(1, 2).flatten(2)
        tokens = self._norm(self._attended.added_to(tokens, found))
        return self._last_norm(self._outer.added_to(tokens, self._inner.with_gelu(tokens)))


class _Norm:
    """A layer norm."""

    def __init__(self, weights: Weights, name: str, eps: float) -> None:
        self._weight, self._bias, self._eps = weights[f"{name}.weight"], weights[f"{name}.bias"], eps

    def __call__(self, found: Tensor) -> Tensor:
        return layer_norm(found, found.shape[-1:], self._weight, self._bias, self._eps)


class _Linear:
    """A linear layer, or several beside each other that are given the same, and what follows upon it.

    oneDNN's fused product with weights in an order of its own is what torch's compiler emits; called by hand, it is
    there without a compiler. A torch that has it not, and every other device or precision, takes the usual functions.
    """

    def __init__(self, weights: Weights, *names: str) -> None:
        weight = torch.cat([weights[f"{name}.weight"] for name in names])
        self._bias = torch.cat([weights[f"{name}.bias"] for name in names])
        reorder: Any = getattr(torch.ops.mkldnn, "_reorder_linear_weight", None)
        fused: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
        usable = reorder and fused and weight.device.type == "cpu" and weight.dtype == torch.bfloat16
        self._fused = fused if usable else None
        self._weight: Tensor = reorder(weight, _ROWS) if usable else weight

    def __call__(self, given: Tensor) -> Tensor:
        if self._fused is None:
            return linear(given, self._weight, self._bias)
        found: Tensor = self._fused(given, self._weight, self._bias, "none", [], "")
        return found

    def with_gelu(self, given: Tensor) -> Tensor:
        if self._fused is None:
            return gelu(self(given))
        found: Tensor = self._fused(given, self._weight, self._bias, "gelu", [], "none")
        return found

    def added_to(self, before: Tensor, given: Tensor) -> Tensor:
        if self._fused is None:
            return before + self(given)
        found: Tensor = self._fused.binary(given, before, self._weight, self._bias, "add")
        return found


_ROWS = 2_048
# How many tokens weights are reordered for, which changes the order hardly; few work as well as many.


def _settings(file: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return settings


def _tokenizer(file: Path) -> Tokenizer:
    """The tokenizer in a file. Raises `ValueError` for a damaged one, where tokenizers itself raises `Exception`."""
    return Tokenizer.from_str(json.dumps(_settings(file)))
