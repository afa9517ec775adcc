"""So many people at once at the page, beside one alone."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.contestants import OURS
from bench.library import STARTER
from bench.measuring.made import clean_environment, kept_at
from bench.retrieve import percentile
from bench.start import ROOT


def measure(folder: Path, users: int, questions: int, think: float) -> dict[str, Any]:
    """Seconds until the first words and until the last, of one person and of so many with so many questions each.

    Each reads for `think` seconds on average between an answer and the next question; with 0 all ask at the same
    moment, and again as soon as they are answered. Seconds are those of questions that were answered; `asked` and
    `failed` count all.
    """
    with tempfile.TemporaryDirectory() as temporary:
        told = Path(temporary) / "asked.json"
        own = ["--users", str(users), "--questions", str(questions), "--think", str(think), "--json", told]
        library = ["--stories", STARTER, "--index", (kept_at(folder, OURS) / "index").resolve()]
        command = [sys.executable, "-m", "bench.users", *own, *library]
        # Its exit code tells of its own bar.
        subprocess.run(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL, check=False)  # noqa: S603
        found = json.loads(told.read_text("utf-8"))
    return {name: told_of(asked) for name, asked in found.items()}


def told_of(asked: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The figures of some questions; no seconds where all failed."""
    answered = [one for one in asked if not one["error"]]
    counts = {"asked": len(asked), "failed": len(asked) - len(answered)}
    if not answered:
        return counts
    firsts, lasts = [one["first"] for one in answered], [one["last"] for one in answered]
    return {
        **counts,
        "first p50": percentile(firsts, 0.5),
        "first p95": percentile(firsts, 0.95),
        "last p50": percentile(lasts, 0.5),
    }
