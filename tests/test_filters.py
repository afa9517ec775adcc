"""Filters leave the stories whose front matter says what was asked for, and say what there is where none does."""

from argparse import ArgumentParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import process

from index.errors import FilterError
from index.facets import MOST_SOUGHT, values_told, why_nothing
from index.filters import EVERY_STORY, Filters, add_flags, from_flags, year_of
from index.stories import Story


def story(name: str = "a.md", **metadata: Any) -> Story:
    return Story(name, name, "", {key.rstrip("_"): value for key, value in metadata.items()}, "", "")


TEACHER = story(
    "teacher.md", from_="high-school English teacher", to="Data Analyst", tags=["SQL", "laid-off"], year=2018
)
SAILOR = story("sailor.md", from_="sailor", to="UX designer", tags="c++, self-taught", date="2021-03-04")
NURSE = story("nurse.md", from_="Nurse", to="data analyst", tags=["self-taught"])
LIBRARY = (NURSE, SAILOR, TEACHER)


@pytest.mark.parametrize("value", ["teacher", "TEACHERS", "English teachers", "school teacher", "high school"])
def test_a_value_matches_where_all_its_words_stand(value: str) -> None:
    assert Filters(origins=(value,)).matches(TEACHER)
    assert not Filters(origins=(value,)).matches(SAILOR)


@pytest.mark.parametrize("value", ["maths teacher", "teach", "lish", "high-school English teacher of Latin"])
def test_one_word_that_is_not_there_is_enough_not_to_match(value: str) -> None:
    assert not Filters(origins=(value,)).matches(TEACHER)


@pytest.mark.parametrize(("tag", "matches"), [("C++", True), ("c", False), ("c#", False), ("self taught", True)])
def test_short_names_and_their_marks_are_told_apart(tag: str, matches: bool) -> None:  # a row of the table
    assert Filters(tags=(tag,)).matches(SAILOR) is matches


def test_the_words_of_a_tag_stand_in_one_tag() -> None:
    assert not Filters(tags=("laid SQL",)).matches(TEACHER)


def test_several_values_of_a_field_mean_any_and_several_fields_all() -> None:
    either = Filters(origins=("sailor", "nurse"))
    assert [one.id for one in LIBRARY if either.matches(one)] == ["nurse.md", "sailor.md"]
    both = Filters(origins=("sailor", "nurse"), destinations=("analyst",))
    assert [one.id for one in LIBRARY if both.matches(one)] == ["nurse.md"]


@pytest.mark.parametrize(
    ("metadata", "year"),
    [
        ({"year": 2019}, 2019),
        ({"Year": "2019"}, 2019),
        ({"date": "2021-03-04T10:00:00Z", "year": 2018}, 2018),
        ({"published_at": "May 3, 2020"}, 2020),
        ({"date": "soon", "year": "unknown"}, None),
        ({"date": "20191"}, None),
        ({}, None),
    ],
)
def test_the_year_is_the_stories_own_else_that_of_its_date(metadata: dict[str, Any], year: int | None) -> None:
    assert year_of(story(**metadata)) == year


def test_years_are_a_span_with_both_its_ends_and_leave_out_who_tells_none() -> None:
    assert [one.id for one in LIBRARY if Filters(years=(2018, 2021)).matches(one)] == ["sailor.md", "teacher.md"]
    assert [one.id for one in LIBRARY if Filters(years=(2019, 2021)).matches(one)] == ["sailor.md"]


def test_nothing_said_leaves_every_story() -> None:
    assert not EVERY_STORY
    assert all(map(EVERY_STORY.matches, LIBRARY))
    assert EVERY_STORY.told() == {}


@pytest.mark.parametrize("value", ["", " ", "!!", "-"])
def test_a_value_without_a_word_is_refused(value: str) -> None:
    with pytest.raises(FilterError, match="has no word in it"):
        Filters(tags=("sql", value))


def given_flags(*flags: str) -> Filters:
    parser = ArgumentParser()
    add_flags(parser)
    return from_flags(parser.parse_args(flags))


def test_flags_say_what_filters_are() -> None:
    found = given_flags("--from", "nurse", "--from", "sailor", "--to", "analyst", "--tag", "sql", "--year", "2015-2019")
    assert found == Filters(("nurse", "sailor"), ("analyst",), ("sql",), (2015, 2019))
    assert found.told() == {"from": ["nurse", "sailor"], "to": ["analyst"], "tags": ["sql"], "years": [2015, 2019]}
    assert given_flags("--year", "2019").years == given_flags("--year", "2019 - 2019").years == (2019, 2019)
    assert given_flags() == EVERY_STORY


@pytest.mark.parametrize("flags", [["19"], ["2019-"], ["2019-20"], ["next"], ["2019-2015"], ["2015", "2019"]])
def test_a_year_written_otherwise_is_an_error_that_says_how(flags: list[str]) -> None:
    with pytest.raises(FilterError, match="2019, or the first and the last as 2015-2019"):
        given_flags(*[part for year in flags for part in ("--year", year)])


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (Filters(tags=("self-tought",)), "No story here has tag “self-tought”. Nearest tags: “self-taught”."),
        (Filters(tags=("lay",)), "No story here has tag “lay”. Most frequent tags: “self-taught”, “c++”, “laid-off”."),
        (
            Filters(origins=("teecher", "sail")),
            "No story here starts from “teecher” or “sail”. Nearest origins: “high-school English teacher”, “sailor”.",
        ),
        (Filters(years=(2030, 2031)), "No story here is of 2030–2031. Those that tell their year are of 2018–2021."),
        (
            Filters(destinations=("designer",), tags=("sql",)),
            "No story here leads to “designer” and has tag “sql”. Take one of these away.",
        ),
    ],
)
def test_where_nothing_is_left_the_reason_names_what_there_is(filters: Filters, told: str) -> None:
    assert not any(map(filters.matches, LIBRARY))
    assert why_nothing(LIBRARY, filters) == told


def test_a_library_that_tells_nothing_says_so() -> None:
    assert why_nothing([story()], Filters(tags=("sql",))) == "No story here has tag “sql”. None tells that at all."
    assert "None tells its year." in why_nothing([story()], Filters(years=(2019, 2019)))


def test_what_comes_near_is_looked_for_once_for_each_word_and_for_no_more_than_people_ask_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sought: list[str] = []
    extract = process.extract

    def watched(word: str, *given: Any, **named: Any) -> Any:
        sought.append(word)
        return extract(word, *given, **named)

    monkeypatch.setattr(process, "extract", watched)
    why_nothing(LIBRARY, Filters(tags=("zzz yyy", "yyy xxx", "xxx zzz")))
    assert sought == ["zzz yyy", "zzz", "yyy", "yyy xxx", "xxx", "xxx zzz"]
    sought.clear()
    odd = tuple(" ".join(f"{value}x{word}" for word in range(40)) for value in range(20))
    assert why_nothing(LIBRARY, Filters(origins=odd)).endswith("“high-school English teacher”, “Nurse”, “sailor”.")
    assert len(sought) == MOST_SOUGHT


def test_values_are_counted_the_most_frequent_first() -> None:
    assert values_told(LIBRARY, "destinations") == (("data analyst", 2), ("UX designer", 1))
    assert values_told(LIBRARY, "tags") == (("self-taught", 2), ("c++", 1), ("laid-off", 1), ("sql", 1))


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_a_story_matches_its_own_values_whatever_they_are(value: str) -> None:
    told = story(from_=f"former {value}", tags=[value])
    assert Filters(origins=(value, "nobody"), tags=told.tags).matches(told)
    assert not Filters(origins=(f"{value} nobody",)).matches(told)
