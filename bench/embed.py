"""How fast are passages embedded, beside what a user would write, and beside what the machine could do?

    python -m bench.embed [--stories DIR] [--passages N] [--embedder MODEL] [--device DEVICE] [--runs 3] [--json FILE]

Three contestants take turns, `--runs` times, after a warm-up each:

- bare       `SentenceTransformer.encode` of the passages, fp32, batches of 32: what tutorials do
- embedder   `index.embedding.Embedder`, of the passages and of every sentence in them
- rebuild    `index.rebuild`, from story files to a published index; left out where Chroma is not installed

and medians are printed, with the share of the limit: the tokens a second if the model's matrix products, at the
precision in use, were all there is to do. The first two need nothing but torch and sentence-transformers. For more
passages than the stories have, sentences are shuffled into new ones: no text comes twice.
"""

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from index.embedding import Embedder
from index.loading import BATCH_TOKENS
from index.weights import find_model

STORIES = Path(__file__).parents[1] / "stories"
WORDS = 110
# A passage, as `index.passages` has it, which needs more than this benchmark may.
PASSAGES_A_TELLING = 14
# As the stories have that were measured in docs/experiments.md.
COMPARED = 500
# Vectors compared with full precision.
BARE_BATCH = 32
"""The default of `SentenceTransformer.encode`."""


@dataclass(frozen=True)
class Telling:
    """A story as this benchmark reads it: a title, and passages of sentences."""

    title: str
    passages: Sequence[Sequence[str]]

    def texts(self) -> list[str]:
        """The passages as they are embedded, below the title."""
        return [f"{self.title}\n{' '.join(passage)}" for passage in self.passages]

    def spans(self) -> list[list[tuple[int, int]]]:
        """Where the sentences of each text lie."""
        found = []
        for passage in self.passages:
            starts = np.cumsum([len(self.title) + 1, *(len(sentence) + 1 for sentence in passage)]).tolist()
            found.append([(start, end - 1) for start, end in pairwise(starts)])
        return found


@dataclass(frozen=True)
class Rate:
    """What the runs of a contestant come to: the median of their seconds; by it, passages and tokens a second.

    `share_of_limit` is None where no limit is known. `time_of_bare` is by the passage.
    """

    seconds: float
    passages: float
    tokens: float
    share_of_limit: float | None
    time_of_bare: float


def main() -> None:
    """Measure and print, and write the figures if asked."""
    options = _parser().parse_args()
    tellings = read_tellings(options.stories)
    if options.passages:
        tellings = shuffled(tellings, options.passages)
    texts = [text for telling in tellings for text in telling.texts()]
    spans = [found for telling in tellings for found in telling.spans()]
    embedder = Embedder(options.embedder, options.device)
    bare = bare_model(find_model(embedder.name).folder, embedder.device)
    contestants: dict[str, Callable[[], int]] = {
        "bare": lambda: len(bare.encode(texts, batch_size=BARE_BATCH, show_progress_bar=False)),
        "embedder": lambda: len(embedder.embed_with_sentences(texts, spans)),
    }
    figures = {**facts(embedder, bare, texts), "sentences": sum(map(len, spans))}
    with tempfile.TemporaryDirectory() as folder:
        stories = options.stories
        if options.passages:
            stories = write(tellings, Path(folder) / "stories")
        if (rebuild := rebuild_of(stories, Path(folder), embedder)) is not None:
            contestants["rebuild"] = rebuild
        figures["seconds"], figures["counts"] = in_turn(contestants, options.runs)
    print_table(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def bare_model(folder: Path, device: str, precision: str = "float32") -> SentenceTransformer:
    """The model in a folder as a user would load it: in fp32 whatever its weights are kept in."""
    return SentenceTransformer(
        str(folder),
        device=device,
        local_files_only=True,
        model_kwargs={"dtype": getattr(torch, precision)},
    )


def facts(embedder: Embedder, bare: SentenceTransformer, texts: Sequence[str]) -> dict[str, Any]:
    """What is embedded with what, how far it is from full precision, and the limit; both models are warm then."""
    full = bare.encode(texts[:COMPARED], batch_size=BARE_BATCH, normalize_embeddings=True, show_progress_bar=False)
    cosines = (embedder.embed_passages(texts[:COMPARED]) * full).sum(axis=1)
    return {
        "device": device_name(embedder),
        "precision": embedder.precision,
        "model": embedder.fingerprint,
        "passages": len(texts),
        "tokens": sum(min(count + 2, embedder.max_tokens) for count in embedder.count_tokens(texts)),
        "limit": matrix_limit(bare, embedder),
        "cosine_to_fp32": {"min": float(cosines.min()), "mean": float(cosines.mean())},
    }


def read_tellings(folder: Path) -> list[Telling]:
    """The Markdown and text files of a folder, read plainly: front matter off, cut at sentence ends."""
    found = []
    for file in sorted([*folder.glob("*.md"), *folder.glob("*.txt")]):
        text = re.sub(r"\A---\n.*?\n---\n", "", file.read_text("utf-8", errors="replace"), flags=re.DOTALL)
        sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]
        if sentences:
            found.append(Telling(file.stem.replace("-", " "), in_passages(sentences)))
    if not found:
        raise SystemExit(f"{folder}: there is no .md or .txt file. Name a folder of stories with --stories.")
    return found


def in_passages(sentences: Sequence[str]) -> list[list[str]]:
    """Sentences in passages of about `WORDS` words."""
    passages: list[list[str]] = [[]]
    words = 0
    for sentence in sentences:
        if words >= WORDS:
            passages.append([])
            words = 0
        passages[-1].append(sentence)
        words += len(sentence.split())
    return passages


