"""A build on a Ray cluster makes what a build on one machine makes, whichever of its processes are killed meanwhile."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedding import Embedder
from index.errors import ClusterError, CrossroadsError, SettingsError
from index.on_ray import RayWorkers
from index.ray_cluster import Team, team_of
from index.rebuild import fingerprint_of, rebuild
from index.shard import StoryPassages
from index.store import PassageStore
from tests.builders import TextEmbedder
from tests.chroma_server import Library
from tests.library import STORIES
from tests.ray_cluster import DEADLY, ROOT, SMALL_PORTION, Cluster, processes_with, two_nodes, wait_until, waiting_for

MADE = fingerprint_of(TextEmbedder())
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with two_nodes() as started:
        yield started


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    """A folder of twelve stories, which are several portions and shards."""
    folder = tmp_path / "stories"
    for place in ("lyon", "porto", "turin"):
        (folder / place).mkdir(parents=True)
        for name, text in STORIES.items():
            (folder / place / name).write_text(
                text.replace("Lyon", place).replace("Porto", place) + f"\nTold in {place}.\n"
            )
    return folder


def command(kind: str, stories: Path, *flags: str) -> list[str]:
    """A build of a folder of stories into the index beside it."""
    index = stories.with_name("index")
    own = ["build", "--stories", str(stories), "--index", str(index), "--device", "cpu", *flags]
    return [sys.executable, "-m", "tests.ray_cluster", kind, *own]


def environment(cluster: Cluster | None = None) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {**own, **(cluster.environment if cluster else {}), "PYTHONPATH": str(ROOT)}


def build(
    kind: str, stories: Path, cluster: Cluster, *flags: str, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Build on a cluster, and wait for the end."""
    line = command(kind, stories, "--ray", cluster.address, *flags)
    own = {**environment(cluster), **settings}
    return subprocess.run(line, env=own, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def report(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """What a build with --json printed: that alone."""
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def contents(index: Path) -> dict[str, StoryPassages]:
    """Every published story."""
    store = PassageStore(index)
    pointer = store.pointer()
    assert pointer is not None
    return {one: store.shard(shard.name).contents(one) for shard in pointer.shards for one in shard.stories}


def assert_same(one: Path, other: Path) -> None:
    """Two indexes hold the same stories, passages and vectors."""
    here, there = contents(one), contents(other)
    assert here.keys() == there.keys()
    for identity, own in here.items():
        same = there[identity]
        assert (own.story, tuple(own.passages)) == (same.story, tuple(same.passages))
        for left, right in [(own.vectors, same.vectors), *zip(own.sentences, same.sentences, strict=True)]:
            assert cosines(left, right).min(initial=1) >= 0.9999
        for codes, others in zip(own.tokens, same.tokens, strict=True):
            assert [code.shape for code in codes] == [code.shape for code in others]


def cosines(left: Any, right: Any) -> Any:
    assert left.shape == right.shape
    return (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


@linux_only
def test_the_same_stories_give_the_same_index_and_only_what_changed_is_embedded(
    cluster: Cluster, stories: Path, library: Library, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.portions.PORTION_BYTES", SMALL_PORTION)
    passages = rebuild(stories, PassageStore(stories.with_name("alone")), embedder).passages
    server = library.settings(stories.with_name("index"))
    done = build("real", stories, cluster, "--progress", **server)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert told[-1] == {"embedded": passages, "total": passages}
    assert f"{passages} passages embedded on Ray: 2 workers of 1 CPU core on 2 nodes" in done.stdout
    assert f"Embedding on Ray ({cluster.address}): 2 workers of 1 CPU core on 2 nodes." in done.stderr
    library.mirror("mirror").refresh()
    assert_same(stories.with_name("alone"), stories.with_name("mirror"))

    again = report(build("real", stories, cluster, "--json", **server))
    assert (again["embedded"], again["published"]) == (0, False)

    baker = stories / "turin" / "baker.md"
    before = contents(stories.with_name("index"))["turin/baker.md"]
    baker.write_text(
        baker.read_text() + "\n\n## Later\n\nI bake on Sundays only, and it has become a pleasure again.\n"
    )
    (stories / "turin" / "broken.md").write_bytes(b"\x00\xff\x00\xfe" * 50)
    changed = report(build("real", stories, cluster, "--json", **server))
    after = contents(stories.with_name("index"))["turin/baker.md"]
    new = {passage.text for passage in after.passages} - {passage.text for passage in before.passages}
    assert (changed["embedded"], changed["plan"]["changed"]) == (len(new), ["turin/baker.md"])
    assert [fault["file"] for fault in changed["faults"]] == ["turin/broken.md"]


@linux_only
def test_a_killed_worker_and_a_killed_node_cost_nothing_but_time(cluster: Cluster, stories: Path) -> None:
    gate = stories.with_name("open")
    for place in ("lyon", "porto"):  # in portions of different workers
        (stories / place / "waits.md").write_text(f"# Waiting\n\n{waiting_for(gate)}\n" + "I baked bread. " * 80)
    with started("scripted", stories, cluster) as building:
        reached = wait_until(lambda: _pids(stories), "a worker that waits")
        os.kill(reached[0], signal.SIGKILL)
        wait_until(lambda: set(_pids(stories)) - set(reached), "the worker's successor")
        cluster.kill(1)
        gate.touch()
        out, err = building.communicate(timeout=280)
    cluster.start_second()
    assert building.returncode == 0, err
    assert json.loads(out)["stories"] == 14
    rebuild(stories, PassageStore(stories.with_name("alone")), TextEmbedder())
    assert_same(stories.with_name("alone"), stories.with_name("index"))


@linux_only
def test_a_killed_driver_publishes_nothing_and_the_next_build_finishes(cluster: Cluster, stories: Path) -> None:
    gate, index = stories.with_name("open"), stories.with_name("index")
    (stories / "turin" / "waits.md").write_text(f"# Waiting\n\n{waiting_for(gate)}")
    with started("scripted", stories, cluster) as building:
        wait_until(lambda: _pids(stories), "a worker that waits")
        wait_until(lambda: PassageStore(index).leftovers(MADE), "a shard that is written")
        building.kill()
    assert building.returncode == -signal.SIGKILL
    wait_until(lambda: not cluster.workers(), "the end of the workers")
    store = PassageStore(index)
    assert store.pointer() is None
    finished = sum(len(shard) for shard in store.leftovers(MADE))
    del store
    gate.touch()
    done = report(build("scripted", stories, cluster, "--json"))
    assert 0 < finished == done["passages"] - done["embedded"]
    rebuild(stories, PassageStore(stories.with_name("alone")), TextEmbedder())
    assert_same(stories.with_name("alone"), index)


@linux_only
def test_a_story_that_kills_its_workers_is_named(cluster: Cluster, stories: Path) -> None:
    (stories / "porto" / "deadly.md").write_text(f"# Out of memory\n\n{DEADLY}")
    done = build("scripted", stories, cluster, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: porto/deadly.md: 3 workers died over it" in done.stderr
    assert PassageStore(stories.with_name("index")).pointer() is None
    wait_until(lambda: not cluster.workers(), "the end of the workers")


@linux_only
def test_a_worker_with_another_model_is_told(cluster: Cluster, stories: Path) -> None:
    done = build("misled", stories, cluster)
    assert done.returncode == 2
    assert f"that is the model {Embedder().fingerprint}, here it is text. Put the same one there" in done.stderr


@linux_only
def test_a_driver_that_cannot_write_ends_with_its_own_words(cluster: Cluster, stories: Path) -> None:
    done = build("full", stories, cluster)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "error: there is no room on the disk")


@linux_only
def test_a_cluster_of_this_machine_alone_is_made_for_one_build_and_leaves_nothing(stories: Path) -> None:
    line = [*command("scripted", stories, "--json"), "--ray"]
    own = {**environment(), "RAY_BUILD_OF_A_TEST": str(stories)}
    done = subprocess.run(line, env=own, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert report(done)["stories"] == 12
    assert "Embedding on Ray (local)" in done.stderr
    wait_until(lambda: not processes_with(f"RAY_BUILD_OF_A_TEST={stories}"), "the end of the cluster")


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        ("127.0.0.1:1", ClusterError, "no Ray cluster answers there"),
        ("nobody.invalid:6379", ClusterError, "no Ray cluster answers there"),
        ("ray://127.0.0.1:10001", SettingsError, "--ray auto"),
        ("127.0.0.1", SettingsError, "Write HOST:PORT"),
        ("127.0.0.1:99999", ClusterError, "no Ray cluster answers there"),
    ],
)
def test_a_wrong_address_is_told_at_once(address: str, error: type[CrossroadsError], said: str) -> None:
    with pytest.raises(error, match=said):
        RayWorkers(address, TextEmbedder(), "auto", print)


def test_alone_the_flag_takes_the_environments_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    for address in ("", "auto"):
        with pytest.raises(ClusterError, match=r"--ray 127\.0\.0\.1:1"):
            RayWorkers(address, TextEmbedder(), "auto", print)


def test_a_device_that_no_worker_can_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="CROSSROADS_DEVICE=cuda:1"):
        RayWorkers("", TextEmbedder(), "cuda:1", print)


def test_without_ray_the_command_that_brings_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ray_cluster.find_spec", lambda _: None)
    with pytest.raises(ClusterError, match=r"pip install -c constraints\.txt -e '\.\[ray\]'"):
        RayWorkers("", TextEmbedder(), "auto", print)


GIB = 2**30


@pytest.mark.parametrize(
    ("nodes", "team"),
    [
        ([(4, 64)] * 2, Team(8, 2, "cpu", 1, 2 * GIB)),
        ([(16, 8)] * 2, Team(8, 2, "cpu", 4, 2 * GIB)),
        ([(16, 64), (16, 4)], Team(18, 2, "cpu", 1, 2 * GIB)),
        ([(4, 16), (2, 1)], Team(4, 1, "cpu", 1, 2 * GIB)),
        ([(4, 1), (2, 1)], Team(2, 2, "cpu", 2, GIB)),
        ([(4, 0)], Team(1, 1, "cpu", 4, 0)),
    ],
    ids=["cores are short", "memory is", "on one of two", "one has none", "nobody has enough", "unknown"],
)
def test_a_worker_takes_so_many_cores_that_there_are_as_many_workers_as_can_be(
    nodes: list[tuple[int, int]], team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [{"Alive": True, "Resources": {"CPU": float(cpus), "memory": float(gib * GIB)}} for cpus, gib in nodes]
    gone = {"Alive": False, "Resources": {"CPU": 64.0, "memory": 512.0 * GIB}}
    monkeypatch.setattr("ray.nodes", lambda: [*found, gone])
    assert team_of("cpu") == team


@contextmanager
def started(kind: str, stories: Path, cluster: Cluster) -> Iterator["subprocess.Popen[str]"]:
    """A build on a cluster that runs while this is entered."""
    line = command(kind, stories, "--json", "--ray", cluster.address)
    with subprocess.Popen(
        line, env=environment(cluster), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as building:
        try:
            yield building
        finally:
            building.kill()


def _pids(stories: Path) -> list[int]:
    """The processes that came to a story and wait, the first first."""
    found = sorted(stories.parent.glob("waits.md.*"), key=lambda file: file.stat().st_mtime_ns)
    return [int(file.name.rpartition(".")[2]) for file in found]
