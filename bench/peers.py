"""What is found, beside what others find: Crossroads, LlamaIndex, Haystack and LangChain.

    pip install -c constraints.txt -e ".[peers]"
    python -m bench.peers --stories DIR --set FILE [FILE …] [--json FILE]

All four (`contestants/`) embed with the packaged model, read the same clean text, and are asked the same questions
in turn: a follow-up with the conversation in front, as Crossroads itself asks it, since the others would need a
language model for that. Each is asked for the first 20 of its chunks, and scored as `python -m eval` scores passages.
*In its own* counts the gold within as many chunks as it hands on by default. Building counts from files to what can be
asked, the model being loaded; a query counts from the question to chunks. A peer that is not installed is named. The
bare model takes no part: what it finds are Crossroads' own passages, below titles that stand in no story.

Nothing leaves this machine: the peers' reports of use are switched off, and connections elsewhere refused.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from bench.contestants import OURS, PEERS, SUFFIX, Chunk, Contestant, Folders, load
from bench.contestants.crossroads import Crossroads
from bench.offline import stay_here
from bench.retrieve import percentile
from eval.cases import Case
from eval.gold import IndexedStories, Span, locate
from eval.reading import read_set
from eval.scoring.matching import holds
from eval.scoring.ranking import PASSAGE_MEASURES, STORY_MEASURES, is_within, measured, stories_of
from index.stories import read_stories
from rag.followup import standalone

COMPARED = (OURS, *PEERS)
DEPTH = 20
COLUMNS = {
    "gold_in_600_words": "gold in 600 words",
    "passage_hit@1": "hit@1",
    "passage_hit@5": "hit@5",
    "passage_hit@10": "hit@10",
    "story_hit@5": "story hit@5",
    "own": "in its own",
}


@dataclass(frozen=True)
class Found:
    """What a contestant found for a case: its scores by name, how long it took, and chunks that no story holds."""

    of_set: str
    scores: Mapping[str, float]
    seconds: float
    lost: int


@dataclass(frozen=True)
class Task:
    """A case, its set's name, and every place where its gold stands."""

    of_set: str
    case: Case
    gold: tuple[tuple[Span, ...], ...]


def main() -> None:
    """Build all, ask all, print."""
    options = _parser().parse_args()
    stay_here()
    contestants = installed()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_texts(options.stories, folder / "texts")
        built = {
            name: build(name, contestant, Folders(options.stories, folder / "texts", folder))
            for name, contestant in contestants.items()
        }
        crossroads = contestants[OURS]
        assert isinstance(crossroads, Crossroads)  # noqa: S101  # it is never missing
        stories = crossroads.generation
        tasks = read_tasks(options.set, stories, options.stories)
        found = ask(contestants, tasks, stories)
    print(tables(contestants, built, found))
    if options.json:
        told = {name: [asdict(one) for one in own] for name, own in found.items()}
        options.json.write_text(json.dumps({"built": built, "found": told}, indent=1) + "\n", "utf-8")


def installed() -> dict[str, Contestant]:
    """Those of `COMPARED` that are there, imported and with their models loaded; the others are named."""
    there = {}
    for name in COMPARED:
        try:
            there[name] = load(name)
        except ModuleNotFoundError as error:
            print(f"{name}: {error.name} is not installed")
    return there


def write_texts(stories: Path, folder: Path) -> None:
    """The clean text of every story, as Crossroads reads it, in a file: so what comes after reading is compared."""
    for story in read_stories(stories).stories:
        file = folder / f"{story.id}{SUFFIX}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(story.text, "utf-8", newline="")


def build(name: str, contestant: Contestant, folders: Folders) -> tuple[int, float]:
    """How many chunks a contestant made of the stories, and in how many seconds."""
    contestant.prepare(folders)
    began = time.perf_counter()
    chunks = contestant.build(folders)
    seconds = time.perf_counter() - began
    print(f"{name}: {chunks} chunks in {seconds:.1f} s", flush=True)
    return chunks, seconds


def read_tasks(files: Sequence[Path], stories: IndexedStories, folder: Path) -> list[Task]:
    """The answerable cases of some sets, with their gold. Raises `EvalError` where there is none."""
    sets = [read_set(file) for file in files]
    return [
        Task(one.name, case, locate(case, stories, folder))
        for one in sets
        for case in one.cases
        if case.answerable and case.gold
    ]


