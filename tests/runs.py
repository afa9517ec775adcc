"""Made-up runs for tests of what reads a run's folder: rows as `results.jsonl` has them, and the folder itself."""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from eval.comparing.compare import Comparison, compare
from eval.folder import Row, RunFolder, read_run

MANIFEST: Mapping[str, Any] = {
    "started": "2026-01-01T00:00:00+00:00",
    "sets": [{"name": "made-up", "file": "made-up.jsonl", "sha256": "a" * 64, "cases": 4}],
    "cases": 4,
    "answerer": "quoting",
    "settings": {"passages": 8, "llm": ""},
    "index": {"folder": "/somewhere", "generation": 1, "built": "2026-01-01T00:00:00+00:00"},
    "versions": {"python": "3.11.7", "torch": "2.13.0"},
}

CITATION = {
    "number": 1,
    "story": "baker.md",
    "start": 0,
    "end": 13,
    "text": "I baked bread",
    "valid": True,
    "cites_gold": True,
}


def row(
    identity: str, outcome: str = "gold cited", scores: Mapping[str, float | None] | None = None, **more: Any
) -> Row:
    """An answered case, its group named as itself unless it is said otherwise."""
    return {
        "id": identity,
        "set": "made-up",
        "type": "single",
        "group": identity,
        "question": f"What about {identity}?",
        "history": [],
        "filters": {},
        "answerable": True,
        "gold": [[{"story": "baker.md", "start": 0, "end": 13, "text": "I baked bread"}]],
        "answer": "They say “I baked bread” [1].",
        "refused": False,
        "citations": [CITATION],
        "seconds": {"retrieve": 0.1, "answer": 0.1, "total": 0.2},
        "tokens": None,
        "error": None,
        "outcome": outcome,
        "scores": dict(scores or {}),
        **more,
    }


def write_run(folder: Path, rows: Sequence[Row], **manifest: Any) -> Path:
    """A run's folder with these rows; fields of the manifest may be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    (folder / "results.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    told = {**deepcopy(dict(MANIFEST)), "cases": len(rows), **manifest}
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def made_run(folder: Path, rows: Sequence[Row], **manifest: Any) -> RunFolder:
    """Such a folder, read back."""
    return read_run(write_run(folder, rows, **manifest))


def rows_with(metric: str, values: list[float], **more: Any) -> list[Row]:
    """A row for each score of a metric."""
    return [row(f"c{place}", scores={metric: value}, **more) for place, value in enumerate(values)]


def compared(
    tmp_path: Path, before: list[Row], after: list[Row], metrics: tuple[str, ...] = (), **manifest: Any
) -> Comparison:
    """Two runs of these rows, written and compared."""
    return compare(made_run(tmp_path / "a", before), made_run(tmp_path / "b", after, **manifest), metrics)
