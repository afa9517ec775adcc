"""ui.choosing: whatever the browser sends becomes filters or nothing; what is offered is counted as it matches."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from cProfile import Profile
from dataclasses import replace
from pstats import Stats
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from index.filters import EVERY_STORY, FIELDS, Filters
from index.stories import Story
from tests.chatbots import story
from ui import choosing
from ui.choosing import (
    LONGEST_VALUE,
    MOST_OFFERED,
    MOST_VALUES,
    Offered,
    Offering,
    chips,
    chosen,
    ends,
    in_words,
    offered,
    span,
    without,
)


def told(identity: str, origin: str, destination: str, year: int, *tags: str) -> Story:
    metadata = {"from": origin, "to": destination, "year": year, "tags": list(tags)}
    return replace(story(identity, ""), metadata=metadata)


SHELF = [
    told("a", "teacher", "data scientist", 2017, "bootcamp"),
    told("b", "teacher of English", "developer", 2019, "bootcamp", "phd"),
    told("c", "nurse", "senior data scientist", 2019),
]
NURSE_OR_COOK = Filters(origins=("nurse", "cook"), tags=("bootcamp",), years=(2017, 2019))


def test_values_are_offered_with_the_stories_they_leave() -> None:
    found = offered(SHELF, EVERY_STORY)
    assert found.origins == (
        ("teacher (2)", "teacher"),
        ("nurse (1)", "nurse"),
        ("teacher of English (1)", "teacher of English"),
    )
    assert found.tags == (("bootcamp (2)", "bootcamp"), ("phd (1)", "phd"))
    assert found.years == ("2019", "2017")
    assert (found.left, found.every) == (3, 3)


VALUES = st.sampled_from(["teacher", "Teachers", "maths teacher", "teacher of maths", "SQL", "C++", "a  cook", "?"])
TOLD = st.lists(st.builds(told, st.just("x"), VALUES, VALUES, st.just(2019), VALUES, VALUES, VALUES), max_size=8)
PICKED = st.lists(VALUES.filter(lambda value: value != "?"), max_size=2)


@given(TOLD, PICKED, PICKED, PICKED)
def test_every_count_is_of_the_stories_that_its_value_alone_would_leave(
    shelf: list[Story], origins: list[str], destinations: list[str], tags: list[str]
) -> None:
    filters = chosen(origins, destinations, tags)
    found = offered(shelf, filters)
    for field in FIELDS:
        counts = []
        for label, value in getattr(found, field):
            alone: dict[str, Any] = {field: (value,)}
            counts.append(sum(map(replace(filters, **alone).matches, shelf)))
            assert label == f"{value} ({counts[-1]})"
        assert counts == sorted(counts, reverse=True)
    assert found.left == sum(map(filters.matches, shelf))


def test_of_how_many_values_are_offered_a_story_takes_no_longer_to_count() -> None:
    many = [told(str(number), f"trade {number % MOST_OFFERED}", "cook", 2019) for number in range(1000)]
    profile = Profile()
    found = profile.runcall(offered, many, EVERY_STORY)
    assert len(found.origins) == MOST_OFFERED
    assert Stats(profile).total_calls < MOST_OFFERED * len(many)  # type: ignore[attr-defined]  # as its print_stats has it


def test_what_is_offered_is_worked_out_once_as_long_as_the_library_is_the_same() -> None:
    offering, nurses = Offering(), Filters(origins=("nurse",))
    first = offering(SHELF, EVERY_STORY)
    assert first == offered(SHELF, EVERY_STORY)
    assert offering(SHELF, nurses) == offered(SHELF, nurses)
    assert offering(SHELF, EVERY_STORY) is first
    assert offering(SHELF[:2], EVERY_STORY) == offered(SHELF[:2], EVERY_STORY)
    assert offering(SHELF, EVERY_STORY) == first


def test_pages_that_ask_at_once_have_it_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Filters] = []

    def slow(stories: Sequence[Story], filters: Filters) -> Offered:
        counted.append(filters)
        time.sleep(0.1)
        return offered(stories, filters)

    monkeypatch.setattr(choosing, "offered", slow)
    offering, began = Offering(), threading.Barrier(4)

    def asked(_: int) -> Offered:
        began.wait(60)
        return offering(SHELF, EVERY_STORY)

    with ThreadPoolExecutor(4) as pages:
        assert set(pages.map(asked, range(4))) == {offered(SHELF, EVERY_STORY)}
    assert counted == [EVERY_STORY]


def test_counts_adapt_to_what_was_chosen_in_other_fields() -> None:
    found = offered(SHELF, Filters(destinations=("data scientist",)))
    assert found.origins == (("nurse (1)", "nurse"), ("teacher (1)", "teacher"))
    assert [value for _, value in found.destinations] == ["data scientist", "developer", "senior data scientist"]
    assert found.left == 2


def test_what_could_not_be_chosen_is_not_offered() -> None:
    odd = [told("d", "?", "x" * (LONGEST_VALUE + 1), 2019, "—"), told("e", "line  cook", "nurse", 2019)]
    found = offered([*SHELF, *odd], EVERY_STORY)
    for options in (found.origins, found.destinations, found.tags):
        assert all(chosen([value], [], []).origins == (value,) for _, value in options)
    assert ("line cook (1)", "line cook") in found.origins


def test_where_stories_tell_nothing_there_is_nothing_to_choose() -> None:
    bare = [replace(one, metadata={}) for one in SHELF]
    assert not offered(bare, EVERY_STORY).is_any
    assert not offered([told("d", "", "", 2019)], EVERY_STORY).is_any
    for one in (told("d", "cook", "", 2019), told("d", "", "cook", 2019), told("d", "", "", 2019, "cook")):
        assert offered([one], EVERY_STORY).is_any
    assert offered([told("d", "", "", 2019), told("e", "", "", 2020)], EVERY_STORY).is_any


def test_what_was_chosen_is_offered_even_where_it_leaves_nothing() -> None:
    found = offered(SHELF, Filters(tags=("phd",), destinations=("senior data scientist",)))
    assert ("phd (0)", "phd") in found.tags
    assert found.left == 0


def test_a_choice_becomes_filters() -> None:
    assert chosen(["nurse", "cook"], [], ["bootcamp"], "2017", "2019") == NURSE_OR_COOK
    assert chosen([], None, [], "", "") == EVERY_STORY


@pytest.mark.parametrize(
    "sent", [None, 7, "nurse", {"a": 1}, [None, 3, ["x"]], ["", "  ", "!?"], ["x" * (LONGEST_VALUE + 1)]]
)
def test_whatever_else_the_browser_sends_is_no_choice(sent: object) -> None:
    assert chosen(sent, sent, sent, sent if sent != 7 else None, {}) == EVERY_STORY


def test_choices_are_limited_in_number_and_none_comes_twice() -> None:
    assert len(chosen([f"job {number}" for number in range(99)], [], []).origins) == MOST_VALUES
    assert chosen(["a  nurse", "a nurse"], [], []).origins == ("a nurse",)


@pytest.mark.parametrize(
    ("since", "until", "years", "named"),
    [
        ("2017", "", (2017, 2100), "Since 2017"),
        ("", "2017", (1800, 2017), "Until 2017"),
        ("2019", "2017", (2017, 2019), "From 2017 to 2019"),
        ("2017", "2017", (2017, 2017), "In 2017"),
    ],
)
def test_years_may_be_open_or_the_wrong_way_round(since: str, until: str, years: tuple[int, int], named: str) -> None:
    filters = chosen([], [], [], since, until)
    assert filters.years == years
    assert span(years) == named
    assert chosen([], [], [], *ends(years)) == filters


@pytest.mark.parametrize("year", ["999999", "-1", "12.5", "\uff12\uff10\uff11\uff17", "year", 20170])
def test_what_is_no_year_is_none(year: object) -> None:
    assert chosen([], [], [], year, year) == EVERY_STORY


def test_filters_are_taken_away_one_by_one_or_all_at_once() -> None:
    assert without(NURSE_OR_COOK, "origins", "nurse").origins == ("cook",)
    assert without(NURSE_OR_COOK, "years", None).years is None
    assert without(NURSE_OR_COOK, "every", None) == EVERY_STORY
    for field in ("matches", "__class__", None, 3, ["origins"]):
        assert without(NURSE_OR_COOK, field, "nurse") == NURSE_OR_COOK


def test_every_filter_in_force_has_a_chip_that_removes_it() -> None:
    soup = BeautifulSoup(chips(NURSE_OR_COOK, 2, 12), "html.parser")
    found = soup.select("button.chip")
    assert [chip.text for chip in found] == [
        "Started as nurse",
        "Started as cook",
        "About bootcamp",
        "From 2017 to 2019",
    ]
    left = NURSE_OR_COOK
    for chip in found:
        left = without(left, chip["data-field"], chip["data-value"])
    assert left == EVERY_STORY
    assert [part.text for part in soup.select(".left")] == ["2 of 12 stories"]
    assert len(soup.select(".drop-all")) == 1
    assert chips(EVERY_STORY, 12, 12) == ""
    assert "No story is left" in chips(NURSE_OR_COOK, 0, 12)


def test_hostile_words_in_a_chip_are_only_words() -> None:
    hostile = '<img src=x onerror=1> ![x](http://y) "quoted"'
    soup = BeautifulSoup(chips(Filters(tags=(hostile,)), 1, 2), "html.parser")
    (chip,) = soup.select("button")
    assert chip.text == f"About {hostile}"
    assert chip["data-value"] == hostile
    assert soup.select("img") == []


def test_filters_in_words() -> None:
    assert in_words(NURSE_OR_COOK) == (
        "people who started as “nurse” or “cook” and wrote about “bootcamp” and told it from 2017 to 2019"
    )
    assert in_words(EVERY_STORY) == ""
