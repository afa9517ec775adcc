"""The form in which stories are added to the library: its parts, and no more. What they do is `changing.py`'s."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from ui.adding import ACCEPTED, LONGEST_TEXT, MOST_FILES
from ui.choosing import NAMES
from ui.site import Site


@dataclass(frozen=True)
class Form:
    """The panel and what is in it: three ways to hand a story over, what was understood of it, and how it ends."""

    panel: gr.Column
    files: gr.File
    labels: Sequence[gr.Textbox]
    text: gr.Textbox
    look: gr.Button
    address: gr.Textbox
    fetch: gr.Button
    preview: gr.HTML
    save: gr.Button
    close: gr.Button


def build_form(site: Site) -> Form:
    """The parts, in the place where this is called, hidden until stories are to be added."""
    with gr.Column(elem_id="adding", visible=False, min_width=0) as panel:
        gr.HTML(
            "<h3>Add stories</h3><p>You see what was understood of them before anything is saved. "
            f"Up to {MOST_FILES} files at once: Markdown, plain text, web pages, PDF or Word.</p>",
            elem_id="adding-head",
        )
        with gr.Tabs(elem_id="adding-ways"):
            with gr.Tab("Files"):
                files = gr.File(
                    label="Files of stories",
                    file_count="multiple",
                    file_types=ACCEPTED,
                    elem_id="adding-files",
                    height=140,
                )
            with gr.Tab("Text"):
                with gr.Row(elem_id="adding-labels"):
                    labels = [
                        gr.Textbox(label=label, placeholder=example, elem_id=f"adding-{name}", max_length=300)
                        for name, label, example in _LABELS
                    ]
                text = gr.Textbox(label="The story", info=_ROOM, lines=8, max_lines=16, elem_id="adding-text")
                look = gr.Button("Look at it", elem_id="adding-look")
            with gr.Tab("Web address", visible=site.settings.fetch):
                address = gr.Textbox(
                    label="The page's address", placeholder="https://…", elem_id="adding-address", max_length=2000
                )
                fetch = gr.Button("Fetch and look at it", elem_id="adding-fetch")
        preview = gr.HTML(elem_id="previews")
        with gr.Row(elem_id="adding-end"):
            save = gr.Button("Save", variant="primary", elem_id="adding-save", visible=False, scale=0, min_width=0)
            close = gr.Button("Close", elem_id="adding-close", scale=0, min_width=0)
    return Form(panel, files, labels, text, look, address, fetch, preview, save, close)


_LABELS = (
    ("title", "Title", "What it is called"),
    ("from", NAMES["origins"], "nurse"),
    ("to", NAMES["destinations"], "software engineer"),
)
_ROOM = f"Up to {LONGEST_TEXT:,} characters; a longer text can be added as a file."
