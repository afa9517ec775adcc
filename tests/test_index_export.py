"""The library's export is written whole or not at all, and says where it cannot be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index import export
from index.errors import SettingsError
from index.generation import Generation
from index.store import PassageStore
from tests.folders import contents as held
from tests.shards import contents, publish


@pytest.fixture
def generation(store: PassageStore) -> Generation:
    publish(store, [contents("a.md", ["I baked."])])
    return store.open()


def test_an_export_that_is_stopped_leaves_nothing_behind(
    generation: Generation, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outside / "all.jsonl").write_bytes(b"old")

    def stopped(_: Generation) -> Iterator[str]:
        yield "I baked."
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "lines", stopped)
    with pytest.raises(KeyboardInterrupt):
        export.save(generation, outside / "all.jsonl")
    assert held(outside) == {"all.jsonl": b"old"}


@pytest.mark.parametrize("name", [".", "..", "outside"])
def test_a_folder_is_no_file_to_export_to(
    generation: Generation, outside: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(outside.parent)
    before = held(outside.parent)
    with pytest.raises(SettingsError, match=r"--out .*: this is a folder\. Name a file in it\."):
        export.save(generation, Path(name))
    assert held(outside.parent) == before


def test_what_cannot_be_written_is_told(generation: Generation, outside: Path) -> None:
    (outside / "file").touch()
    for out in (outside / "nowhere" / "all.jsonl", outside / "file" / "all.jsonl"):
        with pytest.raises(SettingsError, match=r"--out .*all\.jsonl: it cannot be written .*Name another\."):
            export.save(generation, out)
