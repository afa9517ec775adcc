"""Journeys: the ways from backgrounds to roles that the library tells, counted, as a picture and in words.

The most frequent values are named; the long tail of the others is one band. Plotly reads labels as markup, so they are
written as character references, which it reads as text. Knows nothing of Gradio, nor of which stories are looked at.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from index.facets import values_told
from index.stories import Story
from ui.amounts import story_count
from ui.escaping import inert
from ui.shelf import REST

MOST_NAMED = {"origins": 16, "destinations": 12}
"""Values that are named on each side; where one more would be the whole tail, it is named as well."""
LONGEST_LIST = 40
"""Ways that are written out; what the picture has more of are bands of one story."""
LONGEST_LABEL = 34
ROW = 30
# Pixels of the picture's height that a name needs.
LEAST_HEIGHT = 300

_CLEAR = "rgba(0,0,0,0)"
_OTHERS = {"origins": "other backgrounds", "destinations": "other roles"}


@dataclass(frozen=True)
class Way:
    """From one value (or `REST`) to another, and how many stories tell it."""

    origin: str
    destination: str
    count: int


@dataclass(frozen=True)
class Journeys:
    """The ways of a library, the most travelled first; `folded` says how many values of a field are in `REST`.

    `untold` are the stories that do not tell both where they start and where they lead.
    """

    ways: tuple[Way, ...]
    named: Mapping[str, tuple[str, ...]]
    folded: Mapping[str, int]
    untold: int

    def label(self, field: str, value: str) -> str:
        """How a value is called; the rest by how many values it stands for."""
        return f"{self.folded[field]} {_OTHERS[field]}" if value == REST else value

    def named_folded(self) -> dict[str, frozenset[str]]:
        """The named values as `ui.shelf` wants them."""
        return {field: frozenset(value.casefold() for value in values) for field, values in self.named.items()}


def journeys(stories: Sequence[Story]) -> Journeys:
    """The ways that some stories tell."""
    told = [story for story in stories if story.path]
    every = {field: [value for value, _ in values_told(told, field)] for field in MOST_NAMED}
    named = {field: _named(values, MOST_NAMED[field]) for field, values in every.items()}
    spelt = {field: {value.casefold(): value for value in values} for field, values in named.items()}
    ways = Counter(
        (
            spelt["origins"].get(story.origin.casefold(), REST),
            spelt["destinations"].get(story.destination.casefold(), REST),
        )
        for story in told
    )
    return Journeys(
        ways=tuple(Way(*ends, count) for ends, count in sorted(ways.items(), key=_most_travelled)),
        named=named,
        folded={field: len(values) - len(named[field]) for field, values in every.items()},
        untold=len(stories) - len(told),
    )


def height(told: Journeys) -> int:
    """Pixels that the picture needs for its names to stand apart."""
    return max(
        LEAST_HEIGHT, ROW * max((len(values) + bool(told.folded[field]) for field, values in told.named.items()))
    )


def picture(told: Journeys) -> dict[str, Any]:
    """A Sankey diagram, as plotly.js reads it (https://plotly.com/javascript/reference/sankey/).

    Written out, since Gradio brings plotly.js along, and importing plotly's Python half takes seconds. The colours are
    the page's: `library.css` gives them, in light and dark.
    """
    ends = [("origins", way.origin) for way in told.ways] + [("destinations", way.destination) for way in told.ways]
    nodes = list(dict.fromkeys(sorted(ends, key=lambda end: (end[0] == "destinations", end[1] == REST))))
    place = {end: number for number, end in enumerate(nodes)}
    sankey = {
        "type": "sankey",
        "arrangement": "fixed",
        "textfont": {"shadow": "none", "size": 13},
        "node": {
            "label": [inert(_short(told.label(*end))) for end in nodes],
            "customdata": [{_DATA[field]: value} for field, value in nodes],
            "pad": 16,
            "thickness": 10,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:d}<extra></extra>",
        },
        "link": {
            "source": [place["origins", way.origin] for way in told.ways],
            "target": [place["destinations", way.destination] for way in told.ways],
            "value": [way.count for way in told.ways],
            "customdata": [{"from": way.origin, "to": way.destination} for way in told.ways],
            "hovertemplate": "%{source.label} → %{target.label}: %{value:d}<extra></extra>",
        },
    }
    return {
        "data": [sankey],
        "layout": {
            "height": height(told),
            "margin": {"l": 4, "r": 4, "t": 12, "b": 12},
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
        },
        "config": {"displayModeBar": False},
    }


def listed(told: Journeys) -> str:
    """The HTML of the same as a list, each way a link that shows its stories; and what the picture leaves out."""
    items = "".join(_item(told, way) for way in told.ways[:LONGEST_LIST])
    more = len(told.ways) - LONGEST_LIST
    said = [f"{more} more ways, of one story or a few each, are not listed."] if more > 0 else []
    if not told.ways:
        return '<p class="note">No story here says both where the person started and where they went.</p>'
    if told.untold:
        verb = "does" if told.untold == 1 else "do"
        said.append(f"{story_count(told.untold)} {verb} not say both where the person started and where they went.")
    notes = f'<p class="note">{" ".join(said)}</p>' if said else ""
    return f'<ul class="ways">{items}</ul>{notes}'


_DATA = {"origins": "from", "destinations": "to"}


def _named(values: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(values if len(values) <= most + 1 else values[:most])


def _most_travelled(item: tuple[tuple[str, str], int]) -> tuple[int, bool, str, str]:
    (origin, destination), count = item
    return (-count, REST in (origin, destination), origin.casefold(), destination.casefold())


def _item(told: Journeys, way: Way) -> str:
    origin, destination = told.label("origins", way.origin), told.label("destinations", way.destination)
    return (
        f'<li><button type="button" class="way" data-from="{inert(way.origin)}" data-to="{inert(way.destination)}">'
        f"<span>{inert(origin)} → {inert(destination)}</span> <small>{story_count(way.count)}</small></button></li>"
    )


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1].rstrip() + "…"
