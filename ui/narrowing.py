"""The control above the composer that narrows down which stories are asked: a panel, and a chip for each filter.

What may be chosen and what a choice means is `choosing.py`'s. The filters in force are what the browser has in the
fields, and nowhere else: they come with every question, and are checked before they are filters. The chips are drawn
from the fields too, in one step and nowhere else, so that none shows what is not in force.
"""

from typing import Any

import gradio as gr

from index.filters import EVERY_STORY, Filters
from ui.choosing import MOST_OFFERED, NAMES, Offered, Offering, Option, chips, chosen, ends, without
from ui.edge import guarded
from ui.escaping import inert
from ui.site import QUIET, Site, reading, sent

# The bar is drawn anew with every choice, so what is open is remembered on the body, and the focus is given back.
BAR = """
const body = document.body;
const show = () => {
  const opener = element.querySelector("#narrow");
  opener?.setAttribute("aria-expanded", body.dataset.narrow === "open");
};
element.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-field]");
  if (chip) trigger("click", { field: chip.dataset.field, value: chip.dataset.value });
  else if (event.target.closest("#narrow")) {
    if (body.dataset.narrow) delete body.dataset.narrow;
    else body.dataset.narrow = "open";
    show();
    const panel = document.querySelector("#narrow-panel");
    if (body.dataset.narrow && panel) {
      Object.assign(panel, { tabIndex: -1, role: "group", ariaLabel: "Which stories to ask" });
      panel.focus(); // not its first field, whose list would open
    }
  }
  if (chip) element.dataset.refocus = "yes";
});
watch("value", () => {
  show();
  if (element.dataset.refocus) (element.querySelector(".chip") ?? element.querySelector("#narrow"))?.focus();
  delete element.dataset.refocus;
});
show();
"""

# Gradio writes what an answer holds field by field, and tells of each at once: what was asked there and then could be
# of fields half written, and of answers on the way together the older could be shown last.
SETTLED = "() => new Promise((done) => setTimeout(done, 50))"

ANY_YEAR = ""
FIELDS = 5


def build_narrowing(site: Site, page: gr.Blocks, published: gr.State) -> list[gr.Dropdown]:
    """The control, in the place where this is called; gives its fields, to be handed to whoever answers.

    Those are origins, destinations, tags, the first year and the last; `choosing.chosen` makes filters of them.
    """
    steps = _Steps(site)
    began = steps.offered(site.at_first(lambda: site.rag.generation().stories(), ()), EVERY_STORY)
    with gr.Column(elem_id="narrowing", min_width=0):
        with gr.Row(elem_id="narrow-panel"):
            several = [
                _several(NAMES["origins"], began.origins),
                _several(NAMES["destinations"], began.destinations),
                _several(NAMES["tags"], began.tags),
            ]
            years = [_year("Told since", began), _year("Told until", began)]
        bar = gr.HTML(_bar(EVERY_STORY, began), elem_id="narrow-bar", js_on_load=BAR)
    fields = [*several, *years]
    # `preprocess=False`: Gradio would turn away a value that its own list, as old as the server, does not have.
    unchecked: dict[str, Any] = {**QUIET, "preprocess": False}
    bar.click(steps.removed, fields, fields, queue=False, **unchecked)
    # `change`, since Gradio's `input` is not told of what is taken away by Backspace, nor of what was typed.
    settled = gr.on([page.load, published.change, *(field.change for field in fields)], None, js=SETTLED, **QUIET)
    # In the queue, where a page waits for one answer before it asks again.
    in_turn: dict[str, Any] = {"concurrency_limit": None, "trigger_mode": "always_last"}
    settled.then(steps.shown, fields, [bar, *fields], **in_turn, **unchecked)
    return fields


class _Steps:
    """What happens when the control is used: each method takes what is in the fields."""

    def __init__(self, site: Site) -> None:
        self._rag = site.rag
        self.offered = Offering()

    def shown(self, *values: Any) -> list[Any]:
        """What the control shows: the page was opened, the library is another, or a field holds something else.

        Where the library cannot be read, `talk.py` says what is wrong; where filters are in force, so does the control.
        """
        filters = chosen(*values)
        return guarded(lambda: self._seen(filters), lambda sentence: _instead(sentence if filters else ""))

    @staticmethod
    def removed(  # noqa: PLR0913, PLR0917  # Gradio hands the event over by its place among the arguments
        origins: Any, destinations: Any, tags: Any, since: Any, until: Any, event: gr.EventData
    ) -> list[Any]:
        """What the fields hold once a filter in force is taken away, or all of them are."""
        data = sent(event)
        left = without(chosen(origins, destinations, tags, since, until), data.get("field"), data.get("value"))
        return [list(left.origins), list(left.destinations), list(left.tags), *ends(left.years)]

    def _seen(self, filters: Filters) -> list[Any]:
        with reading(self._rag) as generation:
            found = self.offered(generation.stories(), filters)
        return [_bar(filters, found), *_choices(filters, found)]


def _several(label: str, options: tuple[Option, ...]) -> gr.Dropdown:
    return gr.Dropdown(
        list(options),
        value=[],
        multiselect=True,
        allow_custom_value=len(options) >= MOST_OFFERED,
        label=label,
        container=True,
        visible=bool(options),
        min_width=0,
        elem_classes="narrow-field",
    )


def _year(label: str, began: Offered) -> gr.Dropdown:
    return gr.Dropdown(
        _years(began),
        value=ANY_YEAR,
        label=label,
        container=True,
        visible=len(began.years) > 1,
        min_width=0,
        elem_classes="narrow-field narrow-year",
    )


def _choices(filters: Filters, found: Offered) -> list[dict[str, Any]]:
    """The five fields: what can be chosen in each. What is chosen stays as it is: to write it anew would change it."""
    several = [
        gr.update(choices=list(options), visible=bool(options), allow_custom_value=len(options) >= MOST_OFFERED)
        for options in (found.origins, found.destinations, found.tags)
    ]
    is_told = len(found.years) > 1 or filters.years is not None
    return [*several, *[gr.update(choices=_years(found, *ends(filters.years)), visible=is_told)] * 2]


def _instead(sentence: str) -> list[Any]:
    """A sentence in place of the bar, the fields left as they are."""
    return [f'<p role="alert">{inert(sentence)}</p>' if sentence else "", *[gr.skip()] * FIELDS]


def _years(found: Offered, *picked: str) -> list[Option]:
    years = sorted({*found.years, *filter(None, picked)}, reverse=True)
    return [("any year", ANY_YEAR), *((year, year) for year in years)]


def _bar(filters: Filters, found: Offered) -> str:
    """The button, and the filters in force; nothing where there is nothing to choose from."""
    if not filters and not found.is_any:
        return ""
    return (
        '<button type="button" id="narrow" aria-expanded="false" aria-controls="narrow-panel">Narrow down</button>'
        + chips(filters, found.left, found.every)
    )
