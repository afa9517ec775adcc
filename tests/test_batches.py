"""Texts of like length share a batch; a sentence's tokens are those that lie in it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.batches import Item, batches, token_ranges


def items(sizes: list[int]) -> list[Item]:
    return [Item(place, "", (), (), size) for place, size in enumerate(sizes)]


def places(found: list[list[Item]]) -> list[list[int]]:
    return [[item.place for item in batch] for batch in found]


def test_batches_hold_texts_of_like_length_the_longest_first() -> None:
    assert places(list(batches(items([1, 9, 3, 2]), 9))) == [[1], [2, 3, 0]]


def test_a_text_beyond_the_limit_is_a_batch_by_itself() -> None:
    assert places(list(batches(items([20, 2]), 9))) == [[0], [1]]
    assert list(batches([], 9)) == []


@given(st.lists(st.integers(0, 50)), st.integers(1, 200))
def test_every_text_is_in_one_batch_and_padding_is_counted(sizes: list[int], limit: int) -> None:
    found = list(batches(items(sizes), limit))
    assert sorted(itertools.chain.from_iterable(places(found))) == list(range(len(sizes)))
    assert all(len(batch) == 1 or len(batch) * max(item.size for item in batch) <= limit for batch in found)


def test_a_sentence_has_the_tokens_that_lie_in_it_and_no_special_ones() -> None:
    offsets = [(0, 0), (0, 1), (2, 6), (6, 7), (8, 12), (0, 0)]
    assert token_ranges(offsets, [(0, 7), (8, 12)]) == [(1, 4), (4, 5)]


def test_a_token_on_the_border_belongs_to_both_sides() -> None:
    assert token_ranges([(0, 4), (3, 8)], [(0, 4), (4, 8)]) == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    "offsets", [[(0, 0), (0, 3), (0, 0)], [(0, 0), (0, 0)], []], ids=["cut off", "no words", "no token"]
)
def test_a_sentence_without_a_token_gets_those_of_the_whole_text(offsets: list[tuple[int, int]]) -> None:
    assert token_ranges(offsets, [(5, 9)]) == [(0, len(offsets))]


@given(st.lists(st.text("ab", min_size=1, max_size=4), min_size=1), st.data())
def test_any_run_of_words_has_just_its_own_tokens(words: list[str], data: st.DataObject) -> None:
    ends = list(itertools.accumulate(len(word) + 1 for word in words))
    offsets = [(end - 1 - len(word), end - 1) for word, end in zip(words, ends, strict=True)]
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    assert token_ranges(offsets, [(offsets[first][0], offsets[last][1])]) == [(first, last + 1)]
