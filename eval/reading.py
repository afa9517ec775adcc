"""Reading: a file → the cases in it. JSONL, one case a line; CSV and TSV, one case a row under a row of names.

Owns lines and their numbers, and how a table is told from JSONL. What a line's fields mean is columns.py's, what a
case must have is cases.py's. Knows nothing of the index.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.cases import Case, EvalSet, case_from, told
from eval.columns import column_of, fields_of_cells, is_kept, missing_columns, without_ragas_names
from index.errors import EvalError

TABLES = {".csv": "", ".tsv": "\t", ".tab": "\t"}
"""The endings of tables, each with what parts its cells; "" where the first row tells."""

_FORMULA = re.compile(r"'*[=+@\t\r-]")
"""How a cell begins that a spreadsheet would take for a formula, or that was written with an apostrophe before it."""


@dataclass(frozen=True)
class Row:
    """A table's row: the line that it begins in, and its cells by column. `fault` says why it has none."""

    line: int
    cells: Mapping[str, str]
    fault: str = ""


def read_set(file: Path, skip_bad: bool = False) -> EvalSet:
    """Read and check a set. Raises `EvalError` that names every broken line by its number and field.

    With `skip_bad` those are left out, and told in the set's `skipped`; one without any case is an error all the same.
    """
    data = _read(file)
    text = data.decode("utf-8-sig")
    cases: dict[str, Case] = {}
    faults: list[str] = []
    for line, found in _cases_of_table(file, text) if is_table(file) else _cases_of_lines(file, text):
        if isinstance(found, EvalError):
            faults.append(f"{file}, line {line}, {found}")
        elif found.id in cases:
            faults.append(
                f"{file}, line {line}, field id: {found.id!r} stands on an earlier line too; every case needs its own"
            )
        else:
            cases[found.id] = found
    if faults and not (skip_bad and cases):
        raise EvalError(told(faults))
    if not cases:
        raise EvalError(_nothing_in(file, text))
    return EvalSet(file.stem, file, hashlib.sha256(data).hexdigest(), tuple(cases.values()), tuple(faults))


def is_table(file: Path) -> bool:
    """Whether a file is read as CSV or TSV: its ending says so."""
    return file.suffix.lower() in TABLES


def read_rows(file: Path) -> list[Row]:
    """The rows of a table, kept or not, unchecked. Raises `EvalError` for a file that is no such table."""
    return list(_rows(file, _read(file).decode("utf-8-sig")))


def no_formula(cell: str) -> str:
    """A cell with an apostrophe before what a spreadsheet would work out; reading a review file takes it away again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _cases_of_lines(file: Path, text: str) -> Iterator[tuple[int, Case | EvalError]]:
    """Each line that is not blank, with its case or what is wrong with it."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, case_from(without_ragas_names(_object(line)), _identity(file, number))
        except EvalError as error:
            yield number, error


def _cases_of_table(file: Path, text: str) -> Iterator[tuple[int, Case | EvalError]]:
    """Each row that is kept, with its case or what is wrong with it."""
    for row in _rows(file, text):
        if row.fault:
            yield row.line, EvalError(row.fault)
            continue
        try:
            if is_kept(row.cells):
                yield row.line, case_from(without_ragas_names(fields_of_cells(row.cells)), _identity(file, row.line))
        except EvalError as error:
            yield row.line, EvalError(str(error) if row.cells.get("gold") else column_of(str(error)))


def _rows(file: Path, text: str) -> Iterator[Row]:
    """The rows below the first, blank ones left out. Raises `EvalError` if the first does not name the columns."""
    parting = TABLES.get(file.suffix.lower()) or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=parting, strict=True)
    names: list[str] = []
    end = False
    while not end:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            end, cells = True, []
        except csv.Error as error:
            yield Row(line, {}, f"field (all): {error}; a quotation mark inside a quoted cell is written twice")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if not names:
            names = _header(file, line, cells)
        elif any(cell.strip() for cell in cells[len(names) :]):
            yield Row(
                line, {}, f"field (all): {len(cells)} cells under {len(names)} names; quote a cell with {parting!r}"
            )
        else:
            yield Row(line, _cells(names, cells))


def _header(file: Path, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    fault = missing_columns(names)
    if fault:
        raise EvalError(f"{file}, line {line}: {fault}. docs/eval-sets.md lists them.")
    return names


def _cells(names: list[str], cells: list[str]) -> dict[str, str]:
    """A row's cells by name; in a review file without the apostrophes that keep cells from being formulas."""
    found = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False))
    found.pop("", None)
    if "keep" not in found:
        return found
    return {name: cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell for name, cell in found.items()}


def _delimiter(text: str) -> str:
    """What parts the names in the first row: a comma unless that tells otherwise."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return csv.Sniffer().sniff(first, delimiters=",;\t").delimiter
    except csv.Error:  # a single column
        return ","


def _object(line: str) -> Mapping[str, Any]:
    """The JSON object of a line. Raises `EvalError` that begins with the field at fault."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise EvalError(
            f"field (all): this is not JSON ({error.msg}, column {error.colno}); one case fills one line"
        ) from None
    except RecursionError:
        raise EvalError("field (all): this is nested too deeply to be a case") from None
    except ValueError as error:  # a number of thousands of digits
        raise EvalError(f"field (all): this is not JSON that can be read ({error})") from None
    if not isinstance(found, Mapping):
        raise EvalError("field (all): a case is a JSON object, {…}")
    return found


def _identity(file: Path, line: int) -> str:
    """The id of a case that has none."""
    return f"{file.stem}-{line}"


def _nothing_in(file: Path, text: str) -> str:
    if is_table(file) and any("keep" in row.cells for row in _rows(file, text)):
        return f"{file}: no row of it is kept. Write yes in the column keep of those that shall be cases."
    return f"{file}: there is no case in it. Write one case a line; docs/eval-sets.md shows how."


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
        data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise EvalError(f"{file}: there is no such set. The project's own is eval/sets/starter.jsonl.") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{file}: this is not UTF-8 text. Save it as UTF-8; a set is JSONL, CSV or TSV.") from error
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Name a set: JSONL, CSV or TSV.") from error
    return data
