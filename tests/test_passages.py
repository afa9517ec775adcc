"""Passages tile their story, to the character, for any text; cuts lie where sentences begin."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from index.passages import TARGET_WORDS, sentence_spans, sentences_within, split_story
from index.stories import Story

LIMIT = 60


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def story(text: str) -> Story:
    return Story("a.md", "A", "", {}, text, "0" * 64)


@given(st.text(max_size=600))
def test_passages_tile_any_text_within_the_limit(text: str) -> None:
    passages = split_story(story(text), count_characters, LIMIT)
    assert "".join(passage.text for passage in passages) == text
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert [passage.number for passage in passages] == list(range(len(passages)))
    assert all(len(passage.text) <= LIMIT for passage in passages)


@given(st.text(max_size=600))
def test_sentences_lie_in_order_and_hold_what_they_say(text: str) -> None:
    spans = sentence_spans(text)
    assert all(start < end and text[start:end] == text[start:end].strip() for start, end in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))


def test_a_sentence_ends_neither_at_an_abbreviation_nor_at_a_decimal_point() -> None:
    text = "I paid $1,000.50 for e.g. books by Dr. Ng. Then I quit."
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "I paid $1,000.50 for e.g. books by Dr. Ng.",
        "Then I quit.",
    ]


def test_block_marks_are_no_part_of_a_sentence() -> None:
    text = "## My way\n\n- First, flour.\n1. Then water.\n> Knead."
    assert [text[start:end] for start, end in sentence_spans(text)] == [
        "My way",
        "First, flour.",
        "Then water.",
        "Knead.",
    ]


def test_passages_end_at_paragraphs_and_stay_near_the_target() -> None:
    paragraph = "I baked bread for a year and then I wrote code for a year. " * 4
    text = "\n\n".join([paragraph.strip()] * 12)
    passages = split_story(story(text), count_words, 1000)
    assert all(passage.text.endswith("\n\n") for passage in passages[:-1])
    assert all(TARGET_WORDS * 0.5 < len(passage.text.split()) < TARGET_WORDS * 1.5 for passage in passages)


def test_a_heading_stays_with_what_it_heads() -> None:
    filler = "I baked bread for a year and then I wrote code for a year. " * 6
    text = f"{filler.strip()}\n\n## The end\n\n{filler.strip()}"
    passages = split_story(story(text), count_words, 1000)
    assert passages[1].text.startswith("## The end\n\nI baked")


def test_sentences_within_a_stretch_are_clipped_to_it() -> None:
    text = "I baked bread. I wrote code. I rested."
    assert [text[start:end] for start, end in sentences_within(text, 8, 27)] == ["bread.", "I wrote code"]
    assert sentences_within(text, 15, 29) == [(15, 28)]
