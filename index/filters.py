"""Filters: which stories a search looks at, by what their front matter tells: from, to, tags, year.

A value matches where all of its words stand in what the story tells, whatever their order, case and ending: "teacher"
and "English teachers" match "high-school English teacher". Words are stemmed as the search stems them, but none is
left out as too short or too common: tags are called C, R, Go and IT. Knows nothing of passages, nor of how is searched.
"""

import unicodedata
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import regex

from index.errors import FilterError
from index.lexical import stemmed
from index.stories import Story

FIELDS = {"origins": "from", "destinations": "to", "tags": "tags"}
"""The fields of `Filters` that hold words, each with its name in front matter and in eval sets."""
HOW_YEARS_ARE_WRITTEN = "Write a year as 2019, or the first and the last as 2015-2019."

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+[+#]*")
_YEARS = regex.compile(r"\s*(\d{4})(?:\s*[-–]\s*(\d{4}))?\s*")  # an en dash is meant
_YEAR = regex.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")

FIRST_YEAR, LAST_YEAR = 1800, 2100
"""The years of a span that is open at one end."""


@dataclass(frozen=True)
class Filters:
    """Which stories to look at: all of them, where nothing is said.

    Several values of a field mean any of them; a story has to match every field. `years` are the first and the last.
    Raises `FilterError` for a value without a word, and for years that end before they begin.
    """

    origins: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    years: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for field, name in FIELDS.items():
            empty = [value for value in self.values(field) if not _stems(value)]
            if empty:
                raise FilterError(f"The filter {name} “{empty[0]}” has no word in it. Write one, or leave it out.")
        if self.years is not None and self.years[0] > self.years[1]:
            raise FilterError(f"The years {self.years[0]}-{self.years[1]} end first. {HOW_YEARS_ARE_WRITTEN}")

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self != EVERY_STORY

    def values(self, field: str) -> tuple[str, ...]:
        """The values of one of `FIELDS`."""
        found: tuple[str, ...] = getattr(self, field)
        return found

    def matches(self, story: Story) -> bool:
        """Whether a story is looked at. One that does not tell what is asked for is not."""
        return (self.years is None or _is_within(year_of(story), self.years)) and all(
            any_matches(wanted, values_of(story, field)) for field in FIELDS if (wanted := self.values(field))
        )

    def told(self) -> dict[str, Any]:
        """What is said, as an eval set has it: {} where nothing is."""
        said = {name: list(self.values(field)) for field, name in FIELDS.items() if self.values(field)}
        return said if self.years is None else {**said, "years": list(self.years)}


EVERY_STORY = Filters()


def any_matches(wanted: Sequence[str], values: Collection[str]) -> bool:
    """Whether all words of a wanted value stand in one of some values."""
    return any(_stems(one) <= _stems(value) for one in wanted for value in values)


def matches_of(wanted: Iterable[str], told: Iterable[Sequence[str]]) -> dict[str, int]:
    """How many of some stories each wanted value matches, by what every story tells of a field.

    As `any_matches` of each and each would count them. A wanted value has a word in it.
    """
    telling: dict[frozenset[str], set[int]] = {}
    for place, values in enumerate(told):
        for value in values:
            telling.setdefault(_stems(value), set()).add(place)
    having: dict[str, set[frozenset[str]]] = {}
    for stems in telling:
        for stem in stems:
            having.setdefault(stem, set()).add(stems)
    found = {one: set.intersection(*(having.get(stem, set()) for stem in _stems(one))) for one in wanted}
    return {one: len(set().union(*map(telling.__getitem__, matching))) for one, matching in found.items()}


def values_of(story: Story, field: str) -> tuple[str, ...]:
    """What a story tells of one of `FIELDS`."""
    told = {"origins": (story.origin,), "destinations": (story.destination,), "tags": story.tags}[field]
    return tuple(value for value in told if value)


def year_of(story: Story) -> int | None:
    """The `year` of a story, else that of its date; None where it tells neither."""
    own = next((value for key, value in story.metadata.items() if str(key).lower() == "year"), "")
    found = _YEAR.search(str(own)) or _YEAR.search(story.date)
    return int(found.group()) if found else None


def words_of(value: str) -> list[str]:
    """The words of a value in lower case, marks and punctuation left out but for those of C++ and C#."""
    return [str(word) for word in _WORD.findall(unicodedata.normalize("NFKC", value).casefold())]


def add_flags(parser: ArgumentParser) -> None:
    """Let a command take filters: --from, --to, --tag and --year."""
    chosen = parser.add_argument_group("which stories to look at (given more than once, any of the values)")
    chosen.add_argument("--from", dest="origins", action="append", metavar="WORDS", help="what the person was before")
    chosen.add_argument("--to", dest="destinations", action="append", metavar="WORDS", help="what the person became")
    chosen.add_argument("--tag", dest="tags", action="append", metavar="WORDS", help="a tag of the story")
    chosen.add_argument("--year", dest="years", action="append", help="2019, or 2015-2019; once")


def from_flags(options: Namespace) -> Filters:
    """What the flags say. Raises `FilterError`."""
    years = [_read_years(text) for text in options.years or ()]
    if len(years) > 1:
        raise FilterError(f"--year was given {len(years)} times. {HOW_YEARS_ARE_WRITTEN}")
    words = {field: tuple(getattr(options, field) or ()) for field in FIELDS}
    return replace(EVERY_STORY, **words, years=years[0] if years else None)


def _read_years(text: str) -> tuple[int, int]:
    found = _YEARS.fullmatch(text)
    if found is None:
        raise FilterError(f"--year {text}: this is no year. {HOW_YEARS_ARE_WRITTEN}")
    first, last = found.groups()
    return int(first), int(last or first)


def _is_within(year: int | None, years: tuple[int, int]) -> bool:
    return year is not None and years[0] <= year <= years[1]


@lru_cache(maxsize=65_536)
def _stems(value: str) -> frozenset[str]:
    return frozenset(stemmed(words_of(value)))
