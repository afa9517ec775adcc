"""Denials and opposites are found where a sentence and a passage speak of the same matter, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.comparison import compare
from rag.contradiction import OPPOSITES
from rag.grounding import support

YARD = (
    "I welded hulls in Gdynia until the yard closed, and I never finished the evening course that I had begun. "
    "Before I took the repair job I had no degree, but I could read a circuit. Not all of my friends believed in it. "
    "For six months I soldered without a mask, since nobody told me about the fumes. I was unable to sleep after the "
    "night shifts, and the pay was better than at the shop."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "The welder finished the evening course that had been begun.",
        "Before the repair job the welder had some degree.",
        "For six months they soldered with a mask.",
        "They were able to sleep after the night shifts.",
        "They did not weld hulls in Gdynia.",
        "They never took the repair job.",
        "They couldn't read a circuit.",
        "They welded no hulls in Gdynia until the yard closed.",
    ],
)
def test_what_only_one_of_them_denies_is_negated(sentence: str) -> None:
    assert compare(sentence, [YARD]).is_negated


def test_a_denied_word_may_be_another_one_if_what_follows_is_the_same() -> None:
    passage = "I wanted to learn more about data and sustainability."
    assert compare("They did not wish to learn more about data and sustainability.", [passage]).is_negated


@pytest.mark.parametrize(
    "sentence",
    [
        "They welded hulls in Gdynia.",
        "The evening course was never finished.",
        "They had no degree before they took the repair job.",
        "They failed to finish the evening course.",
        "If they had not read a circuit, the repair job would have gone to somebody else.",
        "Some friends believed in it, not all.",
        "No mask was worn while soldering for six months.",
        "Nobody told them about the fumes.",
        "Pilots do not weld.",
        "They did not only weld hulls in Gdynia.",
    ],
)
def test_what_both_deny_or_is_another_matter_is_not(sentence: str) -> None:
    found = compare(sentence, [YARD])
    assert not found.is_negated
    assert found.exchanged is None


def test_the_place_that_is_most_alike_decides_not_another_where_the_word_stands() -> None:
    passage = "I never liked the night shifts at the yard. I liked the repair bench in the shop."
    assert not compare("They liked the repair bench in the shop.", [passage]).is_negated
    assert compare("They liked the night shifts at the yard.", [passage]).is_negated


@pytest.mark.parametrize(
    ("sentence", "exchanged"),
    [
        ("After taking the repair job they had no degree.", ("After", "Before")),
        ("For six weeks they soldered without a mask.", ("weeks", "months")),
        ("The pay was worse than at the shop.", ("worse", "better")),
        ("They were unable to sleep before the night shifts.", ("before", "after")),
    ],
)
def test_an_opposite_in_the_place_of_a_word_is_named(sentence: str, exchanged: tuple[str, str]) -> None:
    assert compare(sentence, [YARD]).exchanged == exchanged
    found = support(sentence, [YARD])
    assert found.verdict != "supported"
    assert f'it says "{exchanged[0]}" where the passage says "{exchanged[1]}"' in found.reasons


def test_reasons_speak_of_several_passages() -> None:
    found = support("For six weeks they soldered without a mask.", [YARD, "A tram passed."])
    assert 'it says "weeks" where the passages say "months"' in found.reasons


@pytest.mark.parametrize(
    "sentence",
    ["For six months they soldered.", "The pay was better.", "They took a job in the first week of May."],
)
def test_the_same_word_or_another_place_is_no_opposite(sentence: str) -> None:
    assert compare(sentence, [YARD]).exchanged is None


def test_opposites_are_opposite_both_ways() -> None:
    for stem, others in OPPOSITES.items():
        assert stem not in others
        assert all(stem in OPPOSITES[other] for other in others)


_WORDS = st.lists(
    st.sampled_from(
        ["not", "never", "before", "after", "baked", "bread", "months", "years", "no", "if", ",", ".", "six", "isn't"]
    )
).map(" ".join)


@settings(derandomize=True, deadline=None)
@given(_WORDS)
def test_no_text_contradicts_itself(text: str) -> None:
    found = compare(text, [text])
    assert not found.is_negated
    assert found.exchanged is None
