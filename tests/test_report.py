"""The report shows every case, says where nothing applies, asks nothing from outside, shows foreign text as text."""

import io
import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from eval.folder import Row
from eval.reporting.pages import highlighted, with_marks
from eval.reporting.report import page, print_report
from eval.reporting.summary import summarise
from eval.scoring.judging import Opinion
from eval.scoring.metrics import METRICS
from rag.answer import Tokens, Turn
from tests.chatbots import answered, hits_of, quoted
from tests.run_rows import ATTACK, BAKER, GOLD, MANIFEST, four_rows, row, weighed


def printed(rows: list[Row]) -> str:
    shown = io.StringIO()
    print_report(summarise(rows), rows, Console(width=100, file=shown))
    return shown.getvalue()


def test_the_table_shows_every_metric_and_says_which_apply_to_none() -> None:
    text = printed([four_rows()[3]])
    assert all(name in text for name in METRICS)
    assert re.search(r"unanswerable_refused .* 1\.000 +n/a +1", text)
    assert "passage_hit@5" in text[text.index("Not applicable to any case") :]
    assert not re.search(r"\bnan\b", text.lower())


def test_the_table_lists_failed_cases_with_their_errors() -> None:
    assert "c: ValueError: boom [bold]" in printed(four_rows())
    assert "… and 2 more" in printed([four_rows()[2]] * 12)


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
    assert not re.search(r"https?://|@import|url\((?!#)|<link", html)
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


def test_the_risks_are_printed_and_drawn_where_there_are_any() -> None:
    rows = weighed({"a": 0.9, "b": 0.1}, hopeless="b")
    assert "best-founded" in printed(rows)
    assert 'aria-label="Risk and coverage"' in page(summarise(rows), rows, MANIFEST)
    assert "best-founded" not in printed(weighed({"a": 0.5}, hopeless=""))


def test_what_stands_out_is_told_with_the_cases_to_open() -> None:
    assert "1 of 4 cases failed" in printed(four_rows())
    html = page(summarise(four_rows()), four_rows(), MANIFEST)
    assert re.search(r'<code>completed</code>\s+<a href="#case-3">c</a>', html)


def test_a_judges_words_are_shown_and_its_cost_told() -> None:
    answer = answered("?", [quoted(1, BAKER, GOLD)])
    rows = [row("a", "single", answer, opinions=(Opinion(ATTACK, ("partly",), (ATTACK,), Tokens(1234, 5)),))]
    html = page(summarise(rows), rows, MANIFEST)
    assert "What the judge says" in html
    assert "<script>alert" not in html
    assert "1,234 read" in printed(rows)


def test_the_page_is_the_same_every_time() -> None:
    assert page(summarise(four_rows()), four_rows(), MANIFEST) == page(summarise(four_rows()), four_rows(), MANIFEST)
