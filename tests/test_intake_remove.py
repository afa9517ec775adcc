"""A story goes out of its folder by its id, and nothing else ever does."""

from pathlib import Path

import pytest

from index.errors import StoriesError
from index.intake import remove
from tests.folders import BREAD, contents


def test_a_story_is_removed_by_its_id(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "a.md").write_bytes(BREAD)
    (folder / "more" / "b.md").write_bytes(BREAD)
    remove(folder, "more/b.md")
    assert contents(folder) == {"a.md": BREAD}


def test_of_a_link_the_link_alone_is_removed(folder: Path, outside: Path) -> None:
    (outside / "a.md").write_bytes(BREAD)
    (folder / "link.md").symlink_to(outside / "a.md")
    remove(folder, "link.md")
    assert (contents(folder), contents(outside)) == ({}, {"a.md": BREAD})


@pytest.mark.parametrize(
    "identity",
    [
        "",
        ".",
        "..",
        "../outside/a.md",
        "more/../a.md",
        "./a.md",
        "a.md/",
        "A.MD ",
        "more",
        "more\\b.md",
        "linked/a.md",
        ".hidden.md",
        "README.md",
        "notes.rst",
        "a.md\0",
        "\0",
        "\ud800",
        "*",
    ],
)
def test_what_is_no_storys_id_removes_nothing(folder: Path, outside: Path, identity: str) -> None:
    (folder / "more").mkdir()
    for name in ("a.md", "more/b.md", ".hidden.md", "README.md", "notes.rst"):
        (folder / name).write_bytes(BREAD)
    (outside / "a.md").write_bytes(BREAD)
    (folder / "linked").symlink_to(outside)
    before = contents(folder), contents(outside)
    with pytest.raises(StoriesError, match="there is no such story"):
        remove(folder, identity)
    with pytest.raises(StoriesError, match="there is no such story"):
        remove(folder, str(folder / "a.md"))
    assert (contents(folder), contents(outside)) == before


def test_stories_with_a_like_id_are_named(folder: Path) -> None:
    for name in ("nurse-to-tester.md", "baker-to-developer.md"):
        (folder / name).write_bytes(BREAD)
    with pytest.raises(StoriesError, match=r"Did you mean nurse-to-tester.md\?"):
        remove(folder, "nurse-to-testre.md")
    with pytest.raises(StoriesError, match=r"Did you mean baker-to-developer.md\?"):
        remove(folder, "Baker")
    with pytest.raises(StoriesError, match="python -m index status"):
        remove(folder, "xyz")
