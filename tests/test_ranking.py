"""Rankings are measured by passages and by stories, whatever was found or missed."""

import pytest
from ir_measures import RR, R, Success, nDCG

from eval.gold import Span
from eval.scoring.ranking import measured, relevant, stories_of
from tests.chatbots import Shelf, passages_of, story

LONG = story("long.md", "\n\n".join(f"Paragraph {number} tells of something else." * 12 for number in range(20)))
SHELF = Shelf((LONG,))


def test_a_ranking_with_nothing_relevant_or_nothing_at_all_scores_zero() -> None:
    assert set(measured([f"p{rank}" for rank in range(20)], ["gold"]).values()) == {0.0}
    assert set(measured([], ["gold"]).values()) == {0.0}


def test_a_gold_that_no_passage_holds_is_missed_and_not_left_out() -> None:
    assert set(measured(["p1", "p2"], []).values()) == {0.0}
    everything = Span("long.md", 0, len(LONG.text))
    assert len(passages_of(LONG)) > 2
    assert relevant([everything], SHELF) == ()


def test_a_rank_just_beyond_k_is_no_hit() -> None:
    found = measured(["p1", "p2", "p3", "p4", "p5", "gold"], ["gold"])
    assert (found[Success @ 5], found[Success @ 10]) == (0, 1)
    assert found[RR] == pytest.approx(1 / 6)


def test_recall_and_gain_count_every_relevant_passage() -> None:
    found = measured(["a", "x", "b"], ["a", "b", "c", "d"])
    assert (found[R @ 5], found[Success @ 1]) == (0.5, 1)
    assert 0 < found[nDCG @ 10] < 1


def test_the_relevant_passages_are_those_that_hold_a_gold() -> None:
    second = passages_of(LONG)[1]
    inside = Span("long.md", second.start + 3, second.start + 40)
    assert relevant([inside, inside], SHELF) == (Span("long.md", second.start, second.end),)


def test_stories_are_ranked_by_their_first_passage() -> None:
    assert stories_of([Span("b", 0, 1), Span("a", 0, 1), Span("b", 1, 2)]) == ["b", "a"]
