"""Loading: a model in a folder as sentence-transformers has it onto a device, and what it says of itself.

Knows nothing of what is done with the model (`encoder.py`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from index.bert import PackagedModel

    AnyModel = SentenceTransformer | PackagedModel

LOADING_ERRORS = (
    OSError,
    ValueError,
    RuntimeError,
    ImportError,
    KeyError,
    TypeError,
    AttributeError,
    SafetensorError,
)
"""What transformers and sentence-transformers raise for a folder that holds no model, or a damaged one."""

BATCH_TOKENS = {"cpu": 2_048, "mps": 16_384, "cuda": 65_536}
"""Tokens a batch, padding included. On CUDA fewer where less memory is free."""
MEMORY_SHARE = 0.25
# Of a GPU's free memory, what one batch may take: two are under way at once, and the estimate is rough.
NO_LIMIT = 100_000
# Tokenizers that know no limit say 1e30.
USUAL_LIMIT = 512


def load_packaged_model(folder: Path, device: str, precision: str) -> "PackagedModel":
    """The packaged model, without importing sentence-transformers. Raises `LOADING_ERRORS`."""
    from index.bert import Bert, PackagedModel

    return PackagedModel(Bert(folder, device, precision))


def load_model(folder: Path, device: str, precision: str) -> "SentenceTransformer":
    """The model in a folder, from safetensors, without any code of its own. Raises `LOADING_ERRORS`."""
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
    if has_usual_shape(model):
        for module in list(model)[2:]:
            module.float()  # what comes after the pooling is small, and loses nothing in fp32
    return model.eval()


def has_usual_shape(model: "AnyModel") -> bool:
    """Whether it is a transformer of texts, with a fast tokenizer, then a pooling, then only layers over that."""
    from index.bert import PackagedModel

    if isinstance(model, PackagedModel):
        return True
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling

    first, *rest = model
    return (
        isinstance(first, Transformer)
        and first.modalities == ["text"]
        and first.query_length is None
        and first.document_length is None
        and fast_tokenizer(model) is not None
        and bool(rest)
        and isinstance(rest[0], Pooling)
        and rest[0].include_prompt
        and all(isinstance(module, Dense | Normalize | LayerNorm) for module in rest[1:])
    )


def fast_tokenizer(model: "AnyModel") -> "Tokenizer | None":
    """A tokenizer of our own that cuts nothing off: the model's own changes as it is called."""
    from tokenizers import Tokenizer

    found = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(found, Tokenizer):
        return None
    copy = Tokenizer.from_str(found.to_str())
    copy.no_padding()
    copy.no_truncation()
    return copy


def prompt_of(model: "AnyModel", names: Sequence[str]) -> str:
    """The first prompt of these names that says anything.

    sentence-transformers adds empty ones, and then takes "document" where a model's own is called "passage".
    """
    return next((prompt for name in names if (prompt := model.prompts.get(name))), "")


def limit_of(model: "AnyModel") -> int:
    """Tokens of a text that are read, special ones counted in."""
    config = getattr(model[0], "config", None)
    return usable_limit(model.max_seq_length, getattr(config, "max_position_embeddings", None))


def usable_limit(said: int | None, places: int | None) -> int:
    """The limit that a model or its tokenizer names, if it has places for so many tokens; each may be unknown."""
    said, places = said or NO_LIMIT, places or NO_LIMIT
    return int(min(said if said < NO_LIMIT else USUAL_LIMIT, places))


def tokens_a_batch(model: "AnyModel", device: str, limit: int) -> int:
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
