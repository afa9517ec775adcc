"""The next stories are read while those before are embedded, but no further, and nobody reads on after the end."""

import errno
from collections.abc import Callable
from pathlib import Path
from threading import Event, Timer
from threading import enumerate as enumerate_threads
from typing import IO, Any

import pytest

from index.drafts import Keys
from index.embedding import Embedder, Read
from index.encoder import Encoder
from index.errors import StoreError
from index.portions import Asked, Here, read_file
from index.rebuild import rebuild
from index.store import PassageStore
from tests.builders import TextEmbedder


def busy() -> list[str]:
    """The threads that read or embed."""
    return [thread.name for thread in enumerate_threads() if thread.name.startswith(("ahead", "in order"))]


@pytest.fixture(autouse=True)
def _each_story_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.portions.PORTION_BYTES", 1)


def test_stories_are_read_while_those_before_are_embedded(
    stories_folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    second_is_read = Event()

    def note(story_id: str) -> None:
        read.extend([story_id] if story_id else [])
        if len(read) > 1:
            second_is_read.set()

    original = Encoder.read

    def late(*arguments: Any) -> list[Read]:
        assert second_is_read.wait(20)
        return original(*arguments)

    embedder.count_tokens(["the model is loaded"])
    monkeypatch.setattr(Encoder, "read", late)
    asked = [Asked(file.name, Keys()) for file in sorted(stories_folder.iterdir())]
    made = [one.story_id for portion in Here(embedder, note).made(stories_folder, asked) for one in portion]
    assert made == read == [one.story_id for one in asked]


def test_portions_of_which_nothing_is_missing_are_not_all_read_at_once(folder: Path, embedder: Embedder) -> None:
    asked = [Asked(f"{number:02}.md", Keys()) for number in range(40)]
    for one in asked:
        (folder / one.story_id).write_text(" ")  # no story
    read: list[str] = []
    made = Here(embedder, lambda story_id: read.extend([story_id] if story_id else [])).made(folder, asked)
    next(made)
    assert len(read) < 40
    assert sum(1 for _ in made) == 39


def test_whoever_stops_waits_for_no_story_but_the_one_that_is_being_read(
    folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [Asked(f"{number:02}.md", Keys()) for number in range(40)]
    for one in asked:
        (folder / one.story_id).write_text(f"# A\n\nI baked bread for {one.story_id} years.")
    files = [read_file(folder, one) for one in asked]
    read: list[str] = []
    is_read, go_on = Event(), Event()

    def note(story_id: str) -> None:
        read.append(story_id)
        if story_id == "04.md":
            is_read.set()
            assert go_on.wait(20)

    embedder.count_tokens(["the model is loaded"])
    monkeypatch.setattr(embedder._encoder, "at_once", 1)  # so that the first is handed out when three were taken
    made = Here(embedder, note).work_off([[files[0]], [files[1]], [files[2]], files[3:]])
    assert [one.story_id for one in next(made)] == ["00.md"]
    assert is_read.wait(20)
    Timer(1, go_on.set).start()
    made.close()  # type: ignore[attr-defined]  # a generator
    assert read[-1] == "04.md"
    assert busy() == []


def test_a_writer_that_fails_ends_the_reading_too(
    stories_folder: Path, store: PassageStore, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.making.SHARD_PASSAGES", 1)

    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("index.building.Building.write", refuse)
    with pytest.raises(StoreError, match="full"):
        rebuild(stories_folder, store, embedder)
    assert busy() == []


def test_an_unreadable_file_loads_no_model_and_writes_no_shard(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(stories_folder, store, TextEmbedder())
    refuse_to_read(monkeypatch, stories_folder / "baker.md")
    monkeypatch.setattr(TextEmbedder, "embed_in_turn", None)
    report = rebuild(stories_folder, store, TextEmbedder())
    assert not report.published
    assert [fault.file for fault in report.faults] == ["baker.md"]
    assert "cannot be read" in report.faults[0].what


def refuse_to_read(monkeypatch: pytest.MonkeyPatch, refused: Path) -> None:
    """Let the system refuse one file's bytes, as for a lack of permission; whoever runs the tests may have all."""
    original: Callable[..., IO[Any]] = Path.open

    def refusing(path: Path, *how: Any, **more: Any) -> IO[Any]:
        if path == refused:
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(path, *how, **more)

    monkeypatch.setattr(Path, "open", refusing)
