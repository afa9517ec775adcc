"""The pictures in docs/images/: `python -m bench.screenshots`. Serves the starter library and photographs the page.

desktop.png   an answer with the story it cites beside it, at 1440 × 900
dark.png      the same, dark
phone.png     the empty chat, an answer, and the reader as a sheet, side by side, at 390 × 844

Needs Chromium, and Playwright from the `dev` extra. `--every DIR` also writes each state of the page at each
width, light and dark, to be looked at after a change of the looks.
"""

import argparse
import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WITHIN = 300
"""Seconds for the index to be built and the page to be up."""

QUESTION = "How did people find their first job in the new field?"
REFUSED = "How did the airline pilot learn to program?"
SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = ("light", "dark")


def main() -> int:
    """Make the pictures. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.screenshots", description="Make the pictures in docs/images/."
    )
    parser.add_argument("--every", type=Path, metavar="DIR", help="also write every state, size and mode there")
    options = parser.parse_args()
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        print("error: Chromium is not installed. Install it with `apt-get install chromium`.", file=sys.stderr)
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        (IMAGES / "desktop.png").write_bytes(states(browser, address, "desktop", "light")["reader"])
        (IMAGES / "dark.png").write_bytes(states(browser, address, "desktop", "dark")["reader"])
        phone = states(browser, address, "phone", "light", scale=2)
        shown = [phone[state] for state in ("empty", "answer", "reader")]
        (IMAGES / "phone.png").write_bytes(side_by_side(browser, shown))
        if options.every:
            options.every.mkdir(parents=True, exist_ok=True)
            for size in SIZES:
                for mode in MODES:
                    for state, picture in states(browser, address, size, mode).items():
                        (options.every / f"{size}-{mode}-{state}.png").write_bytes(picture)
        browser.close()
    for made in sorted(IMAGES.glob("*.png")):
        print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1000:.0f} kB")
    return 0


def states(browser: Browser, address: str, size: str, mode: Mode, scale: float = 1) -> dict[str, bytes]:
    """A picture of each state of the page: empty, answer, reader, refusal."""
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=mode,
        device_scale_factor=scale,
        reduced_motion="reduce",  # so that nothing is caught half-way
    )
    pictures: dict[str, bytes] = {}

    def shoot(state: str) -> None:
        page.wait_for_timeout(500)  # Gradio scrolls to the end 300 ms after the last word
        pictures[state] = page.screenshot(caret="hide")

    page.goto(address)
    page.get_by_text("answers quote the stories").wait_for(timeout=WITHIN * 1000)
    shoot("empty")
    ask(page, QUESTION)
    shoot("answer")
    page.locator("a.cite").first.click()
    page.locator("mark.cited").first.wait_for()
    shoot("reader")
    page.keyboard.press("Escape")
    ask(page, REFUSED)
    shoot("refusal")
    page.close()
    return pictures


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the finished answer."""
    number = page.get_by_test_id("bot").count()
    composer = page.get_by_role("textbox", name="Your question")
    composer.fill(question)
    composer.press("Enter")
    page.get_by_test_id("bot").nth(number).locator("footer").wait_for()
    composer.blur()


def side_by_side(browser: Browser, pictures: list[bytes]) -> bytes:
    """One picture of several phones."""
    width, height = SIZES["phone"]
    gap = 24
    page = browser.new_page(
        viewport={"width": (width + gap) * len(pictures) + gap, "height": height + 2 * gap}, device_scale_factor=1.5
    )
    sources = [f"data:image/png;base64,{base64.b64encode(picture).decode()}" for picture in pictures]
    phones = "".join(f'<img src="{source}" width="{width}" height="{height}">' for source in sources)
    style = f"body{{margin:{gap}px;display:flex;gap:{gap}px;background:#e6dfd0}}img{{border-radius:22px}}"
    page.set_content(f"<style>{style}</style>{phones}")
    picture = page.screenshot()
    page.close()
    return picture


@contextmanager
def served() -> Iterator[str]:
    """The app over the starter library, with an index of its own; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as passing:
        port = passing.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CROSSROADS_")}
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            str(ROOT / "app.py"),
            "--stories",
            str(ROOT / "stories"),
            "--index",
            f"{folder}/index",
        ]
        process = subprocess.Popen([*command, "--port", str(port)], env=environment, cwd=folder)  # noqa: S603  # our own
        try:
            deadline = time.monotonic() + WITHIN
            while not is_up(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("error: the app did not come up; its own message stands above.")
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def is_up(address: str) -> bool:
    """Whether the page answers."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310  # http, on this machine
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


if __name__ == "__main__":
    sys.exit(main())
