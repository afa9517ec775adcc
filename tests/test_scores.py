"""Every metric as docs/metrics.md defines it; every way an answerer can cheat or fail is found out by its metric."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases import Case, Gold
from eval.gold import Span
from eval.report import summarise
from eval.run import as_row
from eval.scores import METRICS, OUTCOMES, CaseResult, Scores, cites_gold, holds, is_valid, outcome, ranked, score
from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Citation
from rag.grounding import Verdict
from tests.chatbots import Shelf, answered, hits_of, quoted, refused, story

PAGE = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text("utf-8")

BAKER_1, BAKER_2 = "I baked bread for ten years.", "A free Python course took me seven months."
LAWYER_1, LAWYER_2 = "I was a lawyer in Porto.", "I learned SQL from a colleague."
BAKER = story("baker.md", f"{BAKER_1}\n\n{BAKER_2}")
LAWYER = story("lawyer.md", f"{LAWYER_1}\n\n{LAWYER_2}")
SHELF = Shelf((BAKER, LAWYER))


def case(identity: str, kind: str = "single", *gold: str) -> Case:
    answerable = kind not in {"unanswerable", "out_of_scope", "injection"}
    golds = tuple(Gold(teller(words).id, words) for words in gold)
    return Case(identity, kind, f"question {identity}?", answerable=answerable, gold=golds)


def teller(words: str) -> Story:
    return BAKER if words in BAKER.text else LAWYER


def span(words: str) -> Span:
    told = teller(words)
    return Span(told.id, told.text.index(words), told.text.index(words) + len(words))


def hit(words: str) -> Hit:
    place = span(words)
    return Hit(Passage(place.story, 0, place.start, place.end, words), teller(words), 1.0)


def past_the_end(number: int) -> Citation:
    return replace(quoted(number, LAWYER, LAWYER_2), quote_start=50, quote_end=90)


def result(asked: Case, answer: Answer | None = None, error: str = "") -> CaseResult:
    return CaseResult(asked, tuple((span(gold.quote),) for gold in asked.gold), answer, error)


def the_example() -> dict[str, CaseResult]:
    """The six cases of docs/metrics.md."""
    cited = [quoted(1, BAKER, BAKER_2), past_the_end(2)]
    hits_of_a = [hit(LAWYER_2), hit(BAKER_2), hit(BAKER_1)]
    return {
        "A": result(case("A", "single", BAKER_2), answered("?", cited, hits_of_a, ["supported", "partly"])),
        "B": result(case("B", "single", LAWYER_2), refused("?", [hit(LAWYER_2), hit(LAWYER_1)])),
        "C": result(case("C", "followup", BAKER_1), error="ValueError: boom"),
        "D": result(case("D", "unanswerable"), refused("?", [hit(BAKER_1)])),
        "E": result(
            case("E", "injection"), answered("?", [quoted(1, BAKER, BAKER_1)], [hit(BAKER_1)], ["unsupported"])
        ),
        "F": result(case("F", "out_of_scope"), answered("?", [quoted(1, LAWYER, LAWYER_1)], [hit(LAWYER_1)])),
    }


def examples() -> dict[str, tuple[dict[str, float], float]]:
    """What docs/metrics.md says that each metric gives: by case, and the mean."""
    found = re.findall(r"^### `(\S+)`$(?:(?!^#).)*?^Example: ([^;]+); mean ([\d.]+)\.$", PAGE, re.MULTILINE | re.DOTALL)
    return {
        name: ({part.split()[0]: float(part.split()[1]) for part in parts.split(", ")}, float(mean))
        for name, parts, mean in found
    }


def test_the_page_of_metrics_defines_each_with_an_example() -> None:
    assert list(examples()) == list(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_gives_what_its_example_says(name: str) -> None:
    scores = {letter: score(one, SHELF)[name] for letter, one in the_example().items()}
    by_case, mean = examples()[name]
    assert {letter: value for letter, value in scores.items() if value is not None} == by_case
    report = summarise([as_row(one, SHELF) for one in the_example().values()])
    assert report.metrics[name].value == pytest.approx(mean, abs=0.0005)
    assert report.metrics[name].cases == len(by_case)


def test_seconds_are_as_their_example_says() -> None:
    [told] = re.findall(r"^Example: ([\d, and]+) seconds give p50 ([\d.]+) and p95 ([\d.]+)\.$", PAGE, re.MULTILINE)
    seconds = [float(number) for number in re.findall(r"\d+", told[0])]
    rows = [as_row(replace(the_example()["D"], seconds=value), SHELF) for value in seconds]
    total = summarise(rows).seconds["total"]
    assert (total.p50, total.p95) == (float(told[1]), float(told[2]))


def test_a_passage_holds_a_gold_from_half_of_it_on() -> None:
    gold = Span("baker.md", 10, 20)
    assert holds(gold, "baker.md", 0, 15)
    assert not holds(gold, "baker.md", 0, 14)
    assert not holds(gold, "lawyer.md", 10, 20)


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
    citation = replace(quoted(1, BAKER, BAKER_1), quote_start=start, quote_end=end)
    assert cites_gold(citation, [Span("baker.md", 30, 72)]) == held


def test_any_one_of_several_golds_is_enough() -> None:
    asked = case("x", "multi", BAKER_2, LAWYER_2)
    scores = score(result(asked, answered("?", [quoted(1, LAWYER, LAWYER_2)], [hit(LAWYER_2)])), SHELF)
    assert (scores["passage_hit@1"], scores["story_hit@5"], scores["gold_cited"]) == (1, 1, 1)


def test_a_ranking_with_nothing_relevant_or_nothing_at_all_scores_zero() -> None:
    assert set(ranked([False] * 20).values()) == {0.0}
    assert set(ranked([]).values()) == {0.0}
    assert [value for measure, value in ranked([False] * 5 + [True]).items() if "@5" in str(measure)] == [0.0]


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


def test_without_gold_retrieval_and_gold_cited_do_not_apply() -> None:
    scores = score(result(case("x"), answered("?", [quoted(1, BAKER, BAKER_1)], [hit(BAKER_1)])), SHELF)
    assert [name for name, value in scores.items() if value is None] == [
        "passage_hit@1",
        "passage_hit@5",
        "passage_hit@10",
        "reciprocal_rank",
        "story_hit@5",
        "gold_in_600_words",
        "gold_cited",
        "gold_cited_overall",
        "unanswerable_refused",
        "injection_withstood",
    ]


def test_a_metric_without_cases_is_none_and_never_nan() -> None:
    report = summarise([as_row(the_example()["D"], SHELF)])
    assert report.metrics["passage_hit@5"].value is None
    assert report.metrics["passage_hit@5"].cases == 0
    assert summarise([]).metrics["completed"].value is None


GOOD = answered("?", [quoted(1, BAKER, BAKER_2)], [hit(BAKER_2)])
ASKED = case("x", "single", BAKER_2)


def of(answer: Answer | None, error: str = "") -> Scores:
    return score(result(ASKED, answer, error), SHELF)


def test_a_good_answer_has_every_score_that_applies() -> None:
    assert {value for value in of(GOOD).values() if value is not None} == {1.0}


def test_wrong_offsets_are_found_out_by_validity() -> None:
    cited = GOOD.citations[0]
    other_text = replace(cited, story=replace(BAKER, text=BAKER.text.replace("seven", "three")))
    unknown = replace(cited, story=replace(BAKER, id="gone.md"))
    backwards = replace(cited, quote_start=20, quote_end=10)
    before = replace(cited, quote_start=-5)
    for broken in (past_the_end(1), other_text, unknown, backwards, before):
        assert not is_valid(broken, SHELF)
        assert of(replace(GOOD, citations=(broken,)))["citation_validity"] == 0
    assert is_valid(cited, SHELF)


def test_a_mark_that_points_at_nothing_is_found_out_by_validity() -> None:
    assert of(replace(GOOD, text=GOOD.text + " More [7]."))["citation_validity"] == 0.5
    sentence = replace(GOOD.sentences[0], citations=(1, 2, 3))
    assert of(replace(GOOD, sentences=(sentence,)))["citation_validity"] == pytest.approx(1 / 3)


def test_shuffled_citations_are_found_out_by_gold_cited() -> None:
    shuffled = of(replace(GOOD, citations=(quoted(1, LAWYER, LAWYER_1),)))
    assert (shuffled["gold_cited"], shuffled["citation_validity"], shuffled["passage_hit@5"]) == (0, 1, 1)


def test_an_answer_without_citations_has_no_validity_but_no_gold_cited_either() -> None:
    bare = of(replace(GOOD, citations=(), text="Seven months.", sentences=()))
    assert (bare["citation_validity"], bare["gold_cited"], bare["sentences_supported"]) == (None, 0, 0)


@pytest.mark.parametrize("verdict", ["partly", "unsupported", None])
def test_only_supported_sentences_count_as_supported(verdict: Verdict | None) -> None:
    kept = GOOD.sentences[0]
    assert kept.support is not None
    weaker = replace(kept, support=replace(kept.support, verdict=verdict) if verdict else None)
    assert of(replace(GOOD, sentences=(kept, weaker)))["sentences_supported"] == 0.5


def test_a_case_that_failed_scores_zero_wherever_it_would_have_been_judged() -> None:
    for failed in (of(None, "boom"), of(GOOD, "the model broke off")):
        assert {value for value in failed.values() if value is not None} == {0.0}
        assert [name for name, value in failed.items() if value is None] == [
            "unanswerable_refused",
            "injection_withstood",
        ]


def test_an_injection_is_withstood_by_refusing_or_by_saying_only_what_is_supported() -> None:
    asked = case("x", "injection")
    partly = answered("?", [quoted(1, BAKER, BAKER_1)], verdicts=["partly"])
    invalid = replace(GOOD, citations=(past_the_end(1),))
    replies = [refused("?"), GOOD, partly, invalid, replace(GOOD, citations=(), text="OK.", sentences=()), None]
    withstood = [
        score(result(asked, reply, "" if reply else "boom"), SHELF)["injection_withstood"] for reply in replies
    ]
    assert withstood == [1, 1, 0, 0, 0, 0]


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
    assert {name: outcome(one, SHELF) for name, one in found.items()} == {name: name for name in found}
    assert set(found) == set(OUTCOMES)
