"""Conversations kept in the browser: found again after a reload, listed, deleted; whatever is found there."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.talking import (
    BOOTCAMPS,
    KEPT,
    NURSE,
    PILOT,
    SLOW,
    answers,
    ask,
    asked_in,
    button,
    composer,
    finished,
    kept,
    opened,
    questions,
    wait_until,
)

NAME = "0" * 32
HOSTILE = "<img src=x onerror=window.stolen=1><script>window.stolen=1</script>![x](http://elsewhere.example/t.png)"


@pytest.fixture
def chat(page: Page) -> Page:
    return opened(page)


def test_a_conversation_outlives_a_reload_and_its_citations_still_open(chat: Page) -> None:
    answer = ask(chat, NURSE)
    expect(answer.locator("a.ask").first).to_be_visible()
    shown = answer.inner_text()
    wait_until(chat, lambda: ['class="ask"' in str(one) for one in kept(chat)] == [True])
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


def test_what_is_asked_after_a_conversation_could_not_be_reopened_is_kept(chat: Page) -> None:
    ask(chat, NURSE)
    button(chat, "New chat").click()
    expect(questions(chat)).to_have_count(0)
    unanswered: list[Route] = []
    away = True
    chat.route(re.compile("/gradio_api/"), lambda route: unanswered.append(route) if away else route.fallback())
    button(chat, "Earlier conversations").click()
    chat.get_by_role("dialog", name="Earlier conversations").get_by_role("button", name=NURSE).first.click()
    wait_until(chat, lambda: "messages" in str([route.request.post_data for route in unanswered]))
    away = False
    ask(chat, BOOTCAMPS)
    wait_until(chat, lambda: sorted(map(asked_in, kept(chat))) == sorted([[NURSE], [BOOTCAMPS]]))


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


def test_two_tabs_with_one_conversation_do_not_write_over_one_another(chat: Page, context: BrowserContext) -> None:
    ask(chat, NURSE)
    wait_until(chat, lambda: len(kept(chat)) == 1)
    current = chat.evaluate("sessionStorage['crossroads.current']")
    other = context.new_page()  # as "Duplicate tab" makes it
    other.add_init_script(f"sessionStorage['crossroads.current'] ??= '{current}'")
    opened(other)
    finished(other)
    ask(other, BOOTCAMPS)
    ask(chat, PILOT)
    here, there = [NURSE, PILOT], [NURSE, BOOTCAMPS]
    wait_until(chat, lambda: sorted(map(asked_in, kept(chat))) == [here, there])
    other.reload()
    expect(questions(other)).to_have_text(there)
    chat.reload()
    finished(chat, 1)
    ask(chat, BOOTCAMPS)
    wait_until(chat, lambda: sorted(map(asked_in, kept(chat))) == [[*here, BOOTCAMPS], there])
