"""The evaluation on a real index: built when need be, never over another's, and asked through the product itself."""

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.run import bring_up_to_date
from index.errors import EvalError
from index.settings import Settings
from tests.library import write_library

CASES = [
    {
        "id": "c1",
        "type": "single",
        "question": "How long did the baker's free Python course take?",
        "answerable": True,
        "gold": [{"story": "baker.md", "quote": "It took me seven months."}],
    },
    {"id": "c2", "type": "out_of_scope", "question": "Will it rain in Oslo tomorrow?", "answerable": False},
]


def test_an_index_of_other_stories_is_never_replaced(built_index: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "pilot.md").write_text("I flew for ten years, and then I learned to code.")
    with pytest.raises(EvalError, match="this index holds none of the stories of"):
        bring_up_to_date(Settings.load(stories=tmp_path / "other", index=built_index))


def test_the_index_is_built_where_there_is_none_and_when_stories_changed(
    built_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = built_index.parent / "stories"
    settings = Settings.load(stories=folder, index=built_index, device="cpu")
    bring_up_to_date(settings)
    assert capsys.readouterr().err == ""
    (folder / "pilot.md").write_text("I flew for ten years, and then I learned to code.")
    bring_up_to_date(settings)
    assert f"Building the index of {folder} in {built_index}, since it is out of date." in capsys.readouterr().err
    bring_up_to_date(settings)
    assert capsys.readouterr().err == ""


@pytest.fixture
def built_index(tmp_path: Path) -> Path:
    """An index of the made-up library, which lies beside it as `stories`, made by the packaged model."""
    stories = write_library(tmp_path / "stories")
    bring_up_to_date(Settings.load(stories=stories, index=tmp_path / "index", device="cpu"))
    return tmp_path / "index"


def test_a_run_with_the_product_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stories = write_library(tmp_path / "stories")
    (tmp_path / "set.jsonl").write_text("\n".join(json.dumps(case) for case in CASES))
    places = [
        "--stories",
        str(stories),
        "--index",
        str(tmp_path / "index"),
        "--out",
        str(tmp_path / "out"),
        "--device",
        "cpu",
    ]
    assert (
        main(["run", str(tmp_path / "set.jsonl"), *places, "--fail-under", "completed=1", "citation_validity=1"]) == 0
    )
    assert "since there is none yet" in capsys.readouterr().err
    rows = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text("utf-8").split("\n") if line]
    assert [row["error"] for row in rows] == [None, None]
    assert rows[0]["scores"]["story_hit@5"] == 1
