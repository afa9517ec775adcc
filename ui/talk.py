"""The view in which people ask: the conversation, the composer, and what happens when one is used.

Every step is private to the page: it has no named endpoint. What comes in with an event is the client's, and is checked
by `chat.py` before it is used.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from rag.answer import Answer
from rag.ask import Rag
from ui.actions import build_actions
from ui.answers import message
from ui.chat import Update, ask, asked_in, received, stop, take_back
from ui.choosing import chosen
from ui.edge import guarded, sentence
from ui.escaping import inert
from ui.kept import renewed
from ui.narrowing import build_narrowing
from ui.offering import followed
from ui.site import QUIET, Site, reading, sent

EXAMPLES = 4
LOOK_SECONDS = 0.5
"""How often an open page looks whether all is ready."""
WELCOME = (
    "<h2>Thinking of another line of work?</h2>"
    "<p>Ask, and read what people who changed careers have to say: "
    "every sentence leads to the exact words in their story.</p>"
)

TOLD = (
    "(messages) => { window.dispatchEvent(new CustomEvent('crossroads:messages', { detail: messages })); return []; }"
)
"""Tells `talk.js` of the messages whenever they change; they go no further than the browser."""

PUT_BELOW = """(messages, offered) => {
  const text = (one) => [one?.content].flat().map((block) => block?.text ?? block ?? "").join("");
  const last = messages?.at(-1);
  if (!offered || last?.role !== "assistant" || text(last) !== offered.of) return;
  return [[...messages.slice(0, -1), { ...last, content: [{ type: "text", text: offered.shown }] }]];
}"""
"""Puts what could be asked next below the answer that it was looked up for, if that is still the last one.

