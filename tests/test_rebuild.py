"""A rebuild embeds what changed, copies what did not, and publishes all of it or nothing.

What holds for an index in a folder holds for the mirror of one in a Chroma server. Most tests have a stand-in for the
model, which makes its vectors from the texts themselves.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.building import Building
from index.drafts import heading
from index.embedding import Embedder
from index.errors import IndexMismatchError, StoriesError
from index.live import LiveIndex
from index.portions import Asked, File, read_file
from index.rebuild import fingerprint_of, plan_rebuild, rebuild
from index.settings import Settings
from index.shard import StoryPassages
from index.store import PassageStore
from index.stories import Story
from tests.builders import TextEmbedder


@pytest.fixture
def store(open_index: Callable[[], PassageStore]) -> PassageStore:
    """The index, in either form."""
    return open_index()


@pytest.fixture
def stand_in() -> TextEmbedder:
    return TextEmbedder()


def contents(store: PassageStore, identity: str) -> StoryPassages:
    """A story as the published generation holds it."""
    pointer = store.pointer()
    assert pointer is not None
    return next(store.shard(shard.name).contents(identity) for shard in pointer.shards if identity in shard.stories)


def test_only_what_changed_is_embedded(stories_folder: Path, store: PassageStore, stand_in: TextEmbedder) -> None:
    first = rebuild(stories_folder, store, stand_in)
    assert (len(first.plan.added), first.embedded, first.published) == (4, first.passages, True)
    before = contents(store, "lawyer.md")

    again = rebuild(stories_folder, store, stand_in)
    assert (again.embedded, again.published, again.generation) == (0, False, 1)

    (stories_folder / "baker.md").write_text("---\ntitle: Shorter\n---\nI baked, and then I coded.")
    (stories_folder / "welder.md").unlink()
    seen: list[tuple[int, int]] = []
    report = rebuild(
        stories_folder, store, stand_in, progress=lambda done, total: seen.append((done, total)), leaving=None
    )
    assert (report.plan.changed, report.plan.gone, report.plan.same) == (
        ("baker.md",),
        ("welder.md",),
        ("lawyer.md", "nurse.txt"),
    )
    assert (report.embedded, report.generation, seen[-1]) == (1, 2, (1, 1))
    generation = store.open()
    assert generation.story_ids == ("baker.md", "lawyer.md", "nurse.txt")
    assert generation.story("baker.md").text == "I baked, and then I coded."
    np.testing.assert_allclose(contents(store, "lawyer.md").vectors, before.vectors, atol=1e-6)


def test_building_anew_gives_the_same_vectors(stories_folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    for name in ("one", "two"):
        rebuild(stories_folder, PassageStore(tmp_path / name), embedder)
    one, two = (contents(PassageStore(tmp_path / name), "baker.md") for name in ("one", "two"))
    np.testing.assert_array_equal(one.vectors, two.vectors)


def test_a_model_that_fails_loses_nothing(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(stories_folder, store, stand_in)
    (stories_folder / "baker.md").write_text("Changed.")

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(stand_in, "embed_in_turn", fail)
    with pytest.raises(RuntimeError):
        rebuild(stories_folder, store, stand_in)
    assert store.open().story("baker.md").title == "From bread to back end"


def test_passages_with_their_heading_fit_what_the_model_reads(embedder: Embedder) -> None:
    title = "A very long title about bread and code " * 20
    head = heading(Story("a", title, "", {}, "text", ""), embedder)
    assert head.startswith("A very long title")
    assert embedder.count_tokens([head])[0] <= embedder.max_tokens // 5


def test_an_index_of_another_embedder_is_refused_with_the_way_out(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Embedder, "fingerprint", "somebody/else")
    other = LiveIndex(built.store, Embedder())
    with pytest.raises(IndexMismatchError, match=r"all-MiniLM-L6-v2.*somebody/else.*index build"):
        other.generation()


def test_a_live_index_follows_what_is_published(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    rebuild(stories_folder, store, stand_in)
    live = LiveIndex(store, stand_in)
    before = live.generation()
    assert live.generation() is before
    (stories_folder / "baker.md").write_text("Changed.")
    rebuild(stories_folder, store, stand_in)
    live.follow()
    assert live.generation().story("baker.md").text == "Changed."
    assert before.story("baker.md").title == "From bread to back end"
    assert (store.folder / "gen-000001").exists()
    del before
    live.follow()
    assert not (store.folder / "gen-000001").exists()


def test_the_fingerprint_names_all_that_an_index_depends_on(embedder: Embedder) -> None:
    assert set(fingerprint_of(embedder)) == {"embedder", "splitter", "reader", "store"}


def test_each_stories_folder_has_an_index_of_its_own() -> None:
    one, two = Settings.load(stories=Path("a/stories")), Settings.load(stories=Path("b/stories"))
    assert one.index_folder != two.index_folder
    assert Settings.load(index=Path("here")).index_folder == Path("here")


def test_of_an_edited_story_only_the_edited_passage_is_embedded(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    story = "---\ntitle: Slowly\n---\n\n" + "\n\n".join(
        f"# Part {number}\n\n" + f"In part {number} I learned one thing more about bread and about code. " * 12
        for number in range(4)
    )
    (stories_folder / "slow.md").write_text(story)
    rebuild(stories_folder, store, stand_in)
    before = contents(store, "slow.md")
    (stories_folder / "slow.md").write_text(story.replace("In part 2 I learned one", "In part 2 I forgot one", 1))
    report = rebuild(stories_folder, store, stand_in)
    after = contents(store, "slow.md")
    assert (len(after.passages), report.embedded) == (len(before.passages), 1)
    same = [old.text == new.text for old, new in zip(before.passages, after.passages, strict=True)]
    assert same.count(False) == 1
    np.testing.assert_array_equal(after.vectors[same], before.vectors[same])


def test_a_renamed_story_is_not_embedded_again(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    rebuild(stories_folder, store, stand_in)
    (stories_folder / "baker.md").rename(stories_folder / "zoe.md")
    report = rebuild(stories_folder, store, stand_in, leaving=None)
    assert (report.plan.added, report.plan.gone, report.embedded) == (("zoe.md",), ("baker.md",), 0)
    assert store.open().story("zoe.md").title == "From bread to back end"
    assert "baker.md" not in store.open().story_ids


def test_what_an_interrupted_build_had_finished_is_not_embedded_again(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.making.SHARD_PASSAGES", 4)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Building, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rebuild(stories_folder, store, stand_in)
    assert store.pointer() is None
    report = rebuild(stories_folder, store, stand_in)
    assert (report.embedded, report.stories) == (0, 4)
    assert store.open().story("baker.md").title == "From bread to back end"


def test_a_large_library_is_spread_over_shards(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.making.SHARD_PASSAGES", 4)
    report = rebuild(stories_folder, store, stand_in)
    pointer = store.pointer()
    assert pointer is not None
    assert len(pointer.shards) > 1
    assert report.passages == len(store.open()) == sum(shard.passages for shard in pointer.shards)
    assert list(pointer.stories) == ["baker.md", "lawyer.md", "nurse.txt", "welder.md"]


def test_a_file_that_cannot_be_read_any_more_leaves_the_version_before(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    rebuild(stories_folder, store, stand_in)
    (stories_folder / "baker.md").write_bytes(b"\x00\xff\x00\xfe" * 50)
    (stories_folder / "new.md").write_bytes(b"\x00\xff\x00\xfe" * 50)
    report = rebuild(stories_folder, store, stand_in)
    assert (report.published, report.plan.same, report.plan.unread) == (
        False,
        ("baker.md", "lawyer.md", "nurse.txt", "welder.md"),
        ("new.md",),
    )
    assert [fault.file for fault in report.faults] == ["baker.md", "new.md"]
    again = rebuild(stories_folder, store, stand_in)
    assert (again.faults, again.plan.to_read) == (report.faults, ())
    forced = rebuild(stories_folder, store, stand_in, "everything")
    assert (forced.stories, forced.embedded) == (4, forced.passages)
    assert store.open().story("baker.md").title == "From bread to back end"
    (stories_folder / "baker.md").write_text("# Mended\n\nI baked.")
    assert rebuild(stories_folder, store, stand_in).plan.changed == ("baker.md",)
    assert store.open().story("baker.md").title == "Mended"


def test_warnings_of_stories_that_did_not_change_are_told_again(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    (stories_folder / "odd.md").write_text("---\ntitle: [broken\n---\nI baked bread.")
    first = rebuild(stories_folder, store, stand_in)
    assert [(fault.file, fault.story_kept) for fault in first.faults] == [("odd.md", True)]
    assert rebuild(stories_folder, store, stand_in).faults == first.faults
    (stories_folder / "odd.md").unlink()
    assert rebuild(stories_folder, store, stand_in, leaving=None).faults == ()


def test_a_folder_that_vanishes_while_it_is_read_loses_nothing(
    stories_folder: Path, store: PassageStore, stand_in: TextEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(stories_folder, store, stand_in)
    (stories_folder / "baker.md").write_text("I baked, and then I coded.")

    def vanish(folder: Path, asked: Asked) -> File:
        shutil.rmtree(folder)
        return read_file(folder, asked)

    monkeypatch.setattr("index.portions.read_file", vanish)
    with pytest.raises(StoriesError, match="vanished"):
        rebuild(stories_folder, store, stand_in)
    with pytest.raises(StoriesError, match="no such folder"):
        rebuild(stories_folder, store, stand_in)
    assert len(store.open().story_ids) == 4


def test_a_folder_of_unreadable_files_alone_is_an_error_that_names_them(
    tmp_path: Path, store: PassageStore, stand_in: TextEmbedder
) -> None:
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "a.md").write_text("  ")
    with pytest.raises(StoriesError, match=r"no story could be read[\s\S]*a\.md: there is no text"):
        rebuild(tmp_path / "stories", store, stand_in)
    assert store.pointer() is None


@pytest.mark.parametrize("damage", ["pointer", "shard", "generation", "list", "content"])
def test_the_next_build_mends_a_damaged_index(
    stories_folder: Path,
    store: PassageStore,
    open_index: Callable[[], PassageStore],
    stand_in: TextEmbedder,
    damage: str,
) -> None:
    first = rebuild(stories_folder, store, stand_in)
    (shard,) = (store.folder / "shards").iterdir()
    if damage == "pointer":
        (store.folder / "CURRENT").write_text('{"generation"')
    elif damage == "shard":
        (shard / "vectors.npy").unlink()
    elif damage == "generation":
        (store.folder / "gen-000001" / "shards.json").unlink()
    elif damage == "list":
        (store.folder / "gen-000001" / "shards.json").write_text('["0000')
    else:
        (shard / "vectors.npy").write_bytes(bytes((shard / "vectors.npy").stat().st_size))
    report = rebuild(stories_folder, open_index(), stand_in, "thorough" if damage == "content" else "changes")
    is_fetched = type(store) is not PassageStore and damage in {"pointer", "shard"}  # for the server has it still
    expected = first.passages if damage in {"shard", "content"} and not is_fetched else 0
    assert (report.published, report.stories, report.embedded) == (not is_fetched, 4, expected)
    assert open_index().open().story("baker.md").title == "From bread to back end"
    assert not rebuild(stories_folder, open_index(), stand_in, "thorough").published


def test_a_planned_rebuild_writes_nothing(stories_folder: Path, store: PassageStore, stand_in: TextEmbedder) -> None:
    assert plan_rebuild(stories_folder, store, stand_in).added == ("baker.md", "lawyer.md", "nurse.txt", "welder.md")
    assert not store.folder.exists()
