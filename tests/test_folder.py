"""Which files of a folder are stories."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from index.errors import StoriesError
from index.folder import MAX_FILE_BYTES, first_bytes, scan_stories
from index.intake import add_path
from index.intake.holdings import Holdings
from index.intake.removal import remove_story
from index.rebuild import rebuild
from index.store import PassageStore
from index.stories import read_stories
from tests.builders import TextEmbedder


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


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets nobody look into a folder any more, not even the superuser."""

    def locked(folder: Path) -> None:
        def refusing(look: Callable[[Any], Any], path: Any) -> Any:
            if Path(path) == folder:
                raise PermissionError(13, "Permission denied", str(path))
            return look(path)

        for name in ("scandir", "listdir"):
            monkeypatch.setattr(os, name, partial(refusing, getattr(os, name)))

    return locked


def test_stories_in_a_folder_that_cannot_be_read_are_not_taken_for_gone(
    stories_folder: Path, store: PassageStore, lock: Callable[[Path], None]
) -> None:
    (stories_folder / "more" / "deep").mkdir(parents=True)
    (stories_folder / "more" / "deep" / "singer.md").write_text("I sang every night.")
    rebuild(stories_folder, store, TextEmbedder())
    before = store.published()
    lock(stories_folder / "more" / "deep")
    for use in (
        lambda: rebuild(stories_folder, store, TextEmbedder()),
        lambda: remove_story(stories_folder, "baker.md", store, TextEmbedder()),
        lambda: Holdings(stories_folder),
    ):
        with pytest.raises(StoriesError, match=r"deep: the folder cannot be read \(Permission denied\)\. Check its"):
            use()
    assert store.published() == before
    assert (stories_folder / "baker.md").is_file()


@pytest.mark.parametrize("use", [scan_stories, Holdings, lambda folder: add_path(Holdings(folder.parent), folder)])
def test_a_folder_that_cannot_be_read_is_no_empty_one(
    folder: Path, lock: Callable[[Path], None], use: Callable[[Path], object]
) -> None:
    lock(folder)
    with pytest.raises(StoriesError, match=r"stories: the folder cannot be read \(Permission denied\)\. Check its"):
        use(folder)


@pytest.mark.parametrize("name", [".Trash-0", "lost+found", "page_files"])
def test_a_folder_where_no_story_lies_need_not_be_readable(
    folder: Path, lock: Callable[[Path], None], name: str
) -> None:
    (folder / "page.html").write_text("<p>I baked.")
    (folder / name).mkdir()
    lock(folder / name)
    assert list(scan_stories(folder)) == ["page.html"]


def test_a_link_to_a_file_is_a_story_and_one_to_a_folder_is_not_followed(folder: Path, outside: Path) -> None:
    (outside / "a.md").write_text("I baked.")
    (folder / "link.md").symlink_to(outside / "a.md")
    (folder / "nowhere.md").symlink_to(outside / "gone.md")
    (folder / "linked").symlink_to(outside)
    (folder / "linked.md").symlink_to(outside)
    (folder / "folder.md").mkdir()
    assert list(scan_stories(folder)) == ["link.md", "nowhere.md"]


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
