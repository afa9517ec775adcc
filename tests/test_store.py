"""A published generation is whole, stays readable while it is held, and is never built over somebody's data."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from index.errors import BuildLockedError, IndexMissingError, StoreError
from index.generation import StoryPassages
from index.passages import Passage
from index.store import PassageStore
from index.stories import Story

FINGERPRINT = {"embedder": "made-up"}
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


def publish(store: PassageStore, *stories: StoryPassages) -> None:
    with store.building():
        store.publish(stories, FINGERPRINT, BUILT)


def test_what_was_published_is_read_back_to_the_character(store: PassageStore) -> None:
    first, second = contents("a.md", ["I baked. ", "Then I coded.\n\n", "é𝄞 end"]), contents("b/ü #1.md", ["Other."])
    publish(store, first, second)
    generation = store.open()
    assert len(generation) == 4
    assert generation.story("a.md") == first.story
    assert generation.story_passages("a.md") == tuple(first.passages)
    assert generation.story("b/ü #1.md").text == "Other."
    assert [passage.id for passage in generation.passages([3, 0])] == ["b/ü #1.md#0", "a.md#0"]
    np.testing.assert_allclose(generation.vectors([2, 3]), np.stack([first.vectors[2], second.vectors[0]]), atol=1e-6)
    np.testing.assert_allclose(generation.sentence_vectors([1])[0], first.sentences[1], atol=1e-3)
    copied = generation.contents("a.md")
    np.testing.assert_allclose(copied.vectors, first.vectors, atol=1e-6)


def test_the_nearest_row_to_a_vector_is_its_own(store: PassageStore) -> None:
    story = contents("a.md", [f"Passage {number}. " for number in range(30)])
    publish(store, story)
    generation = store.open()
    for row in (0, 7, 29):
        found = generation.nearest(story.vectors[row], 3)
        assert next(iter(found)) == row
        assert found[row] == pytest.approx(1, abs=1e-4)


def test_stories_are_listed_without_their_texts(store: PassageStore) -> None:
    publish(store, contents("a.md", ["I baked."]), contents("b.md", ["I coded."]))
    listed = store.open().stories()
    assert [(story.id, story.origin, story.text) for story in listed] == [("a.md", "é", ""), ("b.md", "é", "")]


def test_a_reader_keeps_its_generation_until_it_lets_go(store: PassageStore) -> None:
    publish(store, contents("a.md", ["Old."]))
    old = store.open()
    publish(store, contents("a.md", ["New."], seed=1))
    assert store.open().story("a.md").text == "New."
    assert old.story("a.md").text == "Old."
    folder = store.folder / "gen-000001"
    assert folder.is_dir()
    del old
    store.prune()
    assert not folder.exists()


def test_nothing_published_is_told_with_the_command_that_mends_it(store: PassageStore) -> None:
    with pytest.raises(IndexMissingError, match="index build"):
        store.open()


def test_a_failed_build_leaves_the_old_generation_published(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, contents("a.md", ["Old."]))
    broken = contents("a.md", ["New."], seed=1)
    monkeypatch.setattr("index.store.check_generation", lambda *_: (_ for _ in ()).throw(StoreError("made to fail")))
    with pytest.raises(StoreError, match="made to fail"):
        publish(store, broken)
    assert store.open().story("a.md").text == "Old."


def test_the_check_finds_a_passage_that_is_missing(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from index import generation as module

    records = module._passage_records
    monkeypatch.setattr(module, "_passage_records", lambda items: list(records(items))[1:])
    with pytest.raises(StoreError, match="1 of 2 passages"):
        publish(store, contents("a.md", ["One. ", "Two."]))
    assert store.pointer() is None


def test_two_builders_do_not_meet(store: PassageStore) -> None:
    with (
        store.building(),
        pytest.raises(BuildLockedError, match="another build"),
        PassageStore(store.folder).building(),
    ):
        pass


def test_a_folder_with_other_things_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("years of work")
    store = PassageStore(tmp_path)
    with pytest.raises(StoreError, match=r"not an index .*thesis\.doc"):
        publish(store, contents("a.md", ["I baked."]))
    with pytest.raises(StoreError, match="not an index"):
        store.open()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize("damage", ["pointer", "missing generation", "rows", "format"])
def test_a_damaged_index_says_which_command_mends_it(store: PassageStore, damage: str) -> None:
    publish(store, contents("a.md", ["I baked."]))
    if damage == "pointer":
        (store.folder / "CURRENT").write_text("{")
    elif damage == "missing generation":
        shutil.rmtree(store.folder / "gen-000001")
    elif damage == "rows":
        (store.folder / "gen-000001" / "rows.json").write_text("[]")
    else:
        pointer = json.loads((store.folder / "CURRENT").read_text())
        (store.folder / "CURRENT").write_text(json.dumps({**pointer, "format": 999}))
    with pytest.raises(StoreError, match="index build"):
        store.open()
