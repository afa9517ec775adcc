"""Review: drafts → a table that a person goes through, and what was kept of it → an eval set.

Owns the review file: TSV with a mark at its beginning by which spreadsheets know UTF-8, one draft a row, and no cell
that they would take for a formula. What its columns mean when it is read is columns.py's.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.cases import Gold, fields_of
from eval.columns import is_kept
from eval.drafting.drafts import Draft
from eval.reading import is_table, no_formula, read_rows, read_set
from index.errors import EvalError

COLUMNS = ("keep", "id", "type", "question", "answerable", "reference", "story", "quote", "note")
"""The columns of every review file; further quotes and a conversation follow where there are any."""


@dataclass(frozen=True)
class Tally:
    """What a person did with the rows of a review file."""

    kept: int
    left_out: int
    not_reviewed: int


def write_review(drafts: Sequence[Draft], file: Path, force: bool = False) -> None:
    """Write drafts for review. Raises `EvalError` where the file is there already, unless forced, or cannot be written.

    The file must end in .tsv, or it would not be read as a table.
    """
    if file.suffix.lower() != ".tsv":
        raise EvalError(f"{file}: a review file is a table whose cells are parted by tabs. Name it {file.stem}.tsv.")
    rows = [_row(draft, f"{file.stem}-{number:03}") for number, draft in enumerate(drafts, start=1)]
    further = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *further], restval="", dialect="excel-tab")
    writer.writeheader()
    writer.writerows({name: no_formula(cell) for name, cell in row.items()} for row in rows)
    _write(file, text.getvalue(), force, "utf-8-sig")


def accept(file: Path, out: Path, force: bool = False) -> Tally:
    """Write what a person kept of a review file as a set, JSONL. Raises `EvalError` as reading a set does.

    So it does where the set is there already, unless forced, or cannot be written.
    """
    if is_table(out):
        raise EvalError(f"{out}: the set is written as JSONL. Name it {out.stem}.jsonl.")
    rows = read_rows(file)
    if not any("keep" in row.cells for row in rows):
        raise EvalError(f"{file}: it has no column keep, so nobody reviewed it. `python -m eval make` writes one.")
    cases = read_set(file).cases
    lines = [json.dumps(fields_of(case), ensure_ascii=False) for case in cases]
    _write(out, "\n".join(lines) + "\n", force, "utf-8")
    said = Counter(is_kept(row.cells) for row in rows)
    return Tally(len(read_set(out).cases), said[False], said[None])


def _row(draft: Draft, identity: str) -> dict[str, str]:
    first, *more = draft.gold or (Gold(""),)
    cells = {
        "keep": "",
        "id": identity,
        "type": draft.type,
        "question": draft.question,
        "answerable": _ANSWERABLE[draft.answerable],
        "reference": draft.reference,
        "story": first.story,
        "quote": first.quote,
        "note": draft.note,
    }
    for number, gold in enumerate(more, start=2):
        cells |= {f"story_{number}": gold.story, f"quote_{number}": gold.quote}
    if draft.history:
        turns = [{"role": turn.role, "content": turn.text} for turn in draft.history]
        cells["history"] = json.dumps(turns, ensure_ascii=False)
    return cells


_ANSWERABLE: Mapping[bool | None, str] = {True: "yes", False: "no", None: ""}


def _write(file: Path, text: str, force: bool, encoding: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w" if force else "x", encoding=encoding, newline="", errors="backslashreplace") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise EvalError(
            f"{file}: it is there already, and may have been worked on. Name another with --out, or add --force to "
            "replace it."
        ) from error
    except OSError as error:
        raise EvalError(f"{file}: it cannot be written ({error.strerror}). Name another with --out.") from error
