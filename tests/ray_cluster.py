"""A Ray cluster of two nodes on this machine, for tests, and builds on it: `python -m tests.ray_cluster KIND build …`.

Of a small library such a build makes many portions and shards. KIND is "real", or "scripted": then the embedder is the
stand-in of `builders.py`, and a story can end whoever reads it, or let it wait (`DEADLY`, `waiting_for`); or
"misled": then the stand-in is only the driver's; or "full": then it is scripted, and the driver's disk is full.
"""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from index import __main__ as commands
from index import building, making, on_ray, portions
from index.errors import StoreError
from index.ray_cluster import QUIET
from tests import builders
from tests.builders import TextEmbedder

ROOT = Path(__file__).parent.parent
SMALL_PORTION = 1_000
DEADLY = "Whoever reads this is killed."
_WAITING = re.compile(rb"Whoever reads this waits for (\S+)\.")


def waiting_for(gate: Path) -> str:
    """A sentence whose reader waits until there is a file `gate`, and leaves its process number in the folder of it."""
    return f"Whoever reads this waits for {gate}."


def wait_until(come: Callable[[], Any], what: str, seconds: float = 240) -> Any:
    """What `come` gives as soon as that is anything."""
    until = time.monotonic() + seconds
    while not (found := come()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


@dataclass
class Cluster:
    """Two nodes, each with a CPU and in a session of its own: the head, and one that may be killed."""

    address: str
    environment: dict[str, str]
    folder: Path
    nodes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start_head(self, port: str) -> None:
        self._start("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={self.folder}/h")
        wait_until(lambda: _answers(int(port)), "the head of the cluster")

    def start_second(self) -> None:
        """Start the node that may be killed, and wait until it has joined."""
        self._start(f"--address={self.address}")
        wait_until(lambda: "Ray runtime started" in self.log(1) or self.nodes[1].poll(), "the second node")
        assert self.nodes[1].poll() is None, self.log(1)

    def log(self, node: int) -> str:
        """What a node said when it started."""
        return (self.folder / f"{node}.log").read_text(errors="replace")

    def kill(self, node: int) -> None:
        """End everything of a node, as if its machine had lost power."""
        process = self.nodes.pop(node)
        for pid in processes_of(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def workers(self) -> list[int]:
        """The processes that work for builds."""
        return [pid for node in self.nodes for pid in processes_of(node.pid) if b"ray::MapWorker" in _command_of(pid)]

    def _start(self, *flags: str) -> None:
        command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--disable-usage-stats"]
        command += ["--node-ip-address=127.0.0.1", "--num-cpus=1", f"--object-store-memory={100 * 2**20}", *flags]
        with (self.folder / f"{len(self.nodes)}.log").open("wb") as log:
            node = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        self.nodes.append(node)


@contextmanager
def two_nodes() -> Iterator[Cluster]:
    """A cluster that wants a token; the code its nodes have by themselves is of no use."""
    with tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as name, _free_port() as port:
        folder = Path(name)  # short: Ray's sockets lie below it
        (folder / "other" / "index").mkdir(parents=True)
        (folder / "other" / "index" / "__init__.py").write_text("raise ImportError('the code of the node was used')")
        own = {"PYTHONPATH": str(folder / "other"), "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        own |= {"PYTHONUNBUFFERED": "1", **QUIET}
        cluster = Cluster(f"127.0.0.1:{port}", {**os.environ, **own}, folder)
        try:
            cluster.start_head(port)
            cluster.start_second()
            yield cluster
        finally:
            while cluster.nodes:
                cluster.kill(-1)


def processes_with(variable: str) -> list[int]:
    """The processes in whose environment a variable stands as NAME=value."""
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if variable.encode() in file.read_bytes().split(b"\0"):
                found.append(int(file.parent.name))
    return found


def processes_of(session: int) -> list[int]:
    """The processes of a session that are no zombies."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, *numbers = file.read_text().rpartition(")")[2].split()
            if int(numbers[2]) == session and state != "Z":
                found.append(int(file.parent.name))
    return found


class ScriptedWorker(on_ray._Worker):
    """A worker with the stand-in for an embedder, to whom stories do what stands in them."""

    def _ready(self) -> TextEmbedder:
        from index import portions as worked_off

        _follow_the_script(worked_off)
        return TextEmbedder()


def _follow_the_script(module: Any) -> None:
    read = module.story_in

    def followed(identity: str, data: bytes) -> Any:
        if DEADLY.encode() in data:
            os.kill(os.getpid(), signal.SIGKILL)
        if gate := _WAITING.search(data):
            place = Path(gate[1].decode())
            (place.parent / f"{Path(identity).name}.{os.getpid()}").touch()
            while not place.exists():
                time.sleep(0.05)
        return read(identity, data)

    if read.__name__ != "followed":
        module.story_in = followed


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _free_port() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    yield port


def _command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _no_room(*_: object) -> Any:
    raise StoreError("there is no room on the disk")


def _sent_along(module: ModuleType) -> None:
    """Let Ray send the code of a module to workers who do not have it."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]  # Ray types it not


if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    portions.PORTION_BYTES = SMALL_PORTION
    making.SHARD_PASSAGES = 4  # type: ignore[attr-defined]  # several shards, of a small library
    if kind != "real":
        vars(commands)["Embedder"] = TextEmbedder
    if kind == "full":
        building.Building.write = _no_room  # type: ignore[method-assign,assignment]
    if kind in {"scripted", "full"}:
        if "RAY_AUTH_TOKEN" in os.environ:  # on a cluster of `two_nodes`, which knows nothing of the tests
            _sent_along(builders)
        on_ray._Worker = ScriptedWorker  # type: ignore[misc]
    sys.exit(commands.main(arguments))
