"""The view of the library: every story as a card, the ways they tell as a picture, and what narrows both.

Nothing is read before the view is first looked at. What comes in with an event is the client's: values that no story
has leave nothing, and of a search only its words are used. Adding and removing are `changing.py`'s.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.plot import PlotData

from index.filters import FIELDS, values_of
from index.generation import Generation
from ui.amounts import counted, story_count
from ui.cards import cards, nothing, summary
from ui.changing import build_changing
from ui.choosing import NAMES
from ui.edge import guarded
from ui.escaping import inert
from ui.journeys import Journeys, journeys, listed, picture
from ui.shelf import AT_ONCE, REST, Counts, Found, Selection, about_minutes
from ui.site import QUIET, Site, reading, sent

SCRIPT = (Path(__file__).parent / "library.js").read_text("utf-8")
HOUR = 60
FEWEST_DRAWN = 2
"""Ways: one alone would be a picture of a single band."""
LONGEST_VALUE = 1000
"""Characters of a value that stories are narrowed by."""

_ORDERS = [
    ("By title", "title"),
    ("Newest first", "newest"),
    ("Oldest first", "oldest"),
    ("Shortest first", "shortest"),
    ("Longest first", "longest"),
]


def build_library(site: Site, published: gr.State) -> None:
    """The view's parts, in the place where this is called, and what they do.

    `published` is given the number of the generation that is looked at: its `change` tells that the library is another.
    `seen` is the number of what is shown, 0 of what could not be read, None before the view is first looked at.
    """
    steps = _Steps(site)
    limit, seen = gr.State(AT_ONCE), gr.State(None)
    with gr.Column(elem_id="library", elem_classes="view", min_width=0):
        with gr.Row(elem_id="library-head"):
            heading = gr.HTML(_heading("The stories are being looked up…"), elem_id="library-heading")
            add = gr.Button("Add stories", elem_id="add", size="sm", scale=0, min_width=0, visible=site.is_editable)
        changing = build_changing(site, add)
        with gr.Row(elem_id="library-narrow"):
            words = gr.Textbox(
                label="Search", placeholder="A name, a job, any word", elem_id="library-words", max_length=200, scale=2
            )
            fields = [_picker(NAMES[field], name) for field, name in FIELDS.items()]
            order = gr.Dropdown(_ORDERS, value="title", label="Order", elem_id="library-order", filterable=False)
        with gr.Column(elem_id="ways", min_width=0):
            gr.HTML(_WAYS, elem_id="ways-head")
            drawn = gr.Plot(elem_id="journeys", show_label=False, container=False, visible=False)
            in_words = gr.HTML(elem_id="ways-list")
        with gr.Row(elem_id="library-count"):
            count = gr.HTML()
            clear = gr.Button("Show all", elem_id="library-clear", size="sm", scale=0, min_width=0, visible=False)
        shelf = gr.HTML("<p>Loading…</p>", elem_id="shelf", js_on_load=SCRIPT)
        more = gr.Button("Show more", elem_id="library-more", visible=False)

    asked = [words, *fields, order]
    shown = [count, shelf, more, clear]
    quick: dict[str, Any] = {**QUIET, "queue": False}
    everything = [published, heading, *fields, *shown, seen]
    for event in (shelf.load, changing.changed):  # queued: else Gradio does not tell that a state has changed
        event(steps.opened, [*asked, limit], everything, concurrency_limit=None, **QUIET)
    long: dict[str, Any] = {**QUIET, "concurrency_limit": None}
    shelf.load(changing.follow, changing.watch, changing.outputs, trigger_mode="once", **long)
    shelf.delete(changing.remove, changing.watch, changing.outputs, **long)
    published.change(steps.renewed, [published, seen, *asked, limit], everything, concurrency_limit=None, **QUIET)
    published.change(steps.pictured, None, [drawn, in_words], **quick)
    # `change`, since Gradio's `input` is not told of what was pasted.
    words.change(steps.narrowed, asked, [limit, *fields, *shown], trigger_mode="always_last", **quick)
    for picker in fields:
        picker.input(steps.narrowed, asked, [limit, *fields, *shown], **quick)
    order.input(steps.narrowed, asked, [limit, *fields, *shown], **quick)
    more.click(steps.further, [*asked, limit], [limit, *shown], **quick)
    shelf.select(steps.picked, asked, [limit, *fields, *shown], **quick)
    clear.click(steps.cleared, order, [limit, words, *fields, *shown], **quick)


def _picker(label: str, name: str) -> gr.Dropdown:
    # Custom values are let in, since a story that was removed meanwhile may take a picked value away with it.
    return gr.Dropdown([], label=label, multiselect=True, allow_custom_value=True, elem_id=f"library-{name}", value=[])


@dataclass(frozen=True)
class _Seen:
    """What the view shows of a choice."""

    count: str
    cards: str
    is_more: bool
    is_narrow: bool

    def updates(self) -> list[Any]:
        return [self.count, self.cards, gr.update(visible=self.is_more), gr.update(visible=self.is_narrow)]


class _Steps:
    """What happens when a part of the view is used: each method takes what the browser sends, gives what to show."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._drawn: tuple[int, Journeys] = (-1, journeys(()))

    def opened(self, *asked: Any) -> list[Any]:
        """The view is looked at, or the library has changed: all of it anew, narrowed as it was."""
        return guarded(
            lambda: self._opened(*asked),
            lambda said: [0, _heading(said), *[gr.skip()] * len(FIELDS), *_unreadable(said), 0],
        )

    def renewed(self, published: Any, seen: Any, *asked: Any) -> list[Any]:
        """Another library is published: all of it anew, unless it is what is seen, or the view was never looked at."""
        return [gr.skip()] * (len(FIELDS) + 7) if seen in {None, published} else self.opened(*asked)

    def narrowed(self, *asked: Any) -> list[Any]:
        """Other words, another value or another order."""
        return self._shown(_selection(*asked))

    def further(self, *asked: Any) -> list[Any]:
        """Some more of the same."""
        *asked_for, limit = asked
        selection, further = _selection(*asked_for), _limit(limit) + AT_ONCE
        return guarded(
            lambda: [further, *self._further(selection, further).updates()],
            lambda said: [further, *_unreadable(said)],
        )

    def picked(  # noqa: PLR0913, PLR0917  # Gradio hands the event over by its place among the arguments
        self, words: Any, origins: Any, destinations: Any, tags: Any, order: Any, event: gr.EventData
    ) -> list[Any]:
        """A way, or one end of it, was picked in the picture or in its list."""
        data = sent(event)
        before = _selection(words, origins, destinations, tags, order)
        start, goal = (_values([data.get(end)]) for end in ("from", "to"))
        return self._shown(replace(before, origins=start or before.origins, destinations=goal or before.destinations))

    def cleared(self, order: Any) -> list[Any]:
        """Everything is shown again."""
        limit, *rest = self._shown(_selection("", [], [], [], order))
        return [limit, "", *rest]

    def pictured(self) -> list[Any]:
        """The ways of the whole library, as a picture and as a list."""
        return guarded(self._pictured, lambda _: [None, ""])  # the shelf says what is wrong

    def _opened(self, *asked: Any) -> list[Any]:
        *asked_for, limit = asked
        selection = _selection(*asked_for)
        why_not = "" if self._site.is_editable else f" {_READ_ONLY}"
        with reading(self._site.rag) as generation:
            told = f"{story_count(len(generation.story_ids))}, {_reading(about_minutes(generation))}."
            found = self._sought(generation, selection)
            pickers = [
                {**picker, "visible": bool(picker["value"]) or _is_told(generation, field)}
                for field, picker in zip(FIELDS, self._pickers(found), strict=True)
            ]
            seen = self._seen(found, _limit(limit))
            return [generation.number, _heading(told + why_not), *pickers, *seen.updates(), generation.number]

    def _further(self, selection: Selection, limit: int) -> _Seen:
        with reading(self._site.rag) as generation:
            return self._seen(self._sought(generation, selection), limit)

    def _pictured(self) -> list[Any]:
        with reading(self._site.rag) as generation:
            told = self._journeys(generation)
        if len(told.ways) < FEWEST_DRAWN:
            return [gr.update(value=None, visible=False), listed(told)]
        summed = f"<summary>The {counted(len(told.ways), 'way')} as a list</summary>"
        drawn = PlotData(type="plotly", plot=json.dumps(picture(told)))
        return [gr.update(value=drawn, visible=True), f"<details>{summed}{listed(told)}</details>"]

    def _shown(self, selection: Selection) -> list[Any]:
        return guarded(
            lambda: self._found(selection),
            lambda said: [AT_ONCE, *[gr.skip()] * len(FIELDS), *_unreadable(said)],
        )

    def _found(self, selection: Selection) -> list[Any]:
        with reading(self._site.rag) as generation:
            found = self._sought(generation, selection)
            seen = self._seen(found, AT_ONCE)
            return [AT_ONCE, *self._pickers(found), *seen.updates()]

    def _sought(self, generation: Generation, selection: Selection) -> Found:
        return Found(generation, selection, self._journeys(generation).named_folded())

    def _seen(self, found: Found, limit: int) -> _Seen:
        left, generation = found.stories(), found.generation
        stories = [generation.story(story.id) for story in left[:limit]]
        listed_cards = cards(stories, generation.number, removable=self._site.is_editable)
        counted_words = summary(len(stories), len(left), len(generation.story_ids))
        shown = listed_cards if stories else nothing(found.selection)
        return _Seen(counted_words, shown, len(left) > limit, found.selection.is_narrow)

    def _pickers(self, found: Found) -> list[Any]:
        left, told = found.counts(), self._journeys(found.generation)
        return [_update(field, left, found.selection, told) for field in FIELDS]

    def _journeys(self, generation: Generation) -> Journeys:
        """The ways of a generation, worked out once; the generation itself is not held on to."""
        number, told = self._drawn
        if number != generation.number:
            told = journeys(generation.stories())
            self._drawn = generation.number, told
        return told


