"""What a library could be filtered by: the values its stories have, and which come near one that none has.

Knows nothing of how a value matches (`filters.py`), nor of where stories come from.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence

from index.filters import FIELDS, FIRST_YEAR, LAST_YEAR, Filters, any_matches, values_of, words_of, year_of
from index.stories import Story

NAMED = 3
"""Values that are named where none matches."""

ALIKE = 0.8
# Of two words' letters in order, the share that are the same in words that are like each other: teecher and teacher.

_HAS = {"origins": "starts from", "destinations": "leads to", "tags": "has tag"}


def values_told(stories: Iterable[Story], field: str) -> tuple[tuple[str, int], ...]:
    """The values of a field that some stories have, each with how many have it, the most frequent first.

    Values that differ only in case are one, spelt as it is first met.
    """
    spelt: dict[str, str] = {}
    counts = Counter(
        spelling
        for story in stories
        for spelling in {spelt.setdefault(value.casefold(), value) for value in values_of(story, field)}
    )
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold())))


def why_nothing(stories: Sequence[Story], filters: Filters) -> str:
    """Why filters leave none of some stories: which of them matches nothing, and what comes near it; or that all do."""
    said = [f"{_HAS[field]} {_either(filters.values(field))}" for field in FIELDS if filters.values(field)]
    said += [f"is of {_span(filters.years)}"] if filters.years else []
    reasons = [reason for field in FIELDS if (reason := _none_with(stories, filters.values(field), field))]
    reasons += [_none_of(stories, filters.years)] if filters.years else []
    told = " ".join(filter(None, reasons))
    return told or f"No story here {' and '.join(said)}. Take one of these away."


def _none_with(stories: Sequence[Story], wanted: Sequence[str], field: str) -> str:
    """That no story has any of the wanted values, and which come near; "" where some story has."""
    if not wanted or any(any_matches(wanted, values_of(story, field)) for story in stories):
        return ""
    there = [value for value, _ in values_told(stories, field)]
    near = list(dict.fromkeys(value for one in wanted for value in _nearest(one, there)))
    named = f"{'Nearest' if near else 'Most frequent'} {field}: {_listed((near or there)[:NAMED])}."
    return f"No story here {_HAS[field]} {_either(wanted)}. {named if there else 'None tells that at all.'}"


def _none_of(stories: Sequence[Story], wanted: tuple[int, int]) -> str:
    """That no story is of the wanted years, and which there are; "" where some story is."""
    if any(map(Filters(years=wanted).matches, stories)):
        return ""
    there = [year for story in stories if (year := year_of(story)) is not None]
    named = f"Those that tell their year are of {_span((min(there), max(there)))}." if there else "None tells its year."
    return f"No story here is of {_span(wanted)}. {named}"


def _nearest(wanted: str, values: Sequence[str]) -> list[str]:
    """The values with a word that begins as one of the wanted one does, or is spelt much like it."""
    having: dict[str, list[str]] = {}
    for value in values:
        for part in dict.fromkeys([value.casefold(), *words_of(value)]):
            having.setdefault(part, []).append(value)
    parts = dict.fromkeys([wanted.casefold(), *words_of(wanted)])
    alike = [near for part in parts for near in difflib.get_close_matches(part, having, cutoff=ALIKE)]
    begun = [known for known in having for part in parts if known.startswith(part)]
    return [value for near in [*alike, *begun] for value in having[near]]


def _either(values: Sequence[str]) -> str:
    return " or ".join(f"“{value}”" for value in values)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"“{value}”" for value in values)


def _span(years: tuple[int, int]) -> str:
    first, last = years
    if first <= FIRST_YEAR:
        return f"{last} or before"
    if last >= LAST_YEAR:
        return f"{first} or after"
    return str(first) if first == last else f"{first}–{last}"  # an en dash is meant
