"""Stories are made in portions, by whomever: a build by workers ends as one on a single machine does."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.before import Mode
from index.embedding import Embedder
from index.errors import StoriesError
from index.folder import MAX_FILE_BYTES
from index.making import Making
from index.portions import PORTION_BYTES, Asked, File, Here, Made, Workers, portions, read_file
from index.rebuild import RebuildReport, rebuild
from index.store import PassageStore
from tests.builders import TextEmbedder


class InThisProcess:
    """Workers who are none: they read, split and embed here, one story a portion."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def made(self, folder: Path, asked: Sequence[Asked]) -> Iterator[list[Made]]:
        self.asked += [one.story_id for one in asked]
        for one in asked:
            yield from Here(TextEmbedder()).work_off([[read_file(folder, one)]])


@pytest.fixture
def both(tmp_path: Path) -> tuple[PassageStore, PassageStore]:
    """Two indexes: one that workers build, and one that is built without."""
    return PassageStore(tmp_path / "by workers"), PassageStore(tmp_path / "alone")


def built(folder: Path, stores: tuple[PassageStore, PassageStore], mode: Mode = "changes") -> list[RebuildReport]:
    """Both are built, and found to be the same."""
    by_workers, alone = stores
    reports = [
        rebuild(folder, by_workers, TextEmbedder(), mode, workers=InThisProcess()),
        rebuild(folder, alone, TextEmbedder(), mode),
    ]
    one, other = by_workers.open(), alone.open()
    assert [one.story(identity) for identity in one.story_ids] == [
        other.story(identity) for identity in other.story_ids
    ]
    rows = np.arange(len(other))
    np.testing.assert_array_equal(one.vectors(rows), other.vectors(rows))
    assert reports[0].faults == reports[1].faults
    assert (reports[0].plan, reports[0].embedded, reports[0].published) == (
        reports[1].plan,
        reports[1].embedded,
        reports[1].published,
    )
    return reports


def test_what_is_added_changed_renamed_or_gone_is_made_alike(
    stories_folder: Path, both: tuple[PassageStore, PassageStore]
) -> None:
    first, _ = built(stories_folder, both)
    assert first.embedded == first.passages > 4
    assert not built(stories_folder, both)[0].published
    baker = stories_folder / "baker.md"
    baker.write_text(baker.read_text() + "\n\n# Later\n\nI bake on Sundays only.\n")
    (stories_folder / "welder.md").rename(stories_folder / "zoe.md")
    (stories_folder / "nurse.txt").unlink()
    changed, _ = built(stories_folder, both)
    assert (changed.plan.changed, changed.plan.added) == (("baker.md",), ("zoe.md",))
    assert 0 < changed.embedded < first.passages


def test_a_file_that_cannot_be_read_any_more_leaves_the_version_before(
    stories_folder: Path, both: tuple[PassageStore, PassageStore]
) -> None:
    built(stories_folder, both)
    (stories_folder / "baker.md").write_bytes(b"\x00\xff\x00\xfe" * 50)
    (stories_folder / "new.md").write_bytes(b"\x00\xff\x00\xfe" * 50)
    (stories_folder / "long.md").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    assert not built(stories_folder, both)[0].published
    (stories_folder / "lawyer.md").write_text("# Changed\n\nI changed.")
    report, _ = built(stories_folder, both)
    assert (report.published, report.embedded) == (True, 1)
    assert [fault.file for fault in report.faults] == ["baker.md", "long.md", "new.md"]
    forced, _ = built(stories_folder, both, "everything")
    assert forced.embedded == forced.passages
    assert both[0].open().story("baker.md").title == "From bread to back end"


def test_workers_are_asked_for_nothing_where_nothing_has_to_be_read(
    stories_folder: Path, both: tuple[PassageStore, PassageStore]
) -> None:
    built(stories_folder, both)
    (stories_folder / "welder.md").unlink()
    workers = InThisProcess()
    assert rebuild(stories_folder, both[0], TextEmbedder(), workers=workers).published
    assert workers.asked == []


