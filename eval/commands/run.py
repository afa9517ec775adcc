"""`python -m eval run SET…`: ask every case of the sets, write the run's folder, print its tables."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from eval.cases import EvalSet
from eval.commands.arguments import add_judge_address, bound, whole_number
from eval.folder import REPORT, RESULTS, read_run
from eval.reading import read_set
from eval.reporting.report import print_report
from eval.reporting.summary import below
from eval.run import How, evaluate
from eval.scoring.metrics import METRICS
from index.errors import EvalError
from rag.command import setting_flags, settings_from
from rag.settings import RagSettings

if TYPE_CHECKING:
    from eval.asking import Chatbot

HELP = "ask every case of a set and write a report"

RUNS = Path(".crossroads") / "runs"
"""Where a run's folder goes unless --out names another."""

WORKERS_WITH_LLM = 4
"""Questions asked at once of a language model, which mostly waits; whatever computes here is best asked one by one."""
PATIENCE = {"llm_retries": 6, "llm_timeout": 120.0, "llm_deadline": 600.0}
"""The least that a run waits for a language model: nobody sits before it, and a limit of a minute must pass."""


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        add_help=False, parents=[setting_flags("stories", "index", "embedder", "device", "llm")]
    )
    add = parser.add_argument
    add("sets", nargs="+", type=Path, metavar="SET", help="the set, or several: JSONL, CSV or TSV; eval/sets/ has one")
    add("--out", type=Path, help=f"folder of the run ({RUNS}/SET-TIME)")
    add("--limit", type=whole_number, metavar="N", help="ask only the first N cases")
    add("--workers", type=whole_number, metavar="N", help="ask so many at once (1; 4 of a language model on a server)")
    add(
        "--resume",
        action="store_true",
        help="take up the run in --out, or the last one of these sets; failed cases too",
    )
    add("--force", action="store_true", help="write over the run in --out")
    add("--skip-bad", action="store_true", help="leave broken lines of a set out instead of refusing it")
    add("--judge", metavar="PROVIDER:MODEL", help="a language model that judges every claim beside the scorer")
    add_judge_address(parser)
    add("--judge-runs", type=whole_number, default=1, metavar="N", help="how often it is asked about each claim (1)")
    add("--against", type=Path, metavar="RUN", help="the folder of another run, to compare with in the report")
    bounds = {"nargs": "+", "action": "extend", "default": [], "metavar": "METRIC=VALUE"}
    under = "exit with 1 if a metric's mean is below the value, such as passage_hit@5=0.6"
    add("--fail-under", type=_least, help=under, **bounds)  # type: ignore[arg-type]
    add("--fail-over", type=_most, help="the same where less is better, such as false_answers=0.4", **bounds)  # type: ignore[arg-type]
    return parser


def run(options: argparse.Namespace) -> int:
    """Ask, write and print. Returns 1 where a metric is beyond its threshold, or every case failed."""
    sets = [read_set(file, options.skip_bad) for file in options.sets]
    for fault in [fault for one in sets for fault in one.skipped]:
        print(f"left out: {fault}", file=sys.stderr)
    settings = settings_from(options)
    settings = settings.model_copy(
        update={name: max(getattr(settings, name), least) for name, least in PATIENCE.items()}
    )
    out = _folder(options, sets)

    def open_chatbot() -> "Chatbot":
        from rag.ask import open_rag  # late: nobody should wait for it to read a message

        return open_rag(settings)

    try:
        report, rows = evaluate(sets, settings, out, open_chatbot, _how(options, settings))
    except KeyboardInterrupt:
        print(f"stopped; the results so far are in {out}. Go on with --resume --out {out}", file=sys.stderr)
        raise
    print_report(report, rows, Console())
    print(f"\nThe report is {out / 'report.html'}")
    if rows and all(row["error"] for row in rows):
        print(f"no case could be asked: {rows[0]['error']}", file=sys.stderr)
        return 1
    missed = below(report, dict(options.fail_under), dict(options.fail_over))
    for sentence in missed:
        print(f"beyond threshold: {sentence}", file=sys.stderr)
    return 1 if missed else 0


def _how(options: argparse.Namespace, settings: RagSettings) -> How:
    from eval.scoring.judging import model_judge
    from rag.grounder import judge_from

    workers = options.workers or (WORKERS_WITH_LLM if _is_waited_for(settings.llm) else 1)
    against = read_run(options.against) if options.against else None
    judge = None
    if options.judge:
        judge = model_judge(options.judge, settings, options.judge_runs, options.judge_base_url)
    return How(options.limit, workers, options.resume, judge_from(settings), judge, against)


def _is_waited_for(llm: str) -> bool:
    """Whether a language model answers somewhere else, and not in this process."""
    if not llm:
        return False
    from rag.chat_models import LOCAL  # late: it brings LangChain

    return llm.partition(":")[0] != LOCAL


def _folder(options: argparse.Namespace, sets: Sequence[EvalSet]) -> Path:
    """Where the run goes: a folder of its own or, to be resumed, that of the last run of these sets."""
    if options.out:
        out = Path(options.out)
        if not (options.resume or options.force):
            _refuse_to_overwrite(out)
        return out
    name = "+".join(one.name for one in sets)
    if not options.resume:
        return _new_folder(f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    own = re.compile(rf"{re.escape(name)}-\d{{8}}T\d{{6}}Z(?:-\d+)?")
    stopped = [
        one
        for one in sorted(RUNS.glob("*"))
        if own.fullmatch(one.name) and one.is_dir() and not (one / REPORT).exists()
    ]
    if not stopped:
        raise EvalError(f"{RUNS}: there is no run of {name} that was stopped. Run without --resume, or name its --out.")
    return stopped[-1]


def _refuse_to_overwrite(out: Path) -> None:
    """Raise `EvalError` where a run is in the folder, finished or not."""
    results = out / RESULTS
    if (out / REPORT).exists():
        raise EvalError(
            f"{out}: there is a finished run in it. Name another folder with --out, or write over it with --force."
        )
    if results.is_file() and results.stat().st_size:
        raise EvalError(
            f"{out}: there is a run in it that was stopped. Go on with --resume, name another folder with --out, or "
            "write over it with --force."
        )


def _new_folder(name: str) -> Path:
    """A folder of this name that is not there yet; of two runs begun in one second the later has a number."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(RUNS / one for one in names if not (RUNS / one).exists())


def _least(text: str) -> tuple[str, float]:
    return _bound(text, "--fail-over", higher_is_better=True)


def _most(text: str) -> tuple[str, float]:
    return _bound(text, "--fail-under", higher_is_better=False)


def _bound(text: str, other: str, *, higher_is_better: bool) -> tuple[str, float]:
    """`metric=value` as a pair. Raises argparse's own error."""
    name = text.partition("=")[0]
    if name not in METRICS:
        raise argparse.ArgumentTypeError(f"{name!r} is no metric. Known are {', '.join(METRICS)}; write metric=value")
    if METRICS[name].higher_is_better != higher_is_better:
        better = "less" if higher_is_better else "more"
        raise argparse.ArgumentTypeError(f"{name}: {better} of it is better, so use {other}")
    return bound(text)
