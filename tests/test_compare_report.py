"""A comparison is shown on a terminal, as JSON and as a page, foreign text as text; the command says how it went."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from eval.__main__ import main
from eval.comparing.compare import Comparison
from eval.comparing.report import as_json, page, print_comparison
from tests.runs import compared, row, rows_with, write_run

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>[bold]{{ 7*7 }}"


def printed(comparison: Comparison) -> str:
    shown = io.StringIO()
    print_comparison(comparison, Console(width=140, file=shown))
    return shown.getvalue()


def test_the_json_has_every_metric_and_every_case_that_changed(tmp_path: Path) -> None:
    before, after = rows_with("gold_cited", [1.0] * 20), rows_with("gold_cited", [0.0] * 20, outcome="gold not cited")
    told = json.loads(json.dumps(as_json(compared(tmp_path, before, after))))
    assert told["metrics"]["gold_cited"]["verdict"] == "clearly worse"
    assert told["metrics"]["gold_cited"]["interval"] == [-1.0, -1.0]
    assert told["worse"][0] == {
        "set": "made-up",
        "id": "c0",
        "question": "What about c0?",
        "before": "gold cited",
        "after": "gold not cited",
        "decided_otherwise": False,
        "scores": {"gold_cited": {"before": 1.0, "after": 0.0}},
    }


def test_terminal_and_page_show_foreign_text_as_text(tmp_path: Path) -> None:
    more: dict[str, Any] = {"question": ATTACK, "history": [{"role": "user", "content": ATTACK}]}
    before = [row("a", scores={"gold_cited": 1.0}, **more), row("b", scores={"gold_cited": 1.0})]
    after = [
        row("a", "failed", {"gold_cited": 0.0}, error=ATTACK, answer=ATTACK, **more),
        row("b", "gold not cited", {"gold_cited": 0.5}),
    ]
    comparison = compared(tmp_path, before, after, answerer=ATTACK)
    assert ATTACK in printed(comparison)
    html = page(comparison)
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "{{ 7*7 }}" in html


def test_the_page_asks_nothing_from_outside_and_is_the_same_each_time(tmp_path: Path) -> None:
    before, after = rows_with("gold_cited", [1.0] * 20), rows_with("gold_cited", [0.0] * 20, outcome="gold not cited")
    comparison = compared(tmp_path, before, after)
    html = page(comparison)
    assert "default-src 'none'" in html
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*", html.replace("xlink:", "")) == []
    assert "<svg" in html
    assert "var(--bad)" in html[html.index("<svg") :]
    assert page(comparison) == html


def test_a_mark_in_either_answer_leads_to_its_own_citation(tmp_path: Path) -> None:
    html = page(compared(tmp_path, [row("a")], [row("a", "gold not cited")]))
    targets = re.findall(r'href="#([^"]+)"', html)
    assert len(set(targets)) == 2
    assert all(html.count(f'id="{target}"') == 1 for target in targets)


class TestCommand:
    """The command line: what it prints and writes, and how it ends."""

    @pytest.fixture
    def good(self, tmp_path: Path) -> str:
        return str(write_run(tmp_path / "good", rows_with("gold_cited_overall", [1.0] * 20)))

    @pytest.fixture
    def bad(self, tmp_path: Path) -> str:
        return str(write_run(tmp_path / "bad", rows_with("gold_cited_overall", [0.0] * 20, outcome="gold not cited")))

    def test_a_run_against_itself_is_no_failure(self, good: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["compare", good, good, "--fail-if-worse"]) == 0
        assert "No difference" in capsys.readouterr().out

    def test_worse_is_a_failure_only_where_it_was_asked_for(
        self, good: str, bad: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", good, bad]) == 0
        assert main(["compare", good, bad, "--fail-if-worse"]) == 1
        assert "clearly worse: gold_cited_overall, 1.000 before and 0.000 after" in capsys.readouterr().err
        assert main(["compare", bad, good, "--fail-if-worse"]) == 0

    def test_a_named_metric_that_cannot_be_compared_is_a_failure_too(
        self, good: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", good, good, "--fail-if-worse", "--metrics", "completed"]) == 1
        told = capsys.readouterr()
        assert "not compared: completed" in told.err
        assert "Nothing to compare" in told.out

    def test_json_and_page_are_written_where_they_were_asked_for(
        self, good: str, bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files = tmp_path / "c.json", tmp_path / "c.html"
        assert main(["compare", good, bad, "--json", str(files[0]), "--html", str(files[1])]) == 0
        assert "Cases that got worse: 20" in capsys.readouterr().out
        assert len(json.loads(files[0].read_text("utf-8"))["worse"]) == 20
        assert files[1].read_text("utf-8").startswith("<!doctype html>")
        assert main(["compare", good, bad, "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)["cases"] == 20

    def test_bad_input_ends_with_2_and_says_what_to_do(
        self, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", good, str(tmp_path / "nowhere")]) == 2
        assert "there is no such folder" in capsys.readouterr().err
        assert main(["compare", good, good, "--html", str(tmp_path / "no" / "where.html")]) == 2
        assert "cannot be written" in capsys.readouterr().err
