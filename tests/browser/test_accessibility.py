"""The page for everybody: axe-core finds nothing serious in any view, light and dark, on a desktop and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.apps import ROOT, served

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""
GRAVE = ("serious", "critical")
"""Impacts that are faults of the page."""
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
QUESTION = "What do people say about bootcamps?"
REFUSED = "How did the airline pilot learn to program?"


def grave(page: Page) -> list[str]:
    """What axe-core finds serious or critical, each with the first elements that have it."""
    found: dict[str, Any] = Axe().run(page).response
    assert found["passes"], "it looked at nothing"
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(f"{node['target']} {node['html'][:120]}" for node in one["nodes"][:5])
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=list(SIZES))
def chat(request: pytest.FixtureRequest, page: Page, scheme: str) -> Page:
    """The page, ready, in a size and a scheme; nothing moves, so that nothing is looked at half-way."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of the two
    page.set_viewport_size(SIZES[request.param])  # type: ignore[arg-type]  # a plain dict is one
    page.goto("/")
    expect(page.get_by_text("answers quote the stories")).to_be_visible(timeout=SLOW)
    return page


def ask(page: Page, question: str) -> Locator:
    """Ask, and give the finished answer."""
    number = page.get_by_test_id("bot").count()
    composer = page.get_by_role("textbox", name="Your question")
    composer.fill(question)
    composer.press("Enter")
    answer = page.get_by_test_id("bot").nth(number)
    expect(answer.locator("footer").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    return answer


def test_the_empty_chat(chat: Page) -> None:
    assert grave(chat) == []


def test_an_answer_with_its_story_open(chat: Page) -> None:
    answer = ask(chat, QUESTION)
    assert grave(chat) == []
    answer.locator("a.cite").first.click()
    expect(chat.locator("#reader mark.cited").first).to_be_visible()
    assert grave(chat) == []


def test_a_refusal(chat: Page) -> None:
    ask(chat, REFUSED)
    assert grave(chat) == []


@pytest.mark.parametrize("view", ["Library", "Evaluation"])
def test_the_other_views(chat: Page, view: str) -> None:
    tab = chat.get_by_role("tab", name=view)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(chat.get_by_role("tabpanel")).to_be_visible()
    expect(chat.locator("[aria-busy=true]")).to_have_count(0, timeout=SLOW)
    expect(chat.get_by_label("Empty value")).to_have_count(0, timeout=SLOW)  # a picture that is still to come
    assert grave(chat) == []


@pytest.fixture(scope="module")
def guarded(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app with a password."""
    folder = tmp_path_factory.mktemp("guarded")
    with served(folder, ROOT / "stories", CROSSROADS_USER="anna", CROSSROADS_PASSWORD="open sesame") as address:  # noqa: S106  # made up
        yield address


@pytest.mark.parametrize("size", list(SIZES))
def test_signing_in(page: Page, guarded: str, scheme: str, size: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]  # a plain dict is one
    page.goto(guarded)
    expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    assert grave(page) == []
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type("open sesame")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible(timeout=SLOW)
    ask(page, QUESTION)


def test_a_wrong_password_is_told(page: Page, guarded: str) -> None:
    page = page.context.new_page()  # not the fixture's: the refusal itself is an error in the console
    page.goto(guarded)
    page.get_by_role("textbox", name="Name").fill("anna")
    page.get_by_label("Password").fill("wrong")
    with page.expect_response(lambda response: response.request.method == "POST") as answered:
        page.get_by_role("button", name="Sign in").click()
    assert answered.value.status == 401
    expect(page.get_by_role("alert")).to_contain_text("not the right name or password")
    assert grave(page) == []
