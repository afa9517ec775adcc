"""What somebody waits for, measured in seconds: one figure of one checkout, and the memory it took, as JSON.

    python FILE MEASURE WORK        from the root of the checkout that is to be measured

`bench.compare` calls it, each time in a process of its own, with this file of the newest tree and another's root as
working directory: what is imported is that checkout's, and only what it has too can be measured. Stories and questions
are those that stand beside this file, the same for every checkout. WORK is a folder that the measures of one checkout
share: it has the stories of a made library in `made-stories`, and is given the indexes that are made once.
"""

import json
import os
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STORIES = ROOT / "stories"
SET = ROOT / "eval" / "sets" / "starter.jsonl"
QUESTION = "What did it cost to learn to code?"
SEARCHES, ANSWERS = 60, 20
"""Questions of which the median is taken."""
WARM = 3
"""Questions before anything is measured."""
MADE_STORIES = "made-stories"
ROOMS = ("bench", "eval", "index", "rag")


@dataclass(frozen=True)
class Measure:
    """A figure: what it is called, its unit, and what takes it, given the folder to work in."""

    title: str
    unit: str
    take: Callable[[Path], float]


def main() -> None:
    """Take one measure, and print it."""
    name, work = sys.argv[1:]
    sys.path[0] = str(Path.cwd())  # not this file's folder
    value = MEASURES[name].take(Path(work))
    if strangers := [module for module, file in _loaded() if not file.is_relative_to(Path.cwd())]:
        raise SystemExit(f"{strangers[0]} is not in this checkout")
    print(json.dumps({"value": value, "memory": _peak()}))


def importing(_work: Path) -> float:
    """Seconds to import what answers questions."""
    began = time.perf_counter()
    import_module("rag.ask")
    return time.perf_counter() - began


def asking(work: Path) -> float:
    """Seconds of a question in a terminal, from the start of the process to its end."""
    return _run("rag", QUESTION, "--stories", str(STORIES), "--index", str(_starter_index(work)))


def building(work: Path) -> float:
    """Seconds of the first build."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        return _build(Path(folder) / "index")


def building_again(work: Path) -> float:
    """Seconds of a build with nothing to do."""
    return _build(_starter_index(work))


def searching(work: Path) -> float:
    """Milliseconds of a retrieval in a library of some two thousand passages, with made vectors."""
    from bench.stand_in import StandIn
    from index.embedding import Embedder
    from index.live import LiveIndex
    from index.rebuild import rebuild
    from index.store import PassageStore
    from rag.question import understand
    from rag.retrieval import retrieve

    folder = work / "made-index"
    if not folder.exists():
        rebuild(work / MADE_STORIES, PassageStore(folder), StandIn())
    live = LiveIndex(PassageStore(folder), Embedder())
    return _median(lambda question: retrieve(live, understand(question), live.generation()), SEARCHES)


def answering(work: Path) -> float:
    """Milliseconds of a whole answer that quotes."""
    from rag.ask import open_rag
    from rag.settings import RagSettings

    rag = open_rag(RagSettings.load(stories=STORIES, index=_starter_index(work), llm=""))
    return _median(rag.ask, ANSWERS)


MEASURES = {
    "import": Measure("import of rag.ask", "s", importing),
    "ask": Measure("python -m rag, one question", "s", asking),
    "build": Measure("first build of the starter stories", "s", building),
    "again": Measure("build with nothing changed", "s", building_again),
    "search": Measure("retrieval, 2,000 passages, p50", "ms", searching),
    "answer": Measure("whole answer, starter stories, p50", "ms", answering),
}


def _starter_index(work: Path) -> Path:
    """The index of the starter stories, made where it is not there yet."""
    folder = work / "starter-index"
    if not folder.exists():
        _build(folder)
    return folder


def _build(folder: Path) -> float:
    return _run("index", "build", "--stories", str(STORIES), "--index", str(folder))


def _run(module: str, *arguments: str) -> float:
    """Seconds of one of this checkout's commands. Raises `SystemExit` where it is not there, or fails."""
    if not Path(module, "__main__.py").is_file():
        raise SystemExit(f"{module} is not in this checkout")
    began = time.perf_counter()
    ran = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    seconds = time.perf_counter() - began
    if ran.returncode:
        raise SystemExit(ran.stderr.decode(errors="replace"))
    return seconds


def _median(ask: Callable[[str], object], count: int) -> float:
    """Milliseconds of the middle one of so many questions."""
    questions = [case["question"] for case in _cases() if not case.get("history")][: WARM + count]
    times = []
    for question in questions:
        began = time.perf_counter()
        ask(question)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[WARM:])


def _cases() -> Iterator[dict[str, str]]:
    for line in SET.read_text("utf-8").splitlines():
        yield json.loads(line)


def _loaded() -> Iterator[tuple[str, Path]]:
    """The project's modules that are loaded, each with its file."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ROOMS and (file := getattr(module, "__file__", None)):
            yield name, Path(file)


def _peak() -> float | None:
    """The most memory in MB that this process held, or one that it started; None where nobody keeps count.

    This process's as `peak.py` beside this file tells it, which imports nothing of any checkout.
    """
    if os.name == "nt":
        return None
    import resource

    a_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024  # Linux counts in kB
    own: float = runpy.run_path(str(Path(__file__).with_name("peak.py")))["peak"]()
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / a_megabyte)


if __name__ == "__main__":
    main()
