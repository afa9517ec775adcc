"""LiveIndex over a library that others change: what cannot be used is logged, and stands in nobody's way for good."""

import gc
import json
import logging
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from index import live as module
from index.errors import IndexMismatchError, IndexMissingError, ServerError, StoreError
from index.live import NOTHING_YET, UNUSABLE, LiveIndex
from index.server.mirror import MirroredStore
from index.store import PassageStore
from tests.builders import TextEmbedder
from tests.chroma_server import Library
from tests.shards import BUILT, contents

OURS, OTHERS = {"embedder": "text"}, {"embedder": "another"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be opened is tried again whenever it is asked for."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)


def publish(store: PassageStore, text: str, made: Mapping[str, str] = OURS) -> None:
    """Publish one story of this text."""
    with store.building() as building:
        building.publish([building.write([contents("a.md", [text], seed=len(text))], made)], made, BUILT + text)


def chat(library: Library, name: str = "chat") -> LiveIndex:
    """The index as a chat server has it: followed, and asked by visitors."""
    return LiveIndex(library.mirror(name, waits=False), TextEmbedder(), waits=False)


def text_of(live: LiveIndex) -> str:
    return live.generation().story("a.md").text


def kept(live: LiveIndex) -> tuple[int, int]:
    """The generations and the shards that are on the disk."""
    folder = live.store.folder
    return len(list(folder.glob("gen-*"))), len(list(folder.glob("shards/*")))


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the index itself said in the log."""
    return [record.getMessage() for record in caplog.records if record.name == module.__name__]


def test_a_running_chat_answers_on_where_another_embedder_took_over(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    builder, live = library.mirror("builder"), chat(library)
    publish(builder, "Old.")
    live.follow()
    publish(builder, "Of another embedder.", OTHERS)
    for _ in range(3):
        live.follow()
        assert text_of(live) == "Old."
    (said,) = logged(caplog)
    assert "another" in said
    assert "answers meanwhile" in said
    publish(builder, "New.")
    live.follow()
    assert text_of(live) == "New."
    assert kept(live) == (1, 1)


def test_a_generation_that_nobody_reads_is_gone_without_a_search_for_garbage(library: Library) -> None:
    builder, live = library.mirror("builder"), chat(library)
    publish(builder, "Old.")
    live.follow()
    old = weakref.ref(live.generation())
    assert text_of(live) == "Old."
    gc.disable()
    try:
        publish(builder, "New.")
        live.follow()
        assert old() is None
    finally:
        gc.enable()


def test_a_chat_that_has_nothing_it_can_use_says_so_without_a_path(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    builder, live = library.mirror("builder"), chat(library)
    publish(builder, "Of another embedder.", OTHERS)
    for _ in range(3):
        with pytest.raises(IndexMissingError) as told:
            live.follow()
        assert str(told.value) == UNUSABLE
    (said,) = logged(caplog)
    assert "CROSSROADS_EMBEDDER" in said
    publish(builder, "New.")
    live.follow()
    assert text_of(live) == "New."


def test_a_command_is_told_at_once_which_embedder_made_the_index(library: Library) -> None:
    publish(library.mirror("builder"), "Of another embedder.", OTHERS)
    with pytest.raises(IndexMismatchError, match="CROSSROADS_EMBEDDER"):
        LiveIndex(library.mirror("command"), TextEmbedder()).generation()


def test_an_index_folder_of_another_embedder_is_told_at_once_even_to_a_running_chat(store: PassageStore) -> None:
    live = LiveIndex(store, TextEmbedder(), waits=False)
    publish(store, "Old.")
    live.follow()
    publish(store, "Of another embedder.", OTHERS)
    with pytest.raises(IndexMismatchError):
        live.generation()


def test_a_mirror_with_a_damaged_shard_waits_for_what_is_published_next(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    builder = library.mirror("builder")
    publish(builder, "Old.")
    library.mirror("chat").refresh()
    (shard,) = (library.folder / "chat" / "shards").iterdir()
    (shard / "shard.json").unlink()
    live = chat(library)
    with pytest.raises(IndexMissingError, match="cannot be used at the moment"):
        live.generation()
    assert str(library.folder) in "".join(logged(caplog))
    publish(builder, "New.")
    live.follow()
    assert text_of(live) == "New."


def test_a_mirror_of_another_format_is_fetched_anew(library: Library) -> None:
    publish(library.mirror("builder"), "Old.")
    library.mirror("chat").refresh()
    make_old(library.folder / "chat")
    live = chat(library)
    with pytest.raises(IndexMissingError, match="cannot be used at the moment"):
        live.generation()
    live.follow()
    assert text_of(live) == "Old."


def test_an_empty_server_is_told_with_the_command_that_fills_it(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    live = chat(library)
    for _ in range(2):
        with pytest.raises(IndexMissingError) as told:
            live.follow()
        assert str(told.value) == NOTHING_YET
    assert "python -m index build" in NOTHING_YET
    assert logged(caplog) == [f"{live.store}: {NOTHING_YET}"]
    publish(library.mirror("builder"), "First.")
    live.follow()
    assert text_of(live) == "First."


def test_what_was_taken_back_goes_from_the_disk_when_the_last_answer_from_it_has_ended(library: Library) -> None:
    builder, live = library.mirror("builder"), chat(library)
    publish(builder, "Old.")
    live.follow()
    turn = live.generation()
    with builder.building() as building:
        building.clear()
    with pytest.raises(IndexMissingError):
        live.follow()
    assert turn.story("a.md").text == "Old."
    assert kept(live) == (1, 1)
    del turn
    with pytest.raises(IndexMissingError):
        live.follow()
    assert kept(live) == (0, 0)


def test_an_index_folder_that_was_emptied_is_let_go_of(store: PassageStore) -> None:
    live = LiveIndex(store, TextEmbedder())
    publish(store, "Old.")
    live.follow()
    with store.building() as building:
        building.clear()
    with pytest.raises(IndexMissingError):
        live.follow()
    assert kept(live) == (0, 0)


def test_what_nobody_reads_goes_even_while_the_server_is_away(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder, live = library.mirror("builder"), chat(library)
    publish(builder, "Old.")
    live.follow()
    turn = live.generation()
    publish(builder, "New.")
    live.follow()
    assert kept(live) == (2, 2)
    del turn
    monkeypatch.setattr(live.store, "refresh", _away)
    with pytest.raises(ServerError):
        live.follow()
    assert kept(live) == (1, 1)


def test_what_was_fetched_before_the_server_went_away_is_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with library.mirror("builder").building() as building:
        shards = [building.write([contents(name, ["Told."])], OURS) for name in ("a.md", "b.md")]
        building.publish(shards, OURS, BUILT)
    remote = library.remote()
    get, fetched = remote.get, list[str]()

    def once(name: str) -> Any:
        fetched.append(name)
        return get(name) if len(fetched) == 1 else _away()

    monkeypatch.setattr(remote, "get", once)
    live = LiveIndex(MirroredStore(library.folder / "chat", remote, waits=False), TextEmbedder(), waits=False)
    for _ in range(2):
        with pytest.raises(ServerError):
            live.follow()
    assert fetched == [shards[0].name, shards[1].name, shards[1].name]


def test_what_cannot_be_opened_is_let_be_for_a_while(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(library.mirror("builder"), "Of another embedder.", OTHERS)
    live = chat(library)
    live.store.refresh()
    tried = list[int]()
    opened = live.store.open

    def counted() -> Any:
        tried.append(1)
        return opened()

    monkeypatch.setattr(live.store, "open", counted)
    monkeypatch.setattr(module, "RETRY_SECONDS", 3600.0)
    for _ in range(5):
        with pytest.raises(StoreError):
            live.generation()
    assert len(tried) == 1
    publish(library.mirror("builder"), "New.")
    live.follow()
    assert text_of(live) == "New."


def test_damage_that_is_met_in_the_middle_of_a_question_is_told_without_a_path_and_mended(
    library: Library, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(library.mirror("builder"), "Old.")
    live = chat(library)
    live.follow()
    mended = list[str]()
    monkeypatch.setattr(live.store, "suspect", lambda: mended.append("suspected"))
    damaged = f"{live.store.folder}: a shard is damaged."
    with pytest.raises(IndexMissingError, match=UNUSABLE), live.reading():
        raise StoreError(damaged)
    assert (mended, logged(caplog)) == (["suspected"], [damaged])
    live.follow()
    assert text_of(live) == "Old."


def test_damage_of_an_index_of_ones_own_is_told_as_it_is(store: PassageStore) -> None:
    publish(store, "Own.")
    with pytest.raises(StoreError, match=r"a shard is damaged"), LiveIndex(store, TextEmbedder()).reading():
        raise StoreError(f"{store.folder}: a shard is damaged.")


def test_nothing_else_goes_to_the_log(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger=module.__name__)
    publish(library.mirror("builder"), "Old.")
    live = chat(library)
    live.follow()
    assert text_of(live) == "Old."
    assert logged(caplog) == []


def make_old(folder: Path) -> None:
    """Make an index folder one that an older version wrote."""
    pointer = folder / "CURRENT"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text("utf-8")), "format": 2}), encoding="utf-8")


def _away() -> None:
    raise ServerError("The server is away.")
