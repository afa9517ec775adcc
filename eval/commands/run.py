"""`python -m eval run SET…`: ask every case of the sets, write the run's folder, print its tables."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from eval.cases import EvalSet, read_set
from eval.report import below, print_report
from eval.run import Chatbot, evaluate
from eval.scores import METRICS
from rag.command import setting_flags, settings_from

HELP = "ask every case of a set and write a report"

RUNS = Path(".crossroads") / "runs"
"""Where a run's folder goes unless --out names another."""


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        add_help=False, parents=[setting_flags("stories", "index", "embedder", "device", "llm")]
    )
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="the set, or several; eval/sets/ has one")
    parser.add_argument("--out", type=Path, help=f"folder of the run ({RUNS}/SET-TIME)")
    parser.add_argument("--limit", type=_count, help="ask only the first so many cases")
    parser.add_argument(
        "--fail-under",
        type=_threshold,
        nargs="+",
        action="extend",
        default=[],
        metavar="METRIC=VALUE",
        help="exit with 1 if a metric's mean is below the value, such as passage_hit@5=0.6",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Ask, write and print. Returns 1 where a metric is below its threshold."""
    sets = [read_set(file) for file in options.sets]
    settings = settings_from(options)
    out = options.out or RUNS / _name_of_run(sets)

    def open_chatbot() -> Chatbot:
        from rag.ask import open_rag  # late: it brings LangChain, which nobody should wait for to read a message

        return open_rag(settings)

    try:
        report, rows = evaluate(sets, settings, out, open_chatbot, options.limit)
    except KeyboardInterrupt:
        print(f"stopped; the results so far are in {out / 'results.jsonl'}", file=sys.stderr)
        raise
    print_report(report, rows, Console())
    print(f"\nThe report is {out / 'report.html'}")
    missed = below(report, dict(options.fail_under))
    for sentence in missed:
        print(f"below threshold: {sentence}", file=sys.stderr)
    return 1 if missed else 0


def _name_of_run(sets: Sequence[EvalSet]) -> str:
    return f"{'+'.join(one.name for one in sets)}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def _threshold(text: str) -> tuple[str, float]:
    """`metric=value` as a pair. Raises argparse's own error."""
    name, _, value = text.partition("=")
    if name not in METRICS:
        raise argparse.ArgumentTypeError(f"{name!r} is no metric. Known are {', '.join(METRICS)}; write metric=value")
    try:
        least = float(value)
    except ValueError:
        least = -1.0
    if not 0 <= least <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: the value must be a number from 0 to 1, such as {name}=0.6")
    return name, least


def _count(text: str) -> int:
    """A whole number from 1 on. Raises argparse's own error."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: the number of cases must be 1 or more")
    return int(text)
