"""One run: ask every case of the sets, score it, and write the run's folder.

    results.jsonl   one line a case, written as it is answered
    manifest.json   what was run: settings without secrets, versions, index, digests of the sets
    report.json     the means of all scores, by type too
    report.html     the same for people, with every case to open

It asks the product's own `Rag`, so that what is measured is what users see. Knows nothing of how an answer is made.
"""

import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from eval.cases import Case, EvalSet, told
from eval.gold import IndexedStories, Span, locate
from eval.manifest import manifest_of
from eval.report import Report, Row, page, summarise
from eval.scores import CaseResult, cites_gold, holds, is_valid, outcome, score
from index.embedding import Embedder
from index.errors import CrossroadsError, EvalError
from index.filters import EVERY_STORY, Filters
from index.generation import Pointer
from index.rebuild import plan_rebuild, rebuild
from index.settings import Settings
from index.store import PassageStore
from rag.answer import Answer, Turn

FILES = ("results.jsonl", "manifest.json", "report.json", "report.html")


class Named(Protocol):
    """Something with a name: an answerer."""

    @property
    def name(self) -> str:
        """Such as "quoting", or a model's."""


class PublishedStories(IndexedStories, Protocol):
    """A generation of an index."""

    @property
    def pointer(self) -> Pointer:
        """Which generation it is, and what made it."""


class Chatbot(Protocol):
    """What is asked: `rag.ask.Rag`, or a test's stand-in."""

    @property
    def answerer(self) -> Named:
        """Who writes the answers."""

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
        """A finished answer."""

    def generation(self) -> PublishedStories:
        """The stories that answers come from."""


@dataclass(frozen=True)
class Task:
    """A case that is ready to be asked: its set's name, and where its gold lies in the index."""

    of_set: str
    case: Case
    gold: tuple[tuple[Span, ...], ...]


def evaluate(
    sets: Sequence[EvalSet],
    settings: Settings,
    out: Path,
    open_chatbot: Callable[[], Chatbot],
    limit: int | None = None,
) -> tuple[Report, list[Row]]:
    """Run the sets, or their first `limit` cases, and write the folder `out`; an earlier run in it is overwritten.

    Gives the report, and the rows of `results.jsonl` that it was made from.

    Raises `EvalError` for ids that two sets share, gold that is not in the index, a folder that cannot be
    written, or an index that was rebuilt meanwhile. Stopped by Ctrl-C, it leaves the results so far.
    """
    chosen = _chosen(sets, limit)
    chatbot = open_chatbot()
    bring_up_to_date(settings)
    stories = chatbot.generation()
    tasks = prepare(chosen, stories, settings.stories)
    manifest = manifest_of(sets, settings, stories.pointer, chatbot.answerer.name, len(tasks))
    try:
        _clear(out)
        _write_json(out / "manifest.json", manifest)
        rows = []
        with (out / "results.jsonl").open("w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
            for result in tqdm(ask_all(chatbot, tasks), total=len(tasks), desc="Asking", unit=" cases", leave=False):
                rows.append(as_row(result, stories))
                file.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
                file.flush()
        report = summarise(rows)
        _write_json(out / "report.json", {**asdict(report), "manifest": manifest})
        html = page(report, rows, manifest)
        (out / "report.html").write_text(html, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise EvalError(
            f"{out}: the run cannot be written ({error.strerror}). Name another folder with --out."
        ) from error
    _refuse_rebuilt(stories.pointer, chatbot.generation().pointer)
    return report, rows


def bring_up_to_date(settings: Settings) -> None:
    """Build the index if there is none yet or the stories have changed since, and say so on stderr.

    Raises `EvalError` rather than replace an index of wholly different stories.
    """
    store, embedder = PassageStore(settings.index_folder), Embedder(settings.embedder, settings.device)
    pointer = store.pointer()
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


def ask_all(chatbot: Chatbot, tasks: Sequence[Task]) -> Iterator[CaseResult]:
    """Ask case after case. Whatever goes wrong in one is that case's error, and the next is asked."""
    for task in tasks:
        began = time.perf_counter()
        answer, error = None, ""
        try:
            answer = chatbot.ask(task.case.question, task.case.history, task.case.filters)
            error = answer.notice  # a model that failed midway; what was answered in its place is not its own
        except Exception as raised:  # noqa: BLE001  # a run's one edge: a failed case is a result, told and counted
            error = _describe(raised)
        yield CaseResult(task.case, task.gold, answer, error, time.perf_counter() - began, task.of_set)


def as_row(result: CaseResult, stories: IndexedStories) -> Row:
    """A case's line of `results.jsonl`."""
    case, answer = result.case, result.answer or Answer(result.case.question)
    told_answer = answer.to_json()
    citations = [
        {**told_citation, "valid": is_valid(citation, stories), "cites_gold": cites_gold(citation, result.spans)}
        for told_citation, citation in zip(told_answer["citations"], answer.citations, strict=True)
    ]
    retrieved = [
        {**hit, "holds_gold": any(holds(span, hit["story"], hit["start"], hit["end"]) for span in result.spans)}
        for hit in told_answer["retrieved"]
    ]
    return {
        "id": case.id,
        "set": result.of_set,
        "type": case.type,
        "group": case.group,
        "question": case.question,
        "history": [{"role": turn.role, "content": turn.text} for turn in case.history],
        "filters": case.filters.told(),
        "answerable": case.answerable,
        "gold": [[{**asdict(span), "text": _words(span, stories)} for span in spans] for spans in result.gold],
        "reference": case.reference,
        **{key: value for key, value in told_answer.items() if key != "question"},
        "citations": citations,
        "retrieved": retrieved,
        "seconds": {"retrieve": None, "answer": None, **told_answer["seconds"], "total": round(result.seconds, 4)},
        "error": result.error or None,
        "outcome": outcome(result, stories),
        "scores": score(result, stories),
    }


def _chosen(sets: Sequence[EvalSet], limit: int | None) -> list[tuple[EvalSet, Case]]:
    """The cases to ask, each with its set. Raises `EvalError` for an id that two sets share."""
    owner: dict[str, EvalSet] = {}
    for one in sets:
        for case in one.cases:
            if case.id in owner:
                raise EvalError(
                    f"case {case.id} is in both {owner[case.id].file} and {one.file}. Run them apart, or rename it."
                )
            owner[case.id] = one
    return [(one, case) for one in sets for case in one.cases][:limit]


def _describe(error: Exception) -> str:
    """An error in one line; one that was not meant for users with the place it came from."""
    words = " ".join(str(error).split())
    if isinstance(error, CrossroadsError):
        return words
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {words} ({Path(last.filename).name}, line {last.lineno})"


def _words(span: Span, stories: IndexedStories) -> str:
    return stories.story(span.story).text[span.start : span.end]


def _clear(out: Path) -> None:
    """Make the folder, and take away an earlier run's files: none may outlive the run that it tells of."""
    out.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (out / name).unlink(missing_ok=True)


def _write_json(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(
        json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", errors="backslashreplace"
    )


def _refuse_rebuilt(before: Pointer, after: Pointer) -> None:
    if after.generation != before.generation:
        raise EvalError(
            f"The index was rebuilt during the run (generation {before.generation}, then {after.generation}), so gold "
            "and answers may come from different texts. The results are written, but run again before you rely on them."
        )
