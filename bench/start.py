"""How long until the page is there: `python -m bench.start`. Starts the app again and again, and opens it in Chromium.

The app finds what `make app` installs, and no other packages. Told, for each start, in seconds: until the server
answers, from the start of the process; until something is painted and until a question can be typed, from the opening
of the page; until the models are loaded, from the start again. The first start may be cold: what it reads from the
disk, the next ones find in memory. Bars: the server after 6 s, painted after 1, a question can be typed after 2.

Needs Chromium, and Playwright from the `dev` extra.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.as_installed import as_installed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WITHIN = 300
"""Seconds for the index to be built and the page to be up."""
BARS = {"server": 6.0, "painted": 1.0, "interactive": 2.0}


@dataclass(frozen=True)
class App:
    """An app that is up: where, when its process began, and that process's id."""

    address: str
    began: float
    process: int


def main() -> int:
    """Measure, and print. Returns the exit code: 1 where the median misses a bar."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.index or Path(made) / "index"
        with running(options.stories, folder):
            pass  # the index is there from now on
        starts = [_start(options.stories, folder) for _ in range(options.starts)]
    return report(starts)


def report(starts: Sequence[Mapping[str, float]]) -> int:
    """Print what was measured. Returns 1 where the median misses a bar."""
    print(f"{'':14}{'median':>9}{'slowest':>9}{'bar':>7}  (s)")
    missed = False
    for name in starts[0]:
        values = [start[name] for start in starts]
        median, bar = statistics.median(values), BARS.get(name)
        missed = missed or (bar is not None and median > bar)
        print(f"{name:14}{median:9.2f}{max(values):9.2f}{'' if bar is None else f'{bar:7.1f}'}")
    return int(missed)


@contextmanager
def running(
    stories: Path,
    index: Path,
    settings: Mapping[str, str] | None = None,
    workdir: Path | None = None,
    python: Sequence[str] = (sys.executable,),
) -> Iterator[App]:
    """The app over some stories, once its server answers.

    `settings` are environment variables, `python` what files are given to to be run.
    """
    with socket.create_server(("127.0.0.1", 0)) as passing:
        port = passing.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CROSSROADS_")}
    command = [*python, str(ROOT / "app.py"), "--stories", str(stories), "--index", str(index)]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  # our own
        [*command, "--port", str(port)], env={**inherited, **(settings or {})}, stdout=sys.stderr, cwd=workdir
    )
    try:
        while not _is_up(address):
            if process.poll() is not None or time.perf_counter() > began + WITHIN:
                raise SystemExit("error: the app did not come up; its own message stands above.")
            time.sleep(0.02)
        yield App(address, began, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Chromium, as it is installed. Raises `SystemExit` where it is not."""
    from playwright.sync_api import sync_playwright

    program = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit("error: Chromium is not installed. Install it with `apt-get install chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _start(stories: Path, index: Path) -> dict[str, float]:
    with chromium() as browser, running(stories, index, python=as_installed()) as app:
        server = time.perf_counter() - app.began
        opened = _opened(browser, app.address)
        ready = time.perf_counter() - app.began
    return {"server": server, **opened, "models ready": ready}


def _opened(browser: "Browser", address: str) -> dict[str, float]:
    """The page opened by somebody who was never here: seconds until it is painted, and until it takes a question."""
    page = browser.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    composer = page.get_by_role("textbox", name="Your question")
    composer.wait_for(timeout=WITHIN * 1000)
    composer.fill("How long did it take?")
    interactive = time.perf_counter() - began
    page.get_by_text("answers quote the stories").wait_for(timeout=WITHIN * 1000)
    return {"painted": painted(page), "interactive": interactive}


def painted(page: "Page") -> float:
    """When something was painted first, in seconds. Raises `RuntimeError` where nothing was."""
    milliseconds: list[float] = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)"
    )
    if not milliseconds:
        raise RuntimeError(f"{page.url}: Chromium has painted nothing.")
    return milliseconds[0] / 1000


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310  # http, on this machine
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.start", description="How long until the page is there.")
    parser.add_argument("--starts", type=int, default=5, help="how often (5)")
    parser.add_argument("--stories", type=Path, default=ROOT / "stories", help="folder of the stories (stories)")
    parser.add_argument("--index", type=Path, help="an index that is there already, to save its making")
    return parser


if __name__ == "__main__":
    sys.exit(main())
