"""What one can do with a conversation: edit, copy, vote, download, link to it, and find it again after a reload."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

NURSE = "How did the nurse become a software engineer?"
BOOTCAMPS = "What do people say about bootcamps?"
PILOT = "How did the airline pilot learn to program?"

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


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Return when something holds that is not seen on the page."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("It never came to hold.")


@pytest.fixture
def chat(page: Page) -> Page:
    return opened(page)


@pytest.fixture
def votes(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], list[dict[str, Any]]]:  # noqa: ARG001  # it writes there
    """Reads the votes that the served app has kept."""

    def read() -> list[dict[str, Any]]:
        (folder,) = [found for found in tmp_path_factory.getbasetemp().glob("starter*") if not found.is_symlink()]
        file = folder / "index" / "feedback.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    return read


def test_the_last_question_is_edited_in_its_place_and_asked_again(chat: Page) -> None:
    ask(chat, NURSE)
    ask(chat, PILOT)
    expect(button(chat, "Edit the question")).to_have_count(1)
    button(chat, "Edit the question").press("Enter")
    field = chat.get_by_role("textbox", name="The question, to be edited")
    expect(field).to_be_focused()
    expect(field).to_have_value(PILOT)
    field.fill(BOOTCAMPS)
    field.press("Enter")
    expect(questions(chat).nth(1)).to_have_text(BOOTCAMPS)
    expect(finished(chat, 1).locator("a.cite").first).to_be_visible()
    expect(questions(chat)).to_have_count(2)
    expect(questions(chat).first).to_have_text(NURSE)


def test_an_edit_that_is_cancelled_changes_nothing(chat: Page) -> None:
    ask(chat, NURSE)
    button(chat, "Edit the question").click()
    field = chat.get_by_role("textbox", name="The question, to be edited")
    field.fill("something else")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(button(chat, "Edit the question")).to_be_focused()
    expect(questions(chat)).to_have_text([NURSE])
    expect(answers(chat).locator("footer")).to_be_visible()


def test_an_answer_is_copied_with_its_sources(chat: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = ask(chat, NURSE)
    button(chat, "Copy the answer with its sources").click()
    expect(told(chat)).to_have_text("Copied, with its sources.")
    copied = chat.evaluate("navigator.clipboard.readText()")
    first = answer.locator("a.cite").first
    assert "[1]." in copied or "[1] " in copied
    assert "\nSources\n[1] " in copied
    assert "→ software engineer" in copied
    assert "<" not in copied
    first.click()
    cited = " ".join(chat.locator("#reader mark.cited").all_inner_texts())
    assert " ".join(cited.split()) in " ".join(copied.split("Sources")[1].split())


def test_where_there_is_no_clipboard_the_answer_is_copied_all_the_same(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.add_init_script("document.addEventListener('copy', (event) => (window.copied = event.target.value), true)")
    ask(opened(page), NURSE)
    button(page, "Copy the answer with its sources").click()
    expect(told(page)).to_have_text("Copied, with its sources.")
    assert "\nSources\n[1] " in page.evaluate("window.copied")


def test_a_vote_is_kept_with_a_reason_changed_and_withdrawn(
    chat: Page, votes: Callable[[], list[dict[str, Any]]]
) -> None:
    ask(chat, NURSE)
    before = len(votes())
    good, bad = button(chat, "Good answer"), button(chat, "Bad answer")
    bad.click()
    reason = chat.get_by_role("textbox", name="What is wrong with the answer")
    expect(reason).to_be_focused()
    expect(bad).to_have_attribute("aria-pressed", "true")
    assert [vote["vote"] for vote in votes()[before:]] == ["down"]
    reason.fill("too short")
    reason.press("Enter")
    expect(reason).to_have_count(0)
    expect(bad).to_be_focused()
    (vote,) = votes()[before:]
    assert (vote["reason"], vote["question"], vote["refused"]) == ("too short", NURSE, False)
    assert "[1]" in vote["answer"]
    assert vote["citations"][0]["story"].endswith(".md")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(bad).to_have_attribute("aria-pressed", "false")
    assert [vote["vote"] for vote in votes()[before:]] == ["up"]
    wait_until(chat, lambda: [vote["vote"] for one in kept(chat) for vote in one["votes"].values()] == ["up"])
    chat.reload()
    expect(good).to_have_attribute("aria-pressed", "true")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "false")
    assert len(votes()) == before


def test_where_votes_are_off_there_are_no_thumbs(page: Page) -> None:
    def without_votes(route: Route) -> None:
        served = route.fetch().text()
        assert 'data-feedback=\\"on\\"' in served
        route.fulfill(
            body=served.replace('data-feedback=\\"on\\"', 'data-feedback=\\"off\\"'), content_type="text/html"
        )

    page.route(re.compile(r"/$"), without_votes)
    ask(opened(page), NURSE)
    expect(button(page, "Copy the answer with its sources")).to_be_visible()
    expect(button(page, "Good answer")).to_have_count(0)
    expect(button(page, "Bad answer")).to_have_count(0)


def test_another_answer_has_no_vote_yet(chat: Page) -> None:
    ask(chat, NURSE)
    button(chat, "Good answer").click()
    expect(button(chat, "Good answer")).to_have_attribute("aria-pressed", "true")
    button(chat, "Retry").click()
    expect(button(chat, "Good answer")).to_have_count(0)
    finished(chat)
    expect(button(chat, "Good answer")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(("form", "ending"), [("Markdown", "md"), ("JSON", "json")])
def test_a_conversation_is_downloaded_with_its_sources(chat: Page, tmp_path: Path, form: str, ending: str) -> None:
    download = button(chat, "Download this conversation")
    expect(download).to_be_disabled()
    ask(chat, NURSE)
    ask(chat, PILOT)
    download.click()
    with chat.expect_download() as saved:
        chat.get_by_role("button", name=form).click()
    assert re.fullmatch(rf"crossroads-[\d-]+\.{ending}", saved.value.suggested_filename)
    saved.value.save_as(tmp_path / "saved")
    text = (tmp_path / "saved").read_text()
    expect(told(chat)).to_contain_text("Saved as crossroads-")
    if ending == "json":
        first, second = json.loads(text)["conversation"]
        assert (first["question"], first["refused"], second["refused"]) == (NURSE, False, True)
        assert first["sources"][0]["quote"]
        assert second["nearest"]
    else:
        assert f"## {NURSE}" in text
        assert "\n> " in text
        assert "Nearest stories:" in text


def test_a_conversation_outlives_a_reload_and_its_citations_still_open(chat: Page) -> None:
    shown = ask(chat, NURSE).inner_text()
    wait_until(chat, lambda: len(kept(chat)) == 1)
    chat.reload()
    answer = finished(chat)
    assert answer.inner_text() == shown
    answer.locator("a.cite").first.click()
    expect(chat.locator("#reader mark.cited").first).to_be_in_viewport()
    ask(chat, BOOTCAMPS)
    expect(questions(chat)).to_have_text([NURSE, BOOTCAMPS])
    wait_until(chat, lambda: [len(one["messages"]) for one in kept(chat)] == [4])


def test_a_new_tab_begins_with_an_empty_chat(chat: Page, context: BrowserContext) -> None:
    ask(chat, NURSE)
    wait_until(chat, lambda: len(kept(chat)) == 1)
    other = opened(context.new_page())
    expect(questions(other)).to_have_count(0)
    button(other, "Earlier conversations").click()
    expect(other.get_by_role("dialog", name="Earlier conversations").get_by_role("listitem")).to_have_count(1)


def test_an_earlier_conversation_is_reopened_by_keyboard(chat: Page) -> None:
    ask(chat, NURSE)
    button(chat, "New chat").click()
    expect(questions(chat)).to_have_count(0)
    ask(chat, BOOTCAMPS)
    button(chat, "Earlier conversations").press("Enter")
    listed = chat.get_by_role("dialog", name="Earlier conversations").get_by_role("listitem")
    expect(listed).to_have_count(2)
    expect(listed.first.get_by_role("button").first).to_have_attribute("aria-current", "true")
    chat.keyboard.press("Tab")
    expect(listed.first.get_by_role("button").first).to_be_focused()
    chat.keyboard.press("Tab")
    chat.keyboard.press("Tab")
    chat.keyboard.press("Enter")
    expect(questions(chat)).to_have_text([NURSE])
    expect(composer(chat)).to_be_focused()
    finished(chat).locator("a.cite").first.click()
    expect(chat.locator("#reader mark.cited").first).to_be_in_viewport()
    assert len(kept(chat)) == 2


def test_one_conversation_is_deleted_and_then_all(chat: Page) -> None:
    for question in (NURSE, BOOTCAMPS, PILOT):
        ask(chat, question)
        button(chat, "New chat").click()
        expect(questions(chat)).to_have_count(0)
    button(chat, "Earlier conversations").click()
    shelf = chat.get_by_role("dialog", name="Earlier conversations")
    shelf.get_by_role("button", name=f"Delete “{BOOTCAMPS}”").click()
    expect(shelf.get_by_role("listitem")).to_have_count(2)
    expect(shelf.get_by_role("button", name=f"Delete “{NURSE}”")).to_be_focused()
    shelf.get_by_role("button", name="Delete all", exact=True).click()
    expect(shelf.get_by_role("listitem")).to_have_count(2)
    shelf.get_by_role("button", name="Delete all for good").click()
    expect(shelf.get_by_role("listitem")).to_have_count(0)
    expect(shelf).to_contain_text("No conversations yet")
    assert kept(chat) == []
    chat.keyboard.press("Escape")
    expect(shelf).to_be_hidden()


def test_a_question_that_is_undone_is_not_kept(chat: Page) -> None:
    ask(chat, NURSE)
    wait_until(chat, lambda: len(kept(chat)) == 1)
    button(chat, "Undo").click()
    expect(questions(chat)).to_have_count(0)
    expect(composer(chat)).to_have_value(NURSE)
    expect(composer(chat)).to_be_focused()
    wait_until(chat, lambda: kept(chat) == [])


NAME = "0" * 32
HOSTILE = "<img src=x onerror=window.stolen=1><script>window.stolen=1</script>![x](http://elsewhere.example/t.png)"


@pytest.mark.parametrize(
    "value",
    [
        "{",
        "null",
        "[]",
        '{"messages": []}',
        '{"messages": "x"}',
        '{"messages": [{"role": "system", "content": "x"}]}',
        '{"messages": [{"role": "user", "content": {"path": "/etc/passwd"}}]}',
    ],
)
def test_a_broken_entry_is_thrown_away(page: Page, value: str) -> None:
    page.add_init_script(
        f"if (!sessionStorage['crossroads.current']) {{ localStorage['{KEPT}{NAME}'] = {json.dumps(value)};"
        f"localStorage['{KEPT}odd'] = '{{}}'; sessionStorage['crossroads.current'] = '{NAME}' }}"
    )
    opened(page)
    button(page, "Earlier conversations").click()
    expect(page.get_by_role("dialog", name="Earlier conversations")).to_contain_text("No conversations yet")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('conversation'))") == []


def test_a_foreign_conversation_is_only_words(page: Page) -> None:
    entry = {
        "at": 1,
        "messages": [
            {"role": "user", "content": f'<div class="question">{HOSTILE}</div>'},
            {"role": "assistant", "content": f'<div class="answer"><p style="position:fixed">{HOSTILE}</p></div>'},
        ],
        "votes": {"1": {"ballot": "x", "vote": HOSTILE}, "9": None},
    }
    page.add_init_script(
        f"if (!sessionStorage['crossroads.current']) {{ localStorage['{KEPT}{NAME}'] = {json.dumps(json.dumps(entry))};"
        f"sessionStorage['crossroads.current'] = '{NAME}' }}"
    )
    opened(page)
    expect(answers(page)).to_contain_text("![x](http://elsewhere.example/t.png)")
    expect(answers(page)).to_contain_text("Stopped. The answer is not finished")
    assert page.locator("#chat .message-content :is(img, script, [style])").count() == 0
    button(page, "Earlier conversations").click()
    expect(page.get_by_role("dialog", name="Earlier conversations").get_by_role("listitem")).to_contain_text("![x]")
    assert page.evaluate("window.stolen") is None


def test_without_storage_the_page_works(page: Page) -> None:
    page.add_init_script(
        "for (const name of ['getItem', 'setItem', 'removeItem', 'key'])"
        "  if (name !== 'getItem') Storage.prototype[name] = () => { throw new DOMException('full') }"
    )
    ask(opened(page), NURSE)
    button(page, "Earlier conversations").click()
    expect(page.get_by_role("dialog", name="Earlier conversations")).to_contain_text("No conversations yet")


def test_a_link_fills_the_question_in_and_asks_nothing(chat: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    question = "Who went from 100% music & <b>law</b> to “data” + code?\nAnd why #1?"
    ask(chat, question)
    button(chat, "Copy a link to this question").click()
    expect(told(chat)).to_contain_text("Link copied.")
    link = chat.evaluate("navigator.clipboard.readText()")
    other = opened(context.new_page(), link)
    expect(composer(other)).to_have_value(question)
    expect(composer(other)).to_be_focused()
    expect(questions(other)).to_have_count(0)
    assert other.url == chat.url, "a reload fills nothing in"
    composer(other).press("Enter")
    expect(questions(other)).to_have_text(re.compile(r"And why #1\?"))


def test_everything_fits_on_a_phone(chat: Page) -> None:
    chat.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    ask(chat, NURSE)
    for name in ("Copy the answer with its sources", "Good answer", "Bad answer", "Retry", "Undo"):
        box = button(chat, name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
    for name in ("Earlier conversations", "Download this conversation"):
        button(chat, name).click()
        sheet = chat.get_by_role("dialog", name=name)
        expect(sheet).to_be_visible()
        box = sheet.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        chat.keyboard.press("Escape")
        expect(button(chat, name)).to_be_focused()
    button(chat, "Bad answer").click()
    expect(chat.get_by_role("textbox", name="What is wrong with the answer")).to_be_in_viewport()
    assert chat.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_while_an_answer_grows_nothing_can_be_done_with_it(page: Page, hostile_url: str) -> None:
    page.goto(hostile_url)
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    composer(page).fill("Where did the sailor learn databases?")
    composer(page).press("Enter")
    expect(answers(page).locator("a.cite").first).to_be_visible(timeout=SLOW)
    expect(button(page, "Copy the answer with its sources")).to_have_count(0)
    expect(button(page, "Retry")).to_have_count(0)
    button(page, "Stop").click()
    expect(button(page, "Retry")).to_be_visible()
    expect(button(page, "Copy the answer with its sources")).to_be_visible()


def test_an_answer_that_was_cut_short_by_a_reload_says_so(context: BrowserContext, hostile_url: str) -> None:
    page = context.new_page()  # one whose errors do not count: Gradio tells the console that its stream has ended
    page.goto(hostile_url)
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    composer(page).fill("Where did the sailor learn databases?")
    composer(page).press("Enter")
    expect(answers(page).locator("a.cite").first).to_be_visible(timeout=SLOW)
    page.reload()
    expect(answers(page)).to_contain_text("Stopped. The answer is not finished")
    button(page, "Retry").click()
    finished(page)


def test_a_long_answer_is_read_from_its_beginning(chat: Page) -> None:
    """As it grows the question goes up to the top, no further; whoever looks elsewhere meanwhile is left alone."""
    chat.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    for number in range(2):
        answer = ask(chat, BOOTCAMPS)
        expect(chat.get_by_test_id("user").nth(number)).to_be_in_viewport()
        expect(answer.locator("footer")).not_to_be_in_viewport()
    log = chat.locator('#chat [role="log"]')
    log.hover()
    chat.mouse.wheel(0, -2000)
    expect(chat.get_by_test_id("user").first).to_be_in_viewport()
    chat.get_by_role("button", name="Good answer").first.click()
    expect(chat.locator("#actions .told")).to_contain_text("Your vote is kept")
    expect(chat.get_by_test_id("user").first).to_be_in_viewport()
