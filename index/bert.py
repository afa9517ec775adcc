"""Bert: the packaged model on torch's own layers, so that embedding a question does not need sentence-transformers.

Importing that library takes four seconds, since it brings transformers, scikit-learn and pandas, and a chat would wait
for it at every start, only to embed a few words. The architecture is Devlin et al.'s (2018, arXiv:1810.04805), whose
encoder torch has as `nn.TransformerEncoder`; here are the embeddings in front of it and the names of the weights.
Knows nothing of texts; what is done with token vectors is `encoder.py`'s.
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
from torch import nn
from torch.nn.functional import layer_norm

_PARTS = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}
"""A layer's parts as BERT's weights and as torch's layers name them, but for what attention begins with."""


class Bert(nn.Module):
    """A BERT in a folder as sentence-transformers has it, on one device, in one precision.

    `config` are the model's settings, `tokenizer` is its fast one, `max_seq_length` how many tokens it was made for.
    """

    def __init__(self, folder: Path, device: str, precision: str) -> None:
        """Load the safetensors weights in a folder. Raises `loading.LOADING_ERRORS` for one that holds no BERT."""
        super().__init__()
        config = self.config = SimpleNamespace(**_settings(folder / "config.json"))
        self.tokenizer = _tokenizer(folder / "tokenizer.json")
        self.max_seq_length = int(_settings(folder / "sentence_bert_config.json")["max_seq_length"])
        weights = {
            name: tensor.to(device, getattr(torch, precision))
            for name, tensor in load_file(folder / "model.safetensors").items()
            if tensor.is_floating_point()
        }
        self._embeddings = {
            name.removeprefix("embeddings."): tensor
            for name, tensor in weights.items()
            if name.startswith("embeddings.")
        }
        with torch.device("meta"):  # the shapes alone: the numbers are those of the weights
            layer = nn.TransformerEncoderLayer(
                config.hidden_size,
                config.num_attention_heads,
                config.intermediate_size,
                activation=config.hidden_act,
                layer_norm_eps=config.layer_norm_eps,
                batch_first=True,
            )
            self._layers = nn.TransformerEncoder(layer, config.num_hidden_layers, enable_nested_tensor=False)
        renamed = [_layer(weights, number) for number in range(config.num_hidden_layers)]
        self._layers.load_state_dict({name: tensor for one in renamed for name, tensor in one.items()}, assign=True)
        self.eval()

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Token vectors, shape (texts, longest, hidden size), of ids and a mask of shape (texts, longest).

        What stands at padding means nothing.
        """
        ids, own = features["input_ids"], self._embeddings
        found = own["word_embeddings.weight"][ids] + own["position_embeddings.weight"][: ids.shape[1]]
        found = found + own["token_type_embeddings.weight"][0]
        norm = own["LayerNorm.weight"], own["LayerNorm.bias"], self.config.layer_norm_eps
        found = layer_norm(found, found.shape[-1:], *norm)
        padding = features["attention_mask"] == 0
        return {"token_embeddings": self._layers(found, src_key_padding_mask=padding)}


@dataclass(frozen=True)
class QuestionModel:
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


def _settings(file: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return settings


def _tokenizer(file: Path) -> Tokenizer:
    """The tokenizer in a file. Raises `ValueError` for a damaged one, where tokenizers itself raises `Exception`."""
    return Tokenizer.from_str(json.dumps(_settings(file)))


def _layer(weights: dict[str, torch.Tensor], number: int) -> dict[str, torch.Tensor]:
    """One layer's weights as `nn.TransformerEncoder` names them."""
    own, renamed = f"encoder.layer.{number}.", f"layers.{number}."
    found = {}
    for kind in ("weight", "bias"):
        begun = [weights[f"{own}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
        found[f"{renamed}self_attn.in_proj_{kind}"] = torch.cat(begun)
        for name, part in _PARTS.items():
            found[f"{renamed}{part}.{kind}"] = weights[f"{own}{name}.{kind}"]
    return found
