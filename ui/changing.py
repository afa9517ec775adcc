"""The part of the library's view that changes it: stories are looked at and added, or removed, and the index follows.

Rights are checked in every step, since a step can be called without the page. Nothing is saved before it was shown;
whatever fails afterwards, what is in the stories folder stays there, and the page says how to go on.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from index.embedding import Embedder
from index.errors import CrossroadsError
from index.intake import Added
from index.intake.holdings import Holdings
from index.rebuild import plan_rebuild
from index.store import PassageStore
from ui.adding import (
    ACCEPTED,
    MOST_FILES,
    Understood,
    look_at_files,
    look_at_page,
    look_at_text,
    put,
    take,
)
from ui.building import Work, Workshop
from ui.escaping import inert
from ui.previews import outcome_sentences, shown
from ui.reader import Place
from ui.site import QUIET, Site
from ui.talk import sent
from ui.working import told_of

LOOK_SECONDS = 0.25
"""How often a visitor is told how far some work is."""

_NOT_HERE = "Stories cannot be changed on this page. Ask whoever runs it, or start it with CROSSROADS_EDITABLE=yes."


@dataclass(frozen=True)
class Changing:
    """What the rest of the view needs of this: what to do with a story to be removed, and when to look anew."""

    changed: Callable[..., Any]
    remove: Callable[..., Iterator[list[Any]]]
    outputs: Sequence[Any]


def build_changing(site: Site, add: gr.Button) -> Changing:
    """The parts, in the place where this is called, and what they do. `add` opens them."""
    steps = _Steps(site)
    understood = gr.State(Understood(), time_to_live=3600)
    work = gr.State(None)
    changed = gr.State(0)
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
                text = gr.Textbox(label="The story", lines=8, max_lines=16, elem_id="adding-text")
                look = gr.Button("Look at it", elem_id="adding-look")
            with gr.Tab("Web address", visible=site.settings.fetch):
                address = gr.Textbox(
                    label="The page's address", placeholder="https://…", elem_id="adding-address", max_length=2000
                )
                get = gr.Button("Fetch and look at it", elem_id="adding-fetch")
        preview = gr.HTML(elem_id="previews")
        with gr.Row(elem_id="adding-end"):
            save = gr.Button("Save", variant="primary", elem_id="adding-save", visible=False, scale=0, min_width=0)
            close = gr.Button("Close", elem_id="adding-close", scale=0, min_width=0)
    with gr.Row(elem_id="work-row"):
        told = gr.HTML(elem_id="work")
        stop = gr.Button("Stop", size="sm", elem_id="work-stop", visible=False, scale=0, min_width=0)
        again = gr.Button("Bring up to date", size="sm", elem_id="work-again", visible=False, scale=0, min_width=0)

    slow: dict[str, Any] = {**QUIET, "concurrency_limit": 4, "concurrency_id": "look"}
    long: dict[str, Any] = {**QUIET, "concurrency_limit": None}
    looked = [understood, preview, save]
    outputs = [work, told, stop, again, changed]
    add.click(steps.opened, None, [panel, told, again], queue=False, **QUIET)
    files.upload(steps.given_files, files, [files, *looked], preprocess=False, **slow)
    look.click(steps.given_text, [*labels, text], looked, **slow)
    get.click(steps.given_address, address, looked, **slow)
    close.click(steps.closed, None, [panel, understood, preview, save, files, *labels, text], queue=False, **QUIET)
    save.click(steps.saved, understood, [panel, *looked, *labels, text, *outputs], trigger_mode="once", **long)
    again.click(steps.built, None, outputs, trigger_mode="once", **long)
    stop.click(steps.stopped, work, None, queue=False, **QUIET)
    return Changing(changed.change, steps.removed, outputs)


_LABELS = (
    ("title", "Title", "What it is called"),
    ("from", "From", "nurse"),
    ("to", "To", "software engineer"),
)


class _Steps:
    """What happens when a part is used: each method takes what the browser sends and gives what to show."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._workshop = Workshop(site.settings)
        self._store = PassageStore(site.settings.index_folder)
        self._changes = 0

    def opened(self) -> list[Any]:
        """The panel, and what of the folder is not in the index yet."""
        if not self._site.is_editable:
            return [gr.skip(), _said(_NOT_HERE, "failed"), gr.skip()]
        unread = self._not_indexed()
        return [gr.update(visible=True), unread and _said(unread, "note"), gr.update(visible=bool(unread))]

    def closed(self) -> list[Any]:
        """Nothing is kept of what was looked at."""
        return [gr.update(visible=False), Understood(), "", gr.update(visible=False), None, "", "", "", ""]

    def given_files(self, payload: Any) -> Iterator[list[Any]]:
        """Uploaded files: read, looked at, and deleted where Gradio put them."""
        yield [gr.skip(), *_LOOKING]
        given, faults = take(payload, Path(get_upload_folder()))
        understood = self._looked_at(lambda holdings: look_at_files(holdings, given))
        yield [None, *_looked(Understood(understood.previews, (*faults, *understood.faults)))]

    def given_text(self, title: Any, origin: Any, destination: Any, text: Any) -> Iterator[list[Any]]:
        """Pasted text with what was typed beside it."""
        yield _LOOKING
        labels = {"title": _text(title), "from": _text(origin), "to": _text(destination)}
        yield _looked(self._looked_at(lambda holdings: look_at_text(holdings, _text(text), labels)))

    def given_address(self, address: Any) -> Iterator[list[Any]]:
        """A page of the web, where that is allowed."""
        yield _LOOKING
        if self._site.settings.fetch:
            yield _looked(self._looked_at(lambda holdings: look_at_page(holdings, _text(address), {})))
        else:
            yield _looked(Understood(faults=("Pages are not fetched here. Save the page as a file and add that.",)))

    def saved(self, understood: Any) -> Iterator[list[Any]]:
        """What was looked at goes into the folder, then into the index."""
        form: list[Any] = [gr.skip()] * 8
        if not self._site.is_editable or not isinstance(understood, Understood) or not understood.new:
            yield [*form, None, _said(_NOT_HERE if not self._site.is_editable else _NOTHING, "failed"), *_AT_REST]
            return
        try:
            outcomes = put(self._holdings(), understood)
        except CrossroadsError as error:
            yield [*form, None, _said(str(error), "failed"), *_AT_REST]
            return
        saved = [outcome.story_id for outcome in outcomes if isinstance(outcome, Added)]
        sentences = outcome_sentences(outcomes)
        emptied = [gr.update(visible=False), Understood(), "", gr.update(visible=False), "", "", "", ""]
        if not saved:
            yield [*emptied, None, _said(" ".join(sentences), "failed"), *_AT_REST]
            return
        for number, update in enumerate(self._followed(self._workshop.build(), sentences, saved)):
            yield [*(emptied if number == 0 else form), *update]

    def built(self) -> Iterator[list[Any]]:
        """The index is brought up to the folder, because that was left undone."""
        if not self._site.is_editable:
            yield [None, _said(_NOT_HERE, "failed"), *_AT_REST]
            return
        yield from self._followed(self._workshop.build(), [], [])

    def removed(self, event: gr.EventData) -> Iterator[list[Any]]:
        """A story leaves folder and index; the browser has asked whether that is meant, and named it."""
        place = Place.from_href(sent(event).get("place"))
        try:
            wrong, title = self._not_removable(place)
        except CrossroadsError as error:
            wrong, title = str(error), ""
        if wrong or place is None:
            yield [None, _said(wrong, "failed"), *_AT_REST]
            return
        yield from self._followed(self._workshop.remove(place.story), [f"“{title}” is being removed."], [], title)

    def stopped(self, work: Any) -> None:
        """Whoever began some work ends it."""
        if isinstance(work, Work):
            work.stop()

    def _followed(
        self, work: Work, sentences: Sequence[str], saved: Sequence[str], removed: str = ""
    ) -> Iterator[list[Any]]:
        """How far some work is, until it has ended; then what came of it."""
        while not (progress := work.progress).has_ended:
            stoppable = gr.update(
                visible=not removed
            )  # a removal that was half done would be neither one nor the other
            yield [work, told_of(progress, sentences), stoppable, gr.update(visible=False), gr.skip()]
            time.sleep(LOOK_SECONDS)
        self._changes += 1
        links = self._links(saved) if progress.state == "done" else ""
        unfinished = progress.state != "done"
        yield [
            None,
            told_of(progress, sentences, links=links, removed=removed, is_saved=bool(saved)),
            gr.update(visible=False),
            gr.update(visible=unfinished),
            self._changes,
        ]

    def _links(self, saved: Sequence[str]) -> str:
        generation = self._site.rag.generation()
        stories = [generation.story(identity) for identity in saved if identity in generation.story_ids]
        return "".join(
            f'<a class="story" role="button" href="{inert(Place.of(story, generation=generation.number).href)}">'
            f"Read “{inert(story.title)}”</a>"
            for story in stories
        )

    def _not_removable(self, place: Place | None) -> tuple[str, str]:
        """Why a story cannot be removed, or ""; and its title."""
        if not self._site.is_editable:
            return _NOT_HERE, ""
        generation = self._site.rag.generation()
        if place is None or place.story not in generation.story_ids:
            return "This story is no longer in the library, so there is nothing to remove.", ""
        if len(generation.story_ids) == 1:
            return "This is the only story, and the library needs one. Add another first, then remove this.", ""
        return "", generation.story(place.story).title

    def _looked_at(self, look: Callable[[Holdings], Understood]) -> Understood:
        if not self._site.is_editable:
            return Understood(faults=(_NOT_HERE,))
        try:
            return look(self._holdings())
        except CrossroadsError as error:
            return Understood(faults=(str(error),))

    def _holdings(self) -> Holdings:
        return Holdings(self._site.settings.stories, self._store.words_digests())

    def _not_indexed(self) -> str:
        """That the index is behind the folder, if it is."""
        settings = self._site.settings
        try:
            plan = plan_rebuild(settings.stories, self._store, Embedder(settings.embedder, settings.device))
        except CrossroadsError as error:
            return str(error)
        count = len(plan.added) + len(plan.changed) + len(plan.gone)
        if not count:
            return ""
        files = "1 file of the stories folder is" if count == 1 else f"{count} files of the stories folder are"
        return f"{files} not as the library has it. Bring the library up to date to search them."


_LOOKING = [gr.skip(), '<p class="note" role="status">Reading…</p>', gr.update(visible=False)]
_AT_REST = (gr.update(visible=False), gr.update(visible=False), gr.skip())
_NOTHING = "There is nothing new to save. Choose files, or paste a text, and look at it first."


def _looked(understood: Understood) -> list[Any]:
    count = len(understood.new)
    label = "Save this story" if count == 1 else f"Save these {count} stories"
    return [understood, shown(understood), gr.update(visible=bool(count), value=label)]


def _said(sentence: str, kind: str) -> str:
    return f'<p class="{kind}" role="status">{inert(sentence)}</p>'


def _text(told: Any) -> str:
    return told if isinstance(told, str) else ""
