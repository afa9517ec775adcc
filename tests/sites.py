"""A site over an index, as the steps of the library's view want it, and what a browser would send to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from index.live import LiveIndex
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.upkeep import Readiness
from ui.settings import PageSettings
from ui.site import Site


def site(index: LiveIndex, stories: Path, *, is_editable: bool = True, fetch: bool = False) -> Site:
    """A site over an index that was built, which quotes."""
    settings = PageSettings(stories=stories, index=index.store.folder, device="cpu", fetch=fetch)
    return Site(Rag(index, QuotingAnswerer()), settings, Readiness(), is_editable=is_editable)


def event(data: object) -> gr.EventData:
    """An event that brings something along."""
    return gr.EventData(None, data)


def last(updates: Iterator[list[Any]]) -> list[Any]:
    """What is shown in the end."""
    return list(updates)[-1]
