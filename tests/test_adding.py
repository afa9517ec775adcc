"""The command `add` in stories folders that are not there yet, or cannot be, and where the build after it fails."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from index.__main__ import main
from index.store import PassageStore

Add = Callable[..., str]


@pytest.fixture
def add(outside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Add:
    """Adds a file to a stories folder, which fails; returns what is told."""
    (outside / "a.md").write_text("I baked.")

    def run(stories: Path, source: str = "a.md") -> str:
        told = ["--stories", str(stories), "--index", str(tmp_path / "index"), "--device", "cpu"]
        assert main(["add", str(outside / source), *told]) == 2
        return capsys.readouterr().err

    return run


def test_a_file_is_no_stories_folder(add: Add, outside: Path) -> None:
    assert "a.md: this is a file, not a folder. Name the folder" in add(outside / "a.md")
    assert "a.md/more: the folder cannot be made (Not a directory)" in add(outside / "a.md" / "more")


def test_a_folder_that_may_not_be_made_is_told(add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert "new: the folder cannot be made (Permission denied). Check the permissions" in add(tmp_path / "new")


def test_where_nothing_could_be_added_only_a_folder_made_for_it_goes(add: Add, folder: Path, tmp_path: Path) -> None:
    for stories in (folder, tmp_path / "new"):
        assert "there is no such file" in add(stories, "gone.md")
    assert folder.is_dir()
    assert not (tmp_path / "new").exists()


def test_what_was_added_is_told_though_it_cannot_be_built(
    outside: Path, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (outside / "a.md").write_text("# The baker\n\nI baked.")
    (outside / "b.md").write_text("# The diver\n\nI dived.")
    places = ["--stories", str(folder), "--index", str(tmp_path / "index"), "--device", "cpu"]
    with PassageStore(tmp_path / "index").building():
        assert main(["add", str(outside / "a.md"), *places]) == 2
        told = capsys.readouterr()
        assert "another build is running" in told.err
        assert "a.md: added as the-baker.md" in told.out
        assert told.out.endswith("in no index yet: `python -m index build` takes it up.\n")
        assert main(["add", str(outside / "b.md"), "--json", *places]) == 2
        report = json.loads(capsys.readouterr().out)
    assert ([story["story_id"] for story in report["stories"]], report["build"]) == (["the-diver.md"], None)
    assert {file.name for file in folder.iterdir()} == {"the-baker.md", "the-diver.md"}
