"""A published generation is whole, stays readable while it is held, and is never built over somebody's data.

What holds for an index in a folder holds for the mirror of one in a Chroma server.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from index import chroma, shard_writing
from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.shard import Shard
from index.store import PassageStore
from index.stories import Fault
from tests.shards import BUILT, MADE, bm25, contents, publish


@pytest.fixture
def store(open_index: Callable[[], PassageStore]) -> PassageStore:
    """The index, in either form."""
    return open_index()


def shard_names(store: PassageStore) -> list[str]:
    return sorted(folder.name for folder in (store.folder / "shards").iterdir())


def published_shards(store: PassageStore) -> list[str]:
    pointer = store.pointer()
    assert pointer is not None
    return [shard.name for shard in pointer.shards]


def test_what_was_published_is_read_back_to_the_character(store: PassageStore) -> None:
    first, second = contents("a.md", ["I baked. ", "Then I coded.\n\n", "é𝄞 end"]), contents("b/ü #1.md", ["Other."])
    publish(store, [first, second])
    generation = store.open()
    assert len(generation) == 4
    assert generation.story("a.md") == first.story
    assert generation.story_passages("a.md") == tuple(first.passages)
    assert generation.story("b/ü #1.md").text == "Other."
    assert [passage.id for passage in generation.passages([3, 0])] == ["b/ü #1.md#0", "a.md#0"]
    np.testing.assert_array_equal(generation.vectors(np.array([2, 3])), np.stack([first.vectors[2], second.vectors[0]]))
    np.testing.assert_allclose(generation.sentence_vectors(np.array([1]))[0], first.sentences[1], atol=1e-3)
    assert generation.sentence_spans(np.array([3, 1])) == [second.spans[0], first.spans[1]]
    codes, counts = generation.tokens(np.array([2]))
    np.testing.assert_array_equal(codes, np.concatenate(first.tokens[2]))
    assert counts.tolist() == [1, 2]
    copied = store.shard(published_shards(store)[0]).contents("a.md")
    assert (copied.story, copied.passages) == (first.story, tuple(first.passages))
    np.testing.assert_array_equal(copied.vectors, first.vectors)
    assert copied.spans == first.spans


def test_stories_are_in_order_whichever_shard_they_lie_in(store: PassageStore) -> None:
    names = ["d.md", "a.md", "c.md", "b.md"]
    made = {name: contents(name, [f"I am {name}, the baker. ", f"More of {name}."]) for name in names}
    publish(store, [made["a.md"], made["d.md"]], [made["b.md"], made["c.md"]])
    apart = store.open()
    assert apart.story_ids == ("a.md", "b.md", "c.md", "d.md")
    assert [story.id for story in apart.stories()] == sorted(names)
    np.testing.assert_array_equal(
        apart.vectors(np.array([2, 7])), np.stack([made["b.md"].vectors[0], made["d.md"].vectors[1]])
    )
    np.testing.assert_allclose(apart.sentence_vectors(np.array([7]))[0], made["d.md"].sentences[1], atol=1e-3)
    assert [passage.id for passage in apart.passages([5, 6])] == ["c.md#1", "d.md#0"]

    together = PassageStore(store.folder.with_name("together"))
    publish(together, [made[name] for name in sorted(names)])
    question, words = made["c.md"].vectors[1], "baker c.md"
    assert apart.nearest(question, 5) == pytest.approx(together.open().nearest(question, 5))
    assert list(apart.nearest(question, 1)) == [5]
    for one, two in zip(*(bm25(found.open(), words) for found in (store, together)), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)
        assert one.any()


def test_the_nearest_row_to_a_vector_is_its_own(store: PassageStore) -> None:
    story = contents("a.md", [f"Passage {number}. " for number in range(30)])
    publish(store, [story])
    generation = store.open()
    for row in (0, 7, 29):
        found = generation.nearest(story.vectors[row], 3)
        assert next(iter(found)) == row
        assert found[row] == pytest.approx(1, abs=1e-4)


def test_stories_are_listed_without_their_texts(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])], [contents("b.md", ["I coded."])])
    listed = store.open().stories()
    assert [(story.id, story.origin, story.text) for story in listed] == [("a.md", "é", ""), ("b.md", "é", "")]


def test_a_reader_keeps_its_generation_until_it_lets_go(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["Old."])])
    old = store.open()
    left = [store.folder / "gen-000001", *(store.folder / "shards" / name for name in published_shards(store))]
    publish(store, [contents("a.md", ["New."], seed=1)])
    assert store.open().story("a.md").text == "New."
    assert old.story("a.md").text == "Old."
    assert all(folder.is_dir() for folder in left)
    del old
    store.prune()
    assert not any(folder.exists() for folder in left)
    assert store.open().story("a.md").text == "New."


def test_generations_share_their_shards(store: PassageStore) -> None:
    with store.building() as building:
        kept = building.write([contents("a.md", ["I baked."])], MADE)
        old = building.write([contents("b.md", ["Old."])], MADE)
        building.publish([kept, old], MADE, BUILT)
        before = store.open()
        new = building.write([contents("b.md", ["New."])], MADE)
        building.publish([kept, new], MADE, BUILT)
    after = store.open()
    assert [found.story("b.md").text for found in (before, after)] == ["Old.", "New."]
    assert shard_names(store) == [kept.name, old.name, new.name]
    del before
    store.prune()
    assert shard_names(store) == [kept.name, new.name]


def test_what_an_interrupted_build_had_finished_is_there_for_the_next(store: PassageStore) -> None:
    with store.building() as building:
        building.write([contents("a.md", ["I baked."])], MADE)
    assert store.pointer() is None
    assert [dict(shard.stories) for shard in store.leftovers(MADE)] == [{"a.md": "sha-0"}]
    assert store.leftovers({"embedder": "another"}) == []
    publish(store, [contents("b.md", ["I coded."])])
    assert store.leftovers(MADE) == []


def test_nothing_published_is_told_with_the_command_that_mends_it(store: PassageStore) -> None:
    with pytest.raises(IndexMissingError, match="index build"):
        store.open()


def test_a_shard_that_fails_its_check_leaves_nothing_and_the_old_generation_published(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, [contents("a.md", ["Old."])])
    records = shard_writing._passage_records
    monkeypatch.setattr(shard_writing, "_passage_records", lambda items: iter(list(records(items))[1:]))
    with pytest.raises(StoreError, match="1 of 2 passages"):
        publish(store, [contents("a.md", ["New. ", "More."], seed=1)])
    assert store.open().story("a.md").text == "Old."
    assert shard_names(store) == published_shards(store)


def publish_forgetting(store: PassageStore, monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """Publish a hundred passages, of whose sample Chroma's graph does not find some."""
    opened = chroma.opened

    class Forgetful:
        def __init__(self, collection: chroma.Collection) -> None:
            self.count, self.get, self._query = collection.count, collection.get, collection.query

        def query(self, **asked: object) -> dict[str, list[list[float]]]:
            distances = self._query(**asked)["distances"]
            return {"distances": [[0.5]] * lost + distances[lost:]}

    @contextmanager
    def forgetful(folder: Path) -> Iterator[Callable[[str], Forgetful]]:
        with opened(folder) as collection:
            yield lambda name: Forgetful(collection(name))

    monkeypatch.setattr(chroma, "opened", forgetful)
    publish(store, [contents("a.md", [f"Passage {number}." for number in range(100)])])


