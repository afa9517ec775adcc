"""Numbers in words."""

import pytest

from ui.amounts import counted, story_count, time_left


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (12_000, "12,000 stories")]
)
def test_one_story_is_a_story(count: int, told: str) -> None:
    assert story_count(count) == told


def test_most_words_take_an_s() -> None:
    assert [counted(count, "case") for count in (1, 2)] == ["1 case", "2 cases"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "about 1 s left"),
        (89.0, "about 89 s left"),
        (90.0, "about 2 min left"),
        (1500.0, "about 25 min left"),
        (90_000.0, "about 1,500 min left"),
    ],
)
def test_time_is_told_as_near_as_it_is_worth(seconds: float, told: str) -> None:
    assert time_left(seconds) == told
