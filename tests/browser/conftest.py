"""The real app in real Chromium: served once a session, looked at through a page that stays on this machine.

Two apps: one over the starter library that quotes, and one over a small library with a hostile story in it,
whose language model is scripted, slow, and hostile too.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Route, expect

from tests.apps import ROOT, served
from tests.language_model import ScriptedModel, spoken
from tests.library import write_library

expect.set_options(timeout=20_000)
"""Milliseconds to wait for a state, on a slow and busy machine."""
LEFT, LOADED = "the page is left", "the page is loaded"
TELLS = f"""
    console.debug("{LOADED}");
    addEventListener("beforeunload", () => {{
      console.debug("{LEFT}");
      setTimeout(() => console.debug("{LOADED}"), 5000);
    }});
"""
"""Tells when the page is left, and when it is loaded, or still there after all: a download may look like leaving."""


class Overheard:
    """The errors that a page throws and logs, but those between its being left and its being loaded.

    Then Gradio throws and logs what it was cut off from, and nobody is there to see it.
    """

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self._is_left = False
        page.add_init_script(TELLS)
        page.on("console", self._logged)
        page.on("pageerror", lambda error: self._met(str(error)))

    def _logged(self, message: ConsoleMessage) -> None:
        if message.text in {LEFT, LOADED}:
            self._is_left = message.text == LEFT
        elif message.type == "error":
            self._met(message.text)

    def _met(self, error: str) -> None:
        if not self._is_left:
            self.errors.append(error)


HOSTILE_FILE = "harbour ?#&=%20 'x'.md"
HOSTILE_STORY = r"""---
title: '<img src=x onerror="window.stolen=1">Harbour ![x](http://elsewhere.example/t.png)'
author: '<svg onload=window.stolen=1> [me](javascript:window.stolen=1)'
from: 'sailor {{value}}'
to: 'data engineer ${window.stolen=1}'
---

I was a sailor for nine years.

In the harbour office I learned databases from a clerk \<script\>window.stolen=1\</script\> at night.

\!\[x\](http://elsewhere.example/s.png) and \<style\>\*{display:none}\</style\> came first.
"""
HOSTILE_ANSWER = (
    "The sailor learned databases <script>window.stolen=1</script> from a clerk in the harbour office [1]. "
    "It took exactly 4711 weeks [1]. ![x](http://elsewhere.example/m.png) [go](javascript:window.stolen=1) "
    '<img src=x onerror=window.stolen=1> <form action="javascript:window.stolen=1"><button>b</button></form> '
    "${window.stolen=1} {{value}} $$x$$ **bold** `code` [99]."
)


@pytest.fixture(scope="session")
def base_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app over the starter library. `page.goto("/")` leads there."""
    folder = tmp_path_factory.mktemp("starter")
    with served(folder, ROOT / "stories") as address:
        yield address


@pytest.fixture(scope="session")
def hostile_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app over the made-up library and the hostile story, its answers written by the scripted model."""
    folder = tmp_path_factory.mktemp("hostile")
    stories = write_library(folder / "stories")
    (stories / HOSTILE_FILE).write_text(HOSTILE_STORY, encoding="utf-8")
    with ScriptedModel(spoken(HOSTILE_ANSWER, pause=0.15)) as model:
        model_settings = {
            "CROSSROADS_LLM": "openai:scripted",
            "CROSSROADS_LLM_BASE_URL": model.url,
            "OPENAI_API_KEY": "none",
        }
        with served(folder, stories, **model_settings) as address:
            yield address


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page that reaches this machine only. The test fails if it asked for more, or met an error."""
    abroad: list[str] = []
    overheard = Overheard(page)

    def guard(route: Route) -> None:
        if is_here(route.request.url):
            route.continue_()
        else:
            abroad.append(route.request.url)
            route.abort()

    page.route("**/*", guard)
    yield page
    assert abroad == []
    assert overheard.errors == []


def is_here(url: str) -> bool:
    """Whether nothing leaves this machine for it."""
    return urlsplit(url).scheme in {"data", "blob", "about"} or urlsplit(url).hostname == "127.0.0.1"
