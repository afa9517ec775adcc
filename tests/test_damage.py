"""Damage to an index is noticed, and told with the command that mends it."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import StoreError
from index.seal import is_intact, seal
from index.store import PassageStore
from tests.shards import contents, publish


def damage(store: PassageStore, *, thorough: bool = False) -> tuple[set[str], bool]:
    """The damaged shards of what is published, and whether the generation's own files are damaged."""
    pointer = store.pointer()
    assert pointer is not None
    shards, own = store.damage(pointer, thorough=thorough)
    return set(shards), own


@pytest.mark.parametrize("damage", ["pointer", "missing generation", "missing shard", "shard", "format"])
def test_a_damaged_index_says_which_command_mends_it(store: PassageStore, damage: str) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    if damage == "pointer":
        (store.folder / "CURRENT").write_text("{")
    elif damage == "missing generation":
        shutil.rmtree(store.folder / "gen-000001")
    elif damage == "missing shard":
        shutil.rmtree(store.folder / "shards")
    elif damage == "shard":
        (store.folder / "shards" / "000001" / "shard.json").write_text("[]")
    else:
        pointer = json.loads((store.folder / "CURRENT").read_text())
        (store.folder / "CURRENT").write_text(json.dumps({**pointer, "format": 999}))
    with pytest.raises(StoreError, match="index build"):
        store.open()


def test_a_damaged_pointer_is_not_mended_by_deleting_what_lies_beside_it(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    (store.folder / "CURRENT").write_bytes(b"\xff")
    with pytest.raises(
        StoreError, match=r"CURRENT: the index's pointer is damaged .*Run `python -m index build`"
    ) as told:
        store.pointer()
    assert "elete" not in str(told.value)


def test_a_pointer_that_may_not_be_read_is_no_damage(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, [contents("a.md", ["I baked."])])

    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(StoreError, match=r"CURRENT: .*cannot be read \(Permission denied\)\. Check the permissions"):
        PassageStore(store.folder).pointer()


def test_damage_that_shows_only_in_use_says_which_command_mends_it_and_that_command_finds_it(
    store: PassageStore,
) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    generation = store.open()
    with (store.folder / "shards" / "000001" / "texts" / "utf8.npy").open("r+b") as file:
        file.seek(128)  # behind the header
        file.write(bytes(20))
    with pytest.raises(StoreError, match=r"000001.*index build --check"):
        generation.story("a.md")
    with pytest.raises(StoreError, match=r"000001.*index build --check"):
        generation.stories()
    assert damage(store, thorough=True) == ({"000001"}, False)


def test_what_chroma_has_lost_is_found_by_searching_it(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    file = store.folder / "shards" / "000001" / "chroma" / "chroma.sqlite3"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("DELETE FROM embeddings")
    assert damage(store) == (set(), False)
    assert damage(store, thorough=True) == ({"000001"}, False)


@pytest.mark.parametrize("name", ["vectors.npy", "texts/utf8.npy", "texts/places.npy"])
@pytest.mark.parametrize("left", [0, 100, -1])
def test_a_shard_with_a_file_that_was_cut_off_is_not_opened(store: PassageStore, name: str, left: int) -> None:
    publish(store, [contents("a.md", ["I baked. ", "Then I coded."])])
    file = store.folder / "shards" / "000001" / name
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(StoreError, match=r"000001.*index build --check"):
        store.open()
    assert damage(store) == ({"000001"}, False)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("token_counts.npy", np.ones(1, np.int32)),
        ("token_counts.npy", np.full(4, 9, np.int32)),
        ("token_counts.npy", np.array([-9, 11, 2, 2], np.int32)),
        ("tokens.npy", np.zeros((5, 8), np.int8)),
        ("sentences.npy", np.zeros((3, 8), np.float16)),
        ("spans.npy", np.zeros((3, 2), np.int32)),
        ("vectors.npy", np.zeros((1, 8), np.float32)),
    ],
)
def test_a_shard_whose_arrays_do_not_fit_together_is_not_opened(
    store: PassageStore, name: str, array: np.ndarray[tuple[int, ...], np.dtype[Any]]
) -> None:
    publish(store, [contents("a.md", ["I baked. ", "Then I coded."])])
    np.save(store.folder / "shards" / "000001" / name, array)
    with pytest.raises(StoreError, match=r"do not fit together.*index build --check"):
        store.open().tokens(np.array([1]))


@pytest.mark.parametrize("thorough", [False, True])
def test_missing_and_shortened_files_are_noticed(store: PassageStore, *, thorough: bool) -> None:
    publish(store, [contents("a.md", ["I baked."])], [contents("b.md", ["I coded."])])
    store.open().nearest(np.ones(8, dtype=np.float32), 1)
    assert damage(store, thorough=thorough) == (set(), False)
    (store.folder / "shards" / "000002" / "sentences.npy").write_bytes(b"short")
    assert damage(store, thorough=thorough) == ({"000002"}, False)
    (store.folder / "gen-000001" / "shards.json").unlink()
    assert damage(store, thorough=thorough) == ({"000002"}, True)


@pytest.mark.parametrize("name", ["sentences.npy", "texts/utf8.npy", "chroma/chroma.sqlite3"])
def test_a_file_whose_content_is_damaged_is_found_by_reading_it(store: PassageStore, name: str) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    folder = store.folder / "shards" / "000001"
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 3 :] = bytes(len(data) - len(data) // 3)
    (folder / name).write_bytes(data)
    assert damage(store) == (set(), False)
    assert damage(store, thorough=True) == ({"000001"}, False)


@pytest.mark.parametrize("data", [b'["0000', b"\xff\xfe", b"7", b"[[7], null]"])
def test_a_damaged_list_of_shards_of_an_older_generation_keeps_nobody_from_building(
    store: PassageStore, data: bytes
) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    reader = store.open()
    publish(store, [contents("a.md", ["I coded."], seed=1)])
    (store.folder / "gen-000001" / "shards.json").write_bytes(data)
    assert not store.prune()
    publish(store, [contents("a.md", ["I sang."], seed=2)])
    assert store.open().story("a.md").text == "I sang."
    del reader
    assert store.prune()
    assert [folder.name for folder in store.folder.glob("gen-*")] == ["gen-000003"]


def test_a_folder_without_a_seal_is_not_intact(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert not is_intact(tmp_path)
    seal(tmp_path)
    assert is_intact(tmp_path, thorough=True)
