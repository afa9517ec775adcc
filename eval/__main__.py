"""The evaluation's command: `python -m eval run SET.jsonl`, with `--help`.

Exit codes: 0; 1 when a metric is below its --fail-under threshold; 2 after bad input, told in one message.
"""

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
from index.errors import CrossroadsError
from rag.settings import RagSettings

RUNS = Path(".crossroads") / "runs"
"""Where a run's folder goes unless --out names another."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except CrossroadsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def run(options: argparse.Namespace) -> int:
    """Ask every case of the sets, write the run's folder and print its tables."""
    sets = [read_set(file) for file in options.sets]
    settings = RagSettings.load(
        stories=options.stories, index=options.index, embedder=options.embedder, device=options.device, llm=options.llm
    )
    out = options.out or RUNS / _name_of_run(sets)

    def open_chatbot() -> Chatbot:
        from rag.ask import open_rag  # late: it brings LangChain, which nobody should wait for to read a message

        return open_rag(settings)

    try:
        report, rows = evaluate(sets, settings, out, open_chatbot, options.limit)
    except KeyboardInterrupt:
        print(f"stopped; the results so far are in {out / 'results.jsonl'}", file=sys.stderr)
        return 130
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measure answers, citations and retrieval.")
    commands = parser.add_subparsers(required=True, metavar="run")
    ran = commands.add_parser("run", help="ask every case of a set and write a report")
    ran.add_argument("sets", nargs="+", type=Path, metavar="SET.jsonl", help="the set, or several; eval/sets/ has one")
    ran.add_argument("--stories", type=Path, help="folder of the stories (CROSSROADS_STORIES)")
    ran.add_argument("--index", type=Path, help="folder of the index (CROSSROADS_INDEX); built if need be")
    ran.add_argument("--embedder", help="sentence-transformers model, name or folder (CROSSROADS_EMBEDDER)")
    ran.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps (CROSSROADS_DEVICE)")
    ran.add_argument("--llm", help="provider:model (CROSSROADS_LLM); unset, the stories are quoted")
    ran.add_argument("--out", type=Path, help=f"folder of the run ({RUNS}/SET-TIME)")
    ran.add_argument("--limit", type=_count, help="ask only the first so many cases")
    ran.add_argument(
        "--fail-under",
        type=_threshold,
        nargs="+",
        action="extend",
        default=[],
        metavar="METRIC=VALUE",
        help="exit with 1 if a metric's mean is below the value, such as passage_hit@5=0.6",
    )
    ran.set_defaults(command=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
