"""What measurements run on: so many cores of this machine, a Ray cluster on it, a Chroma server beside them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

UP_WITHIN = 60
"""Seconds for a server to answer."""
QUIET_RAY = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "RAY_DEDUP_LOGS": "0"}


@contextmanager
def kept_to(cores: int) -> Iterator[None]:
    """While this is entered, this process and those that it starts have so many cores, where Linux runs."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def ray_cluster(nodes: Sequence[int]) -> Iterator[list[str]]:
    """While a cluster of nodes with so many cores each runs on this machine: the flags of a build on it; else none."""
    if not nodes:
        yield []
        return
    os.environ.update(QUIET_RAY)
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": nodes[0], "include_dashboard": False})
    try:
        for cores in nodes[1:]:
            cluster.add_node(num_cpus=cores)
        cluster.wait_for_nodes()
        yield ["--ray", str(cluster.address)]
    finally:
        cluster.shutdown()


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """While `chroma run` serves from a folder: its address. Raises `RuntimeError` where it does not start."""
    with socket.create_server(("127.0.0.1", 0)) as passing:
        port = passing.getsockname()[1]
    chroma, url = Path(sys.executable).with_name("chroma"), f"http://127.0.0.1:{port}"
    command = [str(chroma), "run", "--path", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder) as process:  # noqa: S603  # Chroma's own
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + UP_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/api/v2/heartbeat", timeout=5).is_success:
                return
        time.sleep(0.1)
    raise RuntimeError(f"`chroma run` does not answer at {url}")
