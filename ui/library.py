"""The view of the library: the stories there are, and how to add or remove one."""

import gradio as gr

from ui.site import Site


def build_library(site: Site, page: gr.Blocks) -> None:  # noqa: ARG001
    """The view's parts, in the place where this is called, and what they do."""
    with gr.Column(elem_id="library", min_width=0):
        gr.HTML("<h2>Library</h2>")
