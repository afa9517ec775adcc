"""A run for other tools: cases as a pandas DataFrame or CSV, rankings as TREC runs and qrels.

Reads rows alone; knows nothing of reports. What a TREC tool computes from the exported files is what the report says.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.folder import Row
from eval.gold import Span
from eval.reading import no_formula
from eval.reporting.summary import STAGES
from eval.scoring.ranking import name_of, stories_of

if TYPE_CHECKING:
    import pandas as pd

CASES = "cases.csv"
TAG = "crossroads"
"""The name of the system in a TREC run."""

Names = Callable[[Row], list[str]]
"""Names of passages, or of stories: those that a case wants, or those that it got in rank order."""


def frame(rows: Sequence[Row]) -> "pd.DataFrame":
    """A row a case: what was asked and answered, every metric and every stage's seconds in a column of its own.

    What does not apply is missing (NaN in pandas, an empty cell in CSV).
    """
    import pandas as pd

    return pd.DataFrame([_cells(row) for row in rows])


def write_exports(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write every export of a run into a folder, which is made. Gives the files. Raises `OSError`.

    A cell of `cases.csv` that a spreadsheet would take for a formula has an apostrophe before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cases = folder / CASES
    guarded = frame(rows).map(lambda cell: no_formula(cell) if isinstance(cell, str) else cell)
    guarded.to_csv(cases, index=False, lineterminator="\n", encoding="utf-8")
    texts = {
        "passages.qrels": _qrels(rows, _relevant_passages),
        "passages.run": _run(rows, _passages),
        "stories.qrels": _qrels(rows, _relevant_stories),
        "stories.run": _run(rows, _stories),
    }
    for name, lines in texts.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    return [cases, *(folder / name for name in texts)]


def _cells(row: Row) -> dict[str, Any]:
    told = ("set", "id", "type", "group", "question", "answerable", "answer", "refused", "missing", "outcome", "error")
    tokens = row["tokens"] or {"input": None, "output": None}
    return {
        **{name: row[name] for name in told},
        "citations": len(row["citations"]),
        "chance": row["chance"],
        **row["scores"],
        **{f"seconds_{stage}": row["seconds"].get(stage) for stage in STAGES},
        "tokens_read": tokens["input"],
        "tokens_written": tokens["output"],
    }


def _places(spans: Iterable[Row]) -> list[Span]:
    return [Span(one["story"], one["start"], one["end"]) for one in spans]


def _passages(row: Row) -> list[str]:
    return [name_of(place) for place in _places(row["retrieved"])]


def _stories(row: Row) -> list[str]:
    return stories_of(_places(row["retrieved"]))


def _relevant_passages(row: Row) -> list[str]:
    return [name_of(place) for place in _places(row["relevant"])] or ["missed"]


def _relevant_stories(row: Row) -> list[str]:
    return sorted({span["story"] for spans in row["gold"] for span in spans})


def _topic(row: Row) -> str:
    return _unblanked(f"{row['set']}/{row['id']}")


def _unblanked(name: str) -> str:
    """A name without blanks: TREC's format knows none."""
    return re.sub(r"\s", "_", name)


def _judged(rows: Sequence[Row]) -> Iterator[Row]:
    """The cases that retrieval is judged by."""
    return (row for row in rows if row["answerable"] and row["gold"])


def _qrels(rows: Sequence[Row], relevant: Names) -> Iterator[str]:
    return (f"{_topic(row)} 0 {_unblanked(name)} 1" for row in _judged(rows) for name in relevant(row))


def _run(rows: Sequence[Row], ranking: Names) -> Iterator[str]:
    for row in _judged(rows):
        names = [] if row["error"] else map(_unblanked, ranking(row))
        yield from (f"{_topic(row)} Q0 {name} {rank} {-rank} {TAG}" for rank, name in enumerate(names, start=1))