def shuffled(tellings: Sequence[Telling], passages: int) -> list[Telling]:
    """So many passages, each of sentences drawn from all of them. The same every time."""
    sentences = [sentence for telling in tellings for passage in telling.passages for sentence in passage]
    draw = random.Random(0)  # noqa: S311  # no secret
    made: list[list[str]] = []
    while len(made) < passages:
        drawn = draw.sample(sentences, min(len(sentences), 40))
        made.append(in_passages(drawn)[0])
    groups = [made[first : first + PASSAGES_A_TELLING] for first in range(0, passages, PASSAGES_A_TELLING)]
    return [Telling(f"Story {number} of a career that changed", group) for number, group in enumerate(groups)]


def write(tellings: Sequence[Telling], folder: Path) -> Path:
    """Stories as files, a passage a paragraph."""
    folder.mkdir()
    for number, telling in enumerate(tellings):
        text = "\n\n".join(" ".join(passage) for passage in telling.passages)
        (folder / f"story-{number:06}.md").write_text(f"# {telling.title}\n\n{text}\n", "utf-8")
    return folder


def rebuild_of(stories: Path, folder: Path, embedder: Embedder) -> Callable[[], int] | None:
    """What builds an index of stories from nothing, and says how many passages it has; None where it cannot."""
    try:
        from index.rebuild import rebuild
        from index.store import PassageStore
    except ImportError as error:
        print(f"rebuild: left out, {error.name} is not installed")
        return None

    def build() -> int:
        with tempfile.TemporaryDirectory(dir=folder) as index:
            return rebuild(stories, PassageStore(Path(index) / "index"), embedder).passages

    return build


def in_turn(contestants: dict[str, Callable[[], int]], runs: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Seconds of each run of each contestant, and the passages it made."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    counts: dict[str, int] = {}
    for run in range(runs):
        for name, contestant in contestants.items():
            began = time.perf_counter()
            counts[name] = contestant()
            seconds[name].append(time.perf_counter() - began)
            print(f"run {run + 1}: {name:9} {seconds[name][-1]:8.2f} s", flush=True)
    return seconds, counts


def matrix_limit(model: SentenceTransformer, embedder: Embedder) -> float | None:
    """Tokens a second, if nothing but the matrix products of the transformer's layers had to be computed.

    Attention's own products, of tokens with tokens, are left out: in passages they are a few percent.
    None for a model that is no transformer.
    """
    config: Any = getattr(model[0], "config", None)
    if not hasattr(config, "hidden_size"):
        return None
    device, number = embedder.device, getattr(torch, embedder.precision)
    width, inner = config.hidden_size, getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    tokens = BATCH_TOKENS[device.partition(":")[0]]
    shapes = [(width, width)] * 4 + [(width, inner), (inner, width)]
    pairs = [
        (
            torch.randn(tokens, rows, dtype=number, device=device),
            torch.randn(rows, columns, dtype=number, device=device),
        )
        for rows, columns in shapes
    ]

    def layer() -> float:
        began = time.perf_counter()
        for left, right in pairs:
            torch.mm(left, right)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        return time.perf_counter() - began

    best = min(layer() for _ in range(30))
    return tokens / (best * int(config.num_hidden_layers))


def device_name(embedder: Embedder) -> str:
    """What it ran on, in words."""
    if embedder.device.startswith("cuda"):
        return f"{torch.cuda.device_count()} × {torch.cuda.get_device_name()}"
    return f"{embedder.device}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"


def rates(figures: Mapping[str, Any]) -> dict[str, Rate]:
    """What each contestant's runs come to."""
    medians = {name: statistics.median(runs) / figures["counts"][name] for name, runs in figures["seconds"].items()}
    found = {}
    for name, a_passage in medians.items():
        tokens = figures["tokens"] / figures["passages"] / a_passage
        share = tokens / figures["limit"] if figures["limit"] else None
        seconds = a_passage * figures["counts"][name]
        found[name] = Rate(seconds, 1 / a_passage, tokens, share, a_passage / medians["bare"])
    return found


def print_table(figures: Mapping[str, Any]) -> None:
    """Print what was measured, a line for each contestant."""
    print(
        f"\n{figures['model']} on {figures['device']}, {figures['precision']}; {figures['passages']} passages, "
        f"{figures['sentences']} sentences, {figures['tokens']} tokens; worst cosine to fp32 "
        f"{figures['cosine_to_fp32']['min']:.4f}"
    )
    if figures["limit"]:
        print(f"limit of the matrix products: {figures['limit']:,.0f} tokens/s")
    print(
        "\n| | seconds, median | passages/s | tokens/s | share of the limit | time of bare |\n|---|---|---|---|---|---|"
    )
    for name, rate in rates(figures).items():
        share = "–" if rate.share_of_limit is None else f"{rate.share_of_limit:.2f}"
        cells = f"{rate.seconds:.2f} | {rate.passages:,.0f} | {rate.tokens:,.0f} | {share} | {rate.time_of_bare:.2f}"
        print(f"| {name} | {cells} |")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.embed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--stories", type=Path, default=STORIES, metavar="DIR", help="stories, the starter ones if unset"
    )
    parser.add_argument("--passages", type=int, default=0, metavar="N", help="shuffle sentences into so many passages")
    add_measuring(parser)
    return parser


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """The flags of every benchmark of embedding."""
    parser.add_argument("--embedder", default="", metavar="MODEL", help="a sentence-transformers model, name or folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--runs", type=int, default=3, help="how often each contestant runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")


if __name__ == "__main__":
    main()
