"""Chat servers of one library in a Chroma server: each follows what another process builds, without a restart."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.apps import ROOT, served
from tests.chroma_server import TOKEN, Library, Line

PATIENCE = 120
"""Seconds for a server to follow, on a slow and busy machine."""
QUESTION = "How did the beekeeper become a cartographer?"
STORY = """---
title: The beekeeper who draws maps
from: beekeeper
to: cartographer
---

I kept bees in Lugo for nine years. I became a cartographer because I had drawn maps of every meadow my bees flew to,
and the land registry wanted somebody who knew the meadows. The course took me fourteen months.
"""


def build(stories: Path, index: Path, library: Library) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own, as on a third computer."""
    command = [sys.executable, "-m", "index", "build", "--stories", str(stories), "--device", "cpu"]
    environment = os.environ | library.settings(index) | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=index.parent, env=environment, capture_output=True, text=True, check=False)


def within_patience(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.3)
    return False


def cited(address: str) -> set[str]:
    """The stories that a server's answer cites."""
    answer: dict[str, Any] = Client(address, verbose=False, analytics_enabled=False).predict(QUESTION, api_name="/ask")
    return {citation["story"] for citation in answer["citations"]}


def test_two_chat_servers_follow_what_a_third_process_builds(library: Library, stories_folder: Path) -> None:
    computers = [library.folder / name for name in ("one", "two", "three")]
    for computer in computers:
        computer.mkdir()
    first = build(stories_folder, computers[2] / "index", library)
    assert first.returncode == 0, first.stderr
    settings = {name: value for name, value in library.settings(Path()).items() if "CHROMA" in name}
    with ExitStack() as running:
        addresses = [
            running.enter_context(served(computer, computer / "no-stories", CROSSROADS_DEVICE="cpu", **settings))
            for computer in computers[:2]
        ]
        assert all("beekeeper.md" not in cited(address) for address in addresses)
        (stories_folder / "beekeeper.md").write_text(STORY)
        built = build(stories_folder, computers[2] / "index", library)
        assert built.returncode == 0, built.stderr
        assert within_patience(lambda: all("beekeeper.md" in cited(address) for address in addresses))
    for computer in computers[:2]:
        assert TOKEN not in (computer / "app.log").read_text()


def test_the_page_is_up_before_the_library_is_fetched(library: Library, line: Line, stories_folder: Path) -> None:
    computer = library.folder / "one"
    computer.mkdir()
    assert build(stories_folder, library.folder / "index", library).returncode == 0
    line.disturbance, line.after = 503, 5  # that tell what is published
    settings = {name: value for name, value in library.settings(Path(), line.url).items() if "CHROMA" in name}
    with served(computer, computer / "no-stories", **settings) as address:
        assert "Career changes, in the words of" in httpx.get(address).text
        assert re.search("is being fetched|cannot be fetched", searched(address))
        line.disturbance = ""
        assert within_patience(lambda: "lawyer.md" in searched(address))


def test_an_app_on_an_empty_server_publishes_nothing_and_takes_up_what_others_publish(
    library: Library, stories_folder: Path
) -> None:
    computer = library.folder / "one"
    computer.mkdir()
    settings = {name: value for name, value in library.settings(Path()).items() if "CHROMA" in name}
    with served(computer, stories_folder, CROSSROADS_DEVICE="cpu", **settings) as address:
        assert within_patience(lambda: "There is no library yet" in searched(address))
        assert "python -m index build" in searched(address)
        assert library.names() == []
        assert build(stories_folder, library.folder / "index", library).returncode == 0
        assert within_patience(lambda: "lawyer.md" in searched(address))
    log = (computer / "app.log").read_text()
    assert log.count("There is no library yet") == 1
    assert library.url in log


def test_an_app_whose_mirror_an_older_version_wrote_fetches_it_anew(library: Library, stories_folder: Path) -> None:
    computer = library.folder / "one"
    assert build(stories_folder, library.folder / "index", library).returncode == 0
    library.mirror("one/index").refresh()
    pointer = computer / "index" / "CURRENT"
    pointer.write_text(pointer.read_text().replace('"format": 3', '"format": 2'))
    settings = {name: value for name, value in library.settings(Path()).items() if "CHROMA" in name}
    with served(computer, computer / "no-stories", CROSSROADS_DEVICE="cpu", **settings) as address:
        assert within_patience(lambda: "lawyer.md" in searched(address))


def searched(address: str) -> str:
    """What comes of a search: passages, or why there are none."""
    try:
        return str(Client(address, verbose=False, analytics_enabled=False).predict("learn SQL", 5, api_name="/search"))
    except AppError as error:
        return str(error)


def test_where_nothing_is_fetched_and_no_server_answers_the_app_says_so(
    library: Library, line: Line, stories_folder: Path
) -> None:
    line.close()
    environment = os.environ | library.settings(library.folder / "index", line.url)
    command = [sys.executable, str(ROOT / "app.py"), "--stories", str(stories_folder)]
    done = subprocess.run(
        command, cwd=library.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 2
    assert re.fullmatch(r"error: http://127\.0\.0\.1:\d+ .*cannot be reached.*\n", done.stderr)
    assert TOKEN not in done.stderr


@pytest.mark.parametrize(("status", "said"), [(401, "turned us away"), (503, "can take no requests"), (404, "is none")])
def test_the_commands_say_in_one_sentence_what_is_wrong_with_the_server(
    library: Library, line: Line, status: int, said: str, stories_folder: Path
) -> None:
    line.disturbance = status
    environment = os.environ | library.settings(library.folder / "index", line.url) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "index", "build", "--stories", str(stories_folder)]
    done = subprocess.run(command, cwd=library.folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"error: http://127\.0\.0\.1:\d+ .*{said}.*\n", done.stderr)
    assert TOKEN not in done.stderr
