"""How many passages a second does a GPU embed, beside bare sentence-transformers, and beside what it could do?

    python -m bench.gpu --half FOLDER                            write the packaged model in half precision: 46 MB
    python -m bench.gpu --embedder FOLDER [--device cuda:0] [--passages 20000] [--large-passages 4000] [--json FILE]

For machines that have a GPU and little else: it needs torch and sentence-transformers, with what they bring, and the
folders `bench`, `index` and `stories` of this project. To measure on a machine elsewhere, write the model with
`--half half` where the project is installed, take `bench`, `index`, `stories` and `half` along, and run there, in the
folder that they lie in,

    python -m pip install "sentence-transformers>=6.2,<7"        where it is missing
    python -m bench.gpu --embedder half --json gpu.json

Two models are measured: the one that is named, and one of the shape of BAAI/bge-large-en-v1.5 (24 layers, width 1024,
16 heads, 4096 inner, 512 tokens, pooled by the first token), with random weights, made on the spot with the other's
tokenizer: how fast it is does not depend on what it knows. Texts are the stories' sentences, shuffled into passages as
`bench.embed` does. Four contestants take turns, after a warm-up each:

- bare            `SentenceTransformer.encode` in fp32, batches of 32: what tutorials do
- careful         the same in half precision, batches of 512: what somebody does who reads on
- embedder        `index.embedding.Embedder`, of the passages: the same work as the two before
- with sentences  the embedder as builds use it, of passages and their sentences; of a model that pools by the first
                  token, sentences are texts of their own, so that all is read twice

The embedder loads the packaged model as the product does, which computes it itself (`index.bert`), and so too where
`--half` wrote it; the first two are sentence-transformers' own.

Beside their medians stand two limits: matrix products alone (`bench.embed`), and tokenizing alone, which the
processor does. Where there are several GPUs the embedder takes them all: name one to compare. Without any,
`--device cpu --passages 200 --large-passages 0` tries it out; careful then has the embedder's precision.
"""

import argparse
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoTokenizer, BertConfig, BertModel

from bench.embed import (
    BARE_BATCH,
    COMPARED,
    STORIES,
    Telling,
    add_measuring,
    bare_model,
    facts,
    in_turn,
    print_table,
    rates,
    read_tellings,
    shuffled,
)
from bench.measuring.stamp import gpu_sources
from index.embedding import Embedder
from index.errors import CrossroadsError
from index.weights import LOADED, PACKAGED, ModelFiles, find_model

CAREFUL_BATCH = 512
TOKENS = 512
"""Of a text that the large model reads."""
HALVED = "halved.json"
"""In a folder that `--half` wrote, the file that says of which model."""
PACKAGES = ("torch", "sentence-transformers", "transformers", "tokenizers", "numpy")


class Carried(Embedder):
    """The packaged model, out of a folder that it was carried in: loaded and computed as where it is installed."""

    def __init__(self, folder: Path, device: str) -> None:
        super().__init__(PACKAGED, device)
        self._folder = folder

    @cached_property
    def _files(self) -> ModelFiles:
        return ModelFiles(self._folder, f"{PACKAGED} in half precision")


@dataclass(frozen=True)
class Shape:
    """The shape of a BERT: layers, the width of a token's vector, attention heads, the width inside a layer."""

    layers: int = 24
    width: int = 1024
    heads: int = 16
    inner: int = 4096


