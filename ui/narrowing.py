"""The control above the composer that narrows down which stories are asked: a panel, and a chip for each filter.

What may be chosen and what a choice means is `choosing.py`'s. The filters in force are kept on the server, for each
visitor's page; every choice that comes in is checked before it is one.
"""

from typing import Any

import gradio as gr

from index.filters import EVERY_STORY, Filters
from ui.choosing import NAMES, Choice, Offered, chips, chosen, ends, offered, without
from ui.site import QUIET, Site

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

ANY_YEAR = ""


def build_narrowing(site: Site, page: gr.Blocks, published: gr.State) -> gr.State:
    """The control, in the place where this is called; gives the filters in force, to be handed to whoever answers."""
    began = offered(site.rag.generation().stories(), EVERY_STORY)
    force = gr.State(EVERY_STORY)
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
    shown: list[Any] = [force, bar, *fields]

    def look(filters: Filters) -> list[Any]:
        """What the control shows under some filters."""
        return _shown(filters, offered(site.rag.generation().stories(), filters))

    def choose(*values: Any) -> list[Any]:
        return look(chosen(*values))

    def remove(filters: Filters, event: gr.EventData) -> list[Any]:
        data = event._data if isinstance(event._data, dict) else {}  # noqa: SLF001  # there is no other way to it
        return look(without(filters, data.get("field"), data.get("value")))

    for field in fields:
        field.input(choose, fields, shown, queue=False, trigger_mode="always_last", **QUIET)
    bar.click(remove, force, shown, queue=False, **QUIET)
    gr.on([page.load, published.change], look, force, shown, queue=False, **QUIET)
    return force


def _several(label: str, choices: tuple[Choice, ...]) -> gr.Dropdown:
    return gr.Dropdown(
        list(choices),
        multiselect=True,
        label=label,
        container=True,
        visible=bool(choices),
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


def _shown(filters: Filters, found: Offered) -> list[Any]:
    """The filters, the bar and the five fields."""
    several = [(filters.origins, found.origins), (filters.destinations, found.destinations), (filters.tags, found.tags)]
    updates = [
        gr.update(choices=list(choices), value=list(values), visible=bool(choices)) for values, choices in several
    ]
    updates += [
        gr.update(choices=_years(found), value=end, visible=len(found.years) > 1) for end in ends(filters.years)
    ]
    return [filters, _bar(filters, found), *updates]


def _years(found: Offered) -> list[Choice]:
    return [("any year", ANY_YEAR), *((year, year) for year in found.years)]


def _bar(filters: Filters, found: Offered) -> str:
    return (
        '<button type="button" id="narrow" aria-expanded="false" aria-controls="narrow-panel">Narrow down</button>'
        + chips(filters, found.left, found.every)
    )
