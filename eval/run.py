"""One run: ask every case of the sets, score it, and write the run's folder.

    results.jsonl   one line a case, written as it is answered, in the sets' order when all are
    manifest.json   what was run: settings without secrets, versions, index, digests of the sets
    report.json     the means of all scores, by type too
    report.html     the same for people, with every case to open

It asks the product's own `Rag`, so that what is measured is what users see. Knows nothing of how an answer is made.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from eval.asking import Asker, Chatbot
from eval.cases import Case, EvalSet, told
from eval.comparing.compare import compare
from eval.comparing.manifest_changes import changes_between
from eval.comparing.pairs import refuse_strangers
from eval.folder import MANIFEST, PAGE, REPORT, Row, RunFolder, check_reportable, read_run
from eval.gold import IndexedStories, locate
from eval.manifest import manifest_of
from eval.reporting.figures import Report
from eval.reporting.report import page
from eval.reporting.summary import summarise
from eval.result import Task
from eval.scoring.judging import ModelJudge
from eval.writing import appended, begin, replace_json, replace_rows, replace_text, written_alone
from index.embedding import Embedder
from index.errors import EvalError
from index.generation import Pointer
from index.opening import open_store
from index.rebuild import plan_rebuild, rebuild
from index.settings import Settings
from rag.grounding import Judge, support


@dataclass(frozen=True)
class How:
    """How the cases are asked: the first `limit` of them, so many at a time, taking up an earlier run or not.

    `judge` says what supports a claim; `model_judge` is asked too, if there is one. The report compares with the run
    `against`, if there is one. `heard` is told of the run instead of a bar on stderr; what it raises ends the run. With
    `builds` off, the index is taken as it is.
    """

    limit: int | None = None
    workers: int = 1
    resume: bool = False
    judge: Judge = support
    model_judge: ModelJudge | None = None
    against: RunFolder | None = None
    heard: "Heard | None" = None
    builds: bool = True


Heard = Callable[[int, int, Row | None], None]
"""Is told how many of how many cases are done: when the first is about to be asked, then with each one's row."""


def evaluate(
    sets: Sequence[EvalSet], settings: Settings, out: Path, open_chatbot: Callable[[], Chatbot], how: How | None = None
) -> tuple[Report, list[Row]]:
    """Run the sets and write the folder `out`; an earlier run in it is overwritten, or taken up.

    Gives the report, and the rows of `results.jsonl` that it was made from.

    Raises `EvalError` for names or ids that two sets share, gold that is not in the index, a run to compare with that
    asked other questions, a folder that cannot be written or that another run is being written to, an earlier run that
    asked something else, or an index that was rebuilt meanwhile. Stopped by Ctrl-C, it leaves the results so far.
    """
    how = how or How()
    chosen = _chosen(sets, how.limit)
    chatbot = open_chatbot()
    if how.builds:
        bring_up_to_date(settings)
    stories = chatbot.generation()
    tasks = prepare(chosen, stories, settings.stories)
    manifest = manifest_of(sets, settings, stories.pointer, chatbot.answerer.name, how.model_judge)
    manifest["cases"] = len(tasks)
    if how.against:
        refuse_strangers(how.against, out, {_key_of(task): task.case.question for task in tasks})
    asker = Asker(chatbot, stories, how.judge, how.model_judge)
    chatbot.warm()  # else the first cases would bear the loading
    with written_alone(out):
        earlier = _taken_up(out, manifest, [_key_of(task) for task in tasks]) if how.resume else {}
        begin(out, manifest, [earlier[key] for task in tasks if (key := _key_of(task)) in earlier])
        left = [task for task in tasks if _key_of(task) not in earlier]
        with closing(asker.rows(left, how.workers)) as asked:
            written = _watched(appended(out, asked), len(tasks) - len(left), len(tasks), how.heard)
            new = {(row["set"], row["id"]): row for row in written}
        rows = [{**earlier, **new}[_key_of(task)] for task in tasks]
        replace_rows(out, rows)
        _refuse_rebuilt(out, manifest, stories.pointer, chatbot.generation().pointer)
        report = summarise(rows)
        replace_json(out / REPORT, {**asdict(report), "manifest": manifest})
        comparison = compare(how.against, RunFolder(out, tuple(rows), manifest)) if how.against else None
        replace_text(out / PAGE, page(report, rows, manifest, comparison))
    return report, rows