In the browser, since it alone knows what is shown by then: the visitor may have asked on, or begun anew.
"""


def build_talk(site: Site, page: gr.Blocks, new: gr.Button, reader: gr.HTML, published: gr.State) -> None:
    """The view's parts, in the place where this is called, and what they do. `new` begins anew; `reader` is emptied.

    What is offered is looked up anew when `published`, the number of a generation, changes.
    """
    steps = _Steps(site)
    with gr.Column(elem_id="talk", min_width=0):
        actions = build_actions(site)
        chat = _chat(site.at_first(lambda: _examples(site.rag), []))
        filters = build_narrowing(site, page, published)
        composer = _composer()
        state = gr.HTML(elem_id="state")
        finished = gr.State(None)
        offered = gr.JSON(visible=False)
    asking = gr.on(
        [composer.submit, chat.example_select, actions.retry, actions.edit],
        steps.asked,
        [composer, chat, *filters],
        [chat, composer, finished],
        trigger_mode="once",
        concurrency_limit=None,
        preprocess=False,  # `received` and `chosen` do; Gradio would turn away what its own list does not have
        **QUIET,
    )
    # For one visitor at a time, in Gradio's queue: it can wait, and nobody's first words wait for it.
    followed_up = asking.success(
        steps.followed_up, finished, [offered, finished], trigger_mode="multiple", concurrency_limit=1, **QUIET
    )
    followed_up.success(None, [chat, offered], chat, js=PUT_BELOW, queue=False, **QUIET)
    cancelled = composer.stop(None, cancels=[asking], queue=False, **QUIET)
    cancelled.then(steps.stopped, chat, [chat, composer], queue=False, **QUIET)
    # Cancelled first, in an event of its own: else a word more of the answer may come after what takes its place.
    actions.select(None, cancels=[asking], queue=False, **QUIET)
    new.click(None, cancels=[asking], queue=False, **QUIET)
    actions.undo(steps.taken_back, chat, [chat, composer], queue=False, **QUIET)
    actions.select(steps.reopened, None, [chat, composer, reader], queue=False, **QUIET)
    chat.change(None, chat, None, js=TOLD, queue=False, **QUIET)
    new.click(steps.begun_anew, None, [chat, composer, reader], queue=False, **QUIET)
    gr.on([page.load, published.change], steps.welcomed, None, chat, queue=False, **QUIET)
    gr.on([page.load, published.change], steps.told, None, [state, published], concurrency_limit=None, **QUIET)


_STOPPABLE = gr.update(submit_btn=False, stop_btn=True)
_ASKABLE = gr.update(submit_btn=True, stop_btn=False)


class _Steps:
    """What happens when a part of the page is used: each method takes what the browser sends and gives what to show."""

    def __init__(self, site: Site) -> None:
        self._rag = site.rag
        self._ready = site.ready

    def asked(  # noqa: PLR0913, PLR0917  # Gradio hands everything over by its place among the arguments
        self,
        question: str,
        chat: list[Any],
        origins: Any,
        destinations: Any,
        tags: Any,
        since: Any,
        until: Any,
        event: gr.EventData,
    ) -> Iterator[tuple[Any, Any, Any]]:
        """A question from the composer, from an example, asked again as it was or otherwise."""
        messages = received(chat)
        before, text, data = messages, str(question or ""), sent(event)
        value = data.get("value")
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            text = value["text"]
        elif "index" in data:
            before, text = take_back(before, data["index"])
            text = data["text"] if isinstance(data.get("text"), str) else text
        yield gr.skip(), _STOPPABLE, None
        filters = chosen(origins, destinations, tags, since, until)
        given_back: dict[str, str] = {}
        for update in ask(self._rag, text, messages, filters, before=before):
            if update.composer is not None:
                given_back = {"value": update.composer}
            yield _shown(update, asked_in(before))
        yield gr.skip(), {**_ASKABLE, **given_back}, gr.skip()

    def followed_up(self, finished: "_Finished | None") -> tuple[Any, None]:
        """What could be asked next, for `PUT_BELOW`; nothing where another question was asked meanwhile."""
        if finished is None:
            return None, None
        answer = followed(self._rag, finished.answer, finished.asked)
        return {"of": message(finished.answer), "shown": message(answer)} if answer.suggestions else None, None

    def stopped(self, messages: list[Any]) -> tuple[Any, Any]:
        """The stop button; Gradio has cancelled the answer already."""
        left = stop(received(messages))
        return gr.skip() if left is None else left, _ASKABLE

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
        """The page was opened: it may have been built of a library that is another now.

        What is wrong where it cannot be read, `told` says.
        """
        return guarded(lambda: gr.update(examples=_examples(self._rag)), lambda _: gr.skip())

    async def told(self) -> AsyncIterator[tuple[str, Any]]:
        """What the line below the composer says, as all becomes ready; or what stands in the way, until it is mended.

        A library that had to be fetched meanwhile is one more that is published: what was built without it is told.
        However many pages wait, they take no thread from those who ask; only looking, which may read files, takes one.
        """
        begun, shown = await asyncio.to_thread(self._published), ""
        while not self._ready.is_settled:
            if (now := await asyncio.to_thread(self._getting_ready)) != shown:
                yield now, gr.skip()
                shown = now
            await asyncio.sleep(LOOK_SECONDS)
        come = gr.skip() if begun else await asyncio.to_thread(self._published)
        yield await asyncio.to_thread(self._ready_to_answer), come

    def _getting_ready(self) -> str:
        """What is waited for: the models or, where it is not here yet, the library; or that something is mended."""
        if self._ready.error:
            return _state(sentence(self._ready.error), "failed")

        def loading() -> str:
            self._rag.generation()
            return "Getting ready: the search model is being loaded…"

        return _state(guarded(loading, lambda said: f"{said[:1].upper()}{said[1:]}"), "busy")

    def _published(self) -> int:
        """The number of the generation that is published; 0 where there is none, or none that can be read."""
        return guarded(lambda: self._rag.generation().number, lambda _: 0)

    def _ready_to_answer(self) -> str:
        def notice() -> str:
            self._ready.wait()
            self._rag.generation()
            return _state(self._rag.answerer.notice)

        return guarded(notice, lambda said: _state(said, "failed"))


@dataclass(frozen=True)
class _Finished:
    """An answer that has just been given, and what was asked before it."""

    answer: Answer
    asked: tuple[str, ...]


def _chat(examples: list[Any]) -> gr.Chatbot:
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
        examples=examples,
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


def _shown(update: Update, asked: list[str]) -> tuple[Any, Any, Any]:
    if update.warning:
        gr.Warning(inert(update.warning), title="This cannot be asked")
    if update.answer is not None:  # with it, at once: a finished answer can no longer be stopped
        return update.messages, _ASKABLE, _Finished(update.answer, tuple(asked))
    return update.messages, _STOPPABLE, gr.skip()  # every time: on a busy page an update is lost now and then


def _examples(rag: Rag) -> list[Any]:
    with reading(rag):
        return [{"text": question} for question in rag.examples(EXAMPLES)]


def _state(said: str, kind: str = "") -> str:
    return f'<p class="{kind}" role="status">{inert(said)}</p>'
