"""The check that every browser test has: what a page throws and logs is heard, but not while it is being left."""

from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import LOADED, Overheard

PAGE = """data:text/html,<script>
  console.error("logged");
  setTimeout(() => { console.debug("done"); }, 50);
  setTimeout(() => { throw new Error("thrown"); });
  addEventListener("beforeunload", () => console.error("cut off"));
</script>"""


def said(page: Page, text: str) -> AbstractContextManager[Any]:
    """Wait until the page has logged a text."""
    return page.expect_console_message(lambda message: message.text == text)


def test_errors_are_heard_but_those_of_leaving(context: BrowserContext) -> None:
    page = context.new_page()
    overheard = Overheard(page)
    with said(page, "done"):
        page.goto(PAGE)
    assert overheard.errors == ["logged", "thrown"]
    with said(page, "done"):
        page.reload()
    assert overheard.errors == ["logged", "thrown"] * 2


def test_a_page_that_was_not_left_after_all_is_heard_again(context: BrowserContext) -> None:
    page = context.new_page()
    overheard = Overheard(page)
    page.goto("data:text/html,")
    with said(page, LOADED):
        page.evaluate("dispatchEvent(new Event('beforeunload')); console.error('at once')")
    with said(page, "later"):
        page.evaluate("console.error('later')")
    assert overheard.errors == ["later"]
