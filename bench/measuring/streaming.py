"""Time to the first word of a language model's answer, over asking the model's server with nothing around it."""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.contestants import OURS
from bench.library import STARTER
from bench.measuring.made import clean_environment, kept_at
from bench.start import ROOT


def measure(folder: Path, times: int) -> dict[str, Any]:
    """Medians of `bench/first_token.py` on the starter library, in milliseconds."""
    with tempfile.TemporaryDirectory() as temporary:
        told = Path(temporary) / "times.json"
        index = kept_at(folder, OURS) / "index"
        own = ["--stories", STARTER, "--index", index.resolve(), "--times", str(times), "--json", told]
        subprocess.run(  # noqa: S603  # our own
            [sys.executable, ROOT / "bench" / "first_token.py", *own],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return {name: statistics.median(found) for name, found in json.loads(told.read_text("utf-8")).items()}
