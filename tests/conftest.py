"""What every test meets: repeatable property tests, browser tests last, and where Chromium is.

Fixtures that open the project's own rooms lie in `tests/fixtures.py`.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ("tests.chroma_server", "tests.fixtures")

# A command that is run in this process would lower its priority for all the tests that follow.
os.nice = lambda _: 0

# As app.py has it: Gradio must not look anything up. Said here for tests that build pages without app.py.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

# The same examples every time, for as long as they take: a test must not fail by chance or by a slow machine.
settings.register_profile("crossroads", derandomize=True, deadline=None)
settings.load_profile("crossroads")

BROWSER_TESTS = Path(__file__).parent / "browser"

CHROMIUM = ("/usr/bin/chromium", "chromium", "google-chrome")
"""Where Chromium is looked for: a path, or a command on PATH."""

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",  # the sandbox does not start as root, which CI is
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # asks nothing of the world by itself; so do the next two
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in tests/browser/, and run it last.

    Last, because Playwright keeps an event loop running in this thread from its first test on, and
    `asyncio.run` refuses to work beside it.
    """
    for item in items:
        if item.path.is_relative_to(BROWSER_TESTS):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def find_chromium(places: tuple[str, ...] = CHROMIUM) -> str | None:
    """The first of `places` that is there, as a path."""
    return next((found for place in places if (found := shutil.which(place))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium. Without one the test is skipped, or fails where CI=true."""
    found = find_chromium()
    if found is None:
        reason = "Chromium is not installed. Install it with `apt-get install chromium`."
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason} With CI=true, every browser test has to run.")
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], chromium: str) -> dict[str, Any]:
    """pytest-playwright's own arguments, with the system's Chromium in place of Playwright's download."""
    return {**browser_type_launch_args, "executable_path": chromium, "args": list(CHROMIUM_ARGUMENTS)}
