"""An index is never built over somebody's data, nor kept from a folder by what systems leave in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import StoreError
from index.store import PassageStore
from tests.shards import contents, publish


def test_a_folder_with_other_things_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    store = PassageStore(tmp_path)
    with pytest.raises(StoreError, match=r"not an index .*thesis\.doc"):
        publish(store, [contents("a.md", ["I baked."])])
    with pytest.raises(StoreError, match="not an index"):
        store.open()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_file_is_not_taken_for_an_index(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("years of work")
    store = PassageStore(tmp_path / "notes.txt")
    for use in (store.open, lambda: publish(store, [contents("a.md", ["I baked."])])):
        with pytest.raises(StoreError, match=r"notes\.txt: this is a file, not an index folder\. Name another"):
            use()


def test_a_folder_that_cannot_be_looked_into_is_not_built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(StoreError, match=r"cannot be read \(Permission denied\)\. Check its permissions"):
        PassageStore(tmp_path).pointer()


def test_what_systems_leave_in_every_folder_makes_it_no_foreign_one(store: PassageStore) -> None:
    (store.folder / "lost+found").mkdir(parents=True)
    (store.folder / ".DS_Store").write_bytes(b"\0")
    (store.folder / ".somebodys.tmp").mkdir()
    publish(store, [contents("a.md", ["I baked."])])
    assert store.prune()
    assert store.open().story("a.md").text == "I baked."
    assert {".DS_Store", ".somebodys.tmp", "lost+found"} <= {entry.name for entry in store.folder.iterdir()}
