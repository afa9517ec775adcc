"""Did a change make anything slower, or larger? Two commits, measured in turn on the same machine.

    python -m bench.compare BEFORE [AFTER] [--rounds 5] [--tolerance 1.10] [--only MEASURE ...]

Checks both out into temporary worktrees of git and takes the measures of `quick.py` of each, every one in a process of
its own, round after round; the order changes with every round, and the first, in which files are compiled and indexes
made, does not count. Both have the same environment, stories and questions: those of the tree that this is run from.
Prints the medians, and the middle of the rounds' ratios with their range. What a commit does not have yet says so.

Exits with 1 if anything takes more than the tolerance, and more in every round, or cannot be measured of AFTER, which
the last line names; what took more in some rounds only is told as unsure. One round proves nothing on a machine that
does other things. AFTER is HEAD if unset: what is not committed is not measured. A round of all measures takes two
minutes or so on two cores.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.quick import MADE_STORIES, MEASURES, ROOT

QUICK = Path(__file__).with_name("quick.py")
MADE = 256
"""Made stories: about two thousand passages."""
WITHIN = 900
"""Seconds that a measure may take."""
DIGITS = {"s": 2, "ms": 1, "MB": 0}
"""Behind the point, by unit."""
SIDES = ("before", "after")


@dataclass(frozen=True)
class Row:
    """A figure of both commits: its name, its unit, and a value for each round; none of a commit that lacks it."""

    name: str
    unit: str
    before: Sequence[float]
    after: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """After by before, round by round."""
        if not (self.before and self.after):
            return []
        return [after / before for before, after in zip(self.before, self.after, strict=True)]

    @property
    def ratio(self) -> float | None:
        """The middle one of the rounds' ratios, None where there is none."""
        return statistics.median(self.ratios) if self.ratios else None


@dataclass
class Checkout:
    """A commit in a folder of its own, the folder its measures work in, and what was measured so far.

    `values` has (figure, memory) of each round by measure, `faults` why a measure could not be taken.
    """

    commit: str
    folder: Path
    work: Path
    values: dict[str, list[tuple[float, float | None]]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def take(self, measure: str) -> None:
        """Take a measure once more, unless it failed before."""
        if measure in self.faults:
            return
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("CROSSROADS_", "PYTHON"))
        }
        command = [sys.executable, str(QUICK), measure, str(self.work)]
        try:
            ran = subprocess.run(  # noqa: S603  # our own
                command, cwd=self.folder, env=inherited, capture_output=True, text=True, check=False, timeout=WITHIN
            )
        except subprocess.TimeoutExpired:
            self.faults[measure] = f"it took more than {WITHIN} seconds"
            return
        if ran.returncode:
            self.faults[measure] = last_line(ran.stderr)
            return
        told = json.loads(ran.stdout.splitlines()[-1])
        self.values.setdefault(measure, []).append((told["value"], told["memory"]))


def main() -> int:
    """Measure and print. Returns the exit code: 1 where something got slower."""
    options = _parser().parse_args()
    commits = [commit_of(options.before), commit_of(options.after)]
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        sides = {
            name: stack.enter_context(checked_out(commit, Path(temporary) / name))
            for name, commit in zip(SIDES, commits, strict=True)
        }
        if "search" in options.only:
            write_made_stories([side.work / MADE_STORIES for side in sides.values()])
        in_turn(sides, options.only, options.rounds)
    found = rows(sides, options.only)
    print(table(found, *(side.commit[:9] for side in sides.values())))
    for name, side in sides.items():
        for measure, fault in side.faults.items():
            print(f"\n{name}, {MEASURES[measure].title}: {fault}")
    print(f"\n{verdict(found, options.tolerance)}")
    return int(bool(slower(found, options.tolerance)))


def commit_of(name: str, root: Path = ROOT) -> str:
    """The hash of a commit. Raises `SystemExit` for what is none."""
    command = ["git", "-C", str(root), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # git's own
    if ran.returncode:
        raise SystemExit(f"error: {name}: there is no such commit here. Fetch it, or look for one with `git log`.")
    return ran.stdout.strip()


@contextmanager
def checked_out(commit: str, folder: Path, root: Path = ROOT) -> Iterator[Checkout]:
    """A commit, checked out below a folder while this is entered."""
    tree, work = folder / "tree", folder / "work"
    work.mkdir(parents=True)
    git = ["git", "-C", str(root), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)  # noqa: S603  # git's own
    try:
        yield Checkout(commit, tree, work)
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=True)  # noqa: S603  # git's own


