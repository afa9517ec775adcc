"""Fetching in another process: where it was done by threads of a chat, questions waited for seconds."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from index.errors import StoreError
from index.processes import command, environment

LIMIT = 3600
"""Seconds after which fetching is ended: 100,000 passages take three minutes."""


def fetch_elsewhere(folder: Path, settings: Mapping[str, str], *, check: bool) -> None:
    """Bring the mirror in a folder up to date; with `check`, all of it is read, and what is damaged fetched again.

    `settings` name the server. Raises `StoreError` with what that process says.
    """
    fetch = command("index", "fetch", "--index", str(folder), *(["--check"] if check else []))
    try:
        done = subprocess.run(  # noqa: S603  # our own command
            fetch,
            env=environment(settings),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired as error:
        raise StoreError(f"{folder}: fetching did not end within {LIMIT} s. It is tried again.") from error
    if done.returncode:
        said = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.startswith("error: ")]
        raise StoreError(said[-1] if said else f"{folder}: fetching broke down. `python -m index fetch` shows why.")
