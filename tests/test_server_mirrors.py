"""Computers that mirror one library in a Chroma server: each has the same, and none loses what it has."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.errors import IndexMissingError, ServerError, StoreError
from index.generation import Generation
from index.intake.removal import remove_story
from index.live import LiveIndex
from index.rebuild import rebuild
from index.server.mirror import MirroredStore
from index.server.records import plain_record
from index.server.remote import MANIFEST, PUBLISHED, REGISTRY
from index.stories import Fault
from tests.builders import TextEmbedder
from tests.chroma_server import Library, Line
from tests.shards import BUILT, MADE, bm25, contents, publish

SHARD = [contents("a.md", ["I baked. ", "Then I coded.\n\n", "é𝄞 end"]), contents("b/ü #1.md", ["Other."])]


def everything(generation: Generation) -> list[object]:
    """All that a generation has, to the bit."""
    rows = np.arange(len(generation))
    codes, counts = generation.tokens(rows)
    sentences = [own.tobytes() for own in generation.sentence_vectors(rows)]
    stories = [generation.story(identity) for identity in generation.story_ids]
    scores = [own.tobytes() for own in bm25(generation, "I baked and coded")]
    vectors = generation.vectors(rows).tobytes()
    return [stories, generation.passages(rows.tolist()), vectors, sentences, codes.tobytes(), counts.tolist(), scores]


def test_several_mirrors_follow_one_publication_to_the_bit(library: Library) -> None:
    builder, *others = (library.mirror(name) for name in ("builder", "one", "two"))
    publish(builder, SHARD, [contents("c.md", ["Third."])])
    first = everything(builder.open())
    for mirror in others:
        mirror.refresh()
        assert everything(mirror.open()) == first
    publish(builder, SHARD, [contents("c.md", ["Third, told anew."], seed=1)])
    for mirror in others:
        assert everything(mirror.open()) == first
        mirror.refresh()
        assert mirror.open().story("c.md").text == "Third, told anew."
        assert mirror.pointer() == builder.pointer()


def test_a_mirror_fetches_only_what_is_new(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    builder, remote = library.mirror("builder"), library.remote()
    with builder.building() as building:
        kept = building.write(SHARD, MADE)
        building.publish([kept, building.write([contents("c.md", ["Old."])], MADE)], MADE, BUILT)
    mirror = MirroredStore(library.folder / "mirror", remote)
    mirror.refresh()
    fetched: list[str] = []
    get = remote.get

    def noted(name: str) -> Any:
        fetched.append(name)
        return get(name)

    monkeypatch.setattr(remote, "get", noted)
    with builder.building() as building:
        new = building.write([contents("c.md", ["New."])], MADE)
        building.publish([kept, new], MADE, BUILT)
    mirror.refresh()
    mirror.refresh()
    assert fetched == [new.name]


def test_what_is_no_longer_published_goes_from_the_server(library: Library) -> None:
    builder = library.mirror("builder")
    publish(builder, SHARD)
    publish(builder, [contents("c.md", ["New."])])
    (shard,) = (entry.name for entry in builder.open().pointer.shards)
    *rest, manifest = library.names()
    assert rest == [REGISTRY, f"{REGISTRY}-{shard}", f"{REGISTRY}-{shard}-stories"]
    assert manifest.startswith(MANIFEST)


def test_faults_that_are_noted_are_followed_without_another_generation(library: Library) -> None:
    builder, mirror = library.mirror("builder"), library.mirror("mirror")
    publish(builder, SHARD)
    mirror.refresh()
    before = mirror.pointer()
    with builder.building() as building:
        noted = building.note(builder.open().pointer, [Fault("x.pdf", "it is broken", sha256="7")])
    mirror.refresh()
    assert before is not None
    assert (mirror.pointer(), before.generation) == (noted, noted.generation)


def test_a_conversation_turn_stays_on_its_generation(library: Library) -> None:
    builder = library.mirror("builder")
    live = LiveIndex(library.mirror("mirror"), TextEmbedder())
    made = {"embedder": "text"}
    with builder.building() as building:
        building.publish([building.write([contents("a.md", ["Old."])], made)], made, BUILT)
    turn = live.generation()
    with builder.building() as building:
        building.publish([building.write([contents("a.md", ["New."], seed=1)], made)], made, BUILT)
    live.follow()
    assert turn.story("a.md").text == "Old."
    assert live.generation().story("a.md").text == "New."
    del turn
    live.follow()
    assert len(list((live.store.folder / "shards").iterdir())) == 1


def test_publishing_never_leaves_a_moment_in_which_a_reader_finds_nothing(library: Library) -> None:
    builder, remote = library.mirror("builder"), library.remote()
    publish(builder, SHARD)
    (entry,) = builder.open().pointer.shards
    mirror = library.mirror("reader", waits=False)
    mirror.refresh()
    done = threading.Event()
    recorded: list[int] = []
    read: list[str] = []

    def look() -> None:
        while not done.is_set():
            record = remote.published()
            recorded.append(record.generation if record is not None and entry.name in record.shards else -1)

    def follow() -> None:
        while not done.is_set():
            mirror.refresh()
            read.append(mirror.open().story("a.md").text)

    with ThreadPoolExecutor(max_workers=2) as readers:
        reading = [readers.submit(look), readers.submit(follow)]
        for number in range(20):
            with builder.building() as building:
                new = building.write([contents("c.md", [f"Told {number} times."])], MADE)
                building.publish([entry, new], MADE, f"{BUILT[:-1]}{number % 10}")
        done.set()
        for one in reading:
            one.result()
    assert -1 not in recorded
    assert recorded == sorted(recorded)
    assert len(set(recorded)) > 10
    assert set(read) == {SHARD[0].story.text}


def test_a_mirror_answers_while_the_server_is_down_and_says_so(
    library: Library, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    publish(library.mirror("builder"), SHARD)
    library.mirror("mirror", line.url).refresh()
    line.close()
    mirror = library.mirror("mirror", line.url)
    assert mirror.open().story_ids == ("a.md", "b/ü #1.md")
    assert "cannot be reached" in caplog.text
    with pytest.raises(ServerError, match="cannot be reached"):
        mirror.refresh()
    assert len(mirror.open()) == 4
    assert mirror.prune()


def test_a_chat_server_does_not_wait_for_its_first_library(library: Library, line: Line) -> None:
    publish(library.mirror("builder"), SHARD)
    mirror = library.mirror("mirror", line.url, waits=False)
    assert mirror.is_published()
    with pytest.raises(IndexMissingError, match="is being fetched"):
        mirror.open()
    line.disturbance = 401
    with pytest.raises(ServerError):
        mirror.refresh()
    with pytest.raises(IndexMissingError, match="cannot be fetched at the moment") as told:
        mirror.open()
    assert line.url not in str(told.value)
    line.disturbance = ""
    mirror.refresh()
    assert len(mirror.open()) == 4


def test_a_mirror_of_nothing_says_that_there_is_nothing(library: Library) -> None:
    mirror = library.mirror("mirror", waits=False)
    assert not mirror.is_published()
    mirror.refresh()
    with pytest.raises(IndexMissingError, match="no index yet"):
        mirror.open()


def test_a_server_that_was_emptied_takes_nothing_from_a_mirror_and_is_filled_by_the_next_build(
    library: Library, stories_folder: Path
) -> None:
    store = library.mirror("builder")
    rebuild(stories_folder, store, TextEmbedder())
    emptied = library.connection()
    for name in library.names():
        emptied.drop(name)
    mirror = library.mirror("builder")
    mirror.refresh()
    assert len(mirror.open().story_ids) == 4
    report = rebuild(stories_folder, mirror, TextEmbedder())
    assert report.embedded == 0
    other = library.mirror("other")
    assert everything(other.open()) == everything(mirror.open())


def test_what_was_taken_back_is_taken_back_everywhere(library: Library, folder: Path) -> None:
    (folder / "a.md").write_text("# The only story\n\nI baked bread in Lyon for eleven years, and then I coded.")
    builder, mirror = library.mirror("builder"), library.mirror("mirror")
    rebuild(folder, builder, TextEmbedder())
    mirror.refresh()
    removal = remove_story(folder, "a.md", builder, TextEmbedder())
    assert (removal.traces, removal.sentences) == ((), 1)
    assert "chroma vacuum" in removal.unsearched
    mirror.refresh()
    assert (mirror.pointer(), mirror.is_published()) == (None, False)
    assert mirror.traces(["I baked bread in Lyon for eleven years"]) == []
    (folder / "b.md").write_text("# Another\n\nI welded ships, and then I wrote firmware for them.")
    assert rebuild(folder, builder, TextEmbedder()).generation > 1
    mirror.refresh()
    assert mirror.open().story_ids == ("b.md",)


def test_a_shard_that_the_server_has_lost_is_given_back_by_a_build_on_a_computer_that_has_it(
    library: Library, stories_folder: Path
) -> None:
    builder = library.mirror("builder")
    rebuild(stories_folder, builder, TextEmbedder())
    (entry,) = builder.open().pointer.shards
    library.connection().drop(f"{REGISTRY}-{entry.name}")
    with pytest.raises(StoreError, match="not there any more"):
        library.mirror("mirror").refresh()
    assert rebuild(stories_folder, builder, TextEmbedder()).embedded == 0
    assert everything(library.mirror("mirror").open()) == everything(builder.open())


@pytest.mark.parametrize("damage", ["passages", "stories", "pieces", "manifest"])
def test_what_is_broken_on_the_server_reaches_no_mirror_and_is_made_anew(
    library: Library, stories_folder: Path, damage: str
) -> None:
    builder, mirror = library.mirror("builder"), library.mirror("mirror")
    rebuild(stories_folder, builder, TextEmbedder())
    (entry,) = builder.open().pointer.shards
    connection = library.connection()
    name = {"stories": f"{REGISTRY}-{entry.name}-stories", "manifest": library.names()[-1]}.get(
        damage, f"{REGISTRY}-{entry.name}"
    )
    broken = connection.collection(name)
    assert broken is not None
    if damage == "pieces":
        broken.update(ids=["000000001"], metadatas=[{"sentences.0": "AAA="}])
    else:
        broken.delete(ids=["000000001" if damage != "manifest" else "000000"])
    with pytest.raises(StoreError, match="index build"):
        mirror.refresh()
    with pytest.raises(StoreError):
        mirror.open()
    rebuild(stories_folder, library.mirror("anew"), TextEmbedder(), "everything")
    mirror.refresh()
    builder.refresh()
    assert everything(mirror.open()) == everything(builder.open())


def test_a_pointer_to_a_manifest_that_is_gone_leads_to_the_latest(library: Library) -> None:
    """As one writes it who slept between looking for his lock and pointing."""
    builder = library.mirror("builder")
    publish(builder, SHARD)
    connection = library.connection()
    registry = connection.collection(REGISTRY)
    assert registry is not None
    connection.write(registry, [plain_record(PUBLISHED, f"{MANIFEST}000000001-gone")])
    mirror = library.mirror("mirror")
    assert everything(mirror.open()) == everything(builder.open())
    publish(builder, SHARD)
    mirror.refresh()
    assert mirror.open().pointer == builder.open().pointer


def test_a_shard_that_is_dropped_while_it_is_fetched_is_not_missed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder, remote = library.mirror("builder"), library.remote()
    publish(builder, SHARD)
    mirror, get = MirroredStore(library.folder / "mirror", remote), remote.get

    def published_meanwhile(name: str) -> object:
        monkeypatch.setattr(remote, "get", get)
        publish(builder, [contents("c.md", ["Published meanwhile."])])
        return get(name)

    monkeypatch.setattr(remote, "get", published_meanwhile)
    mirror.refresh()
    assert mirror.open().story_ids == ("c.md",)
