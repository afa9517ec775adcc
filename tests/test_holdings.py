"""How a story is known that is in the folder already, and which file names are free."""

from pathlib import Path

import pytest

from index.errors import StoriesError
from index.intake.holdings import Holdings
from index.stories import Library, read_stories, words_digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    (tmp_path / "Baker.md").write_text("# Bread\n\nI baked, then I coded.")
    (tmp_path / "more" / "nurse.txt").write_text("I nursed. Then I tested.")
    return tmp_path


def test_the_same_bytes_are_found_in_subfolders_too(folder: Path) -> None:
    holdings = Holdings(folder)
    assert holdings.same_bytes(b"I nursed. Then I tested.") == "more/nurse.txt"
    assert holdings.same_bytes(b"I nursed. Then I rested.") == ""


def test_the_same_words_are_found_in_another_format_case_and_spacing(folder: Path) -> None:
    holdings = Holdings(folder)
    assert holdings.same_words("BREAD\n\n> i baked   then\nI coded!") == "Baker.md"
    assert holdings.same_words("Bread: then I coded, I baked.") == ""


def test_a_story_that_cannot_be_read_does_not_stand_in_the_way(folder: Path) -> None:
    (folder / "binary.md").write_bytes(bytes(range(256)) * 8)
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    assert Holdings(folder).same_words("I nursed. Then I tested.") == "more/nurse.txt"


def test_a_story_whose_words_somebody_knows_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[set[str]] = []

    def reading(of: Path, identities: set[str]) -> Library:
        read.append(set(identities))
        return read_stories(of, identities)

    monkeypatch.setattr("index.intake.holdings.read_stories", reading)
    known = {"Baker.md": words_digest("As the index has it"), "removed.md": words_digest("No longer there")}
    holdings = Holdings(folder, known)
    assert holdings.same_bytes(b"I nursed. Then I tested.") == "more/nurse.txt"
    assert read == []
    assert holdings.same_words("as the index has it!") == "Baker.md"
    assert holdings.same_words("I nursed. Then I tested.") == "more/nurse.txt"
    assert holdings.same_words("no longer there") == "", "a story that is gone from the folder may come back"
    assert read == [{"more/nurse.txt"}]


def test_a_name_is_taken_with_other_capitals_too(folder: Path) -> None:
    holdings = Holdings(folder)
    assert [holdings.takes(name) for name in ("baker.md", "BAKER.MD", "nurse.txt", "baker.txt")] == [
        False,
        False,
        True,
        True,
    ]


def test_what_was_put_in_since_is_remembered(folder: Path) -> None:
    holdings = Holdings(folder)
    assert holdings.same_words("I sang.") == ""
    (folder / "new.md").write_bytes(b"I sang.")
    holdings.remember("new.md", "I sang.")
    assert (holdings.same_bytes(b"I sang."), holdings.same_words("i sang")) == ("new.md", "new.md")
    assert "new.md" in holdings
    assert not holdings.takes("NEW.md")


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoriesError, match=r"no such folder.*--stories"):
        Holdings(tmp_path / "nowhere")
