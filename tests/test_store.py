"""A published generation is whole, stays readable while it is held, and is never built over somebody's data."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from index import shard as shard_module
from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.passages import Passage
from index.seal import is_intact, seal
from index.shard import Shard, StoryPassages
from index.store import PassageStore
from index.stories import Fault, Story

MADE = {"embedder": "made-up"}
BUILT = "2026-01-01T00:00:00+00:00"


def contents(identity: str, texts: list[str], seed: int = 0) -> StoryPassages:
    """A story whose passages are the given texts, with random unit vectors and two sentences a passage."""
    random = np.random.default_rng([seed, *identity.encode()])
    vectors = random.standard_normal((len(texts) * 3, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = "".join(texts)
    bounds = np.cumsum([0, *map(len, texts)])
    passages = [Passage(identity, n, int(bounds[n]), int(bounds[n + 1]), part) for n, part in enumerate(texts)]
    story = Story(identity, identity.title(), "", {"from": "é"}, text, f"sha-{seed}")
    count = len(texts)
    return StoryPassages(
        story, passages, vectors[:count], [vectors[count + 2 * n : count + 2 * n + 2] for n in range(count)]
    )


@pytest.fixture
def store(tmp_path: Path) -> PassageStore:
    return PassageStore(tmp_path / "index")


def publish(store: PassageStore, *shards: list[StoryPassages]) -> None:
    with store.building():
        store.publish([store.write(stories, MADE) for stories in shards], MADE, BUILT)


def damage(store: PassageStore, *, thorough: bool = False) -> tuple[set[str], bool]:
    """The damaged shards of what is published, and whether the generation's own files are damaged."""
    pointer = store.pointer()
    assert pointer is not None
    shards, own = store.damage(pointer, thorough=thorough)
    return set(shards), own


def test_what_was_published_is_read_back_to_the_character(store: PassageStore) -> None:
    first, second = contents("a.md", ["I baked. ", "Then I coded.\n\n", "é𝄞 end"]), contents("b/ü #1.md", ["Other."])
    publish(store, [first, second])
    generation = store.open()
    assert len(generation) == 4
    assert generation.story("a.md") == first.story
    assert generation.story_passages("a.md") == tuple(first.passages)
    assert generation.story("b/ü #1.md").text == "Other."
    assert [passage.id for passage in generation.passages([3, 0])] == ["b/ü #1.md#0", "a.md#0"]
    np.testing.assert_array_equal(generation.vectors([2, 3]), np.stack([first.vectors[2], second.vectors[0]]))
    np.testing.assert_allclose(generation.sentence_vectors([1])[0], first.sentences[1], atol=1e-3)
    copied = store.shard("000001").contents("a.md")
    assert (copied.story, copied.passages) == (first.story, tuple(first.passages))
    np.testing.assert_array_equal(copied.vectors, first.vectors)


def test_stories_are_in_order_whichever_shard_they_lie_in(store: PassageStore) -> None:
    names = ["d.md", "a.md", "c.md", "b.md"]
    made = {name: contents(name, [f"I am {name}, the baker. ", f"More of {name}."]) for name in names}
    publish(store, [made["a.md"], made["d.md"]], [made["b.md"], made["c.md"]])
    apart = store.open()
    assert apart.story_ids == ("a.md", "b.md", "c.md", "d.md")
    assert [story.id for story in apart.stories()] == sorted(names)
    np.testing.assert_array_equal(apart.vectors([2, 7]), np.stack([made["b.md"].vectors[0], made["d.md"].vectors[1]]))
    np.testing.assert_allclose(apart.sentence_vectors([7])[0], made["d.md"].sentences[1], atol=1e-3)
    assert [passage.id for passage in apart.passages([5, 6])] == ["c.md#1", "d.md#0"]

    together = PassageStore(store.folder.with_name("together"))
    publish(together, [made[name] for name in sorted(names)])
    question, words = made["c.md"].vectors[1], "baker c.md"
    assert apart.nearest(question, 5) == pytest.approx(together.open().nearest(question, 5))
    assert list(apart.nearest(question, 1)) == [5]
    for scores in ("passage_scores", "story_scores"):
        one, two = (getattr(found.open().lexical, scores)(words) for found in (store, together))
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
    publish(store, [contents("a.md", ["New."], seed=1)])
    assert store.open().story("a.md").text == "New."
    assert old.story("a.md").text == "Old."
    left = [store.folder / "gen-000001", store.folder / "shards" / "000001"]
    assert all(folder.is_dir() for folder in left)
    del old
    store.prune()
    assert not any(folder.exists() for folder in left)
    assert store.open().story("a.md").text == "New."


def test_generations_share_their_shards(store: PassageStore) -> None:
    with store.building():
        kept = store.write([contents("a.md", ["I baked."])], MADE)
        store.publish([kept, store.write([contents("b.md", ["Old."])], MADE)], MADE, BUILT)
        before = store.open()
        store.publish([kept, store.write([contents("b.md", ["New."])], MADE)], MADE, BUILT)
    after = store.open()
    assert [found.story("b.md").text for found in (before, after)] == ["Old.", "New."]
    assert sorted(folder.name for folder in (store.folder / "shards").iterdir()) == ["000001", "000002", "000003"]
    del before
    store.prune()
    assert sorted(folder.name for folder in (store.folder / "shards").iterdir()) == ["000001", "000003"]


