"""Stories on their way from a visitor into the folder: what is understood, what is refused, and where they land."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.folder import MAX_FILE_BYTES
from index.intake import Added, Duplicate
from index.intake.holdings import Holdings
from index.stories import Fault
from tests.folders import BREAD, contents
from ui.adding import (
    LONGEST_TEXT,
    MOST_BYTES,
    MOST_FILES,
    Given,
    Understood,
    left_over,
    look_at_files,
    look_at_page,
    look_at_text,
    put,
    take,
)
from ui.previews import outcome_sentences, shown
from ui.security import LARGEST_REQUEST

HOSTILE_NAMES = (
    "../../x.md",
    "/etc/cron.d/x.md",
    "..\\..\\x.md",
    "C:\\Windows\\x.md",
    "x\x00.md",
    "x.md\n",
    ".hidden.md",
    "CON.md",
    "a" * 5000 + ".md",
    "<img src=x onerror=window.stolen=1>.md",
    "\ud800.md",
    "%2e%2e%2fx.md",
)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    made = tmp_path / "uploads"
    made.mkdir()
    return made


def uploaded(uploads: Path, name: str, data: bytes, orig_name: str | None = None) -> dict[str, object]:
    """A file as Gradio puts it down and tells of it: in a folder of its own."""
    home = uploads / f"{len(list(uploads.iterdir())):064}"
    home.mkdir()
    (home / name).write_bytes(data)
    return {"path": str(home / name), "orig_name": name if orig_name is None else orig_name, "size": len(data)}


def test_uploaded_files_are_read_and_deleted(uploads: Path) -> None:
    given_files, faults = take([uploaded(uploads, "a.md", b"one"), uploaded(uploads, "b.txt", b"two")], uploads)
    assert given_files == [Given("a.md", b"one"), Given("b.txt", b"two")]
    assert faults == []
    assert list(uploads.iterdir()) == []


def test_a_path_out_of_the_uploads_is_neither_read_nor_deleted(uploads: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    (uploads / "link.md").symlink_to(secret)
    paths: list[object] = [
        str(secret),
        f"{uploads}/../secret.md",
        str(uploads / "link.md"),
        str(uploads),
        "x\x00",
        7,
        None,
    ]
    given_files, faults = take([{"path": path, "orig_name": "x.md"} for path in paths], uploads)
    assert given_files == []
    assert faults == ["x.md: it did not arrive. Choose it again."] * len(paths)
    assert secret.read_text() == "secret"


@pytest.mark.parametrize("payload", [None, "x", 7, {}, [None, 3, "x"], [[]]])
def test_a_payload_that_is_none_gives_nothing(uploads: Path, payload: object) -> None:
    assert take(payload, uploads) == ([], [])


def test_a_file_that_is_too_large_is_not_read(uploads: Path) -> None:
    given_files, faults = take([uploaded(uploads, "a.md", b"x" * (MAX_FILE_BYTES + 1))], uploads)
    assert given_files == []
    assert "larger than 5,000,000 bytes" in faults[0]
    assert list(uploads.iterdir()) == []


def test_more_files_than_are_looked_at_together_are_told(uploads: Path) -> None:
    files = [uploaded(uploads, f"{number}.md", b"x") for number in range(MOST_FILES + 2)]
    given_files, faults = take(files, uploads)
    assert len(given_files) == MOST_FILES
    assert faults == [
        f"{number}.md: {MOST_FILES} files are looked at together. Add it afterwards." for number in (20, 21)
    ]
    assert list(uploads.iterdir()) == []


def test_files_that_are_too_large_together_are_told(uploads: Path) -> None:
    files = [uploaded(uploads, f"{number}.md", bytes(MAX_FILE_BYTES)) for number in range(5)]
    given_files, faults = take(files, uploads)
    assert sum(len(file.data) for file in given_files) <= MOST_BYTES
    assert len(faults) == 1


def test_looking_writes_nothing(folder: Path) -> None:
    understood = look_at_files(Holdings(folder), [Given("bread.md", BREAD), Given("x.rtf", b"{\\rtf")])
    assert [preview.story.title for preview in understood.previews] == ["From Bread to Bytes"]
    assert len(understood.faults) == 1
    assert contents(folder) == {}


def test_what_was_looked_at_is_saved_whole(folder: Path) -> None:
    (outcome,) = put(Holdings(folder), look_at_files(Holdings(folder), [Given("bread.md", BREAD)]))
    assert outcome == Added("bread.md", "from-bread-to-bytes.md", "From Bread to Bytes")
    assert contents(folder) == {"from-bread-to-bytes.md": BREAD}


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_no_name_leads_out_of_the_folder(folder: Path, uploads: Path, name: str) -> None:
    before = sorted(path for path in folder.parent.rglob("*") if path != folder)
    files, faults = take([uploaded(uploads, "blob", BREAD, orig_name=name)], uploads)
    assert faults == []
    understood = look_at_files(Holdings(folder), files)
    outcomes = put(Holdings(folder), understood)
    assert "<img" not in shown(understood)
    assert set(contents(folder)) <= {"from-bread-to-bytes.md"}
    assert len(outcomes) + len(understood.faults) == 1
    assert sorted(path for path in folder.parent.rglob("*") if not path.is_relative_to(folder)) == before


@given(name=st.text(max_size=300), title=st.text(max_size=100))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_a_file_is_called_it_lands_in_the_folder_or_nowhere(tmp_path: Path, name: str, title: str) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(exist_ok=True)
    data = f"# {title}\n\nI was a {title} once, and then {name} became my work.\n".encode("utf-8", "replace")
    holdings = Holdings(folder)
    put(holdings, look_at_files(holdings, [Given(f"{name}.md", data)]))
    assert [path for path in tmp_path.rglob("*") if not path.is_relative_to(folder)] == []
    assert all(path.is_file() and path.suffix == ".md" for path in folder.iterdir())


def test_a_story_that_is_there_already_is_shown_as_such_and_left_out(folder: Path) -> None:
    (folder / "old.md").write_bytes(BREAD)
    understood = look_at_files(Holdings(folder), [Given("bread.md", BREAD)])
    assert understood.new == ()
    assert "in the library already, as old&#46;md" in shown(understood)
    assert put(Holdings(folder), understood) == ()


def test_of_two_files_with_the_same_words_one_is_added(folder: Path) -> None:
    understood = look_at_files(Holdings(folder), [Given("a.md", BREAD), Given("b.md", BREAD + b"\n")])
    assert len(understood.new) == 1
    assert understood.faults == ("b.md: it has the same words as a.md, so only one of the two is added.",)


def test_what_somebody_else_added_meanwhile_is_left_out(folder: Path) -> None:
    understood = look_at_files(Holdings(folder), [Given("bread.md", BREAD)])
    (folder / "theirs.md").write_bytes(BREAD + b"\n")
    assert put(Holdings(folder), understood) == (Duplicate("bread.md", "theirs.md"),)
    assert set(contents(folder)) == {"theirs.md"}


def test_a_name_that_was_taken_meanwhile_is_not_overwritten(folder: Path) -> None:
    understood = look_at_files(Holdings(folder), [Given("bread.md", BREAD)])
    (folder / "from-bread-to-bytes.md").write_text("Another story, of another baker.")
    put(Holdings(folder), understood)
    assert contents(folder)["from-bread-to-bytes.md"] == b"Another story, of another baker."
    assert contents(folder)["from-bread-to-bytes-2.md"] == BREAD


def test_a_folder_that_cannot_be_written_is_told_and_keeps_the_others(folder: Path) -> None:
    understood = look_at_files(Holdings(folder), [Given("bread.md", BREAD)])
    holdings = Holdings(folder)
    folder.rmdir()
    folder.write_text("a file now")
    (sentence,) = outcome_sentences(put(holdings, understood))
    assert "was not saved" in sentence
    assert "permissions" in sentence


def test_what_could_not_be_written_is_left_to_be_tried_again(folder: Path) -> None:
    files = [Given("bread.md", BREAD), Given("other.md", b"I was a nurse, and now I test software.")]
    understood = look_at_files(Holdings(folder), files)
    first, second = understood.new
    outcomes = (Added("bread.md", first.story.id, first.story.title), Fault("other.md", "other.md: the disk is full."))
    left = left_over(understood, outcomes)
    assert left.new == (second,)
    assert left.faults == ("other.md: the disk is full.",)
    assert left_over(understood, (Added("", "", ""), Duplicate("", ""))).previews == ()


def test_pasted_text_is_kept_with_what_was_typed_beside_it(folder: Path) -> None:
    labels = {"title": "  From nurse\nto tester ", "from": "nurse", "to": ""}
    understood = look_at_text(Holdings(folder), "I was a nurse for nine years.", labels)
    (preview,) = understood.new
    assert (preview.story.title, preview.story.origin, preview.story.destination) == (
        "From nurse to tester",
        "nurse",
        "",
    )
    put(Holdings(folder), understood)
    assert set(contents(folder)) == {"from-nurse-to-tester.md"}


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_no_text_is_no_story(folder: Path, text: str) -> None:
    assert look_at_text(Holdings(folder), text, {}).faults == ("There is no text yet. Paste the story into the box.",)


def test_a_text_that_is_too_long_is_told(folder: Path) -> None:
    assert look_at_text(Holdings(folder), "é" * LONGEST_TEXT, {}).faults == ()
    (fault,) = look_at_text(Holdings(folder), "é" * (LONGEST_TEXT + 1), {}).faults
    assert fault.startswith("The text is longer than 200,000 characters.")


def test_the_longest_text_fits_into_a_request_however_it_is_written() -> None:
    paragraph = '“Ehrlich gesagt“, schrieb sie: "日本語を書く"\n\n'
    text = (paragraph * LONGEST_TEXT)[:LONGEST_TEXT]
    assert len(json.dumps(text, ensure_ascii=False).encode("utf-8")) < LARGEST_REQUEST - 10_000


def test_labels_that_are_far_too_long_are_cut(folder: Path) -> None:
    (preview,) = look_at_text(Holdings(folder), "I was a nurse.", {"from": "x" * 100_000}).new
    assert len(preview.story.origin) == 300


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "http://127.0.0.1/x", "gopher://x", "not an address"])
def test_no_address_but_one_of_the_web_is_asked(folder: Path, address: str) -> None:
    understood = look_at_page(Holdings(folder), address)
    assert understood.previews == ()
    assert len(understood.faults) == 1


def test_everything_of_a_stranger_is_text_in_a_preview(folder: Path) -> None:
    hostile = '"><script>window.stolen=1</script>'
    told = (
        f"---\ntitle: '{hostile}'\nauthor: '{hostile}'\ntags: ['{hostile}']\nfrom: '{hostile}'\n---\n\n{hostile} text"
    )
    html = shown(look_at_files(Holdings(folder), [Given(f"{hostile}.md", told.encode()), Given(f"{hostile}.md", b"")]))
    assert "<script" not in html
    assert "stolen" in html


def test_a_preview_shows_what_was_understood() -> None:
    assert shown(Understood()) == ""
    assert 'role="alert"' in shown(Understood(faults=("x",)))