def test_a_graph_may_miss_a_few_vectors(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_forgetting(store, monkeypatch, lost=5)
    assert len(store.open()) == 100


def test_a_graph_that_misses_more_than_graphs_do_fails_the_check(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match="6 of 50 vectors not found"):
        publish_forgetting(store, monkeypatch, lost=6)
    assert store.pointer() is None


def test_a_disk_that_refuses_leaves_nothing_and_says_what_to_do(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.shard_writing.np.save", refuse)
    with pytest.raises(StoreError, match=r"No space left.*Free some space"):
        publish(store, [contents("a.md", ["I baked."])])
    assert list((store.folder / "shards").iterdir()) == []


def test_two_builders_do_not_meet(store: PassageStore, open_index: Callable[[], PassageStore]) -> None:
    with (
        store.building(),
        pytest.raises(BuildLockedError, match="another build"),
        open_index().building(),
    ):
        pass


def test_pruning_waits_for_a_build(store: PassageStore, open_index: Callable[[], PassageStore]) -> None:
    with store.building() as building:
        building.write([contents("a.md", ["I baked."])], MADE)
        open_index().prune()
        assert len(store.leftovers(MADE)) == 1


def test_faults_are_kept_with_what_is_published_without_publishing_anew(
    store: PassageStore, open_index: Callable[[], PassageStore]
) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    pointer = store.pointer()
    assert pointer is not None
    with store.building() as building:
        noted = building.note(pointer, [Fault("x.pdf", "it is broken", sha256="7")])
    assert open_index().pointer() == noted
    assert (noted.generation, noted.faults[0].what) == (1, "it is broken")


def test_traces_of_a_text_are_found_wherever_the_index_keeps_text(store: PassageStore) -> None:
    sentence = "I baked bread in Lyon for eleven years before the sun came up."
    publish(store, [contents("a.md", [sentence])], [contents("b.md", ["I coded."])])
    assert [file.name for file in store.traces([sentence])] == ["chroma.sqlite3", "utf8.npy"]
    assert store.traces(["I never baked anything in my life, in Lyon or elsewhere."]) == []


@pytest.mark.parametrize("passages", [1, 2])
def test_reading_a_shard_of_one_story_writes_no_graph(store: PassageStore, passages: int) -> None:
    publish(store, [contents("a.md", ["I baked."] * passages)])
    graphs = {file: file.read_bytes() for file in store.folder.rglob("*.bin")}
    generation = store.open()
    assert generation.story("a.md").text == "I baked." * passages
    assert [story.id for story in generation.stories()] == ["a.md"]
    assert len(graphs) == 8
    assert {file: file.read_bytes() for file in store.folder.rglob("*.bin")} == graphs


def test_what_answers_questions_does_not_open_chroma(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    item = contents("a.md", ["I baked. ", "Then I coded."])
    publish(store, [item])
    monkeypatch.setattr(chroma, "opened", lambda _: pytest.fail("Chroma was opened"))
    generation = store.open()
    assert generation.passages(list(generation.nearest(item.vectors[1], 1))) == [item.passages[1]]
    assert generation.story("a.md").text == item.story.text


def test_a_shard_is_opened_once(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    (name,) = published_shards(store)
    opened = store.shard(name)
    assert isinstance(opened, Shard)
    assert store.shard(name) is opened


def test_the_name_of_a_deleted_shard_is_not_given_again_while_it_is_open(store: PassageStore) -> None:
    with store.building() as building:
        building.write([contents("a.md", ["Never published."])], MADE)
    (still_open,) = store.leftovers(MADE)
    with store.building() as building:
        building.clear()
    assert not list((store.folder / "shards").iterdir())
    publish(store, [contents("b.md", ["I coded."])])
    assert shard_names(store) == published_shards(store)
    assert still_open.name not in shard_names(store)
    assert store.open().story("b.md").text == "I coded."


def test_graphs_hold_nothing_but_their_elements_and_readers_leave_them_alone(store: PassageStore) -> None:
    publish(store, [contents("a.md", [f"Passage {number}. " for number in range(30)])])
    files = list((store.folder / "shards").rglob("data_level0.bin"))
    assert len(files) == 2
    for file in files:
        count, size = struct.unpack_from("<QQ", file.with_name("header.bin").read_bytes(), 20)
        data = file.read_bytes()
        assert len(data) % size == 0
        assert not any(data[count * size :])
    before = {file: file.read_bytes() for file in files}
    assert len(store.open().nearest(np.ones(8, dtype=np.float32), 30)) == 30
    assert {file: file.read_bytes() for file in files} == before
