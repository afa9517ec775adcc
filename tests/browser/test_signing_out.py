"""Signing out, in a browser that was signed in: the page asks for the password again, whichever way one comes to it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.apps import served
from tests.library import write_library

USER, PASSWORD = "anna", "open sesame"
PHONE, DESKTOP = 390, 1440


@pytest.fixture(scope="module")
def guarded_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app with a password, over the made-up library."""
    folder = tmp_path_factory.mktemp("guarded")
    settings = {"CROSSROADS_USER": USER, "CROSSROADS_PASSWORD": PASSWORD}
    with served(folder, write_library(folder / "stories"), **settings) as address:
        yield address


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_after_signing_out_the_page_asks_for_the_password_again(page: Page, guarded_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(guarded_url)
    page.get_by_label("Name").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    link = page.get_by_role("link", name="Sign out")
    expect(link).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("answers quote the stories")).to_be_visible(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("button", name="New chat").focus()
    page.keyboard.press("Shift+Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")

    password = page.get_by_label("Password")
    expect(password).to_be_visible()
    page.go_back()
    expect(password).to_be_visible()
    page.goto(guarded_url)
    expect(password).to_be_visible()
    assert page.url == f"{guarded_url}/login"
