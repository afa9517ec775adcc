"""What can be done with a conversation beside asking: copied, voted on, exported, kept in the browser and reopened.

The buttons are made by the script (`SCRIPTS`), which calls the functions here with the messages it has. Those are the
client's: whatever they are, a function answers with what was asked for, or with a problem in a sentence.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from ui.chat import received
from ui.edge import guarded
from ui.export import as_json, markdown, plain
from ui.site import Site, reading
from ui.transcript import exchanges
from ui.votes import Cast, VoteFile, read_vote

HERE = Path(__file__).parent
SCRIPTS = ("kept.js", "talk.js", "history.js")
"""Parts of one script: the browser's storage, what stands below messages, what is kept and reopened."""

UNREADABLE = "The server could not read that. Reload the page, and try again."
NOTHING = "There is nothing to take along yet. Ask a question first."

Reply = dict[str, str]
"""What the browser is told: what it asked for, or a `problem`."""


def build_actions(site: Site) -> gr.HTML:
    """The tools above a conversation, and the script that puts actions below its messages.

    Its events: `retry` and `undo` with the `index` of a message, `edit` with that and the new `text`, `select` with the
    `messages` of a conversation to reopen.
    """
    return gr.HTML(
        _TOOLS.format(feedback="on" if site.settings.feedback else "off"),
        elem_id="actions",
        js_on_load="\n".join((HERE / script).read_text("utf-8") for script in SCRIPTS),
        server_functions=server_functions(site),
    )


def server_functions(site: Site) -> list[Callable[[Any], Reply]]:
    """What the script may call. Plain functions, since Gradio marks them as its own."""
    votes = VoteFile(site.settings.index_folder)

    def copied(request: Any) -> Reply:
        """An answer with its sources, as plain text: `{"messages": […], "index": of the answer}`."""
        return _replied(lambda: _copied(site, _fields(request)))

    def exported(request: Any) -> Reply:
        """The conversation as a file: `{"messages": […], "form": "markdown" or "json"}`."""
        return _replied(lambda: _exported(site, _fields(request)))

    def voted(request: Any) -> Reply:
        """A vote on an answer, as `ui.votes.Cast` has it."""
        return _replied(lambda: _voted(site, votes, Cast.model_validate(request)))

    return [copied, exported, voted]


def _copied(site: Site, asked: dict[str, Any]) -> Reply:
    index = asked.get("index")
    messages = received(asked.get("messages"))
    if not isinstance(index, int) or not 0 < index < len(messages):
        return {"problem": UNREADABLE}
    with reading(site.rag) as shelf:
        found = exchanges(messages[index - 1 : index + 1], shelf)
    return {"text": plain(found[0])} if found else {"problem": UNREADABLE}


def _exported(site: Site, asked: dict[str, Any]) -> Reply:
    with reading(site.rag) as shelf:
        found = exchanges(received(asked.get("messages")), shelf)
    if not found:
        return {"problem": NOTHING}
    now = datetime.now().astimezone()
    name = f"crossroads-{now:%Y-%m-%d-%H%M}"
    if asked.get("form") == "json":
        return {"name": f"{name}.json", "type": "application/json", "text": as_json(found, now)}
    return {"name": f"{name}.md", "type": "text/markdown", "text": markdown(found, now)}


def _voted(site: Site, votes: VoteFile, cast: Cast) -> Reply:
    if not site.settings.feedback:
        return {"problem": "Votes are not kept here."}
    if not cast.vote:
        votes.take_out(cast.ballot)
        return {"said": "Your vote is withdrawn."}
    with reading(site.rag) as shelf:
        vote = read_vote(cast, shelf, shelf.number)
    if vote is None:
        return {"problem": UNREADABLE}
    votes.keep(vote)
    return {"said": "Thank you. Your vote is kept on this server."}


def _replied(step: Callable[[], Reply]) -> Reply:
    def read() -> Reply:
        try:
            return step()
        except ValidationError:
            return {"problem": UNREADABLE}

    return guarded(read, lambda said: {"problem": said})


def _fields(request: Any) -> dict[str, Any]:
    return request if isinstance(request, dict) else {}


_TOOLS = """<div class="tools" data-feedback="{feedback}">
<button type="button" class="tool history" popovertarget="kept" aria-label="Earlier conversations"><span>History</span></button>
<button type="button" class="tool download" popovertarget="taking" aria-label="Download this conversation" disabled><span>Download</span></button>
<div id="kept" class="sheet" popover role="dialog" aria-label="Earlier conversations">
<p class="empty">No conversations yet. What you ask is listed here.</p>
<ul></ul>
<footer><p>Kept in this browser alone, the last 20.</p><button type="button" class="all">Delete all</button></footer>
</div>
<div id="taking" class="sheet" popover role="dialog" aria-label="Download this conversation">
<button type="button" data-form="markdown">Markdown<small>To read, or to paste into a document</small></button>
<button type="button" data-form="json">JSON<small>For programs, with every place in every story</small></button>
</div>
<p class="told" role="status"></p>
</div>"""  # noqa: E501  # markup, an element a line
