"""How long does a retrieval take, and where does the time go?

    python -m bench.retrieve [--passages 5000 100000] [--queries 200] [--stories DIR] [--set FILE] [--keep DIR]

Makes libraries of about so many passages (`library.py`) and their indexes, as `python -m index build` would but with
the vectors of `stand_in.py`, and retrieves for the questions of a set, each once: `rag.retrieval.retrieve`, which
embeds the question with the real model. Each index is measured warm, once on one thread and once with as many as the
libraries take by themselves, in a process of its own, whose memory is told. Where other work keeps the cores busy, look
at the processor's time on one thread: what a retrieval would take if it had a core for itself. `--stories` adds a
library of one's own, with real vectors. `--keep` names a folder for libraries and indexes, which then are made once.

Bars: at 5,000 passages a median of 40 ms and a 95th percentile of 80 ms, at 100,000 a 95th percentile of 150 ms.
"""

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bench.library import write_library
from bench.meanwhile import QUESTIONS
from bench.peak import peak
from bench.stand_in import StandIn
from bench.stopwatch import Stopwatch
from eval.reading import read_set
from index.embedding import Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from rag.followup import standalone
from rag.question import Question, understand
from rag.retrieval import retrieve

SET = Path(__file__).parent / "questions" / "test.jsonl"
PASSAGES_A_STORY = 7.8
# As made stories have.
BARS = {5_000: (40.0, 80.0), 100_000: (float("inf"), 150.0)}
"""Milliseconds that the median and the 95th percentile may take, by passages asked for."""
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS"), "1"
)
PARTS = {
    "read the query": ["index.search:read_query"],
    "embed": ["index.embedding:Embedder.read_queries"],
    "dense search": ["index.generation:Generation.nearest"],
    "lexical search": [
        "index.gathering:_bm25",
        "index.gathering:_covered",
        "index.gathering:_local",
        "index.lexical:LexicalIndex.in_passages",
        "index.lexical:LexicalIndex.in_stories",
        "index.lexical:LexicalIndex.idf",
    ],
    "gather vectors": [
        "index.generation:Generation.vectors",
        "index.generation:Generation.sentence_vectors",
        "index.generation:Generation.tokens",
    ],
    "match tokens": ["index.gathering:_matches"],
    "weigh": ["index.search:weigh", "index.search:rank"],
    "fetch texts": [
        "index.generation:Generation.passages",
        "index.generation:Generation.story",
        "index.generation:Generation.sentence_spans",
    ],
}
"""What a retrieval consists of: functions whose own time makes up each part. The rest is told as "rest"."""


@dataclass(frozen=True)
class Library:
    """A library to measure: its name, the folders of its stories and its index, and how many passages were asked for.

    `asked` is 0 for a library of one's own.
    """

    name: str
    stories: Path
    index: Path
    asked: int = 0


@dataclass(frozen=True)
class Measured:
    """What one process measured of one index. Times are milliseconds: one a retrieval, and by part of each.

    `busy` is the time of all cores together that each retrieval took. `opening` is from the folder to an open
    generation, `first` the first retrieval, which loads the model too. `memory` is the most the process held, in MB,
    pages of mapped files counted in.
    """

    passages: int
    opening: float
    first: float
    memory: float
    times: Sequence[float]
    busy: Sequence[float]
    parts: Mapping[str, Sequence[float]]