def write_made_stories(folders: Sequence[Path]) -> None:
    """Write the same made library into some folders."""
    from bench.library import write_library

    first, *others = folders
    write_library(first, MADE)
    for folder in others:
        shutil.copytree(first, folder)


def in_turn(sides: Mapping[str, Checkout], measures: Sequence[str], rounds: int) -> None:
    """Take all measures of both sides so many times, after a round that does not count."""
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr, flush=True)
        for measure in measures:
            for side in list(sides.values())[:: 1 if number % 2 else -1]:
                side.take(measure)
        if not number:
            for side in sides.values():
                side.values.clear()


def rows(sides: Mapping[str, Checkout], measures: Sequence[str]) -> list[Row]:
    """The figures of all measures, then the memory that each of them took."""
    figures, memories = [], []
    for measure in measures:
        own = MEASURES[measure]
        taken = [[] if measure in side.faults else side.values[measure] for side in sides.values()]
        figures.append(Row(own.title, own.unit, *([value for value, _ in of_side] for of_side in taken)))
        peaks = [[peak for _, peak in of_side if peak is not None] for of_side in taken]
        if any(peaks):
            memories.append(Row(f"memory of that: {own.title}", "MB", *peaks))
    return [*figures, *memories]


def slower(found: Sequence[Row], tolerance: float) -> list[str]:
    """The names of what takes more than it may, and more in every round; and of what AFTER cannot be measured of."""
    return [row.name for row in found if not row.after or ((row.ratio or 0.0) > tolerance and min(row.ratios) > 1)]


def unsure(found: Sequence[Row], tolerance: float) -> list[str]:
    """The names of what takes more than it may, but in some round took no more than before."""
    return [row.name for row in found if (row.ratio or 0.0) > tolerance and min(row.ratios) <= 1]


def verdict(found: Sequence[Row], tolerance: float) -> str:
    """What came out, in a line or two."""
    doubtful, worse = unsure(found, tolerance), slower(found, tolerance)
    lines = [f"Unsure, take more rounds: {'; '.join(doubtful)}."] if doubtful else []
    if worse:
        lines.append(f"More than {tolerance:.2f} of what it took, or not measured: {'; '.join(worse)}.")
    return "\n".join(lines) or f"Nothing takes more than {tolerance:.2f} of what it took."


def table(found: Sequence[Row], before: str, after: str) -> str:
    """Medians of two commits and their ratio, a line for each figure."""
    lines = [f"| | before, {before} | after, {after} | after / before | range |", "|---|---|---|---|---|"]
    for row in found:
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        spread = f"{min(row.ratios):.2f} to {max(row.ratios):.2f}" if row.ratios else "–"
        told = [_median(values, row.unit) for values in (row.before, row.after)]
        lines.append(f"| {row.name} | {' | '.join(told)} | {ratio} | {spread} |")
    return "\n".join(lines)


def last_line(text: str) -> str:
    """What a process said at its end."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it failed, and said nothing"


def _median(values: Sequence[float], unit: str) -> str:
    return f"{statistics.median(values):.{DIGITS[unit]}f} {unit}" if values else "not there"


def _at_least_one(text: str) -> float:
    if (number := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", metavar="BEFORE", help="a commit, branch or tag")
    parser.add_argument("after", metavar="AFTER", nargs="?", default="HEAD", help="another, HEAD if unset")
    parser.add_argument("--rounds", type=int, choices=range(1, 100), default=5, metavar="N", help="rounds that count")
    parser.add_argument(
        "--tolerance",
        type=_at_least_one,
        default=1.10,
        metavar="RATIO",
        help="what after may take of before, 1.10 if unset",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(MEASURES),
        default=list(MEASURES),
        metavar="MEASURE",
        help=f"of {', '.join(MEASURES)}",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
