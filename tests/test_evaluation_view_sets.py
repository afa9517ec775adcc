"""ui.evaluation_sets: sets are chosen by what is there, and brought in only when they are sound."""

import csv
from pathlib import Path
from typing import Any

import pytest

from index.errors import EvalError
from ui.evaluation_sets import LARGEST, MOST_KEPT, Sets

CASE = '{"question": "How long?", "answerable": false}\n'


@pytest.fixture
def sets(tmp_path: Path) -> Sets:
    (tmp_path / "stories").mkdir()
    return Sets(tmp_path / "stories", tmp_path / "kept")


def keys(sets: Sets) -> list[str]:
    return [one.key for one in sets.all()]


def test_the_projects_own_set_comes_first(sets: Sets) -> None:
    assert keys(sets) == ["own/starter.jsonl"]
    assert sets.all()[0].cases == len(sets.read("own/starter.jsonl").cases)


def test_sets_among_and_beside_the_stories_are_found(sets: Sets, tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_text(CASE)
    (tmp_path / "stories" / "mine.tsv").write_text("question\tanswerable\nHow long?\tno\n")
    (tmp_path / "budget.csv").write_text("month,sum\nMay,3\n")
    (tmp_path / "notes.txt").write_text(CASE)
    (tmp_path / "huge.jsonl").write_text(CASE + " " * LARGEST)
    assert keys(sets) == ["own/starter.jsonl", "stories/mine.tsv", "beside/dev.jsonl"]


def test_a_broken_set_is_offered_and_its_faults_are_told_when_it_is_chosen(sets: Sets, tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_text(CASE + '{"question": 3}\n')
    assert [one.cases for one in sets.all()][1:] == [None]
    with pytest.raises(EvalError, match=r"^dev\.jsonl, line 2, field question"):
        sets.read("beside/dev.jsonl")


@pytest.mark.parametrize("cell", ["1", "true", "null", "1.5", '"x"', "{}"])
def test_a_table_of_something_else_beside_the_stories_takes_nothing_down(sets: Sets, tmp_path: Path, cell: str) -> None:
    with (tmp_path / "other.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["question", "gold"], ["How long?", cell]])
    (other,) = [one for one in sets.all() if one.key == "beside/other.csv"]
    assert other.cases is None
    with pytest.raises(EvalError, match="field gold: it must be a list"):
        sets.read(other.key)


def test_a_file_that_cannot_be_read_hides_no_other(sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(CASE)
    opened = Path.open

    def refused(self: Path, *how: Any, **more: Any) -> Any:
        if self.name == "a.jsonl":
            raise PermissionError(13, "Permission denied")
        return opened(self, *how, **more)

    monkeypatch.setattr(Path, "open", refused)
    assert keys(sets)[1:] == ["beside/b.jsonl"]


@pytest.mark.parametrize("key", ["own/../../pyproject.toml", "beside/../x.jsonl", "/etc/passwd", "", None, 3, []])
def test_no_other_key_reads_anything(sets: Sets, key: object) -> None:
    with pytest.raises(EvalError, match="no such set"):
        sets.read(key)


def test_a_set_that_is_brought_in_can_be_chosen(sets: Sets) -> None:
    key = sets.keep("my set.jsonl", CASE)
    assert key == "kept/my-set.jsonl"
    assert [case.question for case in sets.read(key).cases] == ["How long?"]
    assert keys(sets)[1:] == [key]


def test_another_set_of_the_same_name_does_not_replace_the_first(sets: Sets) -> None:
    first = sets.keep("a.jsonl", CASE)
    assert sets.keep("a.jsonl", CASE) == first
    assert sets.keep("a.jsonl", CASE.replace("long", "far")) == "kept/a-2.jsonl"
    assert sets.read(first).cases[0].question == "How long?"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../evil.jsonl", "evil.jsonl"),
        ("C:\\sets\\a.JSONL", "a.jsonl"),
        ("<b>.jsonl", "b.jsonl"),
        ("....jsonl", "set.jsonl"),
        (f"{'x' * 300}.jsonl", f"{'x' * 60}.jsonl"),
    ],
)
def test_a_name_is_one_files(sets: Sets, tmp_path: Path, name: str, kept: str) -> None:
    assert sets.keep(name, CASE) == f"kept/{kept}"
    assert [one.name for one in (tmp_path / "kept").iterdir()] == [kept]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.jsonl", '{"question": 3}', r"a\.jsonl, line 1, field question"),
        ("a.csv", "question,answerable\nHm?,maybe\n", r"a\.csv, line 2, field answerable"),
        ("a.jsonl", "", "no case in it"),
        ("a.exe", CASE, "ends in .jsonl"),
        ("jsonl", CASE, "ends in .jsonl"),
        ("a.jsonl", CASE + " " * LARGEST, "larger than 2 MB"),
        ("a.jsonl", "\ud800", "not UTF-8"),
        (None, CASE, "No file arrived"),
        ("a.jsonl", {"path": "/etc/passwd"}, "No file arrived"),
    ],
)
def test_what_is_no_sound_set_is_told_and_not_kept(
    sets: Sets, tmp_path: Path, name: object, text: object, told: str
) -> None:
    with pytest.raises(EvalError, match=told):
        sets.keep(name, text)
    assert not (tmp_path / "kept").exists()


def test_only_so_many_sets_are_kept(sets: Sets, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    for number in range(MOST_KEPT):
        (tmp_path / "kept" / f"{number}.jsonl").touch()
    with pytest.raises(EvalError, match="kept already"):
        sets.keep("a.jsonl", CASE)