_WAYS = "<p>The ways people took. Choose one to see its stories.</p>"
_READ_ONLY = "They can be read here, not changed: whoever runs this page has not opened it for adding."


def _heading(told: str) -> str:
    return f"<h2>Library</h2><p>{inert(told)}</p>"


def _reading(minutes: int) -> str:
    if minutes < 2 * HOUR:
        return f"about {counted(minutes, 'minute')} of reading"
    return f"about {round(minutes / HOUR):,} hours of reading"


def _unreadable(said: str) -> list[Any]:
    return _Seen("", f'<p class="empty" role="alert">{inert(said)}</p>', is_more=False, is_narrow=False).updates()


def _selection(words: Any, origins: Any, destinations: Any, tags: Any, order: Any) -> Selection:
    """What was asked for, whatever the browser sent."""
    return Selection(
        words=words if isinstance(words, str) else "",
        origins=_values(origins),
        destinations=_values(destinations),
        tags=_values(tags),
        order=order if isinstance(order, str) else "title",
    )


def _values(told: Any) -> tuple[str, ...]:
    """What was sent of a field; a longer value is no story's."""
    found = told if isinstance(told, list) else []
    return tuple(value for value in found if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE)


def _limit(told: Any) -> int:
    return told if isinstance(told, int) else AT_ONCE


def _is_told(generation: Generation, field: str) -> bool:
    """Whether any story says anything that could be picked."""
    return any(values_of(story, field) for story in generation.stories())


def _update(field: str, left: Counts, selection: Selection, told: Journeys) -> dict[str, Any]:
    """A field's values to pick from, each with its count; and those that are picked, whatever has become of them."""
    values: Sequence[tuple[str, int]] = getattr(left, field)
    picked = list(getattr(selection, field))
    named = [(f"{value} ({count})", value) for value, count in values]
    if told.folded.get(field):
        named.append((told.label(field, REST), REST))
    there = {value for _, value in named}
    named += [(f"{value} (0)", value) for value in picked if value not in there]
    return gr.update(choices=named, value=picked)
