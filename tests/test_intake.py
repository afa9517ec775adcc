"""Stories into a folder and out of it: what is kept, under which name, and that nothing is ever lost."""

import errno
import os
import threading
from datetime import date
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import StoriesError
from index.intake import (
    Added,
    Duplicate,
    add_path,
    add_text,
    add_url,
    file_names,
    preview_file,
    preview_page,
    preview_text,
    remove,
    save,
)
from index.intake.holdings import Holdings
from index.intake.response import Fetched
from index.stories import NOT_STORIES, Fault, read_stories
from tests.web import PUBLIC, reply, web

BREAD = b"---\ntitle: From Bread to Bytes\nfrom: baker\n---\nI baked, then I coded.\r\n"
PAGE = (
    b"<!doctype html><title>From Scrubs to Scripts</title><article><h1>From Scrubs to Scripts</h1>"
    b"<p>I was a nurse for nine years, and on my nights off I taught myself to write tests.</p>"
    b"<p>A small company took me on as a junior tester, and I never looked back.</p></article>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "stories"
    made.mkdir()
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    made = tmp_path / "outside"
    made.mkdir()
    return made


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones included."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


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
    assert add_text(Holdings(folder), "i baked,   then I CODED.") == Duplicate("text.md", "from-bread-to-bytes.md")
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


@pytest.mark.parametrize("step", ["os.fsync", "os.link", "pathlib.Path.hardlink_to"])
def test_a_disk_that_fails_midway_leaves_the_folder_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (folder / "old.md").write_bytes(BREAD)
    preview = preview_text(Holdings(folder), "I sang every night.")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(step, full)
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(StoriesError, match=r"text.md: it cannot be written .*No space left.*the room on its disk"):
        save(Holdings(folder), preview)
    assert contents(folder) == {"old.md": BREAD}


def test_a_stop_midway_leaves_the_folder_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = preview_text(Holdings(folder), "I sang every night.")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.hardlink_to", stop)
    with pytest.raises(KeyboardInterrupt):
        save(Holdings(folder), preview)
    assert contents(folder) == {}


def test_disks_without_hard_links_do_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", unsupported)
    first = preview_text(Holdings(folder), "# Songs\n\nI sang every night.")
    second = preview_text(Holdings(folder), "# Songs\n\nI sang every day.")
    holdings = Holdings(folder)
    (folder / "songs.md").write_text("Put there in between.")
    assert save(holdings, first) == Added("text.md", "songs-2.md", "Songs")
    assert save(holdings, second) == Added("text.md", "songs-3.md", "Songs")
    assert contents(folder)["songs.md"] == b"Put there in between."
    assert len(contents(folder)) == 3


def test_a_double_click_saves_once(folder: Path) -> None:
    preview = preview_text(Holdings(folder), "I sang every night.")
    early, late = Holdings(folder), Holdings(folder)
    assert isinstance(save(early, preview), Added)
    assert save(late, preview) == Duplicate("text.md", "i-sang-every-night.md")
    assert save(Holdings(folder), preview) == Duplicate("text.md", "i-sang-every-night.md")


def test_many_at_once_lose_nothing_and_overwrite_nothing(folder: Path) -> None:
    previews = [preview_text(Holdings(folder), f"# Songs\n\nI sang {number} songs.") for number in range(20)]
    holdings = [Holdings(folder) for _ in previews]
    threads = [threading.Thread(target=save, args=pair) for pair in zip(holdings, previews, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(contents(folder).values()) == sorted(preview.data for preview in previews)


def test_pasted_text_is_kept_as_markdown_with_what_was_said_of_it(folder: Path) -> None:
    said = {"title": " Songs ", "from": "singer", "to": "developer", "tags": ["music"], "url": "", "author": None}
    outcome = add_text(Holdings(folder), "---\ntitle: Old\nyear: 2020\n---\nI sang.\n\n- a\n- b\ud800", said)
    assert outcome == Added("text.md", "songs.md", "Songs")
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


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.sampled_from([".md", ".pdf"]))
def test_any_title_makes_names_that_every_file_system_takes(title: str, suffix: str) -> None:
    names = [name for name, _ in zip(file_names(title, suffix), range(12), strict=False)]
    assert len(set(names)) == 12
    for name in names:
        stem = name.removesuffix(suffix)
        assert name.endswith(suffix)
        assert stem.isascii()
        assert stem.replace("-", "").isalnum()
        assert stem == stem.lower()
        assert 0 < len(stem) <= 60
        assert stem not in NOT_STORIES


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Nurse to Engineer — my story!", "nurse-to-engineer-my-story.md"),
        ("Élève, puis développeuse", "eleve-puis-developpeuse.md"),
        ("🥖", "story.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        (".hidden", "hidden.md"),
        ("CON", "con-story.md"),
        ("com1", "com1-story.md"),
        ("README", "readme-story.md"),
        ("word " * 30, "word-" * 10 + "word.md"),
        ("x" * 5_000_000, f"{'x' * 54}.md"),
    ],
)
def test_names_are_made_of_titles(title: str, name: str) -> None:
    assert next(file_names(title, ".md")) == name


def test_no_name_is_kept_by_windows_for_a_device() -> None:
    for device in ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))):
        stem = PureWindowsPath(next(file_names(device, ".md"))).stem
        assert stem == f"{device}-story"


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
