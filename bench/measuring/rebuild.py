"""Builds of what is there already, as whole processes: where nothing changed, and where one story did."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.measuring.made import clean_environment, edited_at
from bench.start import ROOT

TOLD_LATER = "\n\nThat was told later.\n"


def measure(folder: Path, stories: int, edited: int) -> dict[str, Any]:
    """`python -m index build` of so many stories twice, the second time with story number `edited` longer.

    Raises `RuntimeError` where the first embeds anything, or the second nothing.
    """
    own = edited_at(folder, stories)
    same, before = _build(own)
    file = sorted((own / "stories").rglob("*.md"))[edited]
    file.write_text(file.read_text("utf-8") + TOLD_LATER, "utf-8")
    edit, report = _build(own)
    if before["embedded"] or not report["embedded"]:
        raise RuntimeError(f"embedded {before['embedded']} passages of what was there, {report['embedded']} of an edit")
    return {"nothing changed": same, "one story edited": edit, "passages": report["passages"]}


def _build(own: Path) -> tuple[float, dict[str, Any]]:
    """How long a build takes from the start of its process to its end, and what it reports."""
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-m", "index", "build", "--json", "--stories", own / "stories", "--index", own / "index"],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return time.perf_counter() - began, json.loads(done.stdout)
