"""An export says in other tools' formats what the report says: nothing more, nothing less."""

import json
from pathlib import Path

import ir_measures
import pandas as pd
import pytest
from ir_measures import RR, R, Success, nDCG

from eval.__main__ import main
from eval.reporting.export import frame, write_exports
from eval.reporting.summary import summarise
from eval.scoring.metrics import METRICS
from tests.chatbots import answered, hits_of, quoted, story
from tests.desk import Desk
from tests.run_rows import BAKER, four_rows, row

OTHER = story("other\tone two.md", "Nothing of the kind was ever said here.")


def some_rows() -> list[dict[str, object]]:
    far = answered("?", [quoted(1, OTHER, "Nothing")], hits_of([OTHER, BAKER]))
    return [*four_rows(), row("e", "single", far)]


def test_a_frame_has_a_row_a_case_and_a_column_a_metric() -> None:
    found = frame(four_rows())
    assert list(found["id"]) == ["a", "b", "c", "d"]
    assert set(METRICS) <= set(found.columns)
    assert found["gold_cited_overall"].mean() == summarise(four_rows()).metrics["gold_cited_overall"].value
    assert pd.isna(found.loc[3, "gold_cited_overall"])


def test_the_csv_reads_back_as_the_frame(tmp_path: Path) -> None:
    [cases, *_] = write_exports(four_rows(), tmp_path / "export")
    again = pd.read_csv(cases)
    assert list(again["error"].fillna("")) == ["", "", "ValueError: boom [bold]", ""]
    assert again["passage_hit@5"].mean() == pytest.approx(frame(four_rows())["passage_hit@5"].mean())


def test_no_cell_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    first, *rows = four_rows()
    [cases, *_] = write_exports([{**first, "answer": '=HYPERLINK("http://there")', "id": "-1"}, *rows], tmp_path)
    again = pd.read_csv(cases)
    assert (again.loc[0, "answer"], again.loc[0, "id"]) == ('\'=HYPERLINK("http://there")', "'-1")


@pytest.mark.parametrize(
    ("kind", "measures"),
    [
        (
            "passages",
            {
                "passage_hit@1": Success @ 1,
                "passage_recall@5": R @ 5,
                "reciprocal_rank": RR,
                "passage_ndcg@10": nDCG @ 10,
            },
        ),
        ("stories", {"story_hit@1": Success @ 1, "story_ndcg@10": nDCG @ 10, "story_reciprocal_rank": RR}),
    ],
)
def test_a_tool_that_reads_trec_files_finds_the_means_of_the_report(
    tmp_path: Path, kind: str, measures: dict[str, ir_measures.Measure]
) -> None:
    rows = some_rows()
    write_exports(rows, tmp_path)
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / f"{kind}.qrels")))  # type: ignore[no-untyped-call]
    run = list(ir_measures.read_trec_run(str(tmp_path / f"{kind}.run")))  # type: ignore[no-untyped-call]
    found = ir_measures.calc_aggregate(measures.values(), qrels, run)
    report = summarise(rows)
    assert {name: found[one] for name, one in measures.items()} == pytest.approx(
        {name: report.metrics[name].value for name in measures}, abs=1e-6
    )


def test_a_case_that_failed_is_in_the_qrels_and_not_in_the_run(tmp_path: Path) -> None:
    write_exports(four_rows(), tmp_path)
    asked = {line.split()[0] for line in (tmp_path / "passages.qrels").read_text().splitlines()}
    answered_ones = {line.split()[0] for line in (tmp_path / "passages.run").read_text().splitlines()}
    assert (asked - answered_ones, len(asked)) == ({"/c"}, 3)


def test_the_command_writes_a_run_and_names_the_files(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run()
    assert main(["export", str(desk.out)]) == 0
    named = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [file.name for file in named] == [
        "cases.csv",
        "passages.qrels",
        "passages.run",
        "stories.qrels",
        "stories.run",
    ]
    assert all(file.is_file() for file in named)


def test_a_folder_that_is_no_run_or_cannot_be_written_is_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(desk.folder / "stories")]) == 2
    assert "no results.jsonl" in capsys.readouterr().err
    desk.run()
    assert main(["export", str(desk.out), "--out", str(desk.set)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert json.loads(desk.set.read_text().splitlines()[0])["id"] == "c1"
