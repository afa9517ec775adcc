"""Stories into a folder: what is understood, what is kept under which name, and what is there already."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import StoriesError
from index.intake import (
    Added,
    Duplicate,
    add_path,
    add_url,
    preview_file,
    preview_page,
    preview_text,
    remove,
    save,
)
from index.intake.holdings import Holdings
from index.intake.response import Fetched
from index.stories import Fault, read_stories
from tests.folders import BREAD, contents
from tests.web import PUBLIC, reply, web

PAGE = (
    b"<!doctype html><title>From Scrubs to Scripts</title><article><h1>From Scrubs to Scripts</h1>"
    b"<p>I was a nurse for nine years, and on my nights off I taught myself to write tests.</p>"
    b"<p>A small company took me on as a junior tester, and I never looked back.</p></article>"
)


def test_a_preview_says_what_was_understood_and_writes_nothing(folder: Path) -> None:
    preview = preview_file(Holdings(folder), "C:\\Users\\me\\My File.MD", BREAD)
    assert (preview.given, preview.story.id, preview.data) == ("My File.MD", "from-bread-to-bytes.md", BREAD)
    assert (preview.story.title, preview.story.origin) == ("From Bread to Bytes", "baker")
    assert preview.story.text == "I baked, then I coded."
    assert (preview.warnings, preview.same_as) == ((), "")
    assert contents(folder) == {}


def test_a_preview_warns_and_names_the_story_that_is_the_same(folder: Path) -> None:
    (folder / "old.txt").write_text("I BAKED, then\nI coded.")
    preview = preview_file(Holdings(folder), "new.md", b"---\na: [b\n---\nI baked, then I coded.")
    assert "front matter is broken" in preview.warnings[0]
    assert preview.same_as == "old.txt"


def test_a_file_is_kept_byte_for_byte_under_a_name_made_of_its_title(folder: Path, outside: Path) -> None:
    (outside / "draft (3).MD").write_bytes(BREAD)
    outcomes = add_path(Holdings(folder), outside / "draft (3).MD")
    assert outcomes == (Added("draft (3).MD", "from-bread-to-bytes.md", "From Bread to Bytes"),)
    assert contents(folder) == {"from-bread-to-bytes.md": BREAD}
    assert contents(outside) == {"draft (3).MD": BREAD}


def test_a_file_is_readable_by_whom_the_systems_mask_lets(folder: Path, outside: Path) -> None:
    (outside / "a.md").write_bytes(BREAD)
    add_path(Holdings(folder), outside / "a.md")
    assert (folder / "from-bread-to-bytes.md").stat().st_mode == (outside / "a.md").stat().st_mode


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_overwritten(folder: Path, outside: Path) -> None:
    (folder / "From-Bread-to-Bytes.md").write_bytes(b"Somebody else's.")
    for number, text in enumerate([b"# From bread to bytes\n\nOne.", b"# From bread to bytes\n\nTwo."]):
        (outside / f"{number}.md").write_bytes(text)
    outcomes = add_path(Holdings(folder), outside)
    assert [outcome.story_id for outcome in outcomes if isinstance(outcome, Added)] == [
        "from-bread-to-bytes-2.md",
        "from-bread-to-bytes-3.md",
    ]
    assert contents(folder)["From-Bread-to-Bytes.md"] == b"Somebody else's."


def test_the_same_content_is_told_and_not_added_twice(folder: Path, outside: Path) -> None:
    (outside / "a.md").write_bytes(BREAD)
    add_path(Holdings(folder), outside / "a.md")
    before = contents(folder)
    assert add_path(Holdings(folder), outside / "a.md") == (Duplicate("a.md", "from-bread-to-bytes.md"),)
    pasted = preview_text(Holdings(folder), "i baked,   then I CODED.")
    assert save(Holdings(folder), pasted) == Duplicate("text.md", "from-bread-to-bytes.md")
    assert contents(folder) == before


def test_a_file_that_is_there_already_is_not_even_parsed(
    folder: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "old.md").write_bytes(BREAD)
    (outside / "a.md").write_bytes(BREAD)
    monkeypatch.delattr("index.intake.parse_story")
    assert add_path(Holdings(folder), outside) == (Duplicate("a.md", "old.md"),)


def test_a_folder_is_added_story_by_story_and_what_cannot_be_read_is_told(folder: Path, outside: Path) -> None:
    (outside / "more").mkdir()
    (outside / "README.md").write_text("Not a story.")
    (outside / "a.md").write_bytes(BREAD)
    (outside / "b.md").write_bytes(bytes(range(256)) * 8)
    (outside / "more" / "c.md").write_bytes(BREAD + b"\n\n")
    (outside / "more" / "d.txt").write_text("I sang every night.")
    added, fault, duplicate, other = add_path(Holdings(folder), outside)
    assert added == Added("a.md", "from-bread-to-bytes.md", "From Bread to Bytes")
    assert isinstance(fault, Fault)
    assert (fault.file, "not a text file" in fault.what) == ("b.md", True)
    assert duplicate == Duplicate("more/c.md", "from-bread-to-bytes.md")
    assert other == Added("more/d.txt", "i-sang-every-night.txt", "I sang every night.")
    assert set(contents(folder)) == {"from-bread-to-bytes.md", "i-sang-every-night.txt"}


def test_a_file_that_lies_in_the_stories_folder_is_told_and_not_copied(folder: Path, outside: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "a.md").write_bytes(BREAD)
    (folder / "notes.rst").write_bytes(BREAD)
    (outside / "link.md").symlink_to(folder / "more" / "a.md")
    before = contents(folder)
    own = "more/a.md"
    assert add_path(Holdings(folder), folder / own) == (Duplicate("a.md", own),)
    assert add_path(Holdings(folder), outside / "link.md") == (Duplicate("link.md", own),)
    assert add_path(Holdings(folder), folder) == (Duplicate(own, own),)
    with pytest.raises(StoriesError, match="lies in the stories folder, but is not read as a story"):
        add_path(Holdings(folder), folder / "notes.rst")
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("a.md", b"", "no text"),
        ("a.md", b"---\ntitle: x\n---\n", "no text"),
        ("a.txt", bytes(range(256)) * 8, "not a text file"),
        ("a.md", b"x" * 5_000_001, "larger than 5,000,000 bytes"),
        ("a.exe", b"I sang.", "a.exe: only .md"),
        ("README", b"I sang.", "README: only .md"),
        (".md", b"I sang.", "only .md"),
    ],
)
def test_bad_input_leaves_the_folder_as_it_was(folder: Path, outside: Path, name: str, data: bytes, match: str) -> None:
    (folder / "old.md").write_bytes(BREAD)
    (outside / name).write_bytes(data)
    with pytest.raises(StoriesError, match=match):
        add_path(Holdings(folder), outside / name)
    assert contents(folder) == {"old.md": BREAD}


def test_what_is_no_file_says_so(folder: Path, outside: Path) -> None:
    os.mkfifo(outside / "pipe.md")
    with pytest.raises(StoriesError, match=r"gone.md: there is no such file"):
        add_path(Holdings(folder), outside / "gone.md")
    with pytest.raises(StoriesError, match=r"pipe.md: this is no file"):
        add_path(Holdings(folder), outside / "pipe.md")
    (outside / "pipe.md").unlink()
    with pytest.raises(StoriesError, match="there is no story in it"):
        add_path(Holdings(folder), outside)


def test_pasted_text_is_kept_as_markdown_with_what_was_said_of_it(folder: Path) -> None:
    said = {"title": " Songs ", "from": "singer", "to": "developer", "tags": ["music"], "url": "", "author": None}
    preview = preview_text(Holdings(folder), "---\ntitle: Old\nyear: 2020\n---\nI sang.\n\n- a\n- b\ud800", said)
    assert save(Holdings(folder), preview) == Added("text.md", "songs.md", "Songs")
    (story,) = read_stories(folder).stories
    assert (story.title, story.path, story.tags, story.date) == ("Songs", "singer → developer", ("music",), "2020")
    assert story.text == "I sang.\n\n- a\n- b"
    assert not {"url", "author"} & set(story.metadata)


def test_what_the_preview_shows_is_what_the_folder_holds_afterwards(folder: Path) -> None:
    preview = preview_text(Holdings(folder), "# Songs\n\nI *sang* [daily](http://a.example/).", {"to": "developer"})
    save(Holdings(folder), preview)
    assert read_stories(folder).stories == (preview.story,)


def test_a_page_is_kept_as_markdown_with_its_address_and_the_day(folder: Path) -> None:
    page = Fetched("https://stories.example/a?b=c", "a.html", PAGE, "text/html")
    said = {"to": "tester", "url": "https://elsewhere.example/"}
    preview = preview_page(Holdings(folder), page, said, date(2026, 1, 31))
    assert preview.given == "https://stories.example/a?b=c"
    assert isinstance(save(Holdings(folder), preview), Added)
    (story,) = read_stories(folder).stories
    assert story.id.endswith(".md")
    assert (story.url, story.metadata["retrieved"], story.destination) == (page.url, "2026-01-31", "tester")
    assert "on my nights off I taught myself" in story.text
    assert "<p>" not in contents(folder)[story.id].decode()


def test_an_address_is_fetched_and_added(folder: Path) -> None:
    with web() as world:
        world.serve("/a", reply(PAGE))
        outcome = add_url(Holdings(folder), "http://stories.example/a", network=world.network)
        assert isinstance(outcome, Added)
        again = add_url(Holdings(folder), "http://stories.example/a", network=world.network)
        assert again == Duplicate("http://stories.example/a", outcome.story_id)
        world.names["intern.example"] = [[PUBLIC, "10.0.0.1"]]
        with pytest.raises(StoriesError, match="private"):
            add_url(Holdings(folder), "http://intern.example/a", network=world.network)
    assert list(contents(folder)) == [outcome.story_id]


@given(st.text(st.characters(exclude_categories=()), max_size=60), st.binary(max_size=60))
def test_any_file_is_added_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("stories")
    holdings = Holdings(folder)
    try:
        outcome = save(holdings, preview_file(holdings, f"{name}.md", data))
    except StoriesError:
        assert contents(folder) == {}
    else:
        assert isinstance(outcome, Added)
        assert contents(folder) == {outcome.story_id: data}
        assert [story.id for story in read_stories(folder).stories] == [outcome.story_id]
        remove(folder, outcome.story_id)
        assert contents(folder) == {}
