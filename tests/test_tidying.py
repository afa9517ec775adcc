"""What is new is published beside what it supersedes, and the shards are written again without that afterwards.

What holds for an index in a folder holds for the mirror of one in a Chroma server.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import making
from index.building import Building
from index.filters import Filters
from index.generation import Generation, Pointer
from index.intake.removal import remove_story
from index.rebuild import rebuild
from index.server.mirrored_building import MirroredBuilding
from index.store import PassageStore
from index.telling import report_lines
from tests.builders import TextEmbedder
from tests.chroma_server import Library
from tests.shards import bm25

TOLD = "I sold ice from a van, and never baked."


@pytest.fixture(autouse=True)
def _nothing_is_copied_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a large library: what is superseded is too much to be left out at once."""
    monkeypatch.setattr(making, "COPIED_AT_ONCE", 0)


@pytest.fixture
def store(open_index: Callable[[], PassageStore], stories_folder: Path) -> PassageStore:
    """An index of four stories in one shard, in either form."""
    found = open_index()
    rebuild(stories_folder, found, TextEmbedder())
    return found


@contextmanager
def published(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Generation]]:
    """Every generation that is published while this is entered, opened at that moment."""
    found: list[Generation] = []
    publish = Building.publish

    def noted(building: Building, *given: Any, **named: Any) -> Pointer:
        pointer = publish(building, *given, **named)
        found.append(store.open())
        return pointer

    with monkeypatch.context() as patched:
        patched.setattr(Building, "publish", noted)
        yield found


def test_a_changed_story_is_published_before_its_shard_is_written_again(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.open()
    old = before.story("baker.md")
    (stories_folder / "baker.md").write_text(f"---\nfrom: driver\n---\n{TOLD}")
    with published(store, monkeypatch) as generations:
        report = rebuild(stories_folder, store, TextEmbedder())
    first, second = generations
    assert [entry.superseded.keys() for entry in first.pointer.shards] == [{"baker.md"}, set()]
    (tidy,) = second.pointer.shards
    assert (dict(tidy.superseded), report.generation, report.embedded) == ({}, second.number, 1)
    for generation in generations:
        assert generation.story_ids == before.story_ids
        assert generation.story("baker.md").text == TOLD
        assert [story.origin for story in generation.stories() if story.id == "baker.md"] == ["driver"]
        assert generation.containing(["flour", "never baked"]) == {"never baked"}
        assert (
            len(generation) == generation.pointer.passages == len(before) - len(before.story_passages("baker.md")) + 1
        )
    for one, other in zip(bm25(first, "baked code ice"), bm25(second, "baked code ice"), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.any()
    question = before.vectors(np.array([0]))[0]  # of a passage that is told no more
    assert first.nearest(question, 4) == pytest.approx(second.nearest(question, 4))
    assert max(first.nearest(question, 1).values()) < 0.99
    rows = np.arange(len(first))
    np.testing.assert_array_equal(first.vectors(rows), second.vectors(rows))
    assert first.passages(rows.tolist()) == second.passages(rows.tolist())
    assert first.matching(Filters(origins=("driver",))).tolist() == [0]
    generations.clear()
    del before, generation, first, second
    store.prune()
    assert store.traces([old.text[:40]]) == []


def test_a_story_is_out_of_the_answers_before_its_shard_is_written_again(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with published(store, monkeypatch) as generations:
        removal = remove_story(stories_folder, "baker.md", store, TextEmbedder())
        assert [generation.story_ids for generation in generations] == [("lawyer.md", "nurse.txt", "welder.md")] * 2
        generations.clear()
    store.prune()
    assert removal.sentences > 0
    assert store.traces(["flour"]) == []


def test_a_build_that_was_interrupted_before_it_had_tidied_up_is_finished_by_the_next(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stories_folder / "baker.md").write_text(TOLD)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(making.Making, "tidied", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rebuild(stories_folder, store, TextEmbedder())
    half = store.open()
    assert (half.story("baker.md").text, len(half.pointer.shards)) == (TOLD, 2)
    report = rebuild(stories_folder, store, TextEmbedder())
    tidy = store.open()
    assert (report.published, report.embedded, len(tidy.pointer.shards)) == (False, 0, 1)
    assert tidy.story_ids == half.story_ids
    told = f"Nothing changed: generation {tidy.number} with 4 stories is published, its files tidied ("
    assert report_lines(report, store.folder, "")[-1].startswith(told)


def test_what_was_finished_and_is_wanted_no_more_goes_with_the_next_build_and_with_no_chat(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set((store.folder / "shards").iterdir())
    (stories_folder / "sailor.md").write_text("I sailed, and then I drew maps for those who sail.")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Building, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rebuild(stories_folder, store, TextEmbedder())
    assert store.prune()
    assert set((store.folder / "shards").iterdir()) > before
    (stories_folder / "sailor.md").unlink()
    assert not rebuild(stories_folder, store, TextEmbedder()).published
    assert set((store.folder / "shards").iterdir()) == before
    assert store.traces(["I drew maps"]) == []


def test_other_computers_follow_both(library: Library, stories_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder, mirror = library.mirror("builder"), library.mirror("mirror")
    rebuild(stories_folder, builder, TextEmbedder())
    mirror.refresh()
    followed: list[tuple[str, int]] = []

    def publish(building: MirroredBuilding, *given: Any, **named: Any) -> Pointer:
        pointer = Building.publish(building, *given, **named)
        mirror.refresh()
        generation = mirror.open()
        followed.append((generation.story("baker.md").text, len(generation.pointer.shards)))
        assert generation.pointer == pointer
        return pointer

    monkeypatch.setattr(MirroredBuilding, "publish", publish)
    (stories_folder / "baker.md").write_text(TOLD)
    rebuild(stories_folder, builder, TextEmbedder())
    assert followed == [(TOLD, 2), (TOLD, 1)]
