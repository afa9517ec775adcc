"""Narrowing down which stories are asked: what is chosen is in force, and what can be chosen follows the library."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.apps import ROOT, served
from tests.library import write_library

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

BOOTCAMPS = "What do people say about bootcamps?"
DIVER = """---
title: From the sea bed to the server room
from: commercial diver
to: site reliability engineer
year: 2021
---

I welded pipes forty metres below the North Sea for nine years. Then I learned Linux from the ship's radio officer.
"""


def opened(page: Page, address: str = "/") -> Page:
    """The page with what narrows it down."""
    page.goto(address)
    expect(page.get_by_text("answers quote the stories")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Narrow down").click()
    return page


def ask(page: Page, question: str, number: int = 0) -> Locator:
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    answer = page.get_by_test_id("bot").nth(number)
    expect(answer.locator("footer")).to_be_attached(timeout=SLOW)
    return answer


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=re.compile(rf"^{option} \(\d+\)")).click()
    page.keyboard.press("Tab")


def chips(page: Page) -> Locator:
    return page.locator("#narrow-bar .chip")


@pytest.fixture
def chat(page: Page) -> Page:
    """The page over the starter library."""
    return opened(page)


@pytest.fixture(scope="module")
def own(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:  # noqa: ARG001  # skips first
    """An app over a library that these tests may change: its address, and the folder of both stories and index."""
    folder = tmp_path_factory.mktemp("narrowing")
    with served(folder, write_library(folder / "stories")) as address:
        yield address, folder


def test_what_is_taken_out_of_a_field_by_keyboard_is_in_force_no_longer(chat: Page) -> None:
    choose(chat, "Started as", "nurse")
    expect(chips(chat)).to_have_text(["Started as nurse"])
    chat.get_by_role("combobox", name="Started as").press("Backspace")
    expect(chips(chat)).to_have_count(0)
    expect(ask(chat, BOOTCAMPS).locator(".filtered")).to_have_count(0)


def test_where_filters_leave_no_story_two_questions_are_offered_that_take_them_away(chat: Page) -> None:
    choose(chat, "Started as", "nurse")
    until = chat.get_by_role("combobox", name="Told until")
    until.click()
    chat.get_by_role("option").last.click()  # the first year of all, long before the nurse's
    expect(chat.locator("#narrow-bar").get_by_role("status")).to_have_text("No story is left")
    refusal = ask(chat, BOOTCAMPS)
    expect(refusal.locator(".refusal")).to_be_visible()
    expect(refusal.locator("a.ask")).to_have_count(2)
    refusal.locator("a.ask").first.click()
    answer = chat.get_by_test_id("bot").nth(1)
    expect(answer.locator("a.cite").first).to_be_visible(timeout=SLOW)
    expect(answer.locator(".filtered")).to_have_count(0)
    expect(chips(chat)).to_have_count(0)
    expect(until).to_be_hidden()  # its panel would cover the answer
    chat.get_by_role("button", name="Narrow down").click()
    expect(until).to_have_value("any year")


def test_what_can_be_chosen_is_that_of_the_library_after_a_build(page: Page, own: tuple[str, Path]) -> None:
    address, folder = own
    opened(page, address)
    started = page.get_by_role("combobox", name="Started as")
    started.click()
    expect(page.get_by_role("option", name=re.compile("baker"))).to_have_count(1)
    expect(page.get_by_role("option", name=re.compile("diver"))).to_have_count(0)
    page.keyboard.press("Escape")
    (folder / "stories" / "diver.md").write_text(DIVER, encoding="utf-8")
    folders = ["--stories", str(folder / "stories"), "--index", str(folder / "index")]
    subprocess.run([sys.executable, "-m", "index", "build", *folders], cwd=ROOT, check=True, capture_output=True)
    page.get_by_role("tab", name="Library").click()
    expect(page.locator("#shelf .card")).to_have_count(5, timeout=SLOW)
    page.get_by_role("tab", name="Ask").click()
    choose(page, "Started as", "commercial diver")
    expect(page.locator("#narrow-bar").get_by_role("status")).to_have_text("1 of 5 stories")
    answer = ask(page, "What did the commercial diver learn from the radio officer?")
    expect(answer.locator("a.cite").first).to_be_visible()
    expect(page.locator("#wordmark")).to_contain_text("5 people")
