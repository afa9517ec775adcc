"""Ask while a build runs: `python -m bench.meanwhile [--stories DIR] [--questions 60]`.

Searches an index over and over, alone and then while another process makes the same library's index anew, and prints
the median and the 95th percentile of a search in milliseconds, the question's embedding included.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from index.embedding import Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore

QUESTIONS = (
    "How long did it take the former nurse to find a job?",
    "What did the course cost?",
    "Who kept the old job while learning?",
    "Would they do it again?",
    "How many applications were sent before the first offer?",
)


def main() -> int:
    """Measure; print one line for each state and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.meanwhile", description=__doc__)
    parser.add_argument("--stories", type=Path, default=Path("stories"), help="folder of the stories (stories)")
    parser.add_argument("--questions", type=int, default=60, help="asked alone, and asked meanwhile (60)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = PassageStore(Path(folder) / "index")
        rebuild(options.stories, store, Embedder())
        live = LiveIndex(store, Embedder())
        live.search(QUESTIONS[0])
        alone = searches(live, lambda done: done < options.questions)
        build = [sys.executable, "-m", "index", "build", "--force", "--json"]
        folders = ["--stories", str(options.stories), "--index", str(store.folder)]
        with subprocess.Popen([*build, *folders], stdout=subprocess.DEVNULL) as process:  # noqa: S603  # our own
            time.sleep(3)  # until it embeds
            during = searches(live, lambda _: process.poll() is None)
    medians = []
    for name, times in (("alone", alone), ("during a build", during)):
        medians.append(statistics.median(times))
        rest = statistics.quantiles(times, n=20)[-1]
        print(f"{name}: {len(times)} searches, median {medians[-1]:.1f} ms, 95th percentile {rest:.1f} ms")
    print(f"ratio of the medians: {medians[1] / medians[0]:.2f}")
    return 0


def searches(live: LiveIndex, lasts: Callable[[int], bool]) -> list[float]:
    """Search while `lasts` (of the searches done) says so; the milliseconds of each."""
    times: list[float] = []
    while lasts(len(times)):
        began = time.perf_counter()
        live.search(QUESTIONS[len(times) % len(QUESTIONS)])
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.05)
    return times


if __name__ == "__main__":
    sys.exit(main())
