"""A summary counts every case once, says None where nothing applies, and tells what became of claims and cost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.reporting.summary import below, reasons_of, summarise
from eval.scoring.judging import Opinion
from rag.answer import Tokens
from rag.comparison import Comparison
from rag.grounding import _reasons, support
from tests.chatbots import answered, hits_of, quoted, refused
from tests.run_rows import BAKER, GOLD, four_rows, row, weighed


def test_each_type_has_a_row_whose_counts_add_up() -> None:
    single, other = summarise(four_rows()).types
    assert (single.type, single.cases, single.answered, single.refused, single.failed, single.right) == (
        "single",
        3,
        1,
        1,
        1,
        1,
    )
    assert (other.type, other.cases, other.answered, other.refused, other.failed, other.right) == (
        "out_of_scope",
        1,
        0,
        1,
        0,
        1,
    )
    assert other.metrics["gold_cited"].value is None


def test_the_report_counts_outcomes_and_names_what_failed() -> None:
    report = summarise(four_rows())
    assert report.outcomes == {"gold cited": 1, "rightly refused": 1, "wrongly refused": 1, "failed": 1}
    assert report.failed == ("c",)
    assert report.cases == sum(report.outcomes.values()) == 4


def test_a_failed_case_lowers_the_mean_and_its_seconds_do_not_count() -> None:
    report = summarise(
        [four_rows()[0], {**four_rows()[2], "seconds": {"retrieve": None, "answer": None, "total": 99.0}}]
    )
    assert report.metrics["passage_hit@5"].value == 0.5
    assert report.seconds["total"].p95 == 0.5
    assert report.seconds["retrieve"].p50 is None


def test_a_metric_is_below_its_threshold_or_not() -> None:
    report = summarise(four_rows())
    assert below(report, {"gold_cited": 0.5, "completed": 0.75}, {"over_refusal": 0.67}) == []
    assert below(report, {"gold_cited": 0.51}, {}) == ["gold_cited is 0.500, below 0.51"]
    assert below(report, {"injection_withstood": 0.0}, {}) == ["injection_withstood is n/a, below 0"]
    assert below(report, {}, {"over_refusal": 0.6}) == ["over_refusal is 0.667, above 0.6"]
    assert below(report, {}, {"false_answers": 1.0}) == []


def test_rows_read_back_from_the_file_give_the_same_report(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in four_rows()), encoding="utf-8")
    assert summarise([json.loads(line) for line in file.read_text("utf-8").split("\n")]) == summarise(four_rows())


def test_risk_grows_as_more_is_answered_where_the_chances_order_the_cases_rightly() -> None:
    risks = summarise(weighed({"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.2}, hopeless="e")).risks
    assert [round(risk.coverage, 1) for risk in risks] == [0.4, 0.6, 0.8, 0.8, 0.8, 1.0]
    assert [risk.risk for risk in risks] == [0, 0, 0, 0, 0, 0.2]
    assert risks[-1].chance == 0.2


def test_cases_of_equal_chance_are_answered_together() -> None:
    risks = summarise(weighed({"a": 0.5, "b": 0.5}, hopeless="b")).risks
    assert {(risk.coverage, risk.risk) for risk in risks} == {(1.0, 0.5)}


def test_there_is_no_risk_to_tell_where_every_case_can_be_answered() -> None:
    assert summarise(weighed({"a": 0.5}, hopeless="")).risks == ()


def test_answers_in_part_are_a_third_state() -> None:
    partly = replace(answered("?", [quoted(1, BAKER, GOLD)]), missing="What it cost, no story tells.")
    report = summarise([*four_rows(), row("e", "single", partly), row("f", "unanswerable", partly)])
    known = report.decisions["answerable"]
    assert (known.cases, known.answered, known.partly, known.refused, known.failed) == (4, 1, 1, 1, 1)
    unknown = report.decisions["not answerable"]
    assert (unknown.cases, unknown.answered, unknown.partly, unknown.refused, unknown.failed) == (2, 0, 1, 1, 0)


def test_injections_are_no_test_of_whether_to_answer() -> None:
    report = summarise([row("a", "injection", refused("?"))])
    assert sum(of.cases for of in report.decisions.values()) == 0


def test_claims_are_counted_by_verdict_and_by_kind_of_reason() -> None:
    found = answered("?", [quoted(1, BAKER, GOLD)] * 2)
    wrong = support("It took me 47 months, says Helga.", [BAKER.text])
    first, second = found.sentences
    report = summarise([row("a", "single", replace(found, sentences=(first, replace(second, support=wrong))))])
    assert report.verdicts == {"supported": 1, "partly": 0, "unsupported": 1}
    assert {"a number is not there", "a name is not there"} <= report.reasons.keys()


COMPARED = Comparison({"two_sentence_coverage": 1.0}, 1.0, (), (), is_negated=False, exchanged=None)


@pytest.mark.parametrize(
    ("compared", "kind"),
    [
        (replace(COMPARED, unseen_numbers=("47",)), "a number is not there"),
        (replace(COMPARED, unseen_names=("Helga",)), "a name is not there"),
        (replace(COMPARED, is_negated=True), "denied"),
        (replace(COMPARED, exchanged=("weeks", "months")), "another word in its place"),
        (replace(COMPARED, word_coverage=0.1), "few of its words"),
        (replace(COMPARED, features={"two_sentence_coverage": 0.5}), "words not together"),
        (COMPARED, "not carried"),
    ],
)
@pytest.mark.parametrize("passages", [1, 2])
def test_every_reason_of_the_scorer_has_a_kind(compared: Comparison, kind: str, passages: int) -> None:
    told = list(_reasons(compared, "unsupported", passages))
    assert reasons_of({"support": {"verdict": "unsupported", "reasons": told}}) == [kind]


def test_what_cites_or_says_nothing_has_a_kind_and_a_supported_claim_has_no_reason() -> None:
    for found, kind in ((support("So it is.", []), "cites nothing"), (support("[1]", ["So."]), "says nothing")):
        assert reasons_of({"support": {"verdict": found.verdict, "reasons": list(found.reasons)}}) == [kind]
    assert reasons_of({"support": {"verdict": "supported", "reasons": ["the number 1 is not in the passage"]}}) == []


def test_tokens_are_added_up_over_the_cases_that_tell_them() -> None:
    told = replace(refused("?"), tokens=Tokens(100, 10))
    report = summarise([row("a", "single", told), row("b", "single", told), row("c", "single", refused("?"))])
    assert report.tokens is not None
    assert (report.tokens.input, report.tokens.output, report.tokens.cases) == (200, 20, 2)
    assert summarise(four_rows()).tokens is None


def test_a_judge_is_told_with_its_failures_its_spread_and_what_it_cost() -> None:
    answer = answered("?", [quoted(1, BAKER, GOLD)] * 2)
    sure = Opinion("one", ("supported", "supported"), (), Tokens(50, 2))
    torn = Opinion("two", ("supported", "unsupported"), (), Tokens(50, 2))
    lame = Opinion("two", ("partly",), ("no word",), Tokens(20, 1))
    rows = [row("a", "single", answer, opinions=(sure, torn)), row("b", "single", answer, opinions=(sure, lame))]
    judged = summarise(rows).judged
    assert judged is not None
    assert (judged.claims, judged.runs, judged.failures, judged.split) == (4, 2, 1, 1)
    assert judged.spread == pytest.approx((1 - 2 / 3) / 2)
    assert judged.agreement == 0.5
    assert (judged.tokens.input, judged.tokens.output) == (170, 7)
    assert [one["scores"]["judge_supported"] for one in rows] == [0.75, 0.5]
    assert summarise(four_rows()).judged is None


def test_the_funnel_tells_how_far_down_the_gold_was_and_how_much_of_it_was_cited() -> None:
    found = row("a", "single", answered("?", [quoted(1, BAKER, GOLD)], hits_of([BAKER])))
    funnel = summarise([found, *four_rows()[2:]]).funnel
    assert (funnel["first 1"], funnel["first 20"], funnel["cited"]) == (0.5, 0.5, 0.5)
    assert summarise([four_rows()[3]]).funnel == {}


def test_means_have_intervals_that_hold_them() -> None:
    rows = [row(str(number), "single", refused("?"), group=str(number)) for number in range(20)]
    rows += [row(f"x{number}", "out_of_scope", refused("?"), group=f"x{number}") for number in range(20)]
    mean = summarise(rows).metrics["decision_right"]
    assert mean.value == 0.5
    assert mean.low is not None
    assert mean.high is not None
    assert 0.3 < mean.low < 0.5 < mean.high < 0.7