def main() -> None:
    """Make what is to be measured, measure, print; or, as the process of one measurement, print what it found."""
    options = _parser().parse_args()
    questions = read_questions(options.set, options.queries)
    if options.measure:
        print(json.dumps(asdict(measure(options.measure, questions))))
        return
    found: dict[str, dict[str, Measured]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for library in libraries(options, options.keep or Path(temporary)):
            make(library)
            found[library.name] = {
                "one": in_process(library.index, ONE_THREAD),
                "default": in_process(library.index, {}),
            }
            for threads, measured in found[library.name].items():
                print(row(library, threads, measured), flush=True)
    print(parts_table(found))
    if options.json:
        told = {name: {key: asdict(one) for key, one in own.items()} for name, own in found.items()}
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def libraries(options: argparse.Namespace, folder: Path) -> Iterable[Library]:
    """What is to be measured, with the heading of the table when the first is asked for."""
    print(
        "| library | passages | threads | p50 ms | p95 ms | bars | cores p50 ms | opening ms | first ms | memory MB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for count in options.passages:
        yield Library(f"made, {count:,}", folder / f"stories-{count}", folder / f"index-{count}", count)
    if options.stories:
        own = options.stories.resolve()
        digest = hashlib.sha256(str(own).encode()).hexdigest()[:8]
        yield Library(own.name, own, folder / f"index-{own.name}-{digest}")


def make(library: Library) -> None:
    """Write the library if it is a made one, and bring its index up to it."""
    if library.asked and not library.stories.is_dir():
        write_library(library.stories, round(library.asked / PASSAGES_A_STORY))
    with tqdm(unit=" passages", desc=f"Index of {library.name}", leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        embedder = StandIn() if library.asked else Embedder()
        rebuild(library.stories, PassageStore(library.index), embedder, progress=progress)


def in_process(index: Path, environment: Mapping[str, str]) -> Measured:
    """What a process of its own measures with the set and the number of queries that this one was given."""
    command = [sys.executable, "-m", "bench.retrieve", *sys.argv[1:], "--measure", str(index)]
    done = subprocess.run(command, env=os.environ | environment, stdout=subprocess.PIPE, check=True)  # noqa: S603  # our own
    return Measured(**json.loads(done.stdout))


def measure(index: Path, questions: Sequence[Question]) -> Measured:
    """Open an index and retrieve for every question, once others have warmed everything up."""
    live = LiveIndex(PassageStore(index), Embedder())
    stopwatch = Stopwatch()
    with stopwatch.watching(PARTS):
        began = time.perf_counter()
        generation = live.generation()
        opened = time.perf_counter()
        retrieve(live, understand(QUESTIONS[0]), generation)
        first = time.perf_counter()
        for words in QUESTIONS[1:]:
            retrieve(live, understand(words), generation)
        stopwatch.take()
        times, busy, parts = [], [], []
        for question in questions:
            start, cores = time.perf_counter(), time.process_time()
            retrieve(live, question, generation)
            times.append((time.perf_counter() - start) * 1000)
            busy.append((time.process_time() - cores) * 1000)
            parts.append(stopwatch.take())
    by_part = {name: [1000 * one.get(name, 0.0) for one in parts] for name in PARTS}
    by_part["rest"] = [total - sum(own) for total, *own in zip(times, *by_part.values(), strict=True)]
    return Measured(len(generation), (opened - began) * 1000, (first - opened) * 1000, peak(), times, busy, by_part)


def read_questions(file: Path, count: int) -> list[Question]:
    """So many questions of a set, from its first on, in a circle if there are fewer."""
    cases = itertools.islice(itertools.cycle(read_set(file).cases), count)
    return [understand(case.question, standalone(case.question, case.history)) for case in cases]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, between two of them where it falls so."""
    return float(np.percentile(values, 100 * share))


def verdict(asked: int, median: float, high: float) -> str:
    """Whether a library's median and 95th percentile keep within its bars; "–" where it has none."""
    if asked not in BARS:
        return "–"
    return "kept" if median <= BARS[asked][0] and high <= BARS[asked][1] else "missed"


def row(library: Library, threads: str, found: Measured) -> str:
    """A library's line of the table."""
    median, high = percentile(found.times, 0.5), percentile(found.times, 0.95)
    cells = [
        library.name,
        f"{found.passages:,}",
        threads,
        f"{median:.1f}",
        f"{high:.1f}",
        verdict(library.asked, median, high),
        f"{percentile(found.busy, 0.5):.1f}",
        f"{found.opening:.0f}",
        f"{found.first:.0f}",
        f"{found.memory:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def parts_table(found: Mapping[str, Mapping[str, Measured]]) -> str:
    """Median and 95th percentile of every part, a column for each library and number of threads."""
    columns = [(f"{name}; {threads}", one) for name, own in found.items() for threads, one in own.items()]
    lines = [
        f"\n| median / 95th percentile, ms | {' | '.join(name for name, _ in columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for part in (*PARTS, "rest"):
        cells = [
            f"{percentile(one.parts[part], 0.5):.1f} / {percentile(one.parts[part], 0.95):.1f}" for _, one in columns
        ]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.retrieve", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--passages", type=int, nargs="*", default=[5_000, 100_000], metavar="N", help="sizes of the made libraries"
    )
    parser.add_argument("--queries", type=int, default=200, metavar="N", help="how many questions are asked")
    parser.add_argument("--stories", type=Path, metavar="DIR", help="also measure this library, with real vectors")
    parser.add_argument("--set", type=Path, default=SET, metavar="FILE", help="where the questions are from")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep libraries and indexes there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all times there")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