def test_what_an_interrupted_build_had_finished_is_there_for_the_next(store: PassageStore) -> None:
    with store.building():
        store.write([contents("a.md", ["I baked."])], MADE)
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
    records = shard_module._passage_records
    monkeypatch.setattr(shard_module, "_passage_records", lambda items: iter(list(records(items))[1:]))
    with pytest.raises(StoreError, match="1 of 2 passages"):
        publish(store, [contents("a.md", ["New. ", "More."], seed=1)])
    assert store.open().story("a.md").text == "Old."
    assert [folder.name for folder in (store.folder / "shards").iterdir()] == ["000001"]


def test_a_disk_that_refuses_leaves_nothing_and_says_what_to_do(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.shard.np.save", refuse)
    with pytest.raises(StoreError, match=r"No space left.*Free some space"):
        publish(store, [contents("a.md", ["I baked."])])
    assert list((store.folder / "shards").iterdir()) == []


def test_two_builders_do_not_meet(store: PassageStore) -> None:
    with (
        store.building(),
        pytest.raises(BuildLockedError, match="another build"),
        PassageStore(store.folder).building(),
    ):
        pass


def test_pruning_waits_for_a_build(store: PassageStore) -> None:
    with store.building():
        store.write([contents("a.md", ["I baked."])], MADE)
        PassageStore(store.folder).prune()
        assert len(store.leftovers(MADE)) == 1


def test_a_folder_with_other_things_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    store = PassageStore(tmp_path)
    with pytest.raises(StoreError, match=r"not an index .*thesis\.doc"):
        publish(store, [contents("a.md", ["I baked."])])
    with pytest.raises(StoreError, match="not an index"):
        store.open()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.doc"]


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


def test_faults_are_kept_with_what_is_published_without_publishing_anew(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    pointer = store.pointer()
    assert pointer is not None
    noted = store.note(pointer, [Fault("x.pdf", "it is broken", sha256="7")])
    assert PassageStore(store.folder).pointer() == noted
    assert (noted.generation, noted.faults[0].what) == (1, "it is broken")


@pytest.mark.parametrize("thorough", [False, True])
def test_missing_and_shortened_files_are_noticed(store: PassageStore, *, thorough: bool) -> None:
    publish(store, [contents("a.md", ["I baked."])], [contents("b.md", ["I coded."])])
    store.open().nearest(np.ones(8, dtype=np.float32), 1)
    assert damage(store, thorough=thorough) == (set(), False)
    (store.folder / "shards" / "000002" / "sentences.npy").write_bytes(b"short")
    assert damage(store, thorough=thorough) == ({"000002"}, False)
    shutil.rmtree(store.folder / "gen-000001" / "lexical")
    assert damage(store, thorough=thorough) == ({"000002"}, True)


@pytest.mark.parametrize("name", ["sentences.npy", "chroma/chroma.sqlite3"])
def test_a_file_whose_content_is_damaged_is_found_by_reading_it(store: PassageStore, name: str) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    folder = store.folder / "shards" / "000001"
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 3 :] = bytes(len(data) - len(data) // 3)
    (folder / name).write_bytes(data)
    assert damage(store) == (set(), False)
    assert damage(store, thorough=True) == ({"000001"}, False)


def test_a_folder_without_a_seal_is_not_intact(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert not is_intact(tmp_path)
    seal(tmp_path)
    assert is_intact(tmp_path, thorough=True)


def test_traces_of_a_text_are_found_wherever_the_index_keeps_text(store: PassageStore) -> None:
    sentence = "I baked bread in Lyon for eleven years before the sun came up."
    publish(store, [contents("a.md", [sentence])], [contents("b.md", ["I coded."])])
    assert [file.name for file in store.traces([sentence])] == ["chroma.sqlite3"]
    assert store.traces(["I never baked anything in my life, in Lyon or elsewhere."]) == []


def test_a_shard_is_opened_once(store: PassageStore) -> None:
    publish(store, [contents("a.md", ["I baked."])])
    opened = store.shard("000001")
    assert isinstance(opened, Shard)
    assert store.shard("000001") is opened


def test_graphs_hold_nothing_but_their_elements_and_readers_leave_them_alone(store: PassageStore) -> None:
    publish(store, [contents("a.md", [f"Passage {number}. " for number in range(30)])])
    files = list((store.folder / "shards" / "000001").rglob("data_level0.bin"))
    assert len(files) == 2
    for file in files:
        count, size = struct.unpack_from("<QQ", file.with_name("header.bin").read_bytes(), 20)
        data = file.read_bytes()
        assert len(data) % size == 0
        assert not any(data[count * size :])
    before = {file: file.read_bytes() for file in files}
    assert len(store.open().nearest(np.ones(8, dtype=np.float32), 30)) == 30
    assert {file: file.read_bytes() for file in files} == before
