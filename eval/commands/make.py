"""`python -m eval make`: draft an eval set for review, or write what was kept of a reviewed draft as a set."""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from eval.drafting.drafts import Draft
from eval.drafting.feedback import feedback_drafts, read_votes
from eval.drafting.review import accept, write_review
from eval.drafting.rules import COUNT, drafts_by_rules, share_of, unanswered_of
from index.errors import EvalError
from index.stories import Story, read_stories
from rag.command import setting_flags, settings_from
from rag.settings import RagSettings

HELP = "draft an eval set from your stories or from disliked answers, to be reviewed"

DRAFTS = Path("drafts.tsv")
"""Where drafts go unless --out names another file."""


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(add_help=False, parents=[setting_flags("stories", "device", "llm")])
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--accept", type=Path, metavar="FILE.tsv", help="write the rows kept of a reviewed draft as a set"
    )
    what.add_argument("--feedback", type=Path, metavar="FILE", help="draft cases from the chat's votes (JSONL)")
    parser.add_argument("--out", type=Path, help=f"file to write ({DRAFTS}; with --accept FILE.jsonl)")
    parser.add_argument("--count", type=_count, default=COUNT, help=f"how many drafts at most ({COUNT})")
    parser.add_argument("--force", action="store_true", help="replace the file to write if it is there already")
    return parser


def run(options: argparse.Namespace) -> int:
    """Draft, or accept what was reviewed."""
    if options.accept:
        _accept(options.accept, options.out or options.accept.with_suffix(".jsonl"), options.force)
        return 0
    out = options.out or DRAFTS
    if out.exists() and not options.force:  # told before any work, and any request that costs money
        raise EvalError(
            f"{out}: it is there already, and may have been worked on. Name another with --out, or add --force."
        )
    console = Console()
    drafts = _from_votes(options.feedback) if options.feedback else _from_stories(options, console)
    write_review(drafts, out, options.force)
    _tell(drafts, out, console)
    return 0


def _from_votes(file: Path) -> list[Draft]:
    votes = read_votes(file)
    drafts = feedback_drafts(votes)
    if not drafts:
        raise EvalError(f"{file}: of its {len(votes)} votes none is down, so there is nothing to draft.")
    return drafts


def _from_stories(options: argparse.Namespace, console: Console) -> list[Draft]:
    settings = settings_from(options)
    library = read_stories(settings.stories)
    for fault in library.faults:
        if not fault.story_kept:
            console.print(f"left out: {fault.file}: {fault.what}", markup=False, highlight=False)
    drafts = (
        _with_model(library.stories, options.count, settings, console)
        if settings.llm
        else drafts_by_rules(library.stories, options.count)
    )
    if not drafts:
        raise EvalError(
            f"{settings.stories}: no question could be drafted from its {len(library.stories)} stories. Rules need "
            "English stories with facts in them; a language model (--llm PROVIDER:MODEL) needs less."
        )
    return drafts


def _with_model(stories: Sequence[Story], count: int, settings: RagSettings, console: Console) -> list[Draft]:
    """Natural questions by the language model, and by rules those without an answer."""
    from eval.drafting.natural import natural_drafts  # late: it brings LangChain
    from rag.answerers import answerer_from
    from rag.chat_answerer import ChatModelAnswerer

    answerer = answerer_from(settings)
    if not isinstance(answerer, ChatModelAnswerer):
        return drafts_by_rules(stories, count)
    share = share_of(count)
    with tqdm(total=count - share, desc="Asking", unit=" drafts", leave=False) as bar:
        natural = natural_drafts(stories, count - share, answerer, lambda done: bar.update(done - bar.n))
    console.print(f"{settings.llm} was shown {natural.shown} passages; {len(natural.drafts)} gave a draft.")
    for why, number in sorted(natural.dropped.items(), key=lambda item: -item[1]):
        console.print(f"  left out {number}: {why}", highlight=False)
    return [*natural.drafts, *unanswered_of(stories, share)]


def _accept(file: Path, out: Path, force: bool) -> None:
    tally = accept(file, out, force)
    print(f"{out}: {_counted(tally.kept, 'case')}. Left out {tally.left_out}, not reviewed {tally.not_reviewed}.")
    print(f"Next: python -m eval run {out} --stories DIR (it checks every quote before it asks)")


def _tell(drafts: Sequence[Draft], out: Path, console: Console) -> None:
    """What was written, and what is to be done with it."""
    stories = len({draft.story for draft in drafts} - {""})
    console.print(
        f"{out}: {_counted(len(drafts), 'draft')} about {_counted(stories, 'story', 'stories')}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    table = Table()
    table.add_column("type")
    table.add_column("drafts", justify="right")
    for kind, number in Counter(draft.type for draft in drafts).most_common():
        table.add_row(kind, str(number))
    console.print(table)
    console.print(
        "Next: open the file in a spreadsheet or an editor. Mend what reads badly, check each quote, and write yes in\n"
        "the column keep of every draft that shall be a case, no in the others. Save it as tab-separated UTF-8. Then\n"
        f"  python -m eval make --accept {out}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _count(text: str) -> int:
    """A whole number from 4 on: fewer cannot be shared out. Raises argparse's own error."""
    if not text.isdecimal() or int(text) < FEWEST:
        raise argparse.ArgumentTypeError(f"{text!r}: the number of drafts must be {FEWEST} or more")
    return int(text)


FEWEST = 4
