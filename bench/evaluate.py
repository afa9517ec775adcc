"""How long does a run of an eval set take?

    python -m bench.evaluate [--cases 500] [--passages 1000] [--runs 3] [--workers 1]

Makes a library of about so many passages, the starter library and made stories (`library.py`), its index with the real
embedder, and a set of so many cases: the starter set, and cases drafted from the library as `python -m eval make` does,
all different. Then `python -m eval run` is called as a user calls it, in a process of its own, and the whole of it is
timed, from its start to its report; what it writes to stderr is let through.

Bar: 500 cases on 1,000 passages with the default answerer in less than 60 s on two cores. Exits with 1 where so many or
fewer, on so many or fewer, took longer.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.library import STARTER, write_library
from bench.retrieve import PASSAGES_A_STORY
from eval.cases import Case, fields_of
from eval.drafting.rules import drafts_by_rules
from eval.reading import read_set
from eval.run import bring_up_to_date
from index.settings import Settings
from index.store import PassageStore
from index.stories import read_stories

SET = Path(__file__).parent.parent / "eval" / "sets" / "starter.jsonl"
CASES, PASSAGES = 500, 1_000
BAR = 60.0
"""Seconds that a run of `CASES` on a library of `PASSAGES` may take."""


def make_library(folder: Path, passages: int) -> None:
    """Write the starter library and made stories into a folder, of so many passages together."""
    shutil.copytree(STARTER, folder, ignore=lambda _, names: [name for name in names if not name.endswith(".md")])
    own = len(list(folder.glob("*.md")))
    write_library(folder / "made", max(round(passages / PASSAGES_A_STORY) - own, 0))


def make_cases(folder: Path, count: int) -> list[Case]:
    """So many cases, if the library gives so many."""
    cases = list(read_set(SET).cases)[:count]
    drafts = drafts_by_rules(read_stories(folder).stories, 2 * count)[: count - len(cases)]
    made = [
        Case(
            f"made{number}",
            draft.type,
            draft.question,
            bool(draft.answerable),
            draft.history,
            draft.gold,
            draft.reference,
        )
        for number, draft in enumerate(drafts)
    ]
    return [*cases, *(replace(case, group=case.id) for case in made)]


def main() -> int:
    """Make library, index and set; time the runs. Returns 1 where the median misses the bar."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as made:
        stories, index, asked = Path(made) / "stories", Path(made) / "index", Path(made) / "set.jsonl"
        make_library(stories, options.passages)
        bring_up_to_date(Settings.load(stories=stories, index=index))
        cases = make_cases(stories, options.cases)
        asked.write_text("".join(f"{json.dumps(fields_of(case))}\n" for case in cases), encoding="utf-8")
        pointer = PassageStore(index).pointer()
        print(f"{len(cases)} cases on {pointer.passages if pointer else 0} passages, {options.workers} at once")
        command = [sys.executable, "-m", "eval", "run", asked, "--stories", stories, "--index", index, "--llm", ""]
        seconds = [
            _timed([*map(str, command), "--workers", options.workers], Path(made) / f"run-{number}")
            for number in range(options.runs)
        ]
    median = statistics.median(seconds)
    said = verdict(len(cases), options.passages, median)
    print(f"whole run: {', '.join(f'{one:.1f}' for one in seconds)} s; median {median:.1f} s; {BAR:.0f} s {said}")
    return int(said == "missed")


def verdict(cases: int, passages: int, seconds: float) -> str:
    """Whether the bar is kept or missed; "–" where less took less, or more took more, which tells neither."""
    if seconds <= BAR and cases >= CASES and passages >= PASSAGES:
        return "kept"
    if seconds > BAR and cases <= CASES and passages <= PASSAGES:
        return "missed"
    return "–"


def _timed(command: list[str], out: Path) -> float:
    began = time.perf_counter()
    subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    return time.perf_counter() - began


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluate", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases of the set ({CASES})")
    parser.add_argument("--passages", type=int, default=PASSAGES, help=f"passages of the library ({PASSAGES:,})")
    parser.add_argument("--runs", type=int, default=3, help="how often it is run (3)")
    parser.add_argument("--workers", default="1", help="as eval run has them (1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
