"""What a rebuild has to do follows from the folder and from what is published, and from nothing else."""

from dataclasses import replace

import pytest

from index.generation import Pointer, ShardEntry
from index.plan import SHARD_PASSAGES, SMALL_SHARD, SMALL_SHARDS, Plan, plan, untidy
from index.stories import Fault

MADE = {"embedder": "e", "splitter": "1"}


def published(stories: dict[str, str], **others: dict[str, str]) -> Pointer:
    shards = {"000001": stories, **others}
    return Pointer(1, MADE, tuple(ShardEntry(name, len(own), own) for name, own in shards.items()), (), "now")


def test_added_changed_gone_and_same_are_told_apart() -> None:
    found = plan({"a": "1", "b": "2", "c": "3"}, published({"b": "2", "c": "0", "d": "4"}), MADE)
    assert found == Plan(added=("a",), changed=("c",), gone=("d",), same=("b",))
    assert not found.is_empty
    assert found.to_read == ("a", "c")


def test_nothing_changed_is_an_empty_plan() -> None:
    found = plan({"b": "2"}, published({"b": "2"}), MADE)
    assert found.is_empty
    assert found.to_read == ()


def test_everything_is_added_where_nothing_is_published() -> None:
    assert plan({"b": "2"}, None, MADE) == Plan(added=("b",))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({**MADE, "embedder": "other"}, "embedder: e → other"),
        ({"embedder": "e"}, "splitter: 1 → none"),
        ({**MADE, "reader": "2"}, "reader: none → 2"),
    ],
)
def test_an_index_made_otherwise_is_made_anew_and_the_plan_says_why(now: dict[str, str], why: str) -> None:
    found = plan({"b": "2", "c": "9"}, published({"b": "2", "c": "3"}), now)
    assert found.whole == why
    assert not found.is_empty
    assert set(found.to_read) == {"b", "c"}


def test_a_file_that_could_not_be_read_is_not_tried_again_until_it_changes() -> None:
    pointer = replace(published({"b": "2"}), faults=(Fault("x", "broken", sha256="7"), Fault("b", "odd", True, "2")))
    assert plan({"b": "2", "x": "7"}, pointer, MADE) == Plan(same=("b",), unread=("x",))
    assert plan({"b": "2", "x": "8"}, pointer, MADE).added == ("x",)


def test_the_version_before_stays_while_a_changed_file_cannot_be_read() -> None:
    pointer = replace(published({"b": "2"}), faults=(Fault("b", "broken", sha256="3"),))
    assert plan({"b": "3"}, pointer, MADE) == Plan(same=("b",))
    assert plan({"b": "4"}, pointer, MADE).changed == ("b",)


def test_a_file_whose_bytes_cannot_be_had_is_tried_every_time() -> None:
    pointer = replace(published({"b": "2"}), faults=(Fault("x", "no permission"),))
    assert plan({"b": "2", "x": ""}, pointer, MADE).added == ("x",)
    assert plan({"b": ""}, pointer, MADE).changed == ("b",)


def test_a_story_that_could_not_be_read_anew_is_read_though_its_bytes_are_the_same() -> None:
    pointer = replace(published({"b": "2", "c": "3"}), faults=(Fault("b", "the machine was busy"),))
    assert plan({"b": "2", "c": "3"}, pointer, MADE) == Plan(changed=("b",), same=("c",))


def test_stories_of_a_damaged_shard_are_made_anew() -> None:
    pointer = published({"b": "2", "c": "3"}, other={"d": "4"})
    found = plan({"b": "2", "c": "5", "d": "4"}, pointer, MADE, damaged={"000001"})
    assert found == Plan(changed=("c",), damaged=("b",), same=("d",))
    assert not found.is_empty


def shard(name: str, passages: int, *stories: str) -> ShardEntry:
    return ShardEntry(name, passages, dict.fromkeys(stories, "1"))


def test_a_shard_with_what_was_superseded_is_written_again_and_small_ones_with_it() -> None:
    full, small = shard("1", 4000, "a"), shard("3", SMALL_SHARD - 1, "d")
    touched = ShardEntry("2", 4000, {"b": "1"}, {"c": "1"})
    assert untidy([full, touched, small]) == [touched, small]
    assert untidy([full, small]) == []


def test_small_shards_are_put_together_when_there_are_many() -> None:
    full = shard("full", SHARD_PASSAGES, "full")
    small = [shard(str(number), 10, str(number)) for number in range(SMALL_SHARDS + 1)]
    assert untidy([full, *small[1:]]) == []
    assert untidy([full, *small]) == small


def test_half_empty_shards_are_put_together_when_there_are_many() -> None:
    full = shard("full", SHARD_PASSAGES, "full")
    half = [shard(str(number), SMALL_SHARD, str(number)) for number in range(SMALL_SHARDS + 12)]
    assert untidy([full, *half[: SMALL_SHARDS + 2]]) == []
    assert untidy([full, *half]) == half
