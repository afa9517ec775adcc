"""Tiny models, made and saved as a sentence-transformers model lies in a folder: two layers, random weights.

They know letters and a few words, so that a test can say which tokens a text has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

from index.embedding import Embedder

WIDTH = 16
PLACES = 64
WORDS = ("i", "baked", "bread", "in", "lyon", "then", "learned", "to", "code", "query", "passage", ":", ".", ",")
CONFIG = BertConfig(
    vocab_size=4 + len(WORDS),
    hidden_size=WIDTH,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=2 * WIDTH,
    max_position_embeddings=PLACES,
    initializer_range=0.5,
)


def word_tokenizer() -> Tokenizer:
    """One token a word or punctuation mark, [CLS] in front, [SEP] at the end."""
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106  # a token of text
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    return tokenizer


@dataclass(frozen=True)
class TinyModel:
    """A transformer and what comes after it. `limit` None is a tokenizer that knows no limit."""

    pooling: str = "mean"
    prompts: Mapping[str, str] | None = None
    include_prompt: bool = True
    dense: bool = False
    padding_side: str = "right"
    limit: int | None = PLACES

    def save(self, folder: Path) -> Path:
        """Save it below a folder, with the same weights every time; where it lies."""
        torch.manual_seed(0)
        BertModel(CONFIG).save_pretrained(folder / "bert")
        self.tokenizer().save_pretrained(folder / "bert")
        modules = [
            Transformer(str(folder / "bert")),
            Pooling(WIDTH, self.pooling, include_prompt=self.include_prompt),
            *([Dense(WIDTH, WIDTH // 2)] if self.dense else []),
            Normalize(),
        ]
        prompts = dict(self.prompts) if self.prompts else None
        model = SentenceTransformer(modules=modules, prompts=prompts, device="cpu")
        model.save(str(folder / "model"), create_model_card=False)
        return folder / "model"

    def tokenizer(self) -> PreTrainedTokenizerFast:
        """Its tokenizer."""
        special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        limit = {} if self.limit is None else {"model_max_length": self.limit}
        return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers types it not
            tokenizer_object=word_tokenizer(),
            padding_side=self.padding_side,
            model_input_names=["input_ids", "attention_mask"],
            **special,
            **limit,
        )


def save_static_model(folder: Path) -> Path:
    """Save a model that is a table of word vectors: no transformer, no limit to a text's length."""
    torch.manual_seed(0)
    model = SentenceTransformer(modules=[StaticEmbedding(word_tokenizer(), embedding_dim=WIDTH)], device="cpu")
    model.save(str(folder / "static"), create_model_card=False)
    return folder / "static"


def save_cross_encoder(
    folder: Path, labels: int = 1, names: Sequence[str] = (), bias: Sequence[float] | None = None
) -> Path:
    """Save a model that gives pairs of texts so many scores, or one for each name; with a bias, always the same."""
    torch.manual_seed(0)
    config = BertConfig.from_dict({**CONFIG.to_dict(), "num_labels": len(names) or labels})
    if names:
        config.id2label = dict(enumerate(names))
        config.label2id = {name: number for number, name in enumerate(names)}
    model = BertForSequenceClassification(config)
    if bias is not None:
        model.classifier.weight.data.zero_()
        model.classifier.bias.data = torch.tensor(bias)
    model.save_pretrained(folder / "cross-encoder")
    TinyModel().tokenizer().save_pretrained(folder / "cross-encoder")
    return folder / "cross-encoder"


TEXTS = ["I baked bread.", "", "I learned to code, then I learned to code in Lyon.", "bread in Lyon", "bread " * 100]
PROMPTS = {"query": "query: ", "document": "passage: "}

MODELS: dict[str, Callable[[Path], Path]] = {
    "mean": TinyModel().save,
    "first token": TinyModel("cls").save,
    "last token": TinyModel("lasttoken").save,
    "with prompts": TinyModel(prompts=PROMPTS).save,
    "prompts left out of the mean": TinyModel(prompts=PROMPTS, include_prompt=False).save,
    "with a layer on top": TinyModel(dense=True).save,
    "padded on the left": TinyModel(padding_side="left").save,
    "no limit known": TinyModel(limit=None).save,
    "no transformer": save_static_model,
}
"""The kinds of model that users may name, each with what saves one below a folder."""


def in_full_precision(folder: Path) -> Embedder:
    """An embedder of the model in a folder, on the CPU, that rounds no more than its model does."""
    embedder = Embedder(str(folder), "cpu")
    embedder.__dict__["precision"] = "float32"
    return embedder
