"""The part of the library's view that changes it: stories are looked at and added, or removed, and the index follows.

Rights are checked in every step, since a step can be called without the page. Nothing is saved before it was shown;
whatever fails afterwards, what is in the stories folder stays there, and the page says how to go on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from index.embedding import Embedder
from index.intake import Added
from index.intake.holdings import Holdings
from index.rebuild import plan_rebuild
from index.store import PassageStore
from ui.adding import (
    LONGEST_TEXT,
    Understood,
    left_over,
    look_at_files,
    look_at_page,
    look_at_text,
    put,
    take,
)
from ui.adding_form import build_form
from ui.amounts import counted
from ui.building import Purpose, Work
from ui.edge import guarded, sentence
from ui.escaping import inert
from ui.following import News, Watch, is_stoppable, news_of, news_of_all
from ui.previews import outcome_sentences, shown
from ui.reader import Place
from ui.site import QUIET, Site, reading, sent
from ui.workshop import LAST, Workshop

CUT = f"(...given) => given.map((one) => String(one ?? '').slice(0, {LONGEST_TEXT + 1}))"
"""In the browser, so that the server is asked at all, and can say that a text is too long."""

_NOT_HERE = "Stories cannot be changed on this page. Ask whoever runs it, or start it with CROSSROADS_EDITABLE=yes."


@dataclass(frozen=True)
class Changing:
    """What the rest of the view needs of this: `changed` is the event that the library is another.

    `remove` a story, and `follow` what goes on, are steps that are given `watch` and fill `outputs`.
    """

    changed: Callable[..., Any]
    remove: Callable[..., Iterator[list[Any]]]
    follow: Callable[..., Iterator[list[Any]]]
    watch: gr.State
    outputs: Sequence[Any]


def build_changing(site: Site, add: gr.Button) -> Changing:
    """The parts, in the place where this is called, and what they do. `add` opens them."""
    steps = _Steps(site)
    understood = gr.State(Understood(), time_to_live=3600)
    watch = gr.State(None)
    changed = gr.State(0)
    with gr.Row(elem_id="work-row"):
        with gr.Column(elem_id="work", min_width=0):
            told = gr.HTML()
            said = gr.HTML()
        stop = gr.Button("Stop", size="sm", elem_id="work-stop", visible=False, scale=0, min_width=0)
        again = gr.Button("Bring up to date", size="sm", elem_id="work-again", visible=False, scale=0, min_width=0)
    form = build_form(site)

    slow: dict[str, Any] = {**QUIET, "concurrency_limit": 4, "concurrency_id": "look"}
    long: dict[str, Any] = {**QUIET, "concurrency_limit": None}
    looked, typed = [understood, form.preview, form.save], [*form.labels, form.text]
    outputs = [watch, told, said, stop, again, changed]
    add.click(steps.opened, None, [form.panel, said, again], queue=False, **QUIET)
    add.click(steps.followed, watch, outputs, trigger_mode="once", **long)
    form.files.upload(steps.given_files, form.files, [form.files, *looked], preprocess=False, **slow)
    form.look.click(steps.given_text, typed, looked, js=CUT, **slow)
    form.fetch.click(steps.given_address, form.address, looked, **slow)
    form.close.click(steps.closed, None, [form.panel, *looked, form.files, *typed], queue=False, **QUIET)
    filled = [form.panel, *looked, *typed, *outputs]
    form.save.click(steps.saved, [understood, watch], filled, trigger_mode="once", **long)
    again.click(steps.built, watch, outputs, trigger_mode="once", **long)
    stop.click(steps.stopped, watch, None, queue=False, **QUIET)
    return Changing(changed.change, steps.removed, steps.followed, watch, outputs)


class _Steps:
    """What happens when a part is used: each method takes what the browser sends and gives what to show."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._workshop = Workshop(site.settings)
        self._store = PassageStore(site.settings.index_folder)
        self._changes = 0

    def opened(self) -> list[Any]:
        """The panel, and what of the folder is not in the index yet, unless somebody is at it."""
        if not self._site.is_editable:
            return [gr.skip(), _said(_NOT_HERE), gr.skip()]
        if why := guarded(self._workshop.why_not, lambda said: said):
            return [gr.skip(), _said(why), gr.skip()]
        if self._workshop.current():
            return [gr.update(visible=True), "", gr.skip()]
        behind = guarded(self._behind, lambda said: said)
        return [gr.update(visible=True), behind and _said(behind, "note"), gr.update(visible=bool(behind))]

    def closed(self) -> list[Any]:
        """Nothing is kept of what was looked at."""
        return [gr.update(visible=False), *_looked(Understood()), None, "", "", "", ""]

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
            yield _looked(self._looked_at(lambda holdings: look_at_page(holdings, _text(address))))
        else:
            yield _looked(Understood(faults=("Pages are not fetched here. Save the page as a file and add that.",)))

    def saved(self, understood: Any, watch: Any) -> Iterator[list[Any]]:
        """What was looked at goes into the folder, then into the index."""
        yield from _safely(self._saved(understood, watch), _AS_IT_IS)

    def built(self, watch: Any) -> Iterator[list[Any]]:
        """The index is brought up to the folder, because that was left undone."""
        if not self._site.is_editable:
            yield _refused(_NOT_HERE)
            return
        yield from _safely(self._begun(self._workshop.bring_up_to_date, watch))

    def removed(self, watch: Any, event: gr.EventData) -> Iterator[list[Any]]:
        """A story leaves folder and index; the browser has asked whether that is meant, and named it."""
        yield from _safely(self._removed(Place.from_href(sent(event).get("place")), watch))

    def followed(self, watch: Any) -> Iterator[list[Any]]:
        """The view is looked at: what goes on is told, whoever began it, unless this page is told of it already."""
        yield _UNTOUCHED  # of a step that yields nothing, Gradio empties the outputs, buttons' names and all
        if isinstance(watch, Watch) and watch.is_kept:
            return
        yield from _safely(self._updates(news_of_all(self._workshop, self._site)))

    def stopped(self, watch: Any) -> None:
        """Who follows some work may end it."""
        if self._site.is_editable and isinstance(watch, Watch) and is_stoppable(watch.work):
            watch.work.stop()

    def _saved(self, understood: Any, watch: Any) -> Iterator[list[Any]]:
        if not self._site.is_editable or not isinstance(understood, Understood) or not understood.new:
            yield [*_AS_IT_IS, *_refused(_NOTHING if self._site.is_editable else _NOT_HERE)]
            return
        outcomes = put(self._holdings(), understood)
        left = left_over(understood, outcomes)
        form = [gr.skip(), *_looked(left), *[gr.skip()] * 4] if left.new else _EMPTIED
        sentences = tuple(outcome_sentences(outcomes))
        saved = tuple(outcome.story_id for outcome in outcomes if isinstance(outcome, Added))
        if not saved:
            yield [*form, *_refused(" ".join(sentences))]
            return
        purpose = Purpose(sentences, saved)
        for number, update in enumerate(self._begun(lambda: self._workshop.build(purpose), watch)):
            yield [*(_AS_IT_IS if number else form), *update]

    def _removed(self, place: Place | None, watch: Any) -> Iterator[list[Any]]:
        wrong, title = self._not_removable(place)
        if wrong or place is None:
            yield _refused(wrong)
            return
        purpose = Purpose((f"“{title}” is being removed.",), removed=title)
        yield from self._begun(lambda: self._workshop.remove(place.story, purpose), watch)

    def _not_removable(self, place: Place | None) -> tuple[str, str]:
        """Why a story cannot be removed, or "", and its title.

        The generation is let go of here: as long as anybody has it, the removed words are in a file.
        """
        if not self._site.is_editable:
            return _NOT_HERE, ""
        with reading(self._site.rag) as generation:
            if place is None or place.story not in generation.story_ids:
                return "This story is no longer in the library, so there is nothing to remove.", ""
            return LAST if len(generation.story_ids) == 1 else "", generation.story(place.story).title

    def _begun(self, begin: Callable[[], Work], watch: Any) -> Iterator[list[Any]]:
        """What this page has begun, to its end; what it was told of before it is told of no more."""
        if isinstance(watch, Watch):
            watch.end()
        yield [gr.skip(), gr.skip(), "", gr.skip(), gr.update(visible=False), gr.skip()]
        yield from self._updates(news_of(Watch(begin()), self._site))

    def _updates(self, news: Iterator[News]) -> Iterator[list[Any]]:
        for one in news:
            buttons = [gr.update(visible=one.is_stoppable), gr.update(visible=one.is_unfinished)]
            yield [one.watch, one.told, gr.skip(), *buttons, gr.skip() if one.watch else self._another()]

    def _another(self) -> int:
        """A number that was not given before: that the library may be another."""
        self._changes += 1
        return self._changes

    def _looked_at(self, look: Callable[[Holdings], Understood]) -> Understood:
        if not self._site.is_editable:
            return Understood(faults=(_NOT_HERE,))
        return guarded(lambda: look(self._holdings()), lambda said: Understood(faults=(said,)))

    def _holdings(self) -> Holdings:
        return Holdings(self._site.settings.stories, self._store.words_digests())

    def _behind(self) -> str:
        """That the index is behind the folder, if it is."""
        settings = self._site.settings
        plan = plan_rebuild(settings.stories, self._store, Embedder(settings.embedder, settings.device))
        count = len(plan.added) + len(plan.changed) + len(plan.gone)
        if not count:
            return ""
        files = f"{counted(count, 'file')} of the stories folder {'is' if count == 1 else 'are'}"
        return f"{files} not as the library has it. Bring the library up to date to search them."


