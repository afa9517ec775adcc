"""What a library could be filtered by: the values its stories have, and which come near one that none has.

Knows nothing of how a value matches (`filters.py`), nor of where stories come from.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from index.filters import FIELDS, FIRST_YEAR, LAST_YEAR, Filters, any_matches, values_of, words_of, year_of
from index.stories import Story

NAMED = 3
"""Values that are named where none matches."""

ALIKE = 80
# Of two words' letters in order, the percentage that are the same in words like each other: teecher and teacher.
MOST_SOUGHT = 40
# Wanted values and words of these that what comes near is looked for: more than people ask for, and soon looked for.

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
    if not wanted or any_matches(wanted, {value for story in stories for value in values_of(story, field)}):
        return ""
    there = [value for value, _ in values_told(stories, field)]
    near = list(dict.fromkeys(_nearest(wanted, there)))
    named = f"{'Nearest' if near else 'Most frequent'} {field}: {_listed((near or there)[:NAMED])}."
    return f"No story here {_HAS[field]} {_either(wanted)}. {named if there else 'None tells that at all.'}"


def _none_of(stories: Sequence[Story], wanted: tuple[int, int]) -> str:
    """That no story is of the wanted years, and which there are; "" where some story is."""
    if any(map(Filters(years=wanted).matches, stories)):
        return ""
    there = [year for story in stories if (year := year_of(story)) is not None]
    named = f"Those that tell their year are of {_span((min(there), max(there)))}." if there else "None tells its year."
    return f"No story here is of {_span(wanted)}. {named}"


def _nearest(wanted: Sequence[str], values: Sequence[str]) -> list[str]:
    """The values with a word that is spelt much like one of the wanted ones', then those with one that begins so."""
    from rapidfuzz import fuzz, process  # late: most questions leave a story

    having: dict[str, list[str]] = {}
    for value in values:
        for part in _parts(value):
            having.setdefault(part, []).append(value)
    known = list(having)
    sought = tuple(dict.fromkeys(part for one in wanted for part in _parts(one)))[:MOST_SOUGHT]
    found = (process.extract(part, known, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=NAMED) for part in sought)
    alike = [near for part in found for near, *_ in part]
    begun = [part for part in known if part.startswith(sought)]
    return [value for near in [*alike, *begun] for value in having[near]]


def _parts(value: str) -> list[str]:
    """A value and its words, in lower case, each once."""
    return list(dict.fromkeys([value.casefold(), *words_of(value)]))


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
