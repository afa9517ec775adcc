"""A rebuild embeds what changed, copies what did not, and publishes all of it or nothing."""

from pathlib import Path

import numpy as np
import pytest

from index.embedding import Embedder
from index.errors import IndexMismatchError
from index.generation import Pointer
from index.live import LiveIndex
from index.rebuild import fingerprint_of, heading, plan, rebuild
from index.settings import Settings
from index.store import PassageStore
from index.stories import Story, read_stories


def pointer(stories: dict[str, str], **fingerprint: str) -> Pointer:
    return Pointer(1, fingerprint or {"embedder": "e"}, 1, stories, "now")


def test_the_plan_tells_added_changed_gone_and_same_apart() -> None:
    planned = plan({"a": "1", "b": "2", "c": "3"}, pointer({"b": "2", "c": "0", "d": "4"}), {"embedder": "e"})
    assert (planned.added, planned.changed, planned.gone, planned.same) == (("a",), ("c",), ("d",), ("b",))
    assert not planned.is_empty
    assert plan({"b": "2"}, pointer({"b": "2"}), {"embedder": "e"}).is_empty


def test_another_embedder_makes_everything_anew_and_says_so() -> None:
    planned = plan({"b": "2"}, pointer({"b": "2"}, embedder="old"), {"embedder": "new"})
    assert planned.whole == "embedder: old → new"
    assert not planned.is_empty


def test_only_what_changed_is_embedded(stories_folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    store = PassageStore(tmp_path / "index")
    first = rebuild(read_stories(stories_folder), store, embedder)
    assert (len(first.plan.added), first.embedded, first.published) == (4, first.passages, True)
    before = store.open().contents("lawyer.md")

    again = rebuild(read_stories(stories_folder), store, embedder)
    assert (again.embedded, again.published, again.generation) == (0, False, 1)

    (stories_folder / "baker.md").write_text("---\ntitle: Shorter\n---\nI baked, and then I coded.")
    (stories_folder / "welder.md").unlink()
    seen: list[tuple[int, int]] = []
    report = rebuild(
        read_stories(stories_folder), store, embedder, progress=lambda done, total: seen.append((done, total))
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
    np.testing.assert_allclose(generation.contents("lawyer.md").vectors, before.vectors, atol=1e-6)


def test_building_anew_gives_the_same_vectors(stories_folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    library = read_stories(stories_folder)
    for name in ("one", "two"):
        rebuild(library, PassageStore(tmp_path / name), embedder)
    one, two = (PassageStore(tmp_path / name).open().contents("baker.md") for name in ("one", "two"))
    np.testing.assert_array_equal(one.vectors, two.vectors)


def test_a_model_that_fails_loses_nothing(
    stories_folder: Path, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = PassageStore(tmp_path / "index")
    rebuild(read_stories(stories_folder), store, embedder)
    (stories_folder / "baker.md").write_text("Changed.")

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(embedder, "embed_passages", fail)
    with pytest.raises(RuntimeError):
        rebuild(read_stories(stories_folder), store, embedder)
    assert store.open().story("baker.md").title == "From bread to back end"


def test_passages_with_their_heading_fit_what_the_model_reads(embedder: Embedder) -> None:
    title = "A very long title about bread and code " * 20
    head = heading(Story("a", title, "", {}, "text", ""), embedder)
    assert head.startswith("A very long title")
    assert embedder.count_tokens([head])[0] <= embedder.max_tokens // 5


def test_an_index_of_another_embedder_is_refused_with_the_way_out(built: LiveIndex) -> None:
    other = LiveIndex(built.store, Embedder("somebody/else"))
    with pytest.raises(IndexMismatchError, match=r"all-MiniLM-L6-v2.*somebody/else.*index build"):
        other.generation()


def test_a_live_index_follows_what_is_published(stories_folder: Path, tmp_path: Path, embedder: Embedder) -> None:
    store = PassageStore(tmp_path / "index")
    rebuild(read_stories(stories_folder), store, embedder)
    live = LiveIndex(store, embedder)
    before = live.generation()
    assert live.generation() is before
    (stories_folder / "baker.md").write_text("Changed.")
    rebuild(read_stories(stories_folder), store, embedder)
    assert live.generation().story("baker.md").text == "Changed."
    assert before.story("baker.md").title == "From bread to back end"


def test_the_fingerprint_names_all_that_an_index_depends_on(embedder: Embedder) -> None:
    assert set(fingerprint_of(embedder)) == {"embedder", "splitter", "reader", "store"}


def test_each_stories_folder_has_an_index_of_its_own() -> None:
    one, two = Settings.load(stories=Path("a/stories")), Settings.load(stories=Path("b/stories"))
    assert one.index_folder != two.index_folder
    assert Settings.load(index=Path("here")).index_folder == Path("here")
