"""The view of evaluations: sets run, and runs read and compared."""

import gradio as gr

from ui.site import Site


def build_evaluation(site: Site, page: gr.Blocks) -> None:  # noqa: ARG001
    """The view's parts, in the place where this is called, and what they do."""
    with gr.Column(elem_id="evaluation", min_width=0):
        gr.HTML("<h2>Evaluation</h2>")