def ask(
    contestants: Mapping[str, Contestant], tasks: Sequence[Task], stories: IndexedStories
) -> dict[str, list[Found]]:
    """What everybody found for every task: they take turns with each question, after one that does not count."""
    for contestant in contestants.values():
        contestant.find("What did the course cost?", "What did the course cost?", DEPTH)
    found: dict[str, list[Found]] = {name: [] for name in contestants}
    for task in tasks:
        words = standalone(task.case.question, task.case.history)
        for name, contestant in contestants.items():
            began = time.perf_counter()
            chunks = contestant.find(words, task.case.question, DEPTH)
            seconds = time.perf_counter() - began
            found[name].append(judged(task, chunks, contestant.top_k, stories, seconds))
    return found


def judged(task: Task, chunks: Sequence[Chunk], top_k: int, stories: IndexedStories, seconds: float) -> Found:
    """The scores of what was found, as `eval` has them, and whether gold is among the first `top_k`.

    A chunk is relevant if it holds a gold, whoever cut it; in `eval`, relevant are passages of the index.
    """
    places = [place(chunk, stories.story(chunk.story).text) for chunk in chunks]
    spans = [Span(chunk.story, *(where or (0, 0))) for chunk, where in zip(chunks, places, strict=True)]
    gold = [span for golds in task.gold for span in golds]
    good = [any(holds(span, own) for span in gold) for own in spans]
    by_rank = measured(
        [str(rank) for rank in range(len(good))], [str(rank) for rank, is_good in enumerate(good) if is_good]
    )
    by_story = measured(stories_of(spans), {span.story for span in gold})
    scores = {
        **{name: by_rank[measure] for name, measure in PASSAGE_MEASURES.items()},
        **{name: by_story[measure] for name, measure in STORY_MEASURES.items()},
        "gold_in_600_words": float(is_within(600, spans, [chunk.text for chunk in chunks], gold)),
        "own": float(any(good[:top_k])),
    }
    return Found(task.of_set, {name: scores[name] for name in COLUMNS}, seconds, places.count(None))


def place(chunk: Chunk, text: str) -> tuple[int, int] | None:
    """Where a chunk stands in its story's text: where it says so, or where its words are; None if they are nowhere."""
    if chunk.start is not None and text.startswith(chunk.text, chunk.start):
        return chunk.start, chunk.start + len(chunk.text)
    words = re.search(r"\s+".join(map(re.escape, chunk.text.split())), text)
    return words.span() if words else None


def tables(
    contestants: Mapping[str, Contestant], built: Mapping[str, tuple[int, float]], found: Mapping[str, Sequence[Found]]
) -> str:
    """What each costs, and for every set what it found, contestants in rows."""
    lines = ["\n| | versions | chunks | build s | query p50 ms | query p95 ms |", "|---|---|---|---|---|---|"]
    lines += [
        _row(name, _cost(contestants[name], built[name], found[name]) if name in found else None, 5)
        for name in COMPARED
    ]
    for of_set in dict.fromkeys(one.of_set for one in found[OURS]):
        count = sum(one.of_set == of_set for one in found[OURS])
        lines += [f"\n| {of_set} ({count}) | {' | '.join(COLUMNS.values())} |", f"|---|{'---|' * len(COLUMNS)}"]
        for name in COMPARED:
            own = [one for one in found.get(name, ()) if one.of_set == of_set]
            lines.append(_row(name, _quality(own, contestants[name].top_k) if own else None, len(COLUMNS)))
    lost = {name: sum(one.lost for one in own) for name, own in found.items()}
    lines += [f"\n{name}: {count} chunks found are in no story" for name, count in lost.items() if count]
    return "\n".join(lines)


def _cost(contestant: Contestant, built: tuple[int, float], found: Sequence[Found]) -> list[str]:
    times = [1000 * one.seconds for one in found]
    versions = ", ".join(f"{package} {version(package)}" for package in contestant.packages)
    return [
        versions,
        f"{built[0]}",
        f"{built[1]:.1f}",
        f"{percentile(times, 0.5):.1f}",
        f"{percentile(times, 0.95):.1f}",
    ]


def _quality(found: Sequence[Found], top_k: int) -> list[str]:
    means = {name: f"{statistics.mean(one.scores[name] for one in found):.3f}" for name in COLUMNS}
    return [*list(means.values())[:-1], f"{means['own']} ({top_k})"]


def _row(name: str, cells: Sequence[str] | None, width: int) -> str:
    return f"| {name} | {' | '.join(cells or ['not installed', *[''] * (width - 1)])} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stories", type=Path, required=True, metavar="DIR", help="the stories to search")
    parser.add_argument("--set", type=Path, nargs="+", required=True, metavar="FILE", help="eval sets with gold quotes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the scores and times of every question there")
    return parser


if __name__ == "__main__":
    main()
