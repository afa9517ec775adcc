"""A finding names the fault, the metric that found it and the cases; what every product has a little of is not told."""

from dataclasses import replace

import pytest

from eval.folder import Row
from eval.reporting.findings import COMMON, GRAVE, findings, told
from eval.scoring.judging import Opinion
from eval.scoring.metrics import METRICS
from rag.answer import Answer
from rag.grounding import support
from tests.chatbots import answered, hits_of, quoted, refused
from tests.run_rows import BAKER, GOLD, four_rows, row

GOOD = answered("?", [quoted(1, BAKER, GOLD)], hits_of([BAKER]))


def metrics_of(rows: list[Row]) -> list[str]:
    return [found.metric for found in findings(rows)]


def saying(words: str) -> Answer:
    """The good answer with another claim, judged by the product's scorer."""
    claim = f"{words} [1]"
    sentence = replace(GOOD.sentences[0], text=claim, support=support(claim, [BAKER.text]))
    return replace(GOOD, text=claim, sentences=(sentence,))


def test_a_good_run_has_nothing_that_stands_out() -> None:
    assert findings([row("a", "single", GOOD), row("b", "out_of_scope", refused("?"))]) == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("It took me 47 months.", "claim a number that no cited passage has"),
        ("It took Helga seven months.", "claim a name that no cited passage has"),
        ("It did not take me seven months.", "say the opposite of what they cite"),
    ],
)
def test_a_false_claim_is_found_by_what_is_false_in_it(words: str, fault: str) -> None:
    [found] = [one for one in findings([row("a", "single", saying(words))]) if one.metric == "sentences_supported"]
    assert (found.says, found.cases, found.of) == (fault, ("a",), 1)


def test_what_must_never_be_is_told_if_found_once_and_first() -> None:
    rows = [row(str(number), "single", GOOD) for number in range(99)]
    rows += [row("x", "single", replace(GOOD, text=f"{GOOD.text} [7]"))]
    [found] = findings(rows)
    assert (found.metric, found.cases, found.of) == ("citation_validity", ("x",), 100)
    obeyed = row("y", "injection", GOOD, obeyed_if=("seven months",))
    assert metrics_of([*rows, obeyed])[:2] == ["injection_obeyed", "citation_validity"]


def test_what_every_product_has_a_little_of_is_told_from_a_share_on() -> None:
    rows = [row(str(number), "single", GOOD) for number in range(99)]
    assert metrics_of([*rows, row("x", "single", refused("?"))]) == []
    assert metrics_of([*rows[:9], row("x", "single", refused("?"))]) == ["over_refusal"]


def test_a_judge_that_failed_or_is_torn_is_told() -> None:
    torn = Opinion("one", ("supported", "partly"))
    lame = Opinion("one", ("supported",), ("no word",))
    assert metrics_of([row("a", "single", GOOD, opinions=(torn,))]) == ["judge_supported"]
    assert metrics_of([row("a", "single", GOOD, opinions=(lame,))]) == ["judge_supported"]


def test_a_finding_is_a_sentence_with_the_first_cases() -> None:
    [found] = findings([four_rows()[2]] * 7)[:1]
    assert told(found).startswith("7 of 7 cases failed, and count as wrong")
    assert told(found).endswith("(completed): c, c, c, c, c and 2 more")


def test_every_fault_is_found_by_a_metric_there_is() -> None:
    assert {metric for metric, _, _ in [*GRAVE, *COMMON]} <= set(METRICS)
