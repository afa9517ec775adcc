"""The view of evaluations: sets run, and runs read and compared.

One element that asks the server for a screen at a time (`evaluation.js`), and nothing before the view is opened. The
evaluation's own modules, and the libraries they bring, are imported when it first is.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.edge import guarded
from ui.escaping import inert
from ui.site import Site

if TYPE_CHECKING:
    from ui.evaluation_desk import Desk

SCRIPT = Path(__file__).parent / "evaluation.js"
WAITING = '<p class="quiet" role="status">Reading the runs…</p>'


def build_evaluation(site: Site) -> None:
    """The view's parts, in the place where this is called, and what they do."""
    opened = _Opened(site)

    def evaluation(asked: Any) -> Any:
        """A part of the view, as the browser wants it."""
        return opened.answer(asked)

    with gr.Column(elem_id="evaluation", elem_classes=["view"], min_width=0):
        gr.HTML(
            WAITING,
            elem_id="evaluation-screen",
            apply_default_css=False,
            js_on_load=SCRIPT.read_text("utf-8"),
            server_functions=[evaluation],
        )


class _Opened:
    """The desk, made when it is first needed, once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._desk: Desk | None = None

    def answer(self, asked: Any) -> dict[str, Any]:
        """What the desk answers; a problem, where making it or importing what it needs fails."""
        return guarded(lambda: self._made().answer(asked), _problem)

    def _made(self) -> "Desk":
        from ui.evaluation_desk import Desk

        with self._lock:
            if self._desk is None:
                self._desk = Desk(self._site)
            return self._desk


def _problem(sentence: str) -> dict[str, Any]:
    return {"problem": f'<div class="problem" role="alert"><p>{inert(sentence)}</p></div>'}
