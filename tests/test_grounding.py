"""Support is told by words, numbers, names and negation, and a reader is told what is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.grounding import VERBATIM, support

PASSAGE = (
    "I baked bread in Lyon for eleven years. In 2018 I found a free Python course by the University of Helsinki. "
    "It took me 7 months, an hour every afternoon. I did not pay for it. The bootcamp later cost 4,200 euros."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "In 2018 I found a free Python course by the University of Helsinki.",
        "“It took me 7 months, an hour every afternoon.” [1]",
        "i did NOT pay for it",
        "A baker writes: “I baked bread in Lyon for eleven years.” [2, 3]",
    ],
)
def test_the_passage_s_own_words_are_supported(sentence: str) -> None:
    assert support(sentence, [f"A baker writes: {PASSAGE}", PASSAGE]).verdict == "supported"


def test_a_verbatim_sentence_scores_high_whatever_its_length() -> None:
    assert support("I did not pay for it.", [PASSAGE]).score >= VERBATIM


def test_a_faithful_rewording_is_not_unsupported() -> None:
    assert support("The baker found a free Python course by the University of Helsinki in 2018.", [PASSAGE]).score > 0.5


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The bootcamp later cost 9,700 euros.", "9,700"),
        ("In 2018 I found a free Python course by Udacity.", "Udacity"),
        ("The bootcamp did not cost 4,200 euros.", "negates"),
        ("Sailing round Iceland taught him patience with storms and whales.", "few of its words"),
    ],
)
def test_what_is_wrong_is_named(sentence: str, reason: str) -> None:
    found = support(sentence, [PASSAGE])
    assert found.verdict != "supported"
    assert any(reason in told for told in found.reasons), found.reasons


def test_a_changed_number_scores_below_the_right_one() -> None:
    right, wrong = (support(f"The course took {months} months.", [PASSAGE]).score for months in ("seven", "nine"))
    assert right > wrong


@pytest.mark.parametrize("same", ["4,200", "4200", "four thousand two hundred"])
def test_a_number_may_be_written_otherwise(same: str) -> None:
    reasons = support(f"The bootcamp later cost {same} euros.", [PASSAGE]).reasons
    assert not any("number" in reason for reason in reasons)


def test_without_a_passage_nothing_is_supported() -> None:
    for passages in ([], ["", "  "]):
        found = support("I baked bread.", passages)
        assert (found.score, found.verdict, found.reasons) == (0.0, "unsupported", ("it cites nothing",))


def test_a_sentence_without_words_is_not_supported() -> None:
    assert support(" … [1]", [PASSAGE]).score == 0


def test_citation_marks_change_nothing() -> None:
    assert support("The bootcamp cost 4,200 euros. [1][12]", [PASSAGE]) == support(
        "The bootcamp cost 4,200 euros.", [PASSAGE]
    )


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=3))
def test_any_text_gets_a_score_between_0_and_1_and_the_same_each_time(sentence: str, passages: list[str]) -> None:
    found = support(sentence, passages)
    assert 0 <= found.score <= 1
    assert found == support(sentence, passages)


@given(st.lists(st.text(max_size=100), max_size=3))
def test_another_passage_never_takes_a_verbatim_sentence_away(passages: list[str]) -> None:
    assert support("I did not pay for it.", [*passages, PASSAGE]).score >= VERBATIM
