"""Large shards are written by processes beside the build, the same as here; whatever ends one, nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from index import shard_writing, writers
from index.errors import StoreError
from index.shard import StoryPassages
from index.store import PassageStore
from index.writers import Writers
from tests.shards import BUILT, MADE, contents

ROOT = Path(__file__).parents[1]
LONGEST = 30.0
"""Seconds after which a process that should have ended never will."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process is begun for two passages, and what is left at the end is halved if it has as many."""
    monkeypatch.setattr(writers, "WORTH_A_PROCESS", 2)
    monkeypatch.setattr(writers, "SMALL_SHARD", 1)


@pytest.fixture
def written_here(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The stories of the shards that this process writes."""
    found: list[list[str]] = []

    def note(folder: Path, stories: Sequence[StoryPassages], fingerprint: dict[str, str]) -> None:
        found.append([item.story.id for item in stories])
        shard_writing.write_shard(folder, stories, fingerprint)

    monkeypatch.setattr(writers, "write_shard", note)
    return found


def story(name: str, *texts: str) -> StoryPassages:
    return contents(f"{name}.md", list(texts))


def stories_of(store: PassageStore) -> list[list[str]]:
    pointer = store.pointer()
    assert pointer is not None
    return [list(shard.stories) for shard in pointer.shards]


def test_a_shard_that_others_come_after_is_written_by_a_process_and_the_last_half_by_half(
    store: PassageStore, written_here: list[list[str]]
) -> None:
    first = [story("a", "I baked. ", "I wrote code."), story("b", "I nursed.")]
    last = [story("c", "I taught. ", "I sing."), story("d", "I sold.")]
    with store.building() as building:
        with Writers(building, MADE) as made:
            made.write(first)
            made.write_last(last, in_haste=True)
            shards = made.written()
        building.publish(shards, MADE, BUILT)
    assert stories_of(store) == [["a.md", "b.md"], ["c.md"], ["d.md"]]
    assert written_here == [["d.md"]]
    generation = store.open()
    for item in (*first, *last):
        assert generation.story(item.story.id).text == item.story.text
        assert generation.passages(list(generation.nearest(item.vectors[0], 1))) == [item.passages[0]]


def test_small_shards_and_a_last_one_by_itself_begin_no_process(
    store: PassageStore, written_here: list[list[str]]
) -> None:
    with store.building() as building:
        with Writers(building, MADE) as made:
            made.write([story("a", "I baked.")])
            made.write_last([story("b", "I nursed. ", "I sing."), story("c", "I taught.")], in_haste=True)
            assert len(made.written()) == 2
        assert not made._processes._begun
    assert sorted(written_here) == [["a.md"], ["b.md", "c.md"]]


@pytest.mark.parametrize(
    ("sizes", "first"),
    [((1, 1), 1), ((3, 1, 1, 1), 1), ((1, 1, 1, 3), 3), ((1, 9), 1), ((9, 1), 1), ((2, 2, 2), 1), ((10, 11, 1), 1)],
)
def test_halves_have_about_as_many_passages_and_neither_is_empty(sizes: tuple[int, ...], first: int) -> None:
    items = [story(str(place), *["I baked."] * size) for place, size in enumerate(sizes)]
    one, other = writers._halves(items)
    assert (len(one), [*one, *other]) == (first, items)


def test_what_a_process_finds_wrong_is_told_and_nothing_of_the_shard_is_left(store: PassageStore) -> None:
    lost = story("a", "I baked. ", "I wrote code.")
    lost.vectors[0] = 0
    with store.building() as building, Writers(building, MADE) as made:
        made.write([lost])
        with pytest.raises(StoreError, match="1 of 2 vectors not found"):
            made.written()
    assert not [*store.folder.glob("shards/*")]


def test_a_process_that_is_ended_from_outside_is_told_and_the_next_build_has_another(
    store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hostile:
        hostile.setattr(writers, "_set_up", _end)
        with store.building() as building, Writers(building, MADE) as made:
            made.write([story("a", "I baked. ", "I wrote code.")])
            with pytest.raises(StoreError, match=r"ended before it was done.*build again"):
                made.written()
    with store.building() as building, Writers(building, MADE) as made:
        made.write([story("a", "I baked. ", "I wrote code.")])
        assert [entry.passages for entry in made.written()] == [2]


def test_a_process_is_begun_only_when_all_are_busy(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "AT_ONCE", 3)
    with store.building() as building, Writers(building, MADE) as made:
        for name in "abc":
            made.write([story(name, "I baked. ", "I wrote code.")])
            made.written()
        assert len(made._processes._begun) == 1
        for name in "de":
            made.write([story(name, "I baked. ", "I wrote code.")])
        assert [list(entry.stories) for entry in made.written()] == [["a.md"], ["b.md"], ["c.md"], ["d.md"], ["e.md"]]
        assert len(made._processes._begun) == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_process_that_was_ended_between_two_shards_is_told_in_words(store: PassageStore) -> None:
    with store.building() as building, Writers(building, MADE) as made:
        made.write([story("a", "I baked. ", "I wrote code.")])
        made.written()
        (process,) = made._processes._begun
        os.kill(process.submit(os.getpid).result(), signal.SIGKILL)
        until = time.monotonic() + LONGEST
        while not process._flags.broken and time.monotonic() < until:
            time.sleep(0.02)
        made.write([story("b", "I nursed. ", "I sing.")])
        with pytest.raises(StoreError, match="ended before it was done"):
            made.written()


def _end(_parent: int) -> None:
    """What a process does that ends at once."""
    os._exit(1)


class NoMoreProcesses:
    """An executor on a machine that begins no process any more."""

    def submit(self, *_: object) -> None:
        raise OSError("no more processes")

    def shutdown(self, **_: bool) -> None:
        pass


def no_executor() -> None:
    raise OSError("no shared memory")


@pytest.mark.parametrize("executor", [no_executor, NoMoreProcesses])
def test_where_no_process_can_be_made_all_shards_are_written_here(
    executor: object, store: PassageStore, written_here: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "one_process", executor)
    with store.building() as building, Writers(building, MADE) as made:
        made.write([story("a", "I baked. ", "I wrote code.")])
        made.write([story("b", "I nursed. ", "I sing.")])
        made.write_last([story("c", "I taught.")], in_haste=True)
        assert [list(entry.stories) for entry in made.written()] == [["a.md"], ["b.md"], ["c.md"]]
    assert sorted(written_here) == [["a.md"], ["b.md"], ["c.md"]]


def test_what_is_tidied_is_not_halved(store: PassageStore, written_here: list[list[str]]) -> None:
    with store.building() as building, Writers(building, MADE) as made:
        made.write([story("a", "I baked. ", "I wrote code.")])
        made.write_last([story("b", "I nursed."), story("c", "I taught.")], in_haste=False)
        assert [list(entry.stories) for entry in made.written()] == [["a.md"], ["b.md", "c.md"]]
    assert written_here == [["b.md", "c.md"]]


HOLD = """
import os, time
from index import writers
with writers.one_process() as process:
    print(process.submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_process_does_not_outlive_whoever_began_it_and_leaves_ctrl_c_to_it(tmp_path: Path) -> None:
    script = tmp_path / "hold.py"
    script.write_text(HOLD)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        os.kill(process, signal.SIGINT)
        time.sleep(0.2)
        assert is_there(process)
        parent.kill()
    until = time.monotonic() + LONGEST
    while is_there(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_there(process)


def is_there(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody asked about yet does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
