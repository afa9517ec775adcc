"""A run's folder is read back as it was written, and what cannot be relied on is named by file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from eval.cases import Case
from eval.folder import read_run
from eval.result import CaseResult
from eval.rows import as_row
from index.errors import EvalError
from rag.answer import Turn
from tests.chatbots import Shelf
from tests.runs import CITATION, row, write_run


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    rows = [row("a", scores={"completed": 1.0, "gold_cited": None}), row("b", group="a")]
    run = read_run(write_run(tmp_path, rows, cases=2))
    assert list(run.rows) == rows
    assert run.manifest["answerer"] == "quoting"
    assert run.is_finished


def test_the_rows_that_a_run_writes_are_rows_that_can_be_read(tmp_path: Path) -> None:
    case = Case("a", "single", "How long?", answerable=True, history=(Turn("user", "Hm?"),), group="a")
    written = as_row(CaseResult(case, error="ValueError: boom", of_set="made-up"), Shelf(()))
    assert read_run(write_run(tmp_path, [written])).rows == (json.loads(json.dumps(written)),)


def test_a_run_with_fewer_rows_than_cases_is_not_finished(tmp_path: Path) -> None:
    assert not read_run(write_run(tmp_path, [row("a")], cases=2)).is_finished


def test_a_line_that_breaks_off_is_an_error_unless_the_run_may_be_unfinished(tmp_path: Path) -> None:
    results = write_run(tmp_path, [row("a"), row("b")]) / "results.jsonl"
    results.write_bytes(results.read_bytes()[:-20])
    with pytest.raises(EvalError, match=r"results\.jsonl, line 2: it breaks off"):
        read_run(tmp_path)
    assert [one["id"] for one in read_run(tmp_path, unfinished=True).rows] == ["a"]


def test_a_run_stopped_before_its_first_answer_has_no_rows(tmp_path: Path) -> None:
    write_run(tmp_path, [])
    assert read_run(tmp_path, unfinished=True).rows == ()
    with pytest.raises(EvalError, match="no case has been asked"):
        read_run(tmp_path)


def test_a_folder_that_is_no_run_is_told_from_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"nowhere: there is no such folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(EvalError, match=r"not the folder of a run.*no results\.jsonl"):
        read_run(tmp_path)
    (write_run(tmp_path, [row("a")]) / "manifest.json").unlink()
    with pytest.raises(EvalError, match=r"no manifest\.json"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "marvellous"}, "outcome: 'marvellous' is no outcome"),
        ({"scores": {"completed": 1.5}}, "scores.completed"),
        ({"scores": {"completed": float("nan")}}, "scores.completed"),
        ({"seconds": {"total": "long"}}, "seconds.total"),
        ({"citations": [{**CITATION, "text": None}]}, "citations.0.text"),
    ],
)
def test_a_field_that_does_not_fit_is_named_with_its_line(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    write_run(tmp_path, [row("a"), row("b", **change)])
    with pytest.raises(EvalError, match=rf"results\.jsonl, line 2, field {field}.*[Aa]nother version"):
        read_run(tmp_path)


def test_a_row_without_a_field_was_written_by_another_version(tmp_path: Path) -> None:
    older = row("a")
    del older["group"]
    with pytest.raises(EvalError, match=r"line 1, field group: .*run the set again"):
        read_run(write_run(tmp_path, [older]))


def test_damage_is_not_taken_for_a_row(tmp_path: Path) -> None:
    results = write_run(tmp_path, [row("a")]) / "results.jsonl"
    results.write_text("{\n", encoding="utf-8")
    with pytest.raises(EvalError, match=r"line 1: this is not JSON"):
        read_run(tmp_path)
    results.write_text("[]\n", encoding="utf-8")
    with pytest.raises(EvalError, match=r"line 1, field \(all\)"):
        read_run(tmp_path)
    results.write_bytes(b"\xff\xfe\n")
    with pytest.raises(EvalError, match="not UTF-8"):
        read_run(tmp_path)


def test_a_case_with_two_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="line 2: case a of made-up has a row before this one"):
        read_run(write_run(tmp_path, [row("a"), row("a")]))


def test_the_manifest_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"manifest\.json, field cases"):
        read_run(write_run(tmp_path, [row("a")], cases="many"))
