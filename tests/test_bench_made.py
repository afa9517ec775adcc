"""bench.measuring.made: what is measured is there whole, and made of the stories and the code that there are now."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.contestants import Folders
from bench.measuring import made
from bench.measuring.made import edited_at, index_at, kept_at, passages_at, stories_at, texts_at
from bench.measuring.stamp import stamp_of, whole


class Shelf:
    """A contestant that keeps the texts it was built from; `trouble` is called while it does."""

    def __init__(self, trouble: Callable[[], None] = lambda: None) -> None:
        self._trouble = trouble

    def prepare(self, folders: Folders) -> None: ...

    def build(self, folders: Folders) -> int:
        self._texts = [file.read_text("utf-8") for file in sorted(folders.texts.rglob("*.txt"))]
        return len(self._texts)

    def keep(self, folder: Path) -> None:
        (folder / "texts").write_text("".join(self._texts), "utf-8")
        self._trouble()


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter library of one story, its folder; and a file in place of the code that makes things of it."""
    stories, code = tmp_path / "starter", tmp_path / "reader.py"
    stories.mkdir()
    (stories / "ada.md").write_text("# Ada\n\nShe counted for a baker. Then she programmed.\n", "utf-8")
    code.write_text("reads", "utf-8")
    for place in ("bench.measuring.made.STARTER", "bench.library.STARTER"):
        monkeypatch.setattr(place, stories)
    monkeypatch.setattr(made, "SOURCES", (code,))
    monkeypatch.setattr(made, "stay_here", lambda: None)  # an audit hook stays for good
    return stories


def mended(starter: Path) -> None:
    """Change the starter library's story."""
    file = starter / "ada.md"
    file.write_text(file.read_text("utf-8").replace("a baker", "a bank"), "utf-8")


def texts(folder: Path) -> str:
    """All that stands in a folder's files."""
    return "".join(file.read_text("utf-8") for file in sorted(folder.rglob("*")) if file.is_file())


@pytest.mark.usefixtures("starter")
def test_what_was_made_stays_while_what_it_is_made_from_does(tmp_path: Path) -> None:
    made.measure(tmp_path, "texts", 2)
    places = [stories_at(tmp_path, 2), texts_at(tmp_path, 2)]
    before = [one.stat().st_ino for one in places]
    made.measure(tmp_path, "texts", 2)
    assert [one.stat().st_ino for one in places] == before


@pytest.mark.parametrize(
    ("what", "of", "where"),
    [("texts", 0, texts_at), ("texts", 2, texts_at), ("texts", 2, stories_at), ("edited", 2, edited_at)],
)
def test_libraries_and_texts_are_made_anew_of_other_stories(
    tmp_path: Path, starter: Path, what: str, of: int, where: Callable[[Path, int], Path]
) -> None:
    made.measure(tmp_path, what, of)
    place = where(tmp_path, of) / ("stories" if what == "edited" else "")
    assert "a baker" in texts(place)
    mended(starter)
    made.measure(tmp_path, what, of)
    assert "a bank" in texts(place)
    assert "a baker" not in texts(place)


def test_an_index_and_its_passages_are_made_anew_by_other_code(tmp_path: Path, starter: Path) -> None:
    def places() -> list[int]:
        for what in ("index", "passages"):
            made.measure(tmp_path, what, 8)
        return [place(tmp_path, 8).stat().st_ino for place in (index_at, passages_at)]

    first = places()
    held = [os.open(place(tmp_path, 8), os.O_RDONLY) for place in (index_at, passages_at)]  # no number is given again
    assert places() == first
    starter.with_name("reader.py").write_text("reads otherwise", "utf-8")
    assert not set(places()) & set(first)
    for one in held:
        os.close(one)
    assert len(made.read_passages(passages_at(tmp_path, 8)).texts) == 1


def test_a_store_is_kept_of_the_stories_there_are_and_never_in_half(
    tmp_path: Path, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(made, "load", lambda _: Shelf())
    made.measure(tmp_path, "kept", "Shelf")
    assert "a baker" in texts(kept_at(tmp_path, "Shelf"))
    mended(starter)
    monkeypatch.setattr(made, "load", lambda _: Shelf(killed))
    with pytest.raises(KeyboardInterrupt):
        made.measure(tmp_path, "kept", "Shelf")
    assert not kept_at(tmp_path, "Shelf").exists()
    monkeypatch.setattr(made, "load", lambda _: Shelf())
    made.measure(tmp_path, "kept", "Shelf")
    assert "a bank" in texts(kept_at(tmp_path, "Shelf"))


def test_a_folder_has_its_name_once_it_is_full(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    def fill_in_half() -> None:
        with whole(folder, "a") as new:
            assert new
            (new / "half").touch()
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_in_half()
    assert not folder.exists()
    with whole(folder, "a") as new:
        assert new
        (new / "file").touch()
    assert [one.name for one in folder.iterdir()] == ["file"]
    with whole(folder, "a") as new:
        assert new is None


def test_a_stamp_tells_contents_names_and_what_else_is_told(tmp_path: Path) -> None:
    def stamp(told: str = "1") -> str:
        return stamp_of([tmp_path], {"version": told})

    file = tmp_path / "a.py"
    file.write_text("one", "utf-8")
    stamps = [stamp(), stamp("2")]
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()
    assert stamp() == stamps[0]
    file.write_text("two", "utf-8")
    stamps.append(stamp())
    file.rename(tmp_path / "b.py")
    stamps.append(stamp())
    assert len(set(stamps)) == len(stamps)
