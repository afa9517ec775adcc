"""What is wrong in a mirror, or in what a server tells, is noticed, and mended where it can be."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import BuildLockedError, IndexMissingError, SettingsError, StoreError
from index.live import LiveIndex
from index.rebuild import rebuild
from index.server.connection import Collection
from index.server.mirror import MirroredStore
from index.server.records import plain_record
from index.server.remote import MANIFEST, REGISTRY, Part, Record, RemoteLibrary
from index.store import BUILDS, FETCHES, PassageStore
from tests.builders import TextEmbedder
from tests.chroma_server import Library
from tests.shards import BUILT, MADE, contents, publish

STORIES = [contents("a.md", ["I baked. ", "Then I coded."]), contents("b.md", ["I sailed."])]
Breaking = Callable[[Path], object]


def emptied(shard: Path) -> None:
    """A file has its size, and nothing in it."""
    file = shard / "shard.json"
    file.write_bytes(b" " * file.stat().st_size)


BROKEN: dict[str, Breaking] = {
    "a file is missing": lambda shard: (shard / "vectors.npy").unlink(),
    "a file has other contents": emptied,
    "the shard is missing": shutil.rmtree,
    "the generation is damaged": lambda shard: shutil.rmtree(shard.parents[1] / "gen-000001"),
}


@pytest.mark.parametrize("fetched_here", [500, 1])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_chat_server_whose_mirror_is_damaged_fetches_that_again(
    library: Library, broken: str, fetched_here: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.server.mirror.FETCHED_HERE", fetched_here)
    publish(library.mirror("builder"), STORIES)
    before = library.mirror("chat")
    before.refresh()
    (entry,) = before.open().pointer.shards
    del before
    BROKEN[broken](library.folder / "chat" / "shards" / entry.name)
    store = library.mirror("chat", waits=False)
    with pytest.raises(StoreError):
        store.open()
    store.refresh()
    generation = store.open()
    assert generation.story("a.md").text == "I baked. Then I coded."
    assert next(iter(generation.nearest(STORIES[1].vectors[0], 1))) == 2


def test_a_chat_that_comes_upon_damage_has_it_mended(library: Library) -> None:
    publish(library.mirror("builder"), STORIES)
    chat = LiveIndex(library.mirror("chat", waits=False), TextEmbedder(), waits=False)
    chat.embedder.fingerprint = MADE["embedder"]
    chat.follow()
    (entry,) = chat.generation().pointer.shards
    (library.folder / "chat" / "shards" / entry.name / "chroma" / "chroma.sqlite3").write_bytes(b"nothing")
    chat.distrust()
    chat.follow()
    assert chat.generation().story("a.md").text == "I baked. Then I coded."


def test_a_mirror_that_is_whole_fetches_nothing_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(library.mirror("builder"), STORIES)
    store = library.mirror("chat")
    store.open()
    monkeypatch.setattr(RemoteLibrary, "get", lambda *_: pytest.fail("it is here already"))
    store.refresh()
    assert len(store.open()) == 3


@pytest.fixture
def behind(library: Library, monkeypatch: pytest.MonkeyPatch) -> MirroredStore:
    """A chat's mirror, when more was published than is fetched in the chat's own process."""
    publish(library.mirror("builder"), STORIES)
    mirror = library.mirror("chat", waits=False)
    mirror.refresh()
    publish(library.mirror("builder"), [contents("c.md", ["I came later. ", "And stayed."])])
    monkeypatch.setattr("index.server.mirror.FETCHED_HERE", 1)
    return mirror


def test_a_chat_server_has_much_that_is_new_fetched_by_another_process(
    behind: MirroredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RemoteLibrary, "get", lambda *_: pytest.fail("questions wait for it here"))
    behind.refresh()
    assert behind.open().story_ids == ("c.md",)


def test_what_hinders_the_process_that_fetches_is_told_and_the_mirror_answers_on(
    behind: MirroredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut_off:
        cut_off.setattr(RemoteLibrary, "settings", {"CROSSROADS_CHROMA_URL": "http://127.0.0.1:9"})
        with pytest.raises(StoreError, match=r"^http://127\.0\.0\.1:9 .*cannot be reached"):
            behind.refresh()
    assert len(behind.open()) == 3
    behind.refresh()
    assert len(behind.open()) == 2


def test_nothing_is_fetched_while_a_build_is_running_here(
    library: Library, behind: MirroredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.server.mirror.fetch_elsewhere", lambda *_, **__: pytest.fail("the builder brings it"))
    with library.mirror("chat")._locked(BUILDS):
        behind.refresh()
        assert len(behind.open()) == 3


MANIFESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a shard's name that leads elsewhere": lambda told: told.update(shards={"../../etc": {"mark": "m", "passages": 1}}),
    "shards that are none": lambda told: told.update(shards=[1, 2]),
    "a generation that is none": lambda told: told.update(generation=-1),
    "faults that are none": lambda told: told.update(faults=["broken"]),
    "no fingerprint": lambda told: told.pop("fingerprint"),
    "a format that is none": lambda told: told.update(format="new"),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_says_what_it_may_not_is_refused_and_the_mirror_answers_on(library: Library, kind: str) -> None:
    publish(library.mirror("builder"), STORIES)
    mirror = library.mirror("chat", waits=False)
    mirror.refresh()
    connection = library.connection()
    (name,) = [name for name in library.names() if name.startswith(MANIFEST)]
    manifest = _collection(library, name)
    told = json.loads(connection.document(manifest, "000000"))
    MANIFESTS[kind](told)
    other = f"{MANIFEST}000000002-changed"
    created = connection.create(other)
    assert created is not None
    connection.write(created, [plain_record("000000", json.dumps(told))])
    connection.write(_collection(library, REGISTRY), [plain_record("published", other)])
    with pytest.raises(StoreError, match="manifest of what is published cannot be read"):
        mirror.refresh()
    assert len(mirror.open()) == 3


def test_a_shard_of_the_same_name_that_is_another_is_not_taken_for_it(library: Library) -> None:
    builder = library.mirror("builder")
    publish(builder, STORIES)
    (entry,) = builder.open().pointer.shards
    remote = library.remote()
    record = remote.published()
    assert record is not None
    assert remote.has(entry.name, record.shards[entry.name].mark)
    remote.put(entry.name, [contents("c.md", ["Somebody else's."])], MADE)
    assert not remote.has(entry.name, record.shards[entry.name].mark)
    with pytest.raises(StoreError, match="is not the one that was published"):
        library.mirror("chat").refresh()
    with builder.building() as building:
        building.note(builder.open().pointer, ())
    assert len(library.mirror("chat").open()) == 3


def test_a_folder_with_an_index_of_its_own_is_not_fetched_over(library: Library) -> None:
    publish(library.mirror("builder"), STORIES)
    own = PassageStore(library.folder / "own")
    publish(own, [contents("mine.md", ["Mine."])])
    for waits in (True, False):
        with pytest.raises(SettingsError, match="holds an index of its own"):
            library.mirror("own", waits=waits).refresh()
    with pytest.raises(SettingsError, match="holds an index of its own"), library.mirror("own").building():
        pass
    assert own.open().story_ids == ("mine.md",)


def test_a_mirror_of_one_library_refuses_another_that_took_its_place(library: Library) -> None:
    publish(library.mirror("builder"), STORIES)
    chat = LiveIndex(library.mirror("chat", waits=False), TextEmbedder(), waits=False)
    chat.store.refresh()
    for name in library.names():
        library.connection().drop(name)
    publish(library.mirror("stranger"), [contents("starter.md", ["Of a new computer."])])
    with pytest.raises(SettingsError, match="a mirror of another library"):
        chat.store.refresh()
    assert chat.store.open().story_ids == ("a.md", "b.md")


def test_who_died_before_publishing_anything_holds_no_other_up(library: Library, stories_folder: Path) -> None:
    library.connection().create(REGISTRY, {"library": "of one who died"})
    builder = library.mirror("builder")
    rebuild(stories_folder, builder, TextEmbedder())
    (stories_folder / "baker.md").write_text("I baked, and then I coded.")
    rebuild(stories_folder, library.mirror("builder"), TextEmbedder())
    assert library.mirror("reader").open().story("baker.md").text == "I baked, and then I coded."


def test_a_manifest_that_took_the_place_of_one_that_is_gone_is_read_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(library.mirror("builder"), STORIES)
    connection = library.connection()
    connection.write(_collection(library, REGISTRY), [plain_record("published", f"{MANIFEST}000000009-gone")])
    remote = library.remote()
    found = remote.published()
    assert found is not None
    monkeypatch.setattr(RemoteLibrary, "_latest", lambda _: pytest.fail("it is known"))
    assert remote.published() is found


def test_a_builder_waits_for_whoever_only_fetches_and_for_no_builder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = PassageStore(tmp_path / "index"), PassageStore(tmp_path / "index")
    held, done = threading.Event(), threading.Event()

    def fetch() -> None:
        with other._locked(FETCHES):
            held.set()
            done.wait()

    fetching = threading.Thread(target=fetch)
    fetching.start()
    held.wait()
    monkeypatch.setattr("index.store.time.sleep", lambda _: done.set())
    publish(store, STORIES)  # which looked, and waited until the fetch had ended
    fetching.join()
    assert len(store.open()) == 3
    monkeypatch.setattr("index.store.time.sleep", lambda _: pytest.fail("nobody waits for a builder"))
    with store.building(), pytest.raises(BuildLockedError, match="another build is running"), other.building():
        pass


def test_nothing_is_known_of_a_library_that_was_never_fetched(library: Library) -> None:
    publish(library.mirror("builder"), STORIES)
    mirror: MirroredStore = library.mirror("chat", waits=False)
    with pytest.raises(IndexMissingError, match="The library is being fetched"):
        mirror.pointer()
    mirror.refresh()
    np.testing.assert_array_equal(mirror.open().first_rows, [0, 2, 3])


def test_an_index_that_was_made_before_there_was_a_server_is_uploaded_by_the_next_build(
    library: Library, stories_folder: Path
) -> None:
    rebuild(stories_folder, PassageStore(library.folder / "index"), TextEmbedder())
    assert rebuild(stories_folder, library.mirror("index"), TextEmbedder()).embedded == 0
    assert len(library.mirror("other").open().story_ids) == 4


def test_an_index_of_another_format_is_told_and_a_build_makes_it_anew(library: Library, stories_folder: Path) -> None:
    newer = library.remote()
    with newer.locked():
        newer.put("000001", STORIES, {"store": "99"})
        newer.publish(Record("theirs", 1, {"000001": Part("told otherwise", 1)}, {"store": "99"}, (), BUILT, format=99))
    mirror = library.mirror("mirror")
    with pytest.raises(StoreError, match="has format 99, this version reads"):
        mirror.refresh()
    with pytest.raises(StoreError, match=r"cannot be read by this version.*--force"):
        rebuild(stories_folder, mirror, TextEmbedder())
    assert rebuild(stories_folder, mirror, TextEmbedder(), "everything").generation == 2
    assert len(library.mirror("third").open().story_ids) == 4


def _collection(library: Library, name: str) -> Collection:
    found = library.connection().collection(name)
    assert found is not None
    return found
