"""The page put together: its head, its views, and the reader beside them.

A view is a module with one function that builds it. What comes in with an event is the client's, and is checked by
`reader.py` before it is used.
"""

from pathlib import Path
from typing import Any

import gradio as gr

from rag.ask import Rag
from ui.api import add_api
from ui.edge import guarded
from ui.evaluation import build_evaluation
from ui.gate import OUT, has_session
from ui.library import build_library
from ui.reader import notice, open_story
from ui.site import QUIET, Site, reading, sent
from ui.talk import build_talk

HERE = Path(__file__).parent
ICON = HERE / "mark.svg"
SHEETS = ("page.css", "talk.css", "evaluation.css", "library.css")
HEAD = "".join(f"<style>{(HERE / sheet).read_text('utf-8')}</style>" for sheet in SHEETS)
"""For the document's head. As Gradio's `css` the sheets would come late, and with every selector rewritten."""

TITLE = "Crossroads"
LEAVE = f'<a href="{OUT}">Sign out</a>'
UPLOADS_KEPT = 3600
"""Seconds that what was uploaded, and not made a story, stays on the disk."""


def build_page(site: Site) -> gr.Blocks:
    """The page; it says so while the models are being loaded. Raises the errors of opening the index."""
    page = gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        fill_height=True,
        delete_cache=(UPLOADS_KEPT, UPLOADS_KEPT),
    )
    with page:
        published = gr.State(0)
        with gr.Row(elem_id="top"):
            wordmark = gr.HTML(_wordmark(site.at_first(lambda: _size(site.rag), 0)), elem_id="wordmark")
            leave = gr.HTML(elem_id="leave")
            new = gr.Button("New chat", size="sm", elem_id="new", scale=0, min_width=0)
            gr.Button("Light or dark", size="sm", elem_id="light", scale=0, min_width=0)
        reader = gr.HTML(elem_id="reader", js_on_load=(HERE / "page.js").read_text("utf-8"), render=False)
        with gr.Row(elem_id="workspace"):
            with gr.Column(elem_id="views", min_width=0), gr.Tabs(elem_id="tabs"):
                with gr.Tab("Ask", id="ask"):
                    build_talk(site, page, new, reader, published)
                with gr.Tab("Library", id="library"):
                    build_library(site, published)
                with gr.Tab("Evaluation", id="evaluation"):
                    build_evaluation(site)
            with gr.Column(elem_id="reader-column", min_width=0):
                reader.render()  # type: ignore[no-untyped-call]

        def opened(event: gr.EventData) -> str:
            """A link into a story was used."""
            asked = sent(event)
            return guarded(lambda: _opened(site.rag, asked), lambda said: notice(said, asked))

        def counted() -> str:
            """The library may be another now. Where it cannot be read, `talk.py` says what is wrong."""
            return guarded(lambda: _wordmark(_size(site.rag)), lambda _: _wordmark(0))

        def leaving(request: gr.Request) -> str:
            """Known only now: the gate stands before the page, and opens for programs without a session too."""
            return LEAVE if has_session(request) else ""

        page.load(leaving, None, leave, queue=False, **QUIET)
        reader.click(opened, None, reader, queue=False, **QUIET)
        gr.on([page.load, published.change], counted, None, wordmark, queue=False, **QUIET)
        add_api(site)
    return page


def _opened(rag: Rag, asked: dict[str, Any]) -> str:
    with reading(rag) as shelf:
        return open_story(asked, shelf)


def _size(rag: Rag) -> int:
    return len(rag.generation().story_ids)


def _wordmark(stories: int) -> str:
    people = f"{stories} people who did it" if stories > 1 else "people who did it"
    icon = ICON.read_text("utf-8").strip().replace("<svg ", '<svg aria-hidden="true" ')
    return f"<h1>{icon}<span>{TITLE}</span></h1><p>Career changes, in the words of {people}</p>"
