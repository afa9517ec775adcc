"""The view in which people ask: the conversation, the composer, and what happens when one is used.

Every step is private to the page: it has no named endpoint. What comes in with an event is the client's, and is checked
by `chat.py` before it is used.
"""

from collections.abc import Iterator
from typing import Any

import gradio as gr

from index.errors import CrossroadsError
from index.filters import Filters
from rag.ask import Rag
from ui.actions import build_actions
from ui.chat import Update, ask, received, stop, take_back
from ui.escaping import inert
from ui.kept import renewed
from ui.narrowing import build_narrowing
from ui.offering import Offering
from ui.site import QUIET, Site

EXAMPLES = 4
WELCOME = (
    "<h2>Thinking of another line of work?</h2>"
    "<p>Ask, and read what people who changed careers have to say: "
    "every sentence leads to the exact words in their story.</p>"
)

TOLD = (
    "(messages) => { window.dispatchEvent(new CustomEvent('crossroads:messages', { detail: messages })); return []; }"
)
"""Tells `talk.js` of the messages whenever they change; they go no further than the browser."""


def build_talk(site: Site, page: gr.Blocks, new: gr.Button, reader: gr.HTML, published: gr.State) -> None:
    """The view's parts, in the place where this is called, and what they do. `new` begins anew; `reader` is emptied.

    What is offered is looked up anew when `published`, the number of a generation, changes.
    """
    steps = _Steps(site)
    with gr.Column(elem_id="talk", min_width=0):
        actions = build_actions(site)
        chat = _chat(site.rag)
        filters = build_narrowing(site, page, published)
        composer = _composer()
        state = gr.HTML(elem_id="state")
    asking = gr.on(
        [composer.submit, chat.example_select, actions.retry, actions.edit],
        steps.asked,
        [composer, chat, filters],
        [chat, composer],
        trigger_mode="once",
        concurrency_limit=None,
        **QUIET,
    )
    cancelled = composer.stop(None, cancels=[asking], queue=False, **QUIET)
    cancelled.then(steps.stopped, chat, [chat, composer], queue=False, **QUIET)
    actions.undo(steps.taken_back, chat, [chat, composer], queue=False, **QUIET)
    actions.select(steps.reopened, None, [chat, composer, reader], cancels=[asking], queue=False, **QUIET)
    chat.change(None, chat, None, js=TOLD, queue=False, **QUIET)
    new.click(steps.begun_anew, None, [chat, composer, reader], cancels=[asking], queue=False, **QUIET)
    gr.on([page.load, published.change], steps.welcomed, None, chat, queue=False, **QUIET)
    page.load(steps.told, None, state, concurrency_limit=None, **QUIET)


_STOPPABLE = gr.update(submit_btn=False, stop_btn=True)
_ASKABLE = gr.update(submit_btn=True, stop_btn=False)


class _Steps:
    """What happens when a part of the page is used: each method takes what the browser sends and gives what to show."""

    def __init__(self, site: Site) -> None:
        self._rag = site.rag
        self._ready = site.ready

    def asked(
        self, question: str, messages: list[Any], filters: Filters, event: gr.EventData
    ) -> Iterator[tuple[Any, Any]]:
        """A question from the composer, from an example, asked again as it was or otherwise."""
        before, text = received(messages), question
        data = sent(event)
        value = data.get("value")
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            text = value["text"]
        elif "index" in data:
            before, text = take_back(before, data["index"])
            text = data["text"] if isinstance(data.get("text"), str) else text
        yield gr.skip(), _STOPPABLE
        for update in ask(Offering(self._rag, filters), text, before):
            yield _shown(update)
        yield gr.skip(), _ASKABLE

    def stopped(self, messages: list[Any]) -> tuple[Any, Any]:
        """The stop button; Gradio has cancelled the answer already."""
        return stop(received(messages)).messages, _ASKABLE

    def taken_back(self, messages: list[Any], event: gr.EventData) -> tuple[Any, Any]:
        """The last question goes back to the composer."""
        return take_back(received(messages), sent(event).get("index"))

    def begun_anew(self) -> tuple[Any, Any, str]:
        """An empty chat, and no story open."""
        return [], {**_ASKABLE, "value": ""}, ""

    def reopened(self, event: gr.EventData) -> tuple[Any, Any, str]:
        """A conversation that the browser kept, and no story open."""
        return renewed(received(sent(event).get("messages"))), _ASKABLE, ""

    def welcomed(self) -> Any:
        """The page was opened: it may have been built of a library that is another now."""
        return gr.update(examples=_examples(self._rag))

    def told(self) -> Iterator[str]:
        """What the line below the composer says, as the models become ready."""
        if not self._ready.done():
            yield _state("Getting ready: the search model is being loaded…", "busy")
        try:
            self._ready.result()
            yield _state(self._rag.answerer.notice)
        except CrossroadsError as error:
            yield _state(str(error), "failed")


def _chat(rag: Rag) -> gr.Chatbot:
    return gr.Chatbot(
        elem_id="chat",
        label="Conversation",
        show_label=False,
        container=False,
        height="100%",
        autoscroll=False,  # to the end, which would push the beginning of an answer out of sight; `talk.js` scrolls
        layout="panel",
        buttons=[],
        feedback_options=None,
        placeholder=WELCOME,
        examples=_examples(rag),
        sanitize_html=True,
        allow_tags=False,
        latex_delimiters=[],
        group_consecutive_messages=False,
    )


def _composer() -> gr.Textbox:
    return gr.Textbox(
        elem_id="composer",
        label="Your question",
        show_label=False,
        container=False,
        placeholder="Ask about a career change…",
        lines=1,
        max_lines=6,
        autofocus=True,
        submit_btn=True,
        stop_btn=False,
    )


def sent(event: gr.EventData) -> dict[str, Any]:
    """What the browser sent along with an event, if it is a mapping at all."""
    data = event._data  # noqa: SLF001  # Gradio documents no other way to it
    return data if isinstance(data, dict) else {}


def _shown(update: Update) -> tuple[Any, Any]:
    if update.warning:
        gr.Warning(inert(update.warning), title="This cannot be asked")
    return update.messages, gr.skip() if update.composer is None else gr.update(value=update.composer)


def _examples(rag: Rag) -> list[Any]:
    return [{"text": question} for question in rag.examples(EXAMPLES)]


def _state(sentence: str, kind: str = "") -> str:
    return f'<p class="{kind}" role="status">{inert(sentence)}</p>'
