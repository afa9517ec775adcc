"""When a stretch of a story holds a gold, and how exactly two stretches match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.gold import Span
from eval.scoring.matching import cites, holds, match


def test_a_passage_holds_a_gold_from_half_of_it_on() -> None:
    gold = Span("baker.md", 10, 20)
    assert holds(gold, Span("baker.md", 0, 15))
    assert not holds(gold, Span("baker.md", 0, 14))
    assert not holds(gold, Span("lawyer.md", 10, 20))


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [
        (29, 29 + 42, True),
        (29, 40, True),
        (20, 40, True),
        (10, 40, False),
        (0, 28, False),
        (0, 75, True),
        (30, 30, False),
    ],
    ids=["all", "a part", "half in it", "mostly before", "elsewhere", "around it", "nothing"],
)
def test_a_citation_holds_a_gold_by_half_of_either(start: int, end: int, *, held: bool) -> None:
    assert cites(Span("baker.md", start, end), [Span("baker.md", 30, 72)]) == held


spans = st.builds(
    lambda start, length: Span("baker.md", start, start + length),
    st.integers(0, 50),
    st.integers(1, 50),
)


@given(spans, spans)
def test_a_match_is_1_for_the_same_words_0_for_none_shared_and_the_same_both_ways(one: Span, other: Span) -> None:
    assert match(one, other) == match(other, one)
    assert (match(one, other) == 1) == (one == other)
    assert (match(one, other) == 0) == (one.end <= other.start or other.end <= one.start)
    assert match(one, Span("lawyer.md", other.start, other.end)) == 0
