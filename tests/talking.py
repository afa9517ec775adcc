"""A conversation in the browser, as its tests drive it: what is on the page, and what is kept of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ui.escaping import words

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

NURSE = "How did the nurse become a software engineer?"
BOOTCAMPS = "What do people say about bootcamps?"
PILOT = "How did the airline pilot learn to program?"
SAILOR = "Where did the sailor learn databases?"

KEPT = "crossroads.conversation."
PHONE = {"width": 390, "height": 844}


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def told(page: Page) -> Locator:
    return page.locator("#actions .told")


def questions(page: Page) -> Locator:
    return page.get_by_test_id("user")


def answers(page: Page) -> Locator:
    return page.get_by_test_id("bot")


def ask(page: Page, question: str) -> Locator:
    """Ask, and give the finished answer."""
    number = answers(page).count()
    composer(page).fill(question)
    composer(page).press("Enter")
    return finished(page, number)


def finished(page: Page, number: int = 0) -> Locator:
    """An answer, once it is there and the page is ready for the next."""
    expect(answers(page).nth(number).locator("footer")).to_be_visible(timeout=SLOW)
    expect(button(page, "Ask")).to_be_visible()
    expect(button(page, "Undo")).to_be_visible()
    return answers(page).nth(number)


def opened(page: Page, address: str = "/") -> Page:
    page.goto(address)
    expect(composer(page)).to_be_visible()
    expect(page.get_by_text("answers quote the stories")).to_be_visible(timeout=SLOW)
    return page


def kept(page: Page) -> list[dict[str, Any]]:
    """What the browser has kept."""
    entries = page.evaluate(f"Object.entries(localStorage).filter(([key]) => key.startsWith('{KEPT}'))")
    return [json.loads(value) for _, value in entries]


def asked_in(one: dict[str, Any]) -> list[str]:
    """The questions of a kept conversation."""
    return [words(said["content"]) for said in one["messages"] if said["role"] == "user"]


def top_of(page: Page, found: Locator) -> float:
    """How far below the upper end of the conversation something stands, in pixels."""
    box, log = found.bounding_box(), page.locator('#chat [role="log"]').bounding_box()
    assert box is not None
    assert log is not None
    return box["y"] - log["y"]


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Return when something holds that is not seen on the page."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("It never came to hold.")
