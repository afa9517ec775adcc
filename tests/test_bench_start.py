"""bench.start: what is timed has happened, and a bar that is missed is the exit code."""

import pytest
from playwright.sync_api import Page

from bench.start import BARS, painted, report


@pytest.mark.browser
def test_a_page_is_painted_when_something_is_seen_on_it(page: Page) -> None:
    page.goto("data:text/html,<h1>Bread</h1>")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    assert 0 < painted(page) < 60


@pytest.mark.browser
def test_a_page_that_is_never_painted_has_no_time_for_it(page: Page) -> None:
    page.goto("about:blank")
    with pytest.raises(RuntimeError, match="about:blank: Chromium has painted nothing"):
        painted(page)


@pytest.mark.parametrize(("over", "code"), [(0.0, 0), (0.1, 1)])
def test_a_median_over_its_bar_is_the_exit_code(over: float, code: int) -> None:
    kept = dict.fromkeys(BARS, 0.5)
    slow = {**kept, "interactive": BARS["interactive"] + over}
    assert report([kept, slow, slow]) == code
