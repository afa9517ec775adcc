"""The report counts every case once, says n/a where nothing applies, and shows foreign text as text."""

import io
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from eval.cases import Case, Gold
from eval.gold import Span
from eval.manifest import manifest_of
from eval.report import Row, below, highlighted, page, print_report, summarise, with_marks
from eval.run import as_row
from eval.scores import METRICS, CaseResult
from index.settings import Settings
from rag.answer import Answer, Turn
from tests.chatbots import POINTER, Shelf, answered, hits_of, quoted, refused, story

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}"
BAKER = story("baker.md", f"I baked bread. It took me seven months & more. {ATTACK}")
SHELF = Shelf((BAKER,))
GOLD = "It took me seven months & more."
SPAN = Span("baker.md", BAKER.text.index(GOLD), BAKER.text.index(GOLD) + len(GOLD))
MANIFEST = manifest_of([], Settings(), POINTER, "scripted", 4)


def row(identity: str, kind: str, answer: Answer | None, error: str = "", **fields: Any) -> Row:
    answerable = kind == "single"
    gold = (Gold("baker.md", GOLD),) if answerable else ()
    case = Case(identity, kind, f"question {identity}?", answerable=answerable, gold=gold)
    return as_row(CaseResult(replace(case, **fields), ((SPAN,),) if gold else (), answer, error, 0.5), SHELF)


def four_rows() -> list[Row]:
    hits = hits_of([BAKER])
    return [
        row("a", "single", answered("?", [quoted(1, BAKER, GOLD)], hits)),
        row("b", "single", refused("?", hits)),
        row("c", "single", None, "ValueError: boom [bold]"),
        row("d", "out_of_scope", refused("?", hits)),
    ]


def printed(rows: list[Row]) -> str:
    shown = io.StringIO()
    print_report(summarise(rows), rows, Console(width=100, file=shown))
    return shown.getvalue()


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


def test_the_table_shows_every_metric_and_says_where_none_applies() -> None:
    text = printed([four_rows()[3]])
    assert all(name in text for name in METRICS)
    assert re.search(r"passage_hit@5 .* n/a +0", text)
    assert re.search(r"unanswerable_refused .* 1\.000 +1", text)
    assert not re.search(r"\bnan\b", text.lower())


def test_the_table_lists_failed_cases_with_their_errors() -> None:
    assert "c: ValueError: boom [bold]" in printed(four_rows())
    assert "… and 2 more" in printed([four_rows()[2]] * 12)


def test_a_metric_is_below_its_threshold_or_not() -> None:
    report = summarise(four_rows())
    assert below(report, {"gold_cited": 0.5, "completed": 0.75}) == []
    assert below(report, {"gold_cited": 0.51}) == ["gold_cited is 0.500, below 0.51"]
    assert below(report, {"injection_withstood": 0.0}) == ["injection_withstood is n/a, below 0"]


def test_the_page_escapes_every_text_that_is_not_its_own() -> None:
    answer = replace(answered("?", [quoted(1, BAKER, ATTACK)], hits_of([BAKER])), notice=ATTACK, reason=ATTACK)
    fields: dict[str, Any] = {"id": ATTACK, "type": ATTACK, "question": ATTACK, "reference": ATTACK}
    foreign = row("a", "single", answer, history=(Turn("user", ATTACK),), **{**fields, "answerable": True})
    failed = row("b", "single", None, ATTACK)
    manifest = {**MANIFEST, "answerer": ATTACK, "sets": [{"name": ATTACK}]}
    html = page(summarise([foreign, failed]), [foreign, failed], manifest)
    assert "<script>alert" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10
    assert len(re.findall(r"<script>", html)) == 1


def test_the_page_asks_nothing_from_outside() -> None:
    html = page(summarise(four_rows()), four_rows(), MANIFEST)
    assert "default-src 'none'" in html
    assert not re.search(r"https?://|@import|url\(|<link", html)
    assert not re.search(r"<[a-z][^>]*\s(?:src|srcset|href|action|poster|data)=(?![\"']#)", html)


def test_the_page_marks_gold_links_marks_to_sources_and_shows_every_case() -> None:
    html = page(summarise(four_rows()), four_rows(), MANIFEST)
    assert "<mark>It took me seven months &amp; more.</mark>" in html
    assert '<a class="cite" href="#source-1-1">[1]</a>' in html
    assert 'id="source-1-1"' in html
    assert re.findall(r'data-outcome="([^"]+)"', html) == ["gold cited", "wrongly refused", "failed", "rightly refused"]
    assert "ValueError: boom [bold]" in html
    assert ">n/a<" in html


def test_the_page_says_when_a_citation_is_not_valid() -> None:
    broken = replace(quoted(1, BAKER, GOLD), quote_end=9999)
    rows = [row("a", "single", answered("?", [broken]))]
    assert "not valid" in page(summarise(rows), rows, MANIFEST)
    assert "not valid" not in page(summarise(four_rows()), four_rows(), MANIFEST)


def test_rows_read_back_from_the_file_give_the_same_report(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in four_rows()), encoding="utf-8")
    assert summarise([json.loads(line) for line in file.read_text("utf-8").split("\n")]) == summarise(four_rows())


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4))
def test_highlighting_keeps_the_text_and_marks_exactly_the_gold(text: str, places: list[tuple[int, int]]) -> None:
    gold = [[{"story": "a.md", "start": min(place), "end": max(place)} for place in places]]
    pieces = highlighted({"story": "a.md", "start": 10, "text": text}, gold)
    assert "".join(piece for piece, _ in pieces) == text.rstrip()
    marked = [is_gold for piece, is_gold in pieces for _ in piece]
    assert marked == [any(min(p) <= 10 + at < max(p) for p in places) for at in range(len(text.rstrip()))]
    assert all(first[1] != second[1] for first, second in pairwise(pieces))


def test_gold_of_another_story_is_not_marked() -> None:
    gold = [[{"story": "b.md", "start": 0, "end": 5}]]
    assert highlighted({"story": "a.md", "start": 0, "text": "bread"}, gold) == [("bread", False)]


def test_marks_are_told_from_words() -> None:
    assert with_marks("It [1] took [2][3]. [x] [2019]") == [
        ("It ", None),
        ("[1]", 1),
        (" took ", None),
        ("[2]", 2),
        ("[3]", 3),
        (". [x] [2019]", None),
    ]


def weighed(chances: dict[str, float], hopeless: str) -> list[Row]:
    return [
        row(identity, "out_of_scope" if identity in hopeless else "single", replace(refused("?"), chance=chance))
        for identity, chance in chances.items()
    ]


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
    assert "best-founded" not in printed(weighed({"a": 0.5}, hopeless=""))


def test_the_risks_are_printed_and_drawn() -> None:
    rows = weighed({"a": 0.9, "b": 0.1}, hopeless="b")
    assert "best-founded" in printed(rows)
    assert "<polyline" in page(summarise(rows), rows, MANIFEST)
