"""Which stories to ask: what can be chosen, what was chosen, and how it is said. Without Gradio.

A choice comes from the browser as lists of words, and is checked here before it becomes `Filters`: values that say
nothing, are far too long or too many are left out, and years that make no span as well.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from index.facets import values_told
from index.filters import EVERY_STORY, FIELDS, FIRST_YEAR, LAST_YEAR, Filters, matches_of, values_of, words_of, year_of
from index.stories import Story
from ui.escaping import inert

MOST_VALUES = 20
"""Values of one field."""
LONGEST_VALUE = 120
"""Characters of one."""
MOST_OFFERED = 200
"""Values of a field that are offered, the most frequent; others can be typed."""
OFFERS_KEPT = 64
# Filters of which it is remembered what is offered beside them.
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)

NAMES = {"origins": "Started as", "destinations": "Became", "tags": "About"}
"""What a reader calls the fields of `Filters`."""
SINCE, UNTIL = "since", "until"

Option = tuple[str, str]
"""A value as it is offered, with the number of stories it would leave, and the value itself."""


@dataclass(frozen=True)
class Offered:
    """What can be chosen next, given what was chosen; the number of stories left, and of all."""

    origins: tuple[Option, ...]
    destinations: tuple[Option, ...]
    tags: tuple[Option, ...]
    years: tuple[str, ...]
    left: int
    every: int

    @property
    def is_any(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.origins or self.destinations or self.tags) or len(self.years) > 1


def offered(stories: Sequence[Story], filters: Filters) -> Offered:
    """The values to choose from. Each is counted over the stories that the other fields leave, as it would match."""
    named = [_counted(stories, filters, field) for field in FIELDS]
    years = sorted({year for story in stories if (year := year_of(story)) and year in YEARS}, reverse=True)
    left = sum(map(filters.matches, stories))
    return Offered(named[0], named[1], named[2], tuple(map(str, years)), left, len(stories))


class Offering:
    """`offered`, worked out once for all pages: it remembers what it gave until other stories are asked for.

    The same stories are the very same, as a generation gives them. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stories: Sequence[Story] = ()
        self._found: Callable[[Filters], Offered] = partial(offered, ())

    def __call__(self, stories: Sequence[Story], filters: Filters) -> Offered:
        """As `offered` gives it. Who asks meanwhile waits: after a publication every open page asks the same."""
        with self._lock:
            if self._stories is not stories:
                self._stories, self._found = stories, lru_cache(maxsize=OFFERS_KEPT)(partial(offered, stories))
            return self._found(filters)


def chosen(origins: object, destinations: object, tags: object, since: object = "", until: object = "") -> Filters:
    """The filters that somebody chose, whatever the browser sent."""
    first, last = _year(since), _year(until)
    years = (first or YEARS[0], last or YEARS[-1]) if first or last else None
    if years and years[0] > years[1]:
        years = (years[1], years[0])
    return Filters(_values(origins), _values(destinations), _values(tags), years)


def without(filters: Filters, field: object, value: object) -> Filters:
    """The filters with one value taken away; all of them where none is named."""
    if field == "every":
        return EVERY_STORY
    if field == "years":
        return replace(filters, years=None)
    if not isinstance(field, str) or field not in FIELDS:
        return filters
    rest: dict[str, Any] = {field: tuple(one for one in filters.values(field) if one != value)}
    return replace(filters, **rest)


def chips(filters: Filters, left: int, every: int) -> str:
    """The filters in force, each with a button that removes it, and how many stories they leave; "" without any."""
    if not filters:
        return ""
    buttons = [_chip(field, value, f"{NAMES[field]} {value}") for field in FIELDS for value in filters.values(field)]
    buttons += [_chip("years", "", span(filters.years))] if filters.years else []
    drop = '<button type="button" class="drop-all" data-field="every">Clear all</button>' if len(buttons) > 1 else ""
    counted = "No story is left" if not left else f"{left} of {every} stories"
    return (
        f'<ul aria-label="Filters in force">{"".join(f"<li>{button}</li>" for button in buttons)}</ul>{drop}'
        f'<p class="left" role="status">{counted}</p>'
    )


def in_words(filters: Filters) -> str:
    """Which stories were looked at: "people who started as “nurse” or “cook” and …"; "" for all of them."""
    names = {"origins": "started as", "destinations": "became", "tags": "wrote about"}
    said = [f"{names[field]} {_either(filters.values(field))}" for field in FIELDS if filters.values(field)]
    said += [f"told it {span(filters.years).lower()}"] if filters.years else []
    return f"people who {' and '.join(said)}" if said else ""


def span(years: tuple[int, int]) -> str:
    """Some years, as a chip names them."""
    first, last = years
    if first == last:
        return f"In {first}"
    if first == YEARS[0]:
        return f"Until {last}"
    return f"Since {first}" if last == YEARS[-1] else f"From {first} to {last}"


def ends(years: tuple[int, int] | None) -> tuple[str, str]:
    """The first and the last year as they stand in the boxes to choose them."""
    first, last = years or (YEARS[0], YEARS[-1])
    return "" if first == YEARS[0] else str(first), "" if last == YEARS[-1] else str(last)


def _counted(stories: Sequence[Story], filters: Filters, field: str) -> tuple[Option, ...]:
    none: dict[str, Any] = {field: ()}
    others = replace(filters, **none)
    left = [story for story in stories if others.matches(story)] if others else stories
    fitting = _values([value for value, _ in values_told(left, field)], MOST_OFFERED)
    counts = matches_of([*fitting, *filters.values(field)], [values_of(story, field) for story in left])
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))
    return tuple((f"{value} ({count})", value) for value, count in ordered)


def _values(told: object, most: int = MOST_VALUES) -> tuple[str, ...]:
    """The values among them that can be chosen: not too long, and with a word in them."""
    found = told if isinstance(told, list | tuple) else []
    texts = [" ".join(value.split()) for value in found[: most * 2] if isinstance(value, str)]
    fitting = [value for value in texts if len(value) <= LONGEST_VALUE and words_of(value)]
    return tuple(dict.fromkeys(fitting))[:most]


def _year(sent: object) -> int | None:
    text = str(sent).strip() if isinstance(sent, str | int) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) in YEARS else None  # noqa: PLR2004


def _chip(field: str, value: str, label: str) -> str:
    return (
        f'<button type="button" class="chip" data-field="{field}" data-value="{inert(value)}" '
        f'aria-label="{inert(f"Remove the filter {label}")}">{inert(label)}</button>'
    )


def _either(values: Sequence[str]) -> str:
    return " or ".join(f"“{value}”" for value in values)