def bring_up_to_date(settings: Settings) -> None:
    """Build the index if there is none yet or the stories have changed since, and say so on stderr.

    A library that other computers share is evaluated as it is. Raises `EvalError` rather than replace an index of
    wholly different stories.
    """
    store, embedder = open_store(settings), Embedder(settings.embedder, settings.device)
    pointer = store.pointer()
    if store.is_shared:
        return
    wanted = plan_rebuild(settings.stories, store, embedder)
    if pointer is not None and wanted.is_empty:
        return
    if wanted.gone and not (wanted.same or wanted.changed):
        raise EvalError(
            f"{store.folder}: this index holds none of the stories of {settings.stories}, and building would replace "
            "what it holds. Name another with --index, or the stories that belong to it with --stories."
        )
    why = "there is none yet" if pointer is None else "it is out of date"
    tqdm.write(f"Building the index of {settings.stories} in {store.folder}, since {why}.", file=sys.stderr)
    with tqdm(unit=" passages", desc="Embedding", leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = rebuild(settings.stories, store, embedder, progress=progress)
    for fault in report.faults:
        tqdm.write(f"  {fault.file}: {'used, but' if fault.story_kept else 'left out:'} {fault.what}", file=sys.stderr)


def prepare(cases: Sequence[tuple[EvalSet, Case]], stories: IndexedStories, folder: Path) -> list[Task]:
    """Find the gold of every case. Raises `EvalError` that names every case whose gold is not there, and its file."""
    tasks, faults = [], []
    for of_set, case in cases:
        try:
            tasks.append(Task(of_set.name, case, locate(case, stories, folder)))
        except EvalError as error:
            faults.append(f"{of_set.file}, {error}")
    if faults:
        raise EvalError(told(faults))
    return tasks


def _chosen(sets: Sequence[EvalSet], limit: int | None) -> list[tuple[EvalSet, Case]]:
    """The cases to ask, each with its set. Raises `EvalError` for a name or an id that two sets share."""
    named: dict[str, EvalSet] = {}
    owner: dict[str, EvalSet] = {}
    for one in sets:
        if one.name in named:
            raise EvalError(
                f"{named[one.name].file} and {one.file} have one name, by which a run tells its sets apart. Run them "
                "apart, or rename one."
            )
        named[one.name] = one
        for case in one.cases:
            if case.id in owner:
                raise EvalError(
                    f"case {case.id} is in both {owner[case.id].file} and {one.file}. Run them apart, or rename it."
                )
            owner[case.id] = one
    return [(one, case) for one in sets for case in one.cases][:limit]


def _key_of(task: Task) -> tuple[str, str]:
    return task.of_set, task.case.id


def _taken_up(out: Path, manifest: Mapping[str, Any], wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """The rows of an earlier run of the same kind, but for cases that failed: these are asked again.

    Raises `EvalError` where another thing was run, or cases were asked that are not wanted; nothing is lost then.
    """
    if not (out / MANIFEST).exists():
        return {}
    earlier = read_run(out, unfinished=True)
    if earlier.manifest.get("rebuilt"):
        raise EvalError(
            f"{out}: the index was rebuilt during this run, so it cannot be resumed. Begin a new run instead: without "
            "--resume, or with another --out."
        )
    differing = [one for one in changes_between(earlier.manifest, manifest) if not _MAY_DIFFER.fullmatch(one.name)]
    if differing:
        what = "; ".join(f"{one.name} was {one.before} and is {one.after}" for one in differing)
        raise EvalError(
            f"{out}: this run cannot be resumed, since it would go on as another: {what}. "
            "Begin a new run instead: without --resume, or with another --out."
        )
    check_reportable(earlier)
    found = {(row["set"], row["id"]): row for row in earlier.rows if not row["error"]}
    if found.keys() - set(wanted):
        raise EvalError(
            f"{out}: {len(found)} cases are answered already, and {len(wanted)} are asked now, without some of these. "
            "Resume it without --limit, or with a larger one."
        )
    return found


_MAY_DIFFER = re.compile(r"cases|sets\..*\.(?:file|cases|skipped)|settings\.(?:llm_retries|llm_timeout|llm_deadline)")
"""What changes no answer that is there already: how many are asked, where the set lies, how long one waits."""


def _watched(rows: Iterator[Row], done: int, total: int, heard: Heard | None) -> Iterator[Row]:
    """The rows, each of which whoever watches the run is told of."""
    if heard is None:
        yield from tqdm(rows, "Asking", total, initial=done, unit=" cases", leave=False)
        return
    heard(done, total, None)
    for number, row in enumerate(rows, start=done + 1):
        heard(number, total, row)
        yield row


def _refuse_rebuilt(out: Path, manifest: Mapping[str, Any], before: Pointer, after: Pointer) -> None:
    """Raise `EvalError` where the index is another than the run began with, and say so in the run's folder."""
    if after.generation != before.generation:
        replace_json(out / MANIFEST, {**manifest, "rebuilt": True})
        raise EvalError(
            f"The index was rebuilt during the run (generation {before.generation}, then {after.generation}), so gold "
            f"and answers may come from different texts. The answers are in {out}, without a report: run again before "
            "you rely on them."
        )
