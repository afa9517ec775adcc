"""The library's view in a browser."""

from playwright.sync_api import Locator, Page, expect

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""


def cards(page: Page) -> Locator:
    return page.locator("#shelf .card")


def open_library(page: Page, address: str = "/") -> Page:
    page.goto(address)
    page.get_by_role("tab", name="Library").click()
    expect(cards(page).first).to_be_visible(timeout=SLOW)
    return page