def main() -> None:
    """Write the model, or measure and print."""
    options = _parser().parse_args()
    try:
        folder = folder_of(options.embedder)
        if options.half:
            megabytes = save_half(options.embedder, options.half) / 1e6
            print(f"{options.half}: {megabytes:.0f} MB. Measure with python -m bench.gpu --embedder {options.half}")
            return
        found = measure_both(options, folder)
    except CrossroadsError as error:
        raise SystemExit(f"error: {error}") from error
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def measure_both(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Measure the model in a folder, and the large one if it is asked for; all figures."""
    stories = read_tellings(options.stories)
    embedder = embedder_of(options.embedder, folder, options.device)
    models = [measure(embedder, folder, shuffled(stories, options.passages), options.runs)]
    if options.large_passages:
        with tempfile.TemporaryDirectory() as temporary:
            large = save_random(Path(temporary), folder, Shape(*options.shape))
            tellings = shuffled(stories, options.large_passages)
            models.append(measure(Embedder(str(large), options.device), large, tellings, options.runs))
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {"versions": versions, "sources": gpu_sources(), "models": models}


def measure(embedder: Embedder, folder: Path, tellings: Sequence[Telling], runs: int) -> dict[str, Any]:
    """Let the contestants take turns with the model in a folder; print the table, and return its figures."""
    texts = [text for telling in tellings for text in telling.texts()]
    spans = [found for telling in tellings for found in telling.spans()]
    bare = bare_model(folder, embedder.device)
    careful = bare_model(folder, embedder.device, embedder.precision)
    careful.encode(texts[:COMPARED], batch_size=CAREFUL_BATCH, show_progress_bar=False)
    embedder.embed_with_sentences(texts[:COMPARED], spans[:COMPARED])  # as `facts` warms the others
    contestants: dict[str, Callable[[], int]] = {
        "bare": lambda: len(bare.encode(texts, batch_size=BARE_BATCH, show_progress_bar=False)),
        "careful": lambda: len(careful.encode(texts, batch_size=CAREFUL_BATCH, show_progress_bar=False)),
        "embedder": lambda: len(embedder.embed_passages(texts)),
        "with sentences": lambda: len(embedder.embed_with_sentences(texts, spans)),
    }
    figures = {**facts(embedder, bare, texts), "sentences": sum(map(len, spans))}
    figures["tokenizing"] = len(texts) / seconds_of_tokenizing(embedder, texts)
    figures["seconds"], figures["counts"] = in_turn(contestants, runs)
    print_table(figures)
    figures["medians"] = medians(figures)
    print(
        f"\nThe embedder takes {figures['medians']['embedder']['time_of_careful']:.2f} of careful's time; "
        f"tokenizing alone does {figures['tokenizing']:,.0f} passages/s."
    )
    return figures


def medians(figures: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """What each contestant's runs come to, with its time as a share of careful's."""
    found = rates(figures)
    careful = found["careful"].passages
    return {name: {**asdict(rate), "time_of_careful": careful / rate.passages} for name, rate in found.items()}


def seconds_of_tokenizing(embedder: Embedder, texts: Sequence[str]) -> float:
    """How long the processor takes to cut texts into tokens."""
    began = time.perf_counter()
    embedder.count_tokens(texts)
    return time.perf_counter() - began


def embedder_of(name: str, folder: Path, device: str) -> Embedder:
    """The model of a name, which lies in a folder, as the product loads it; the packaged one halved as well."""
    mark = folder / HALVED
    if mark.is_file() and json.loads(mark.read_text("utf-8"))["model"] == PACKAGED:
        return Carried(folder, device)
    return Embedder(name, device)


def folder_of(name: str) -> Path:
    """Where a model lies, "" for the packaged one. Raises `EmbedderError`, or `SystemExit` where none is packaged."""
    try:
        return find_model(Embedder(name).name).folder
    except ModuleNotFoundError as error:
        raise SystemExit(
            "error: the packaged model is not installed here. Where it is, write it with --half FOLDER; "
            "then name that folder with --embedder."
        ) from error


def save_half(name: str, folder: Path) -> int:
    """Copy a model to a folder, its weights in fp16. Returns the bytes there. Raises `SystemExit` if it is there."""
    model = folder_of(name)
    if folder.exists():
        raise SystemExit(f"error: {folder} is there already. Remove it, or name another folder.")
    shutil.copytree(model, folder, ignore=_all_but_what_is_loaded)
    for file in folder.rglob("*.safetensors"):
        weights = load_file(model / file.relative_to(folder))
        halved = {key: one.half() if one.is_floating_point() else one for key, one in weights.items()}
        file.write_bytes(save(halved, metadata={"format": "pt"}))
    if not (folder / HALVED).is_file():  # else it was halved before, and says so
        (folder / HALVED).write_text(json.dumps({"model": Embedder(name).name}) + "\n", "utf-8")
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _all_but_what_is_loaded(folder: str, names: list[str]) -> list[str]:
    loaded = {file.name for pattern in LOADED for file in Path(folder).glob(pattern)}
    return [name for name in names if name not in loaded and not (Path(folder) / name).is_dir()]


def save_random(folder: Path, tokenized_as: Path, shape: Shape) -> Path:
    """Save a model of a shape with random weights, with the tokenizer of another, below a folder; where it lies."""
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(tokenized_as), model_max_length=TOKENS, local_files_only=True)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=TOKENS,
    )
    BertModel(config).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert")), Pooling(shape.width, "cls"), Normalize()]
    saved = folder / f"random-bert-{shape.layers}x{shape.width}"
    SentenceTransformer(modules=modules, device="cpu").save(str(saved), create_model_card=False)
    return saved


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--half", type=Path, metavar="FOLDER", help="write the model there in fp16, and measure nothing"
    )
    parser.add_argument("--stories", type=Path, default=STORIES, metavar="DIR", help="where sentences are from")
    parser.add_argument("--passages", type=int, default=20_000, metavar="N", help="passages for that model")
    parser.add_argument(
        "--large-passages", type=int, default=4_000, metavar="N", help="passages for the large model, 0 to leave it out"
    )
    shape = Shape()
    parser.add_argument(
        "--shape",
        type=int,
        nargs=4,
        default=list(asdict(shape).values()),
        metavar=("LAYERS", "WIDTH", "HEADS", "INNER"),
        help="the large model's, that of bge-large-en-v1.5 if unset",
    )
    add_measuring(parser)
    return parser


if __name__ == "__main__":
    main()
