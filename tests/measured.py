"""Results of the benchmark that are made up, for tests of what is told of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.contestants import OURS
from bench.measuring.report import write_report
from bench.measuring.results import Measurement, Result, Results, Setting

HERE = Setting("abc123", {"processor": "a processor", "cores": 2, "precision": "bfloat16", "versions": {"python": "3"}})


def result(name: str, figures: Mapping[str, Any], number: int = 0, error: str = "", **arguments: Any) -> Result:
    """What a measurement found."""
    return Result(Measurement(name, arguments, number), figures, error)


def built(name: str, seconds: float, stories: int = 1000, number: int = 0) -> Result:
    """A contestant's first build."""
    told = {
        "chunks": 8000,
        "seconds": seconds,
        "keeping": 0.5,
        "memory": 900,
        "bytes": 8e6,
        "tokens": 100,
        "unread": 25,
    }
    return Result(Measurement("build", {"name": name, "stories": stories}, number), told)


def asked(name: str, passages: int, median: float, dense: float = 1.0, resident: float = 500) -> Result:
    """A contestant's retrieval."""
    times = {"p50": median, "p95": 2 * median, "asked": 200, "found": 20}
    parts = {"dense": dense, "lexical": 1.0, "embedding": 5.0, "rest": 2.0}
    told = {"passages": passages, "plain": times, "filtered": times, "parts": parts, "resident": resident, "bytes": 1e6}
    return Result(Measurement("ask", {"name": name, "passages": passages, "questions": 200, "budget": 20}), told)


BUILDS = [
    built(OURS, 40, number=0),
    built(OURS, 60, number=1),
    built(OURS, 50, number=2),
    built("Bare", 150),
    built("LlamaIndex", 60),
    built("Haystack", 40),
    built("LangChain", 200),
]
REBUILDS = [
    result("rebuild", {"nothing changed": 2.0, "one story edited": 10.0, "passages": 80_000}, stories=10_000, edited=0)
]


def report_of(folder: Path, *found: Result) -> str:
    """The report of some results, which is written to a folder."""
    results = Results(folder / "results.jsonl", HERE)
    for one in found:
        results.add(one)
    return write_report(results, folder / "report", folder / "none.json").read_text("utf-8")
