"""A Ray cluster: where it is, who of it works for a build, and what it says when something is wrong.

Owns ray together with `on_ray.py`. A cluster of this machine alone is made for one build: it listens on the loopback,
wants a token, and ends with the build, whose end it notices even where that is killed. Ray is asked to say little, and
to report nothing to its makers. Knows nothing of stories.
"""

import logging
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index.errors import FIRST_WORDS, ClusterError, SettingsError, first_words

LOCAL = "local"
"""The address of a cluster of this machine alone, made for one build."""
GPU_CORES = 4
"""Cores beside a GPU that a worker takes, where every machine has so many for each."""
WORKER_MEMORY = 2 * 2**30
"""Bytes that a worker on CPU cores takes with the packaged model, at most. Ray keeps to it as to the cores."""
ANSWER_SECONDS = 5
"""How long the machine of an address may take to answer; Ray itself would try for minutes."""
LOCAL_STORE = 512 * 2**20
"""Bytes that a local cluster may hold of what is under way."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_enable_metrics_collection": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # what Ray will do from some version on; it warns until this is set
    "RAY_process_group_cleanup_enabled": "true",  # a worker that is killed takes its sandbox along
}
SHORT_PLACE = "/tmp"  # noqa: S108  # what is made below it gets a name that nobody can guess
_RAISED = re.compile(r"^(?!ray\.)[\w.]+(?:Error|Exception): .+", re.MULTILINE)
_HOST_AND_PORT = re.compile(r"(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})")


def require_ray() -> None:
    """Raise `ClusterError` where Ray is not installed; else make it quiet, which has to be done before its import."""
    if find_spec("ray") is None or find_spec("pyarrow") is None:
        raise ClusterError(
            "--ray: Ray is not installed here. Run `pip install -c constraints.txt -e '.[ray]'`, on every machine "
            "of the cluster."
        )
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})


@dataclass(frozen=True)
class Team:
    """How many workers there are, on how many machines, and what each computes with.

    `memory` is the bytes that each is given, 0 where that is not what there is too little of.
    """

    workers: int
    machines: int
    device: str
    cores: int
    memory: int = 0

    def __str__(self) -> str:
        each = "1 GPU" if self.device == "cuda" else f"{self.cores} CPU cores" if self.cores > 1 else "1 CPU core"
        return f"{_counted(self.workers, 'worker')} of {each} on {_counted(self.machines, 'node')}"


def team_of(device: str) -> Team:
    """The workers that fit on the machines of the cluster. Raises `ClusterError` where none does."""
    import ray

    found = ray.nodes()  # type: ignore[no-untyped-call]  # Ray types it not
    nodes = [node["Resources"] for node in found if node["Alive"]]
    with_gpus = [node for node in nodes if node.get("GPU", 0) >= 1]
    if device == "cuda" and not with_gpus:
        raise ClusterError("CROSSROADS_DEVICE=cuda: no node of the Ray cluster has a GPU. Use auto or cpu.")
    if with_gpus and device != "cpu":
        gpus = [int(node["GPU"]) for node in with_gpus]
        cores = min(int(node.get("CPU", 0)) // count for node, count in zip(with_gpus, gpus, strict=True))
        return Team(sum(gpus), len(gpus), "cuda", min(GPU_CORES, cores))
    with_cpus = [node for node in nodes if node.get("CPU", 0) >= 1]
    if not with_cpus:
        raise ClusterError("--ray: no node of the Ray cluster offers a CPU. Start one with `ray start --num-cpus=…`.")
    return _on_cpus(with_cpus)


def _on_cpus(nodes: Sequence[Mapping[str, float]]) -> Team:
    """As many workers as cores and memory allow, wherever they are, and then the cores among them that are left.

    One core each is best, since cores that share a product wait for each other; more, where memory is short. No node
    is given more workers than it has the memory for, and one without the memory for any works only where none has it.
    """
    memory = min(WORKER_MEMORY, max(int(node.get("memory", 0)) for node in nodes))
    sizes = [(int(node["CPU"]), int(node.get("memory", 0)) // memory if memory else 1) for node in nodes]

    def on_each(cores: int) -> list[int]:
        return [min(cpus // cores, places) for cpus, places in sizes]

    every = range(1, 1 + max(cpus for cpus, _ in sizes))
    cores = max(every, key=lambda cores: (sum(on_each(cores)), cores))
    workers = list(filter(None, on_each(cores)))
    return Team(sum(workers), len(workers), "cpu", cores, memory)


def reachable(address: str) -> str:
    """The address as Ray takes it, behind which somebody listens. Raises `SettingsError`, `ClusterError`."""
    if address in {"", "auto"}:
        address = os.environ.get("RAY_ADDRESS") or address or LOCAL
    if address == LOCAL:
        return address
    if address == "auto":
        from ray._private.services import canonicalize_bootstrap_address

        try:
            address = str(canonicalize_bootstrap_address("auto"))
        except ConnectionError as error:
            raise ClusterError(
                "--ray auto: no Ray runs on this machine. Start it with `ray start --head`, or with `ray start "
                "--address=HOST:PORT` to join a cluster; or use --ray alone, for this machine only."
            ) from error
    if address.startswith("ray://"):
        raise SettingsError(
            f"--ray {address}: an address with ray:// leads to a proxy, through which no build goes. Run the build on "
            "a machine of the cluster, with --ray auto, or name HOST:PORT of its head."
        )
    parts = _HOST_AND_PORT.fullmatch(address)
    if parts is None:
        raise SettingsError(f"--ray {address}: this is no address. Write HOST:PORT, auto, or nothing.")
    try:
        socket.create_connection((parts[1] or parts[2], int(parts[3])), ANSWER_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"--ray {address}: no Ray cluster answers there ({error}). Is its head running (`ray start --head`), "
            "and is this the port it printed?"
        ) from error
    return address


@contextmanager
def connected(address: str) -> Iterator[None]:
    """While this is entered, this process is a driver at the cluster. A local one begins and ends with it."""
    with ExitStack() as ending:
        options: dict[str, Any] = {}
        if address == LOCAL:
            folder = ending.enter_context(_short_lived_folder())
            os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
            os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on any system: it listens on the loopback alone
            options = {"_node_ip_address": "127.0.0.1", "_temp_dir": folder, "include_dashboard": False}
            options["object_store_memory"] = LOCAL_STORE
        import ray

        code = {"py_modules": [str(Path(__file__).parent)]}
        try:
            ending.callback(ray.shutdown)
            ray.init(address, runtime_env=code, logging_level=logging.ERROR, log_to_driver=False, **options)
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise ClusterError(
                f"--ray {address}: the build could not join the cluster ({first_words(error)}). All its machines need "
                "the same versions of Python and Ray, and the same RAY_AUTH_TOKEN; the build runs on one of them."
            ) from error
        yield


@contextmanager
def failures_of(address: str) -> Iterator[None]:
    """What Ray raises while it works, as errors of our own."""
    import ray
    from ray.data.exceptions import ExecutionTimeoutError, SystemException

    try:
        yield
    except ExecutionTimeoutError as error:
        raise ClusterError(
            f"--ray {address}: the cluster made no progress for a long time; perhaps other work holds its CPUs or GPUs "
            "(`ray status` says so). Nothing was published; build again: what is finished is kept."
        ) from error
    except (ray.exceptions.RayError, SystemException) as error:
        raise ClusterError(
            f"--ray {address}: the cluster could not finish ({_reason(error)}). Every node needs the packages of "
            "Crossroads with its extra `ray`. Nothing was published; build again: what is finished is kept."
        ) from error


def _short_lived_folder() -> tempfile.TemporaryDirectory[str]:
    """For what Ray writes. Its name is short, since Ray's sockets lie below it."""
    place = SHORT_PLACE if Path(SHORT_PLACE).is_dir() else None
    return tempfile.TemporaryDirectory(prefix="ray", dir=place, ignore_cleanup_errors=True)


def _reason(error: Exception) -> str:
    """The last error in what Ray says that is not Ray's own, which stands below a traceback and above more of Ray's."""
    raised = _RAISED.findall(str(error))
    return raised[-1][:FIRST_WORDS] if raised else first_words(error)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
