"""A comparison pairs cases, says in words how clear a difference is, and names what changed and what cannot be told."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from eval.comparing.compare import Comparison, compare
from eval.comparing.manifest_changes import changes_between
from eval.comparing.report import print_comparison
from eval.comparing.words import notes, summary
from index.errors import EvalError
from tests.runs import MANIFEST, compared, row, rows_with


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {one.metric: one.verdict for one in comparison.differences}


def printed(comparison: Comparison) -> str:
    shown = io.StringIO()
    print_comparison(comparison, Console(width=140, file=shown))
    return shown.getvalue()


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    rows = [row(f"c{place}", scores={"gold_cited": place % 2, "completed": 1.0}) for place in range(10)]
    comparison = compared(tmp_path, rows, rows)
    assert set(verdicts(comparison).values()) == {"no difference"}
    assert summary(comparison) == "No difference: all 2 metrics are the same on every one of 10 cases."
    assert (comparison.changes, comparison.better, comparison.worse, comparison.moved) == ((), [], [], [])
    assert comparison.reworded == 0
    assert "Nothing differs in what was run." in printed(comparison)


def test_a_large_difference_is_clear_and_a_small_one_is_not(tmp_path: Path) -> None:
    before = [row(f"c{n}", scores={"gold_cited": 1.0, "citation_validity": 1.0}) for n in range(40)]
    after = [row(f"c{n}", scores={"gold_cited": float(n > 20), "citation_validity": float(n > 0)}) for n in range(40)]
    comparison = compared(tmp_path, before, after)
    assert verdicts(comparison) == {"gold_cited": "clearly worse", "citation_validity": "no clear difference"}
    assert verdicts(compare(comparison.after, comparison.before))["gold_cited"] == "clearly better"


def test_a_metric_of_which_less_is_better_is_judged_the_other_way_round(tmp_path: Path) -> None:
    zeros, ones = rows_with("over_refusal", [0.0] * 30), rows_with("over_refusal", [1.0] * 20 + [0.0] * 10)
    assert verdicts(compared(tmp_path, zeros, ones)) == {"over_refusal": "clearly worse"}


def test_what_one_story_does_twenty_times_is_not_clear(tmp_path: Path) -> None:
    """The same scores: once twenty stories got worse, once twenty questions on two stories."""
    before, after = [1.0] * 40, [0.0] * 20 + [1.0] * 20
    apart = compared(tmp_path, rows_with("gold_cited", before), rows_with("gold_cited", after))
    assert verdicts(apart) == {"gold_cited": "clearly worse"}
    two_stories = [
        [{**one, "group": str(place // 10)} for place, one in enumerate(rows_with("gold_cited", values))]
        for values in (before, after)
    ]
    assert verdicts(compared(tmp_path, two_stories[0], two_stories[1])) == {"gold_cited": "no clear difference"}


def test_among_many_metrics_one_that_moved_by_chance_is_only_perhaps_better(tmp_path: Path) -> None:
    names = ("passage_hit@1", "passage_hit@5", "passage_hit@10", "story_hit@5", "completed", "decision_right")
    random = np.random.default_rng(3)
    runs = [
        [
            row(
                f"c{n}", scores={name: float(random.random() < 0.5) for name in names} | {"gold_cited": float(n < good)}
            )
            for n in range(30)
        ]
        for good in (0, 6)
    ]
    alone = compared(tmp_path, runs[0], runs[1], metrics=("gold_cited",))
    together = compared(tmp_path, runs[0], runs[1])
    assert verdicts(alone) == {"gold_cited": "clearly better"}
    assert verdicts(together)["gold_cited"] == "perhaps better"
    assert together.differences[0].adjusted_p_value >= together.differences[0].p_value


def test_runs_that_differ_by_noise_alone_seldom_look_different(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    names = ("gold_cited", "completed", "decision_right", "citation_validity")
    alarms = 0
    for _ in range(40):
        runs = [
            [row(f"c{n}", scores={name: float(random.random() < 0.7) for name in names}) for n in range(40)]
            for _ in range(2)
        ]
        alarms += bool(compared(tmp_path, runs[0], runs[1]).with_verdict("clearly worse", "clearly better"))
    assert alarms <= 2  # 5 % of 40


def test_metrics_are_compared_on_the_cases_that_they_apply_to_in_both_runs(tmp_path: Path) -> None:
    before = [row("a", scores={"gold_cited": 1.0}), row("b", scores={"gold_cited": None})]
    after = [row("a", scores={"gold_cited": 0.0}), row("b", scores={"gold_cited": 1.0})]
    comparison = compared(tmp_path, before, after)
    (found,) = comparison.differences
    assert (found.before, found.after, found.cases, found.applied) == (1.0, 0.0, 1, (1, 2))
    assert any("gold_cited applies to 1 case before and to 2 after" in note for note in notes(comparison))
    assert "completed" in comparison.left_out


def test_cases_are_paired_by_id_and_those_of_one_run_are_told_and_left_out(tmp_path: Path) -> None:
    comparison = compared(tmp_path, [row("a"), row("b")], [row("c"), row("b")])
    assert [pair.name for pair in comparison.pairs] == ["b"]
    told = " ".join(comparison.warnings)
    assert re.search(r"1 case is only in \S*a, and left out: a\.", told)
    assert re.search(r"1 case is only in \S*b, and left out: c\.", told)


def test_a_case_that_asks_something_else_is_another_case(tmp_path: Path) -> None:
    comparison = compared(tmp_path, [row("a"), row("b")], [row("a"), row("b", question="What else?")])
    assert [pair.name for pair in comparison.pairs] == ["a"]
    assert comparison.warnings == ("1 case is asked differently in the two runs, and left out: b.",)


def test_other_gold_is_told_and_the_same_words_elsewhere_are_not_other_gold(tmp_path: Path) -> None:
    moved = [[{"story": "baker.md", "start": 7, "end": 20, "text": "I baked bread"}]]
    other = [[{"story": "baker.md", "start": 0, "end": 5, "text": "bread"}]]
    comparison = compared(tmp_path, [row("a"), row("b")], [row("a", gold=moved), row("b", gold=other)])
    assert comparison.warnings == ("1 case is judged by other gold in the two runs, which may be all that differs: b.",)


def test_runs_without_a_case_in_common_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no case in common"):
        compared(tmp_path, [row("a")], [row("b")])


def test_a_changed_set_a_stopped_run_and_failed_cases_are_told(tmp_path: Path) -> None:
    changed = [{**MANIFEST["sets"][0], "sha256": "b" * 64}]
    after = [row("a", outcome="failed", error="LLMError: gone")]
    told = " ".join(notes(compared(tmp_path, [row("a")], after, sets=changed, cases=3)))
    assert "The set made-up was changed between the two runs." in told
    assert re.search(r"b was stopped after 1 of 3 cases\.", told)
    assert "0 of 1 case failed before and 1 after" in told


def test_cases_that_changed_are_listed_by_how_far_they_moved(tmp_path: Path) -> None:
    before = [row("a"), row("b"), row("c", "wrongly refused", {"decision_right": 0.0}), row("d"), row("e")]
    after = [
        row("a", "gold not cited"),
        row("b", "failed"),
        row("c", "gold cited", {"decision_right": 1.0}),
        row("d", scores={}, answer="They say something else."),
        row("e"),
    ]
    comparison = compared(tmp_path, before, after)
    assert [pair.name for pair in comparison.worse] == ["b", "a"]
    assert [pair.name for pair in comparison.better] == ["c"]
    assert [pair.name for pair in comparison.pairs if pair.is_decided_otherwise] == ["c"]
    assert comparison.reworded == 1


def test_scores_that_moved_without_the_outcome_are_listed_apart(tmp_path: Path) -> None:
    scores = ({"citation_validity": 1.0, "completed": 1.0}, {"citation_validity": 0.5, "completed": 1.0})
    (pair,) = compared(tmp_path, [row("a", scores=scores[0])], [row("a", scores=scores[1])]).moved
    assert pair.moved_scores == {"citation_validity": (1.0, 0.5)}


def test_seconds_and_tokens_are_compared_over_what_did_not_fail(tmp_path: Path) -> None:
    tokens = ({"input": 100, "output": 10}, {"input": 300, "output": 10})
    before = [row("a", tokens=tokens[0], seconds={"total": 1.0}), row("b", seconds={"total": 9.0})]
    after = [row("a", tokens=tokens[1], seconds={"total": 2.0}), row("b", "failed", error="x", seconds={"total": 9.0})]
    costs = {one.name: one for one in compared(tmp_path, before, after).costs}
    assert {name: one.ratio for name, one in costs.items()} == {
        "seconds a case (p50)": 2,
        "input tokens a case": 3,
        "output tokens a case": 1,
    }
    assert costs["seconds a case (p50)"].cases == 1


def test_what_was_run_differently_is_named_the_answerer_first() -> None:
    after = {
        **MANIFEST,
        "started": "2026-02-02T00:00:00+00:00",
        "sets": [{**MANIFEST["sets"][0], "sha256": "b" * 64}],
        "answerer": "openai:made-up",
        "settings": {"passages": 4, "llm": "openai:made-up"},
        "versions": {"python": "3.11.7"},
        "novelty": True,
    }
    assert [(one.name, one.before, one.after) for one in changes_between(MANIFEST, after)] == [
        ("answerer", "quoting", "openai:made-up"),
        ("sets.made-up.sha256", "a" * 12, "b" * 12),
        ("settings.passages", "8", "4"),
        ("settings.llm", "(none)", "openai:made-up"),
        ("versions.torch", "2.13.0", "(none)"),
        ("novelty", "(none)", "True"),
    ]
