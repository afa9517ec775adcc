"""While an answer grows and after: what is looked at, what can be done with it, and what comes below it later."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.talking import (
    BOOTCAMPS,
    NURSE,
    PHONE,
    SAILOR,
    SLOW,
    answers,
    ask,
    button,
    composer,
    finished,
    kept,
    opened,
    questions,
    told,
    top_of,
    wait_until,
)
from ui.talk import PUT_BELOW


@pytest.fixture
def chat(page: Page) -> Page:
    return opened(page)


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


def test_a_long_answer_is_read_from_its_beginning(chat: Page) -> None:
    """As it grows the question goes up to the top, no further; whoever looks elsewhere meanwhile is left alone."""
    chat.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    for number in range(2):
        answer = ask(chat, BOOTCAMPS)
        expect(chat.get_by_test_id("user").nth(number)).to_be_in_viewport()
        expect(answer.locator("footer")).not_to_be_in_viewport()
    expect(chat.locator("a.ask").last).to_be_attached()
    expect(questions(chat).nth(1)).to_be_in_viewport()
    assert top_of(chat, questions(chat).nth(1)) < 40
    chat.locator('#chat [role="log"]').hover()
    chat.mouse.wheel(0, -5000)
    expect(questions(chat).first).to_be_in_viewport()
    # Not by a click, for which the button would be scrolled to.
    chat.get_by_role("button", name="Good answer").first.evaluate("(button) => button.click()")
    expect(told(chat)).to_contain_text("Your vote is kept")
    expect(questions(chat).first).to_be_in_viewport()


def test_whoever_looks_elsewhere_while_an_answer_grows_is_left_alone(page: Page, hostile_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 560})
    page.goto(hostile_url)
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    ask(page, SAILOR)
    composer(page).fill(SAILOR)
    composer(page).press("Enter")
    expect(answers(page).nth(1).locator("a.cite").first).to_be_visible(timeout=SLOW)
    expect(questions(page).nth(1)).to_be_in_viewport()
    page.locator('#chat [role="log"]').hover()
    page.mouse.wheel(0, -5000)
    expect(questions(page).first).to_be_in_viewport()
    finished(page, 1)
    expect(questions(page).first).to_be_in_viewport()


def test_what_could_be_asked_next_is_put_below_the_answer_it_was_looked_up_for_alone(chat: Page) -> None:
    asked, said = {"role": "user", "content": "?"}, {"role": "assistant", "content": [{"type": "text", "text": "said"}]}
    offered = {"of": "said", "shown": "said, and more"}
    put = f"([messages, offered]) => ({PUT_BELOW})(messages, offered)"
    ((_, shown),) = chat.evaluate(put, [[asked, said], offered])
    assert shown["content"] == [{"type": "text", "text": "said, and more"}]
    for now in ([asked, said, asked], [asked, {**said, "content": "waiting"}], [], None):
        assert chat.evaluate(put, [now, offered]) is None
    assert chat.evaluate(put, [[asked, said], None]) is None


def test_a_vote_stands_when_what_could_be_asked_next_comes_after_it(chat: Page) -> None:
    ask(chat, NURSE)
    expect(chat.locator("a.ask").first).to_be_visible()
    button(chat, "Good answer").click()
    expect(button(chat, "Good answer")).to_have_attribute("aria-pressed", "true")
    wait_until(chat, lambda: [len(one["votes"]) for one in kept(chat)] == [1])
    (said,) = [one["messages"] for one in kept(chat)]
    bare = re.sub(r'<p class="label next">.*</ul>(?=</footer>)', "", said[1]["content"])
    assert bare != said[1]["content"]
    tell = "(messages) => dispatchEvent(new CustomEvent('crossroads:messages', { detail: messages }))"
    chat.evaluate(tell, [said[0], {**said[1], "content": bare}])
    chat.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(button(chat, "Good answer")).to_have_attribute("aria-pressed", "true")
    chat.evaluate(tell, [said[0], {**said[1], "content": bare.replace("class", "title")}])
    expect(button(chat, "Good answer")).to_have_count(0)


def test_a_new_chat_that_is_begun_while_an_answer_grows_stays_empty(page: Page, hostile_url: str) -> None:
    page.goto(hostile_url)
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    composer(page).fill(SAILOR)
    composer(page).press("Enter")
    expect(answers(page).locator("a.cite").first).to_be_visible(timeout=SLOW)
    button(page, "New chat").click()
    expect(questions(page)).to_have_count(0)
    expect(button(page, "Ask")).to_be_visible()
    page.wait_for_timeout(1000)  # nobody types sooner, and the answer's end reaches the server meanwhile
    expect(questions(page)).to_have_count(0)
    ask(page, "And who taught the sailor databases?")
    expect(questions(page)).to_have_text(["And who taught the sailor databases?"])
