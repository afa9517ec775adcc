"""The runs there are: each in a few lines for the list, or whole, read once and kept until its files change.

A run is named by its folder inside the folder of runs, and no other name opens anything. Knows nothing of HTML.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from eval.comparing.compare import Comparison, compare
from eval.comparing.plot import difference_plot
from eval.comparing.words import moved_metrics
from eval.folder import MANIFEST, PAGE, REPORT, RESULTS, Row, RunFolder, check_reportable, read_manifest, read_run
from eval.reporting.figures import Mean, Report
from eval.reporting.findings import Finding, findings
from eval.reporting.plots import run_plots
from eval.reporting.summary import summarise
from index.errors import EvalError

KEPT_WHOLE = 6
"""Runs, and comparisons, that are kept in memory."""


@dataclass(frozen=True)
class PastRun:
    """A run as the list shows it. `means` are those of its report, if it has one; a `fault` says why it is unreadable.

    `started` is as the manifest has it, in UTC.
    """

    name: str
    sets: tuple[str, ...] = ()
    started: str = ""
    answerer: str = ""
    done: int = 0
    cases: int = 0
    means: Mapping[str, Mean] | None = None
    fault: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether every case was asked, and its report written."""
        return self.means is not None


@dataclass(frozen=True)
class OpenRun:
    """A run read whole, with all that its report shows."""

    name: str
    run: RunFolder
    report: Report
    findings: Sequence[Finding]
    plots: Mapping[str, str]

    def row(self, number: object) -> Row:
        """A case by its place, from 0. Raises `EvalError` for a place where there is none."""
        if not isinstance(number, int) or not 0 <= number < len(self.run.rows):
            raise EvalError("This run has no such case. Open the run again.")
        return self.run.rows[number]


@dataclass(frozen=True)
class OpenComparison:
    """Two runs compared, and the picture of it."""

    before: str
    after: str
    comparison: Comparison
    plot: str


class Runs:
    """The runs in a folder, which need not be there. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened = lru_cache(KEPT_WHOLE)(self._read)
        self._compared = lru_cache(KEPT_WHOLE)(self._compare)
        self._listed = lru_cache(1000)(_listed)

    def all(self) -> list[PastRun]:
        """Every run, the latest first; those that cannot be read last, with the reason."""
        found = [self._listed(folder, _stamp(folder)) for folder in self._folders().values()]
        return sorted(found, key=lambda run: (not run.fault, run.started, run.name), reverse=True)

    def path(self, name: object) -> Path:
        """The folder of a run. Raises `EvalError` for a name that none has."""
        found = self._folders().get(name) if isinstance(name, str) else None
        if found is None:
            raise EvalError("There is no such run any more. Go back to all runs, and choose another.")
        return found

    def open(self, name: object) -> OpenRun:
        """A run read whole. Raises `EvalError` where that cannot be done, saying why."""
        folder = self.path(name)
        return self._opened(folder, _stamp(folder))

    def compare(self, before: object, after: object) -> OpenComparison:
        """Two runs compared. Raises `EvalError` where they have no case in common, or one cannot be read."""
        first, second = self.path(before), self.path(after)
        if first == second:
            raise EvalError("These are one and the same run. Choose another to compare it with.")
        return self._compared(first, second, (_stamp(first), _stamp(second)))

    def page(self, name: object) -> str:
        """The report that was written with a run, an HTML page. Raises `EvalError` where there is none."""
        file = self.path(name) / PAGE
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EvalError("This run has no report that can be read. Finish it, or run its set again.") from error

    def _folders(self) -> dict[str, Path]:
        try:
            return {one.name: one for one in self.folder.iterdir() if one.is_dir()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise EvalError(f"{self.folder}: the runs cannot be read ({error.strerror}).") from error

    def _read(self, folder: Path, _: "_Stamp") -> OpenRun:
        run = read_run(folder, unfinished=True)
        if not run.rows:
            raise EvalError(
                "This run was stopped before its first case was answered. Let it go on, or run its set again."
            )
        check_reportable(run)
        report = summarise(run.rows)
        return OpenRun(folder.name, run, report, findings(run.rows), run_plots(report, run.rows))

    def _compare(self, before: Path, after: Path, _: "tuple[_Stamp, _Stamp]") -> OpenComparison:
        comparison = compare(read_run(before, unfinished=True), read_run(after, unfinished=True))
        return OpenComparison(before.name, after.name, comparison, difference_plot(moved_metrics(comparison)))


_Stamp = tuple[tuple[int, int] | None, ...]
"""When each file of a run was last written, and its length; None where it is not there."""


def _stamp(folder: Path) -> _Stamp:
    return tuple(_written(folder / name) for name in (RESULTS, MANIFEST, REPORT))


def _written(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _listed(folder: Path, _: _Stamp) -> PastRun:
    """A run in a few lines: its cases are not read, but counted."""
    try:
        manifest = read_manifest(folder)
        done = _lines_in(folder / RESULTS)
        means = _means(folder / REPORT) if (folder / REPORT).exists() else None
    except EvalError as error:
        return PastRun(folder.name, fault=str(error))
    return PastRun(
        name=folder.name,
        sets=tuple(one["name"] for one in manifest["sets"]),
        started=manifest["started"],
        answerer=manifest["answerer"],
        done=done,
        cases=manifest["cases"],
        means=means,
    )


def _lines_in(file: Path) -> int:
    try:
        with file.open("rb") as opened:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(1 << 20), b""))
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Run the set again.") from error


class _MeanFields(BaseModel):
    value: float | None
    cases: int
    low: float | None
    high: float | None


class _ReportFields(BaseModel):
    metrics: dict[str, _MeanFields]


def _means(file: Path) -> dict[str, Mean]:
    """The means that a report tells."""
    try:
        found = _ReportFields.model_validate_json(file.read_bytes())
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Run the set again.") from error
    except ValidationError as error:
        raise EvalError(
            f"{file}: this is no report of this version of Crossroads, or the file is damaged. Run the set again."
        ) from error
    return {name: Mean(mean.value, mean.cases, mean.low, mean.high) for name, mean in found.metrics.items()}
