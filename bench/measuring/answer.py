"""Whole answers with the default answerer, from the question to the last word."""

import time
from pathlib import Path
from typing import Any

from bench.measuring.made import index_at
from bench.offline import stay_here
from bench.retrieve import SET, percentile
from eval.reading import read_set
from rag.ask import open_rag
from rag.settings import RagSettings


def measure(folder: Path, passages: int, questions: int) -> dict[str, Any]:
    """Milliseconds of an answer from a library of so many passages, and the share of questions that it refused."""
    stay_here()
    rag = open_rag(RagSettings.load(index=index_at(folder, passages)))
    rag.warm()
    times, refused = [], 0
    for case in read_set(SET).cases[:questions]:
        began = time.perf_counter()
        answer = rag.ask(case.question, case.history)
        times.append((time.perf_counter() - began) * 1000)
        refused += answer.refused
    return {
        "p50": percentile(times, 0.5),
        "p95": percentile(times, 0.95),
        "asked": len(times),
        "refused": refused / len(times),
    }
