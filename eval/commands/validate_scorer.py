"""`python -m eval validate-scorer`: a scorer of support against people's labels and corrupted sentences."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from eval.commands.arguments import add_judge_address, bound, whole_number
from index.errors import EvalError
from rag.command import setting_flags
from rag.settings import RagSettings

if TYPE_CHECKING:
    from eval.validating.report import ScorerReport
    from rag.grounding import Judge, Support

HELP = "measure the scorer of support by people's labels and by corrupted sentences of the stories"

SCORERS = Path(".crossroads") / "scorers"
"""Where the report goes unless --out names another folder."""
CLAIMS = 1_000
"""True sentences, each with its corruptions, spread over the stories."""
WORDS = "comparison of words"
"""The name of the product's own scorer."""


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(add_help=False, parents=[setting_flags("stories", "device")])
    add = parser.add_argument
    add("--grounder", metavar="MODEL", help="a cross-encoder to be measured, name or folder (CROSSROADS_GROUNDER)")
    add("--judge", metavar="PROVIDER:MODEL", help="a language model to be measured in its place; mind --count")
    add_judge_address(parser)
    add(
        "--data",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="people's labels, JSONL or CSV",
    )
    add("--count", type=whole_number, default=CLAIMS, metavar="N", help=f"true sentences to corrupt ({CLAIMS:,})")
    add("--out", type=Path, metavar="DIR", help=f"folder of the report ({SCORERS}/TIME)")
    add(
        "--fail-under",
        type=bound,
        nargs="+",
        action="extend",
        default=[],
        metavar="FIGURE=VALUE",
        help="exit with 1 if a figure is below the value, such as auc=0.8 or caught_name=0.8 (at 10 %% false alarms)",
    )
    return parser


def run(options: argparse.Namespace) -> int:
    """Judge, write and print. Returns 1 where a figure is below its threshold."""
    settings = RagSettings.load(stories=options.stories, device=options.device, grounder=options.grounder)
    out = options.out or SCORERS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    report = _measured(options, settings)
    from eval.validating.report import as_json, least_figures, page, print_scorer_report

    with _writing(out):
        out.mkdir(parents=True, exist_ok=True)
        (out / "scorer.json").write_text(json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n", "utf-8")
        (out / "scorer.html").write_text(page(report), "utf-8")
    print_scorer_report(report, Console())
    print(f"\nThe report is {out / 'scorer.html'}")
    figures = least_figures(report)
    unknown = [name for name, _ in options.fail_under if name not in figures]
    if unknown:
        raise EvalError(f"--fail-under: there is no figure {unknown[0]!r} here. There are {', '.join(figures)}.")
    missed = [
        f"{name} is {'n/a' if figures[name].value is None else f'{figures[name].value:.3f}'}, below {bound:g}"
        for name, bound in options.fail_under
        if (value := figures[name].value) is None or value < bound
    ]
    for sentence in missed:
        print(f"beyond threshold: {sentence}", file=sys.stderr)
    return 1 if missed else 0


def _measured(options: argparse.Namespace, settings: RagSettings) -> "ScorerReport":
    """Everything that is measured. What is wrong with the input is told before anything is judged."""
    from eval.validating.corruption import trials
    from eval.validating.labels import read_labels
    from index.stories import read_stories

    labels = read_labels(options.data) if options.data else []
    made = trials(read_stories(settings.stories).stories, options.count)
    if not made:
        raise EvalError(
            f"{settings.stories}: no story in it has a sentence that could be tried. Name others: --stories."
        )
    name, judge = _scorer(options, settings)
    from eval.validating.report import ScorerReport
    from eval.validating.validation import agreement, perturbation

    start = time.perf_counter()
    of_trials = _judged(judge, [(one.sentence, (one.passage,)) for one in made], "corruptions")
    of_labels = _judged(judge, [(one.sentence, one.passages) for one in labels], "labels")
    seconds = round(time.perf_counter() - start, 1)
    against = agreement(labels, of_labels) if labels else None
    return ScorerReport(name, seconds, perturbation(made, of_trials), against)


def _scorer(options: argparse.Namespace, settings: RagSettings) -> "tuple[str, Judge]":
    """What is measured, and its name. Raises `GrounderError` or `LLMError` for one that cannot be had."""
    if options.judge:
        from eval.scoring.judging import model_judge

        return options.judge, model_judge(options.judge, settings, address=options.judge_base_url).support
    from rag.grounder import judge_from

    return settings.grounder or WORDS, judge_from(settings)


def _judged(judge: "Judge", pairs: Sequence[tuple[str, Sequence[str]]], what: str) -> "list[Support]":
    from tqdm import tqdm

    return [judge(sentence, passages) for sentence, passages in tqdm(pairs, desc=what, disable=None, leave=False)]


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What goes wrong with files, as an `EvalError`."""
    try:
        yield
    except OSError as error:
        raise EvalError(
            f"{folder}: the report cannot be written there ({error.strerror}). Name another --out."
        ) from error
