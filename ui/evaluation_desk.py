"""What the evaluation view is asked for, and what it answers: one request, one piece of a screen.

Requests come from the browser, so nothing in them is trusted: runs, sets and cases are looked up among those there
are, and who may only read cannot run anything. No error leaves here but as a sentence. Knows nothing of Gradio.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.cases import EvalSet
from eval.commands.run import RUNS
from eval.folder import PAGE, read_manifest
from eval.reading import read_set
from eval.writing import is_being_written
from index.errors import EvalError
from rag.settings import RagSettings
from ui.amounts import counted
from ui.edge import guarded
from ui.evaluation_cases import Links, case_body, pair_body
from ui.evaluation_comparison import comparison_screen, pair_at
from ui.evaluation_lists import first_screen, past_runs, progress_panel, run_form
from ui.evaluation_markup import problem
from ui.evaluation_report import matching, run_screen
from ui.evaluation_running import Order, Runner
from ui.evaluation_runs import Runs
from ui.evaluation_sets import Sets
from ui.site import Site, reading

SETS = RUNS.parent / "sets"
"""Where sets are kept that were brought in on the page."""

READ_ONLY = "Runs can only be read here: whoever runs this server lets nobody change anything on the page."

Reply = dict[str, Any]
"""`html`, and what else the browser needs; or a `problem`, as markup."""


class Desk:
    """Answers requests. Safe to use from several threads; one a server, since one run goes on at a time."""

    def __init__(self, site: Site, runs: Path = RUNS, sets: Path = SETS) -> None:
        settings = RagSettings(**{name: getattr(site.settings, name) for name in RagSettings.model_fields})
        self._rag = site.rag
        self._is_editable = site.is_editable
        self._runs = Runs(runs)
        self._sets = Sets(settings.stories, sets)
        self._runner = Runner(site.rag, settings, site.ready)
        self._reading: Mapping[str, Callable[[Reply], Reply]] = {
            "runs": self._first,
            "list": self._list,
            "progress": self._progress,
            "run": self._run,
            "case": self._case,
            "matching": self._matching,
            "page": self._page,
            "comparison": self._comparison,
            "pair": self._pair,
        }
        self._changing: Mapping[str, Callable[[Reply], Reply]] = {
            "begin": self._begin,
            "resume": self._resume,
            "stop": self._stop,
            "keep": self._keep,
        }

    def answer(self, request: object) -> Reply:
        """What a request is for."""
        asked: Reply = dict(request) if isinstance(request, Mapping) else {}
        return guarded(lambda: self._wanted(asked.get("want"))(asked), lambda said: {"problem": problem(said)})

    def _wanted(self, want: object) -> Callable[[Reply], Reply]:
        """What answers a kind of request. Raises `EvalError` for one that there is not, or that may not be made."""
        if isinstance(want, str) and want in self._reading:
            return self._reading[want]
        if isinstance(want, str) and want in self._changing:
            if not self._is_editable:
                raise EvalError(READ_ONLY)
            return self._changing[want]
        raise EvalError("The page asked for something that there is not. Load it anew.")

    def _first(self, _: Reply) -> Reply:
        sets = self._sets.all() if self._is_editable else []
        told = self._runner.progress()
        html = first_screen(sets, self._runs.all(), told, self._is_editable)
        return {"html": html, "going": bool(told and told.is_going_on)}

    def _list(self, _: Reply) -> Reply:
        return {"html": past_runs(self._runs.all(), self._runner.progress(), editable=self._is_editable)}

    def _progress(self, _: Reply) -> Reply:
        told = self._runner.progress()
        html = progress_panel(told, editable=self._is_editable)
        return {"html": html, "going": bool(told and told.is_going_on)}

    def _run(self, asked: Reply) -> Reply:
        opened = self._runs.open(asked.get("name"))
        return {"html": run_screen(opened, (self._runs.path(opened.name) / PAGE).is_file())}

    def _case(self, asked: Reply) -> Reply:
        row = self._runs.open(asked.get("name")).row(asked.get("number"))
        with reading(self._rag) as generation:
            return {"html": case_body(row, Links(generation))}

    def _matching(self, asked: Reply) -> Reply:
        rows = self._runs.open(asked.get("name")).run.rows
        kind, outcome, words = (str(asked.get(name) or "") for name in ("kind", "outcome", "words"))
        found = matching(rows, kind, outcome, words)
        return {"numbers": found, "told": f"{len(found)} of {counted(len(rows), 'case')}"}

    def _page(self, asked: Reply) -> Reply:
        return {"text": self._runs.page(asked.get("name")), "file": f"{asked['name']}.html"}

    def _comparison(self, asked: Reply) -> Reply:
        return {"html": comparison_screen(self._runs.compare(asked.get("before"), asked.get("after")))}

    def _pair(self, asked: Reply) -> Reply:
        compared = self._runs.compare(asked.get("before"), asked.get("after")).comparison
        pair = pair_at(compared, asked.get("kind"), asked.get("number"))
        with reading(self._rag) as generation:
            return {"html": pair_body(pair, Links(generation))}

    def _begin(self, asked: Reply) -> Reply:
        chosen = self._sets.read(asked.get("set"))
        out = self._runs.folder / f"{chosen.name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._runner.begin(Order(chosen, out, _limit(asked.get("cases"))))
        return self._progress(asked)

    def _resume(self, asked: Reply) -> Reply:
        folder = self._runs.path(asked.get("name"))
        manifest = read_manifest(folder)  # of a run stopped before its first answer there is nothing else yet
        last = self._runner.progress()
        if not (last and last.is_going_on) and is_being_written(folder):
            raise EvalError("A command in a terminal is at this run. Wait until it ends, or stop it there.")
        self._runner.begin(Order(_set_of(manifest), folder, manifest["cases"], resume=True))
        return self._progress(asked)

    def _stop(self, asked: Reply) -> Reply:
        self._runner.stop()
        return self._progress(asked)

    def _keep(self, asked: Reply) -> Reply:
        kept = self._sets.keep(asked.get("name"), asked.get("text"))
        return {"html": run_form(self._sets.all(), kept)}


def _limit(cases: object) -> int | None:
    """How many cases are to be asked; None for all. Raises `EvalError` for what is no such number."""
    said = str(cases or "").strip()
    if not said:
        return None
    if not said.isdecimal() or not int(said[:9]):
        raise EvalError("The number of cases is a whole number from 1 on. Leave it empty to ask them all.")
    return int(said[:9])


def _set_of(manifest: Mapping[str, Any]) -> EvalSet:
    """The set that a run asks. Raises `EvalError` where it asks several, which the page cannot go on with."""
    if len(manifest["sets"]) != 1:
        raise EvalError("This run asks several sets at once. It can go on in a terminal: python -m eval run … --resume")
    return read_set(Path(str(manifest["sets"][0].get("file", ""))))
