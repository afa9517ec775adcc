"""Which files of a folder are stories."""

from pathlib import Path

import pytest

from index.errors import StoriesError
from index.folder import MAX_FILE_BYTES, first_bytes, scan_stories
from index.stories import read_stories


def test_files_that_lie_beside_stories_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("I baked.")
    for name in ("README.md", "LICENSE.txt", "MANIFEST.jsonl", "photo.png", ".hidden.md"):
        (tmp_path / name).write_text("not a story")
    library = read_stories(tmp_path)
    assert [story.id for story in library.stories] == ["a.md"]
    assert library.faults == ()


def test_a_missing_folder_a_file_and_an_empty_folder_each_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoriesError, match=r"no such folder.*--stories"):
        read_stories(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoriesError, match="a file, not a folder"):
        read_stories(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoriesError, match="there is no story in it"):
        scan_stories(tmp_path / "empty")


@pytest.mark.parametrize(
    ("page", "beside"),
    [
        ("My change.html", "My change_files"),
        ("My change.htm", "My change_files"),
        ("change.html", "change.files"),
        ("change.html", "change_fichiers"),
        ("change.html", "change-Dateien"),
        ("change.html", "change_FILES"),
    ],
)
def test_what_a_browser_saved_beside_a_page_is_no_story(tmp_path: Path, page: str, beside: str) -> None:
    (tmp_path / "more" / beside / "deeper").mkdir(parents=True)
    (tmp_path / "more" / page).write_text("<p>I baked.")
    for name in ("advert.html", "terms.txt", "deeper/frame.htm"):
        (tmp_path / "more" / beside / name).write_text("Buy now!")
    assert list(scan_stories(tmp_path)) == [f"more/{page}"]


@pytest.mark.parametrize("beside", ["change_files", "change", "changed_files", "_files", "files"])
def test_a_folder_that_belongs_to_no_page_holds_stories_whatever_it_is_called(tmp_path: Path, beside: str) -> None:
    (tmp_path / beside).mkdir()
    (tmp_path / beside / "a.html").write_text("<p>I baked.")
    (tmp_path / "change.md").write_text("I coded.")
    (tmp_path / "changes.html").write_text("<p>I sang.")
    assert set(scan_stories(tmp_path)) == {f"{beside}/a.html", "change.md", "changes.html"}


def test_of_a_file_that_is_too_large_no_more_is_read_than_shows_it(tmp_path: Path) -> None:
    large, usual = tmp_path / "large.txt", tmp_path / "usual.txt"
    with large.open("wb") as file:
        file.truncate(10 * MAX_FILE_BYTES)
    usual.write_bytes(b"I baked." * 100)
    assert len(first_bytes(large)) == MAX_FILE_BYTES + 1
    assert first_bytes(usual) == usual.read_bytes()
