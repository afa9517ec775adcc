"""The real app as a process of its own, over the made-up or the starter library."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVED_WITHIN = 300
"""Seconds for the index to be built and the page to be up, on a slow and busy machine."""

STOPPED_WITHIN = 30
"""Seconds for it to stop, there."""


@contextmanager
def served(folder: Path, stories: Path, *flags: str, **environment: str) -> Iterator[str]:
    """Run the app in a folder, with an index of its own there; gives its address once it answers, whatever it says.

    Told to stop, it must do so in good time, and in good order.
    """
    with socket.create_server(("127.0.0.1", 0)) as passing:
        port = passing.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROSSROADS_")}
    command = [sys.executable, str(ROOT / "app.py"), "--stories", str(stories), "--index", str(folder / "index")]
    log = folder / "app.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), *flags],
            cwd=folder,
            env=inherited | environment,
            stdout=output,
            stderr=output,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process, log)
        yield address
        process.terminate()
        assert process.wait(timeout=STOPPED_WITHIN) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the address answers; fail with the log if the process ends first, or takes too long."""
    deadline = time.monotonic() + SERVED_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  # http, as written above
                return
        except urllib.error.HTTPError as error:
            error.close()  # it asks for a password: it is up
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"The app is not up:\n{log.read_text()}")
