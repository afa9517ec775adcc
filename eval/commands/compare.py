"""`python -m eval compare BEFORE AFTER`: two runs side by side, in words, as JSON or as a page."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from eval.scoring.metrics import METRICS
from index.errors import EvalError

if TYPE_CHECKING:
    from eval.comparing.compare import Comparison

HELP = "compare two runs: which metrics and which cases got better or worse"


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("before", type=Path, metavar="BEFORE", help="folder of a run")
    parser.add_argument("after", type=Path, metavar="AFTER", help="folder of a later run of the same set")
    parser.add_argument(
        "--metrics",
        nargs="+",
        action="extend",
        choices=tuple(METRICS),
        default=[],
        metavar="METRIC",
        help="only these; the fewer are looked at together, the smaller a difference that is called clear",
    )
    parser.add_argument("--fail-if-worse", action="store_true", help="exit with 1 if a metric is clearly worse")
    parser.add_argument("--json", metavar="FILE", help="write it as JSON too; - prints that instead of words")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as a page too")
    return parser


def run(options: argparse.Namespace) -> int:
    """Compare, write and print. Returns 1 where --fail-if-worse finds something."""
    from eval.comparing.compare import (
        compare,  # late: these bring scipy, which nobody should wait for to read a message
    )
    from eval.comparing.report import as_json, page, print_comparison
    from eval.folder import read_run

    comparison = compare(read_run(options.before), read_run(options.after), options.metrics)
    told = json.dumps(as_json(comparison), ensure_ascii=False, indent=2)
    if options.html:
        _write(options.html, page(comparison))
    if options.json == "-":
        print(told)
    else:
        print_comparison(comparison, Console())
    if options.json not in (None, "-"):
        _write(Path(options.json), told + "\n")
    faults = _faults(comparison, options.metrics) if options.fail_if_worse else []
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _faults(comparison: "Comparison", named: Sequence[str]) -> list[str]:
    """What is clearly worse; and what was named but cannot be compared, since that is not known to be as good."""
    worse = [
        f"clearly worse: {one.metric}, {one.before:.3f} before and {one.after:.3f} after"
        for one in comparison.with_verdict("clearly worse")
    ]
    return [
        *worse,
        *(f"not compared: {name} applies to no case in both runs" for name in comparison.left_out if name in named),
    ]


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise EvalError(f"{file}: it cannot be written ({error.strerror}). Name another file.") from error
