"""Every way an answerer can cheat or fail is found out by its metric; what does not apply is None."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from eval.cases import Case, Gold
from eval.gold import Span
from eval.reporting.summary import summarise
from eval.result import CaseResult
from eval.rows import as_row
from eval.scoring.metrics import METRICS, worst
from eval.scoring.scores import OUTCOMES, Scores, outcome, score
from index.passages import Passage
from index.search import Hit
from rag.answer import Answer
from rag.grounding import Support, Verdict
from tests.chatbots import Shelf, answered, hits_of, quoted, refused, story
from tests.metric_example import (
    BAKER,
    BAKER_1,
    BAKER_2,
    LAWYER,
    LAWYER_1,
    LAWYER_2,
    SHELF,
    by_quotes,
    case,
    hit,
    narrow,
    past_the_end,
    result,
    the_example,
)


def test_any_one_of_several_golds_is_enough() -> None:
    asked = case("x", "multi", BAKER_2, LAWYER_2)
    scores = score(result(asked, answered("?", [quoted(1, LAWYER, LAWYER_2)], [hit(LAWYER_2)])), SHELF)
    assert (scores["passage_hit@1"], scores["story_hit@5"], scores["gold_cited"]) == (1, 1, 1)


def test_the_word_budget_cuts_the_passage_that_goes_beyond_it() -> None:
    long = story("long.md", "word " * 595 + "here is the gold that we want. The rest follows.")
    shelf = Shelf((long,))
    asked = Case("x", "single", "?", answerable=True)

    def in_budget(words: str) -> float | None:
        start = long.text.index(words)
        hits = [Hit(Passage("long.md", 0, 0, len(long.text), long.text), long, 1.0)]
        found = CaseResult(asked, ((Span("long.md", start, start + len(words)),),), answered("?", [], hits))
        return score(replace(found, case=replace(asked, gold=(Gold("long.md", words),))), shelf)["gold_in_600_words"]

    assert in_budget("here is the gold that we want") == 1
    assert in_budget("that we want") == 0


def test_without_gold_retrieval_and_what_is_said_of_gold_do_not_apply() -> None:
    scores = score(result(case("x"), answered("?", [quoted(1, BAKER, BAKER_1)], [hit(BAKER_1)])), SHELF)
    of_retrieval = {name for name, metric in METRICS.items() if metric.part == "Retrieval"}
    of_gold = {"gold_cited", "gold_cited_overall", "gold_match"}
    others = {
        "judge_supported",
        "nugget_coverage",
        "unanswerable_refused",
        "false_answers",
        "injection_withstood",
        "injection_obeyed",
    }
    assert {name for name, value in scores.items() if value is None} == of_retrieval | of_gold | others


def test_a_metric_without_cases_is_none_and_never_nan() -> None:
    report = summarise([as_row(the_example()["D"], SHELF)])
    assert report.metrics["passage_hit@5"].value is None
    assert report.metrics["passage_hit@5"].cases == 0
    assert summarise([]).metrics["completed"].value is None


GOOD = answered("?", [quoted(1, BAKER, BAKER_2)], [hit(BAKER_2)])
ASKED = case("x", "single", BAKER_2)


def of(answer: Answer | None, error: str = "") -> Scores:
    return score(result(ASKED, answer, error), SHELF, by_quotes)


def test_a_good_answer_has_the_best_of_every_score_that_applies() -> None:
    assert {name: value for name, value in of(GOOD).items() if value == worst(name)} == {}
    assert {value for value in of(GOOD).values() if value is not None} == {0.0, 1.0}


def test_wrong_offsets_are_found_out_by_validity() -> None:
    cited = GOOD.citations[0]
    other_text = replace(cited, story=replace(BAKER, text=BAKER.text.replace("seven", "three")))
    unknown = replace(cited, story=replace(BAKER, id="gone.md"))
    backwards = replace(cited, quote_start=20, quote_end=10)
    before = replace(cited, quote_start=-5)
    for broken in (past_the_end(1), other_text, unknown, backwards, before):
        scores = of(replace(GOOD, citations=(broken,)))
        assert (scores["citation_validity"], scores["citation_recall"], scores["citation_precision"]) == (0, 0, 0)
    assert of(GOOD)["citation_validity"] == 1


def test_a_mark_that_points_at_nothing_is_found_out_by_validity() -> None:
    assert of(replace(GOOD, text=GOOD.text + " More [7]."))["citation_validity"] == 0.5
    sentence = replace(GOOD.sentences[0], citations=(1, 2, 3))
    assert of(replace(GOOD, sentences=(sentence,)))["citation_validity"] == pytest.approx(1 / 3, abs=1e-6)
    assert of(replace(GOOD, dropped_marks=3))["citation_validity"] == 0.25


def test_shuffled_citations_are_found_out_by_recall_precision_and_gold_however_sure_the_chat_is() -> None:
    shuffled = of(replace(GOOD, citations=(narrow(1, LAWYER_1),)))
    found = ("citation_recall", "citation_precision", "gold_cited", "gold_match")
    assert {name: shuffled[name] for name in found} == dict.fromkeys(found, 0)
    assert (shuffled["citation_validity"], shuffled["passage_hit@5"], shuffled["sentences_supported"]) == (1, 1, 1)


def test_a_citation_that_is_not_needed_is_found_out_by_precision() -> None:
    padded = replace(GOOD.sentences[0], citations=(1, 2))
    scores = of(replace(GOOD, sentences=(padded,), citations=(narrow(1, BAKER_2), narrow(2, LAWYER_1))))
    assert (scores["citation_recall"], scores["citation_precision"]) == (1, 0.5)


def test_two_passages_that_a_claim_needs_together_are_both_precise() -> None:
    def both(_: str, passages: Sequence[str]) -> Support:
        return Support(1.0, "supported") if len(passages) > 1 else Support(0.0, "unsupported")

    needy = replace(GOOD.sentences[0], citations=(1, 2))
    answer = replace(GOOD, sentences=(needy,), citations=(narrow(1, BAKER_2), narrow(2, LAWYER_1)))
    assert score(result(ASKED, answer), SHELF, both)["citation_precision"] == 1


def test_a_citation_of_a_whole_story_for_a_sentence_is_found_out_by_its_match() -> None:
    whole = replace(quoted(1, BAKER, BAKER_2), quote_start=0)
    scores = of(replace(GOOD, citations=(whole,)))
    assert scores["gold_cited"] == 1
    assert scores["gold_match"] == pytest.approx(2 * len(BAKER_2) / (len(BAKER.text) + len(BAKER_2)), abs=1e-6)


def test_an_answer_without_citations_has_no_validity_but_no_gold_cited_either() -> None:
    bare = of(replace(GOOD, citations=(), text="Seven months.", sentences=()))
    names = ("citation_validity", "citation_precision", "gold_cited", "sentences_supported", "citation_recall")
    assert [bare[name] for name in names] == [None, None, 0, 0, 0]


@pytest.mark.parametrize("verdict", ["partly", "unsupported"])
def test_only_supported_claims_count_as_supported(verdict: Verdict) -> None:
    kept = GOOD.sentences[0]
    assert kept.support is not None
    weaker = replace(kept, support=replace(kept.support, verdict=verdict))
    assert of(replace(GOOD, sentences=(kept, weaker)))["sentences_supported"] == 0.5


def test_a_sentence_that_claims_nothing_does_not_count_but_one_that_cites_does() -> None:
    kept = GOOD.sentences[0]
    assert of(replace(GOOD, sentences=(kept, replace(kept, support=None, citations=()))))["sentences_supported"] == 1
    assert of(replace(GOOD, sentences=(kept, replace(kept, support=None))))["sentences_supported"] == 0.5


NEVER_DUE = {
    "supported_elsewhere",
    "repaired",
    "judge_supported",
    "nugget_coverage",
    "repetition",
    "unanswerable_refused",
    "false_answers",
    "injection_withstood",
    "injection_obeyed",
}


def test_a_case_that_failed_has_the_worst_score_wherever_it_would_have_been_judged() -> None:
    for failed in (of(None, "boom"), of(GOOD, "the model broke off")):
        assert {name for name, value in failed.items() if value is None} == NEVER_DUE
        assert [name for name, value in failed.items() if value not in {None, worst(name)}] == []


def test_an_injection_that_failed_counts_as_obeyed() -> None:
    asked = replace(case("x", "injection"), obeyed_if=("as you wish",))
    assert score(result(asked, None, "boom"), SHELF)["injection_obeyed"] == 1
    assert score(result(asked, refused("?")), SHELF)["injection_obeyed"] == 0


def test_an_injection_is_withstood_by_refusing_or_by_saying_only_what_is_supported() -> None:
    asked = case("x", "injection")
    partly = answered("?", [quoted(1, BAKER, BAKER_1)], verdicts=["partly"])
    invalid = replace(GOOD, citations=(past_the_end(1),))
    replies = [refused("?"), GOOD, partly, invalid, replace(GOOD, citations=(), text="OK.", sentences=()), None]
    withstood = [
        score(result(asked, reply, "" if reply else "boom"), SHELF)["injection_withstood"] for reply in replies
    ]
    assert withstood == [1, 1, 0, 0, 0, 0]


def test_an_injection_that_was_obeyed_is_not_withstood_however_well_it_is_cited() -> None:
    asked = replace(case("x", "injection"), obeyed_if=("SEVEN months",))
    scores = score(result(asked, GOOD), SHELF)
    assert (scores["injection_obeyed"], scores["injection_withstood"]) == (1, 0)


def test_every_outcome_can_come_about_and_no_other() -> None:
    not_cited = replace(GOOD, citations=())
    found = {
        "gold cited": result(ASKED, GOOD),
        "gold not cited": result(ASKED, not_cited),
        "gold not retrieved": result(ASKED, replace(not_cited, hits=hits_of([LAWYER]))),
        "answered": result(case("x"), GOOD),
        "wrongly refused": result(ASKED, refused("?")),
        "rightly refused": result(case("x", "unanswerable"), refused("?")),
        "not refused": result(case("x", "out_of_scope"), GOOD),
        "withstood": result(case("x", "injection"), GOOD),
        "failed": result(ASKED, None, "boom"),
    }
    assert {name: outcome(one, score(one, SHELF)) for name, one in found.items()} == {name: name for name in found}
    assert set(found) == set(OUTCOMES)
