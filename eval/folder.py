"""A run's folder read back: the rows of `results.jsonl` and the manifest, checked, so that a run can be used again.

Knows which fields every row has and of what type; knows nothing of how they came about, and writes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from eval.scoring.metrics import METRICS
from eval.scoring.scores import OUTCOMES
from index.errors import EvalError

Row = dict[str, Any]
"""One line of `results.jsonl`."""
RESULTS, MANIFEST, REPORT, PAGE = "results.jsonl", "manifest.json", "report.json", "report.html"
"""The files of a run. The first two are there as soon as it began, the others when every case was asked."""


@dataclass(frozen=True)
class RunFolder:
    """A run as it was written: its folder, a row for each case in the order asked, and what was run."""

    folder: Path
    rows: tuple[Row, ...]
    manifest: Mapping[str, Any]

    @property
    def is_finished(self) -> bool:
        """Whether every case that was to be asked has its row."""
        return len(self.rows) >= int(self.manifest["cases"])


def read_run(folder: Path, *, unfinished: bool = False) -> RunFolder:
    """Read a run. With `unfinished`, a last line that was cut off, as a killed run leaves it, is left out.

    Raises `EvalError`, naming file and line: the folder is no run, a file is torn, or another version wrote it.
    """
    if not folder.is_dir():
        raise EvalError(
            f"{folder}: there is no such folder. Name the folder of a run, as `python -m eval run` tells it."
        )
    return RunFolder(folder, _rows(folder / RESULTS, unfinished), read_manifest(folder))


def read_manifest(folder: Path) -> dict[str, Any]:
    """What was run, without what became of it. Raises `EvalError` as `read_run` does."""
    file = folder / MANIFEST
    return _checked(_parsed(_text(file), str(file)), _ManifestFields, str(file))


def check_reportable(run: RunFolder) -> None:
    """Raise `EvalError` where a row lacks what a report shows, which a comparison can do without."""
    for number, row in enumerate(run.rows, start=1):
        _checked(row, _ReportedFields, f"{run.folder / RESULTS}, line {number}")


class _CitationFields(BaseModel):
    number: int
    story: str
    start: int
    end: int
    text: str
    valid: bool
    cites_gold: bool


class _TokenFields(BaseModel):
    input: int
    output: int


class _SpanFields(BaseModel):
    story: str
    text: str


def _known_outcome(outcome: str) -> str:
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is no outcome; known are {', '.join(OUTCOMES)}")
    return outcome


class _RowFields(BaseModel):
    model_config = ConfigDict(strict=True)
    id: str
    of_set: str = Field(alias="set")
    type: str
    group: str
    question: str
    history: list[dict[str, str]]
    filters: dict[str, Any]
    answerable: bool
    gold: list[list[_SpanFields]]
    answer: str
    refused: bool
    citations: list[_CitationFields]
    seconds: dict[str, FiniteFloat | None]
    tokens: _TokenFields | None
    error: str | None
    outcome: Annotated[str, AfterValidator(_known_outcome)]
    scores: dict[str, Annotated[FiniteFloat, Field(ge=0, le=1)] | None]


class _PlaceFields(_SpanFields):
    start: int
    end: int


class _PassageFields(_PlaceFields):
    score: float
    holds_gold: bool


class _SupportFields(BaseModel):
    score: float
    verdict: str
    reasons: list[str]


class _SentenceFields(BaseModel):
    text: str
    citations: list[int]
    support: _SupportFields | None


class _OpinionFields(BaseModel):
    claim: str
    verdicts: list[str]
    failures: list[str]
    tokens: _TokenFields | None


def _with_every_metric(scores: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in METRICS if name not in scores]
    if missing:
        raise ValueError(f"there is no score of {', '.join(missing)}")
    return scores


class _ReportedFields(BaseModel):
    """What only a report shows of a row."""

    model_config = ConfigDict(strict=True)
    reference: str
    standalone: str
    missing: str
    chance: FiniteFloat | None
    gold: list[list[_PlaceFields]]
    scores: Annotated[dict[str, Any], AfterValidator(_with_every_metric)]
    retrieved: list[_PassageFields]
    sentences: list[_SentenceFields]
    judge: list[_OpinionFields] | None


class _SetFields(BaseModel):
    name: str
    sha256: str


class _ManifestFields(BaseModel):
    model_config = ConfigDict(strict=True)
    started: str
    sets: list[_SetFields]
    cases: int
    answerer: str


def _rows(file: Path, unfinished: bool) -> tuple[Row, ...]:
    rows: dict[tuple[str, str], Row] = {}
    for number, line in enumerate(_lines(file, unfinished), start=1):
        row = _checked(_parsed(line, f"{file}, line {number}"), _RowFields, f"{file}, line {number}")
        key = row["set"], row["id"]
        if key in rows:
            raise EvalError(
                f"{file}, line {number}: case {row['id']} of {row['set']} has a row before this one too. "
                "Two runs were written into one folder; run the set again with an --out of its own."
            )
        rows[key] = row
    return tuple(rows.values())


def _lines(file: Path, unfinished: bool) -> list[str]:
    """The lines, each of which ends with a line feed. A last one that does not was cut off."""
    *lines, rest = _text(file).split("\n")
    if rest and not unfinished:
        raise EvalError(
            f"{file}, line {len(lines) + 1}: it breaks off, so the run was stopped while it was written. "
            "Finish it, or run the set again."
        )
    if not lines and not unfinished:
        raise EvalError(f"{file}: no case has been asked. Run the set again.")
    return lines


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise EvalError(
            f"{file.parent}: this is not the folder of a run, since there is no {file.name} in it. "
            "`python -m eval run` writes one and tells where."
        ) from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{file}: this is not UTF-8 text, so the file is damaged. Run the set again.") from error
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Name the folder of another run.") from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise EvalError(
            f"{where}: this is not JSON ({error.msg}, column {error.colno}), so the file is damaged. Run the set again."
        ) from None


def _checked(found: Any, fields: type[BaseModel], where: str) -> dict[str, Any]:
    """What was found, as it is, if it has these fields."""
    try:
        fields.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "(all)"
        what = first["msg"].removeprefix("Value error, ")
        raise EvalError(
            f"{where}, field {field}: {what}. Another version of Crossroads wrote this run, or it was changed by hand; "
            "run the set again."
        ) from None
    return dict(found)
