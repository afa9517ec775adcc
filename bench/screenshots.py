"""Pictures of the page: `python -m bench.screenshots`, or `make screenshots`. Serves the starter library and looks.

Without more, it makes those that the README and the docs show, in docs/images/:

desktop.png   an answer with the story it cites beside it, at 1440 × 900
dark.png      the same, dark
phone.png     the empty chat, an answer, and the reader as a sheet, side by side, at 390 × 844
library.png   the library, at 1440 × 900
evaluation.png  a run of the starter set, at 1440 × 900

`--every DIR` writes each state of the page there instead, at 1440, 1024 and 390 pixels, light and dark, to be looked
at after a change of the looks. Needs Chromium, and Playwright from the `dev` extra.
"""

import argparse
import base64
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from bench.start import ROOT, WITHIN, chromium, running

IMAGES = ROOT / "docs" / "images"
QUESTION = "What do people say about bootcamps?"
REFUSED = "How did the airline pilot learn to program?"
STORY = """---
title: From the sea bed to the server room
from: commercial diver
to: site reliability engineer
year: 2021
tags: [diving, operations]
---

I welded pipes forty metres below the North Sea for nine years. Then I mended the radio officer's mail server.
"""
SIZES = {"desktop": (1440, 900), "tablet": (1024, 768), "phone": (390, 844)}
CASES = 40
"""Of the starter set, in each of the runs that are looked at."""

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = ("light", "dark")
States = Iterator[str]
"""A walk through the page: wherever it yields a name, there is something to look at."""


def main() -> int:
    """Make the pictures. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description="Pictures of the page.")
    parser.add_argument("--every", type=Path, metavar="DIR", help="write every state, size and mode there")
    options = parser.parse_args()
    out: Path = options.every or IMAGES
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, chromium() as browser:
        folder = Path(made)
        with running(ROOT / "stories", folder / "index", workdir=folder) as app:
            _make_runs(browser, app.address)
            pictures = _every if options.every else _shown
            for name, picture in pictures(browser, app.address):
                (out / f"{name}.png").write_bytes(picture)
                print(f"{out / name}.png: {len(picture) / 1000:.0f} kB", flush=True)
    return 0


def _every(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    for size in SIZES:
        for mode in MODES:
            for walk in WALKS:
                for state, picture in photographed(browser, address, walk, size, mode):
                    yield f"{state}-{size}-{mode}", picture


def _shown(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    yield "desktop", dict(photographed(browser, address, asking, "desktop", "light"))["reader"]
    yield "dark", dict(photographed(browser, address, asking, "desktop", "dark"))["reader"]
    yield "library", dict(photographed(browser, address, library, "desktop", "light"))["library"]
    yield "evaluation", dict(photographed(browser, address, evaluation, "desktop", "light"))["evaluation-run"]
    phone = dict(photographed(browser, address, asking, "phone", "light", scale=2))
    yield "phone", side_by_side(browser, [phone[state] for state in ("empty", "answer", "reader")])


def photographed(  # noqa: PLR0913, PLR0917  # where, what, and how it is looked at
    browser: Browser, address: str, walk: Callable[[Page], States], size: str, mode: Mode, scale: float = 1
) -> Iterator[tuple[str, bytes]]:
    """The states of a walk, each with its picture."""
    width, height = SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=mode,
        device_scale_factor=scale,
        reduced_motion="reduce",  # so that nothing is caught half-way
        has_touch=size == "phone",
    )
    page.set_default_timeout(WITHIN * 1000)
    page.goto(address)
    page.get_by_text("answers quote the stories").wait_for()
    for state in walk(page):
        page.wait_for_timeout(500)  # until nothing moves any more
        yield state, page.screenshot(caret="hide")
    page.close()


def asking(page: Page) -> States:
    """The chat: empty, narrowed, an answer with a citation's card and its story, a second question, a refusal."""
    yield "empty"
    page.get_by_role("button", name="Narrow down").click()
    yield "narrowing"
    page.get_by_role("button", name="Narrow down").click()
    _ask(page, QUESTION)
    yield "answer"
    page.locator("a.cite").nth(1).focus()
    page.keyboard.press("Shift+Tab")  # focus that came by a key shows the card
    page.keyboard.press("Tab")
    yield "card"
    page.locator("a.cite").first.click()
    page.locator("mark.cited").first.wait_for()
    yield "reader"
    page.keyboard.press("Escape")
    _ask(page, REFUSED)
    yield "refusal"
    page.get_by_role("button", name="Earlier conversations").click()
    yield "history"


def library(page: Page) -> States:
    """The library: as it opens, further down, what was understood of a story that is added, before one is removed."""
    page.get_by_role("tab", name="Library").click()
    page.locator("#shelf .card").first.wait_for()
    page.get_by_text("ways as a list").wait_for()
    page.wait_for_function("() => innerWidth < 600 || document.querySelector('#journeys .sankey-link')")
    yield "library"
    page.get_by_role("button", name="Add stories").click()
    page.locator("#adding").wait_for()
    yield "adding"
    page.locator("#adding-files input[type=file]").set_input_files(
        {"name": "diver.md", "mimeType": "text/markdown", "buffer": STORY.encode()}  # type: ignore[arg-type]  # as documented
    )
    page.locator("#previews .preview").first.wait_for()
    page.locator("#previews").scroll_into_view_if_needed()
    yield "preview"
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator("#shelf .card").nth(3).scroll_into_view_if_needed()
    yield "shelf"
    page.locator("#shelf .remove").first.click()
    page.get_by_role("dialog").wait_for()
    yield "removing"


def evaluation(page: Page) -> States:
    """Evaluations: the list of runs, one of them, a case of it, two compared."""
    _open_runs(page)
    yield "evaluation"
    runs = page.locator("#evaluation .runs > li")
    runs.first.get_by_role("button", name="starter", exact=True).click()
    page.get_by_role("heading", name="What became of the cases").wait_for()
    yield "evaluation-run"
    page.locator(".case summary").first.click()
    page.locator(".case .body").first.wait_for()
    page.locator(".case").first.scroll_into_view_if_needed()
    yield "evaluation-case"
    page.get_by_role("button", name="All runs").click()
    for number in range(2):
        page.get_by_role("checkbox").nth(number).check()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("heading", name="Two runs compared").wait_for()
    yield "evaluation-compared"


WALKS = (asking, library, evaluation)


def _make_runs(browser: Browser, address: str) -> None:
    """Run the beginning of the starter set, twice, as a visitor would."""
    page = browser.new_page()
    page.set_default_timeout(WITHIN * 1000)
    page.goto(address)
    _open_runs(page)
    for number in (1, 2):
        page.get_by_label("Cases", exact=True).fill(str(CASES))
        page.get_by_role("button", name="Run", exact=True).click()
        page.locator("#evaluation .runs > li").nth(number - 1).wait_for()
        page.locator('.going[data-state="finished"]').wait_for()
    page.close()


def _open_runs(page: Page) -> None:
    page.get_by_role("tab", name="Evaluation").click()
    page.locator("#evaluation :is(.empty, .runs)").wait_for()


def _ask(page: Page, question: str) -> None:
    """Ask, and wait for the finished answer."""
    number = page.get_by_test_id("bot").count()
    composer = page.get_by_role("textbox", name="Your question")
    composer.fill(question)
    composer.press("Enter")
    answer = page.get_by_test_id("bot").nth(number)
    answer.locator("footer").wait_for()
    answer.locator("a.ask").first.wait_for()  # what could be asked next comes a moment later
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


if __name__ == "__main__":
    sys.exit(main())
