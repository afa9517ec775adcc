"""Whatever ends a build, every answer comes from one published generation, and the next build finishes the work."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index import folder as stories_folder
from index import portions
from index.errors import StoreError
from index.rebuild import rebuild
from index.store import PassageStore
from tests.builders import APART_STEPS, STEPS, TextEmbedder
from tests.library import STORIES

resource = pytest.importorskip("resource", reason="limits of a process are set on POSIX alone")
ROOT = Path(__file__).parent.parent
KILLED = -9


def build(folder: Path, index: Path, step: str = "", number: int = 1, limit: Callable[[], None] | None = None) -> int:
    """Build in a process of its own, killed at a step; returns how it ended."""
    command = [sys.executable, "-m", "tests.builders", str(folder), str(index), step, str(number)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, preexec_fn=limit, check=False)
    return done.returncode


def texts(store: PassageStore) -> dict[str, str]:
    """Every published story's text, put together from its passages, after a search that must find it."""
    generation = store.open()
    assert len(generation.nearest(TextEmbedder().embed_query("bread"), 5)) > 0
    return {identity: generation.story(identity).text for identity in generation.story_ids}


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A folder with an index of one state of the library, and the texts of that state and of the next."""
    folder = tmp_path_factory.mktemp("states")
    write(folder / "stories", before=True)
    assert build(folder / "stories", folder / "index") == 0
    before = texts(PassageStore(folder / "index"))
    shutil.copytree(folder / "index", folder / "later")
    write(folder / "stories", before=False)
    assert build(folder / "stories", folder / "later") == 0
    return folder, before, texts(PassageStore(folder / "later"))


def write(folder: Path, *, before: bool) -> None:
    """One of two states of the library: between them a story changes, one is gone, and one is new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in STORIES.items():
        (folder / name).write_text(text)
    if before:
        (folder / "nurse.txt").unlink()
    else:
        (folder / "baker.md").write_text(STORIES["baker.md"].replace("Lyon", "Nancy"))
        (folder / "welder.md").unlink()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_one_whole_state_is_published_and_the_next_build_finishes(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path, step: str
) -> None:
    folder, before, after = states
    index = tmp_path / "index"
    shutil.copytree(folder / "index", index)
    assert build(folder / "stories", index, step) == KILLED
    published = texts(PassageStore(index))
    assert published == (after if step in {"published", "deleting"} else before)
    report = rebuild(folder / "stories", PassageStore(index), TextEmbedder(), "thorough")
    assert texts(PassageStore(index)) == after
    assert report.published is (published == before)
    assert not rebuild(folder / "stories", PassageStore(index), TextEmbedder(), "thorough").published
    assert not list(index.rglob("*.tmp"))


def test_killed_in_the_first_build_nothing_is_published_and_nothing_is_embedded_twice(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    folder, _, after = states
    index = tmp_path / "index"
    assert build(folder / "stories", index, "shards written") == KILLED
    store = PassageStore(index)
    assert store.pointer() is None
    assert rebuild(folder / "stories", store, TextEmbedder()).embedded == 0
    assert texts(store) == after


@pytest.mark.parametrize(("step", "number"), [(step, 2 if step == "shard handed over" else 1) for step in APART_STEPS])
def test_killed_while_processes_write_nothing_is_published_and_the_next_build_finishes(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path, step: str, number: int
) -> None:
    folder, _, after = states
    store = PassageStore(tmp_path / "index")
    assert build(folder / "stories", store.folder, step, number) == KILLED
    assert store.pointer() is None
    assert build(folder / "stories", store.folder, "apart") == 0
    assert texts(store) == after
    pointer = store.pointer()
    assert pointer is not None
    assert len(pointer.shards) == len(after)
    assert not rebuild(folder / "stories", store, TextEmbedder(), "thorough").published


@pytest.mark.parametrize(
    ("size", "step"), [(1_000, ""), (20_000, ""), (120_000, ""), (180_000, ""), (1_000, "apart"), (120_000, "apart")]
)
def test_a_disk_that_is_full_publishes_nothing_and_loses_nothing(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path, size: int, step: str
) -> None:
    folder, before, after = states
    index = tmp_path / "index"
    shutil.copytree(folder / "index", index)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # no file may grow beyond it

    assert build(folder / "stories", index, step, limit=limit) == 1
    assert texts(PassageStore(index)) == before
    rebuild(folder / "stories", PassageStore(index), TextEmbedder())
    assert texts(PassageStore(index)) == after


def test_a_story_edited_while_it_is_read_is_whole_and_read_again_by_the_next_build(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, _ = states
    shutil.copytree(folder / "stories", tmp_path / "stories")
    story = tmp_path / "stories" / "baker.md"
    reads: list[Path] = []

    def edited_after_the_scan(path: Path) -> bytes:
        data = path.read_bytes()
        reads.append(path)
        if reads.count(story) == 1 and path == story:
            story.write_text("# Edited\n\nI baked, and I was interrupted.")
        elif reads.count(story) == 2 and path == story:
            story.write_text("# Edited again\n\nI baked, and I was interrupted twice.")
        return data

    store = PassageStore(tmp_path / "index")
    with monkeypatch.context() as editing:
        for module in (stories_folder, portions):
            editing.setattr(module, "first_bytes", edited_after_the_scan)
        rebuild(tmp_path / "stories", store, TextEmbedder())
    assert texts(store)["baker.md"] == "# Edited\n\nI baked, and I was interrupted."
    report = rebuild(tmp_path / "stories", store, TextEmbedder())
    assert report.plan.changed == ("baker.md",)
    assert texts(store)["baker.md"].endswith("twice.")


def test_of_two_builders_at_once_one_builds_and_the_other_says_so(
    states: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    folder, _, after = states
    store = PassageStore(tmp_path / "index")
    with store.building(), pytest.raises(StoreError, match="another build is running"):
        rebuild(folder / "stories", PassageStore(tmp_path / "index"), TextEmbedder())
    command = [sys.executable, "-m", "tests.builders", str(folder / "stories"), str(tmp_path / "index"), "", "1"]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=os.environ) for _ in range(2)]
    assert 0 in {process.wait() for process in both}
    assert texts(store) == after
