"""Where the time of importing goes: self times of `python -X importtime`, summed by top-level package."""

import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

from bench.as_installed import as_installed
from bench.measuring.made import clean_environment
from bench.start import ROOT

CODE = {
    "the chat's modules": "import rag.ask, ui.page",
    "the first question's embedding": "from index.embedding import Embedder; Embedder().embed_query('How long?')",
}
MOST = 12
"""Packages that are told."""
_LINE = re.compile(r"import time:\s*(\d+) \|\s*\d+ \|\s*([\w.]+)")


def measure(_: Path, what: str) -> dict[str, Any]:
    """Seconds by package of one of `CODE`, the slowest first, and of all."""
    done = subprocess.run(  # noqa: S603  # our own
        as_installed("-c", CODE[what], options=("-X", "importtime")),
        cwd=ROOT,
        env=clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = by_package(done.stderr)
    return {"all": sum(found.values()), "packages": dict(found.most_common(MOST))}


def by_package(told: str) -> Counter[str]:
    """Seconds by top-level package, of what `-X importtime` told in microseconds."""
    found: Counter[str] = Counter()
    for line in told.splitlines():
        if read := _LINE.match(line):
            found[read[2].partition(".")[0]] += int(read[1])
    return Counter({package: microseconds / 1e6 for package, microseconds in found.items()})
