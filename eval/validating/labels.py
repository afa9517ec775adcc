"""Labels: sentences with passages and what people found of them, read from JSONL or CSV.

Owns what a line must have. Knows nothing of scorers.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.cases import told
from eval.columns import NO, YES
from index.errors import EvalError

COLUMNS = "sentence, passage (or passages), supported"
"""What a line must have, for messages."""


@dataclass(frozen=True)
class Label:
    """A sentence, the passages that it cites, and whether a person found that they support it.

    Sentences of one `group`, such as those of one answer, stand or fall together. `kind` says where it is from.
    """

    sentence: str
    passages: tuple[str, ...]
    supported: bool
    group: str
    kind: str = ""


def read_labels(files: Sequence[Path]) -> list[Label]:
    """The labels of some files. Raises `EvalError` that names every broken line by its number and field."""
    labels: list[Label] = []
    faults: list[str] = []
    for file in files:
        before = len(labels) + len(faults)
        for number, line in _lines(file):
            try:
                labels.append(_label(line, f"{file.name}:{number}"))
            except EvalError as error:
                faults.append(f"{file}, line {number}, {error}")
        if len(labels) + len(faults) == before:
            faults.append(f"{file}: there is no labelled sentence in it. Each line wants {COLUMNS}.")
    if faults:
        raise EvalError(told(faults))
    return labels


_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Fields(BaseModel):
    model_config = ConfigDict(strict=True)
    sentence: _Words
    passages: Annotated[list[_Words], Field(min_length=1)]
    supported: bool
    group: str = ""
    kind: str = ""


def _label(found: Mapping[str, Any], place: str) -> Label:
    """One line as a label. Raises `EvalError` that begins with the field at fault."""
    fields = {name: value for name, value in found.items() if value is not None}
    if "passages" not in fields and "passage" in fields:
        fields["passages"] = [fields["passage"]]
    try:
        row = _Fields.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise EvalError(f"field {name}: {first['msg']}") from None
    return Label(row.sentence, tuple(row.passages), row.supported, row.group or place, row.kind)


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every line that is not blank, with its number; what cannot be read at all has the wrong field in it."""
    text = _text(file)
    if file.suffix.lower() != ".csv":
        yield from _objects(text)
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from _rows(reader)
    except csv.Error as error:
        raise EvalError(
            f"{file}, line {reader.line_num}: {error}. A quotation mark inside a quoted cell is written twice."
        ) from None


def _objects(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found = json.loads(line)
            except json.JSONDecodeError:
                found = None
            yield number, found if isinstance(found, dict) else {}


def _rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a table; blank cells are left out, and a list of passages is written as JSON."""
    for row in reader:
        cells: dict[str, Any] = {name: cell for name, cell in row.items() if name and cell and cell.strip()}
        said = str(cells.get("supported", "")).strip().lower()
        if said in YES | NO:
            cells["supported"] = said in YES
        if str(cells.get("passages", "")).startswith("["):
            cells["passages"] = _listed(cells["passages"])
        elif "passages" in cells:
            cells["passages"] = [cells["passages"]]
        if cells:
            yield reader.line_num, cells


def _listed(cell: str) -> Any:
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvalError(f"{file}: this is not UTF-8 text. Save it as UTF-8, as JSONL or CSV.") from error
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Name a JSONL or CSV file of labels.") from error
