"""The ways from backgrounds to roles: counted, folded, drawn, and said in words."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.stories import Story
from ui.journeys import LONGEST_LIST, MOST_NAMED, Journeys, Way, height, journeys, listed, picture
from ui.shelf import REST

WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


def story(origin: str, destination: str, number: int = 0) -> Story:
    return Story(f"{number}.md", "A title", "", {"from": origin, "to": destination}, "", "0")


def told(*ways: tuple[str, str]) -> Journeys:
    return journeys([story(*way, number=number) for number, way in enumerate(ways)])


def test_the_most_travelled_way_comes_first() -> None:
    found = told(("nurse", "tester"), ("chef", "coder"), ("Nurse", "Tester"))
    assert found.ways == (Way("nurse", "tester", 2), Way("chef", "coder", 1))


def test_a_long_tail_is_one_band() -> None:
    most = MOST_NAMED["origins"]
    found = told(*[("nurse", "tester")] * 3, *[(f"trade {number:02}", "coder") for number in range(most + 5)])
    assert len(found.named["origins"]) == most
    assert found.folded == {"origins": 6, "destinations": 0}
    assert found.label("origins", REST) == "6 other backgrounds"
    assert Way(REST, "coder", 6) in found.ways
    assert "6 other backgrounds" in str(picture(found))


def test_a_tail_of_one_is_named() -> None:
    found = told(*[(f"trade {number:02}", "coder") for number in range(MOST_NAMED["origins"] + 1)])
    assert found.folded["origins"] == 0


def test_stories_that_do_not_tell_both_ends_are_counted() -> None:
    found = told(("nurse", "tester"), ("nurse", ""), ("", ""))
    assert found.untold == 2
    assert "2 stories do not say both" in listed(found)


def test_without_any_way_that_is_said() -> None:
    assert told(("", "")).ways == ()
    assert "No story here says" in listed(told(("", "")))
    assert height(told()) > 0


@given(st.lists(st.tuples(WORDS, WORDS), max_size=60))
def test_every_story_that_tells_a_way_is_in_one_band(ways: Sequence[tuple[str, str]]) -> None:
    found = told(*ways)
    assert sum(way.count for way in found.ways) + found.untold == len(ways)
    for field, most in MOST_NAMED.items():
        assert len(found.named[field]) <= most + 1
    drawn = json.loads(json.dumps(picture(found)))["data"][0]
    nodes = len(drawn["node"]["label"])
    assert all(0 <= end < nodes for end in [*drawn["link"]["source"], *drawn["link"]["target"]])
    assert sum(drawn["link"]["value"]) == len(ways) - found.untold


def test_the_picture_tells_what_a_click_means() -> None:
    drawn = picture(told(("nurse", "tester")))["data"][0]
    assert drawn["node"]["customdata"] == [{"from": "nurse"}, {"to": "tester"}]
    assert drawn["link"]["customdata"] == [{"from": "nurse", "to": "tester"}]


@pytest.mark.parametrize("hostile", ["<b>bold</b>", '<a href="javascript:alert(1)">x</a>', "$x$", "%{label}", "a<br>b"])
def test_a_label_of_a_stranger_is_text(hostile: str) -> None:
    drawn = picture(told((hostile, "tester")))["data"][0]
    assert not set("<>$%{}\"'") & set("".join(drawn["node"]["label"]))
    assert "<b>" not in listed(told((hostile, "tester")))
    assert "<a" not in listed(told((hostile, "tester")))


def test_a_list_that_is_too_long_says_so() -> None:
    origins, destinations = range(MOST_NAMED["origins"]), range(MOST_NAMED["destinations"])
    found = told(*[(f"a{origin}", f"b{destination}") for origin in origins for destination in destinations])
    assert listed(found).count("<li>") == LONGEST_LIST
    assert f"{len(found.ways) - LONGEST_LIST} more ways" in listed(found)