@pytest.mark.parametrize("workers", [None, InThisProcess()])
def test_the_total_is_an_estimate_that_ends_right(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch, workers: Workers | None
) -> None:
    monkeypatch.setattr("index.portions.PORTION_BYTES", 1)
    told: list[tuple[int, int]] = []
    report = rebuild(stories_folder, store, TextEmbedder(), progress=lambda *of: told.append(of), workers=workers)
    assert len(told) == report.stories
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= total for done, total in told)
    assert told[-1] == (report.passages, report.passages)


def test_a_portion_ends_where_its_files_have_enough_bytes(folder: Path) -> None:
    for name, size in {"c.md": 10, "a.md": PORTION_BYTES - 1, "b.md": 1, "d.md": PORTION_BYTES, "e.md": 5}.items():
        (folder / name).write_bytes(b"x" * size)
    names = ["e.md", "d.md", "gone.md", "c.md", "b.md", "a.md"]
    assert list(portions(folder, names, "cpu")) == [["a.md", "b.md"], ["c.md", "d.md"], ["e.md", "gone.md"]]
    assert list(portions(folder, names, "cuda")) == [sorted(names)]
    assert list(portions(folder, [], "cpu")) == []


def test_to_take_a_story_away_no_model_is_asked(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild(stories_folder, store, TextEmbedder())
    (stories_folder / "welder.md").unlink()
    monkeypatch.setattr(TextEmbedder, "embed_in_turn", None)
    monkeypatch.setattr(TextEmbedder, "count_tokens", None)
    assert rebuild(stories_folder, store, TextEmbedder(), leaving=None).plan.gone == ("welder.md",)


def test_the_total_counts_only_what_is_not_known(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        (stories_folder / f"{number}.md").write_text(f"# A {number}\n\nI baked {number} loaves.")
    rebuild(stories_folder, store, TextEmbedder())
    monkeypatch.setattr("index.portions.PORTION_BYTES", 1)
    (stories_folder / "0.md").write_text("# A 0\n\nI baked no loaf.")
    for name in ("x", "y", "z"):
        (stories_folder / f"{name}.md").write_text(f"# New {name}\n\nI baked for {name}.")
    told: list[tuple[int, int]] = []
    rebuild(stories_folder, store, TextEmbedder(), progress=lambda *of: told.append(of))
    assert told == [(1, 1), (2, 4), (3, 4), (4, 4)]


def test_a_folder_that_vanishes_while_all_is_made_anew_ends_the_build(
    stories_folder: Path, both: tuple[PassageStore, PassageStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    built(stories_folder, both)
    kept = stories_folder.rename(stories_folder.with_name("elsewhere"))
    stories_folder.mkdir()
    for file in kept.iterdir():
        (stories_folder / file.name).write_bytes(file.read_bytes())

    def vanish(folder: Path, asked: Asked) -> File:
        shutil.rmtree(folder, ignore_errors=True)
        return read_file(folder, asked)

    monkeypatch.setattr("index.portions.read_file", vanish)
    monkeypatch.setattr(Making, "_made_anew", None)
    for store in both:
        stories_folder.mkdir(exist_ok=True)
        for file in kept.iterdir():
            (stories_folder / file.name).write_bytes(file.read_bytes())
        with pytest.raises(StoriesError, match="vanished"):
            rebuild(stories_folder, store, TextEmbedder(), "everything")


def test_portions_that_are_embedded_apart_have_the_same_vectors_wherever(
    stories_folder: Path, embedder: Embedder, both: tuple[PassageStore, PassageStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.portions.PORTION_BYTES", 1)

    class Real(InThisProcess):
        def made(self, folder: Path, asked: Sequence[Asked]) -> Iterator[list[Made]]:
            for one in asked:
                yield from Here(embedder).work_off([[read_file(folder, one)]])

    rebuild(stories_folder, both[0], embedder, workers=Real())
    rebuild(stories_folder, both[1], embedder)
    one, other = both[0].open(), both[1].open()
    rows = np.arange(len(other))
    np.testing.assert_array_equal(one.vectors(rows), other.vectors(rows))
    for left, right in zip(one.sentence_vectors(rows), other.sentence_vectors(rows), strict=True):
        np.testing.assert_array_equal(left, right)