def _safely(updates: Iterator[list[Any]], form: Sequence[Any] = ()) -> Iterator[list[Any]]:
    """Some updates; where they break off, a sentence in their place, and nothing that looks as if it went on."""
    try:
        yield from updates
    except Exception as error:  # noqa: BLE001  # the edge: beyond it a visitor would be told nothing
        at_rest = [gr.update(visible=False), gr.update(visible=False), gr.skip()]
        yield [*form, None, "", _said(sentence(error)), *at_rest]


def _refused(why: str) -> list[Any]:
    """That a step was not done. Nothing else is touched: somebody else's work may go on meanwhile."""
    return [gr.skip(), gr.skip(), _said(why), *[gr.skip()] * 3]


def _looked(understood: Understood) -> list[Any]:
    count = len(understood.new)
    label = "Save this story" if count == 1 else f"Save these {count} stories"
    return [understood, shown(understood), gr.update(visible=bool(count), value=label)]


def _said(sentence: str, kind: str = "failed") -> str:
    return f'<p class="{kind}" role="status">{inert(sentence)}</p>'


def _text(told: Any) -> str:
    return told if isinstance(told, str) else ""


_LOOKING = [gr.skip(), '<p class="note" role="status">Reading…</p>', gr.update(visible=False)]
_UNTOUCHED = [gr.skip()] * 6
_AS_IT_IS = [gr.skip()] * 8
_EMPTIED = [gr.update(visible=False), *_looked(Understood()), "", "", "", ""]
_NOTHING = "There is nothing new to save. Choose files, or paste a text, and look at it first."
