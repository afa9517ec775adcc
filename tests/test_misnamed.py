"""Files whose names are not UTF-8 are told with what to do, and keep no other story out."""

import sys
from pathlib import Path

import pytest

from index.__main__ import main
from index.folder import scan_stories
from index.intake import remove
from index.rebuild import rebuild
from index.store import PassageStore
from index.stories import Fault, read_stories
from tests.builders import TextEmbedder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")

NAME = "caf\udce9.md"  # as Python has the bytes of Latin-1
TOLD = Fault("caf\\udce9.md", "its name is not UTF-8. Rename it.")


@pytest.fixture
def folder(stories_folder: Path) -> Path:
    """A folder with four stories, and one whose name is not UTF-8."""
    (stories_folder / NAME).write_text("I made coffee in a bar by the sea.")
    return stories_folder


def test_such_a_file_is_a_fault_and_the_rest_is_built(folder: Path, store: PassageStore) -> None:
    report = rebuild(folder, store, TextEmbedder())
    assert (report.stories, report.faults) == (4, (TOLD,))
    again = rebuild(folder, store, TextEmbedder())
    assert (again.published, again.faults) == (False, (TOLD,))
    (folder / NAME).rename(folder / "café.md")
    assert rebuild(folder, store, TextEmbedder()).plan.added == ("café.md",)


def test_it_is_told_by_a_name_that_can_be_printed(folder: Path) -> None:
    assert scan_stories(folder)[TOLD.file] == ""
    assert read_stories(folder).faults == (TOLD,)
    remove(folder, TOLD.file)
    assert not (folder / NAME).exists()


def test_a_file_deleted_while_it_was_read_is_called_so(folder: Path) -> None:
    (fault,) = read_stories(folder, ["gone.md"]).faults
    assert "No such file" in fault.what


def test_such_a_file_is_added_under_another_name(
    folder: Path, outside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / NAME).unlink()
    (outside / NAME).write_text("I made coffee.")
    told = ["--stories", str(folder), "--index", str(tmp_path / "index"), "--device", "cpu"]
    assert main(["add", str(outside / NAME), *told]) == 0
    assert "caf\\udce9.md: added as i-made-coffee.md" in capsys.readouterr().out
