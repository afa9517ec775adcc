"""What an answer offers: a citation's card, the way from one cited passage to the next, what to ask next, filters."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

NURSE = "How did the nurse become a software engineer?"
BOOTCAMPS = "What do people say about bootcamps?"
PILOT = "How did the airline pilot learn to program?"
WEATHER = "What is the weather like tomorrow?"
SAILOR = "Where did the sailor learn databases?"


def opened(page: Page, url: str, line: str) -> Page:
    """The page on a desktop, its models ready."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(url)
    expect(page.get_by_text(line)).to_be_visible(timeout=SLOW)
    return page


@pytest.fixture
def chat(page: Page) -> Page:
    """The page over the starter library."""
    return opened(page, "/", "answers quote the stories")


@pytest.fixture
def hostile(page: Page, hostile_url: str) -> Page:
    """The page over the hostile library, with the scripted model."""
    return opened(page, hostile_url, "openai:scripted")


def answered(page: Page, number: int = 0) -> Locator:
    """An answer, finished; what could be asked next may be still to come."""
    answer = page.get_by_test_id("bot").nth(number)
    expect(answer.locator("footer")).to_be_attached(timeout=SLOW)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=SLOW)
    return answer


def ask(page: Page, question: str) -> Locator:
    number = page.get_by_test_id("bot").count()
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    return answered(page, number)


def inside(page: Page, found: Locator) -> bool:
    """Whether all of an element lies within the window."""
    box, size = found.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    across = box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    return across and box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


@pytest.mark.parametrize("width", [390, 1440])
def test_pointing_at_a_citation_shows_whose_words_and_which(chat: Page, width: int) -> None:
    chip = ask(chat, NURSE).locator("a.cite").last
    chat.set_viewport_size({"width": width, "height": 844})
    title = chip.get_attribute("title") or ""
    chip.hover()
    card = chat.get_by_role("tooltip")
    expect(card).to_be_visible()
    expect(card.locator("p")).to_have_text([re.sub(r"^Source \d+: ", "", title.split("\n")[0]), *title.split("\n")[1:]])
    expect(card.locator(".path")).to_have_text("nurse → software developer")
    expect(chip).not_to_have_attribute("title", re.compile("."))
    expect(chip).to_have_accessible_name(re.compile(r"^Source \d+: The nurse"))
    assert inside(chat, card)
    card.hover()
    expect(card).to_be_visible()
    chat.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(chip).to_have_attribute("title", title)


def test_the_card_leaves_with_the_mouse(chat: Page) -> None:
    chip = ask(chat, NURSE).locator("a.cite").first
    chip.hover()
    expect(chat.get_by_role("tooltip")).to_be_visible()
    chat.mouse.move(5, 5)
    expect(chat.get_by_role("tooltip")).to_be_hidden()


def test_by_keyboard_the_card_comes_with_the_focus(chat: Page) -> None:
    chips = ask(chat, NURSE).locator("a.cite")
    chips.first.focus()
    chat.keyboard.press("Tab")
    expect(chips.nth(1)).to_be_focused()
    card = chat.get_by_role("tooltip")
    expect(card).to_be_visible()
    expect(chips.nth(1)).to_have_attribute("aria-describedby", "card")
    chat.keyboard.press("Enter")
    expect(chat.locator("#reader mark.cited").first).to_be_focused()
    expect(card).to_be_hidden()


def test_a_message_that_is_drawn_anew_gives_back_the_focus(chat: Page) -> None:
    """As it is when what could be asked next comes below it."""
    chips = ask(chat, NURSE).locator("a.cite")
    chips.nth(1).press("Enter")
    expect(chat.locator("#reader mark.cited").first).to_be_focused()
    chat.keyboard.press("Escape")
    expect(chips.nth(1)).to_be_focused()
    chat.keyboard.press("Enter")
    redraw = "(message) => (message.innerHTML = message.innerHTML)"
    chat.get_by_test_id("bot").locator(".answer").evaluate(redraw)
    expect(chat.locator("a.cite[aria-current]")).to_have_count(1)
    expect(chat.locator("#reader mark.cited").first).to_be_focused()
    chat.keyboard.press("Escape")
    expect(chips.nth(1)).to_be_focused()
    chips.first.press("Enter")  # where the person's card leads too
    expect(chat.locator("#reader mark.cited").first).to_be_focused()
    chat.get_by_test_id("bot").locator(".message-content .md").evaluate(redraw)
    expect(chips.first).to_have_attribute("aria-current", "true")
    chat.keyboard.press("Escape")
    expect(chips.first).to_be_focused()
    chips.nth(1).focus()
    chat.get_by_test_id("bot").locator(".answer").evaluate(redraw)
    expect(chips.nth(1)).to_be_focused()


def test_a_finger_is_not_in_the_way_of_a_card(chat: Page) -> None:
    chip = ask(chat, NURSE).locator("a.cite").first
    for kind, seen in (("touch", False), ("mouse", True)):
        chip.dispatch_event("pointermove", {"pointerType": kind, "clientX": 3})
        expect(chat.locator("#card:visible")).to_have_count(int(seen))


def test_the_cited_passages_of_a_story_are_stepped_through(chat: Page) -> None:
    answer = ask(chat, NURSE)
    count = answer.locator("a.cite").count()
    assert count >= 3
    answer.locator("a.cite").first.click()
    reader = chat.locator("#reader")
    place, current = reader.locator(".steps [role=status]"), answer.locator("a.cite[aria-current]")
    expect(place).to_have_text(f"1 of {count}")
    expect(reader.get_by_role("button", name="Previous cited words")).to_be_disabled()
    seen = {reader.locator("mark.cited").first.inner_text()}
    for number in range(2, count + 1):
        reader.get_by_role("button", name="Next cited words").click()
        expect(place).to_have_text(f"{number} of {count}")
        expect(reader.locator("mark.cited").first).to_be_in_viewport()
        expect(reader.locator("article")).to_have_attribute("data-place", current.get_attribute("href") or "-")
        seen.add(reader.locator("mark.cited").first.inner_text())
    assert len(seen) == count
    expect(reader.get_by_role("button", name="Next cited words")).to_be_disabled()


def test_arrow_keys_step_and_escape_leads_back_to_the_citation(chat: Page) -> None:
    answer = ask(chat, NURSE)
    answer.locator("a.cite").first.press("Enter")
    place = chat.locator("#reader .steps [role=status]")
    expect(place).to_have_text(re.compile("^1 of"))
    chat.keyboard.press("ArrowRight")
    expect(place).to_have_text(re.compile("^2 of"))
    expect(chat.locator("#reader mark.cited").first).to_be_focused()
    chat.keyboard.press("ArrowRight")
    expect(place).to_have_text(re.compile("^3 of"))
    chat.keyboard.press("ArrowLeft")
    expect(place).to_have_text(re.compile("^2 of"))
    expect(answer.locator("a.cite[aria-current]")).to_have_count(1)
    href = answer.locator("a.cite[aria-current]").get_attribute("href") or "-"
    chat.keyboard.press("Escape")
    expect(chat.locator("#reader")).to_be_hidden()
    expect(answer.locator(f'a.cite[href="{href}"]')).to_be_focused()


def test_a_link_to_a_story_opens_it_from_any_view(chat: Page) -> None:
    near = ask(chat, PILOT).locator("a.near").first
    title = near.locator("strong").inner_text()
    chat.get_by_role("tab", name="Library").click()
    chat.locator("#library").evaluate(
        "(view, href) => view.insertAdjacentHTML('afterbegin', `<a class='story' role='button' href='${href}'>S</a>`)",
        near.get_attribute("href"),
    )
    link = chat.locator("#library a.story", has_text=re.compile("^S$"))
    link.click()
    expect(chat.locator("#reader h2")).to_have_text(title)
    chat.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_what_could_be_asked_next_is_asked_by_a_click_or_a_key(chat: Page) -> None:
    first = ask(chat, NURSE)
    offered = first.locator("a.ask")
    expect(offered.first).to_be_visible()  # looked up once the answer stands, and put there all at once
    assert 2 <= offered.count() <= 3
    question = offered.first.inner_text()
    offered.first.click()
    expect(chat.get_by_test_id("user").nth(1)).to_have_text(re.compile(re.escape(question)))
    second = answered(chat, 1)
    expect(second.locator("a.cite").first).to_be_visible()
    expect(first.locator("a.ask").first).to_be_hidden()
    question = second.locator("a.ask").last.inner_text()
    second.locator("a.ask").last.press("Enter")
    expect(chat.get_by_test_id("user").nth(2)).to_have_text(re.compile(re.escape(question)))
    answered(chat, 2)
    expect(chat.get_by_role("textbox", name="Your question")).to_have_value("")


@pytest.mark.parametrize("question", [PILOT, WEATHER])
def test_a_refusal_offers_two_questions_that_the_library_answers(chat: Page, question: str) -> None:
    refusal = ask(chat, question)
    expect(refusal.locator(".refusal")).to_be_visible()
    expect(refusal.locator("a.ask")).to_have_count(2)
    refusal.locator("a.ask").first.click()
    expect(answered(chat, 1).locator("a.cite").first).to_be_visible()


def test_filters_are_chosen_seen_used_and_taken_away(chat: Page) -> None:
    opener = chat.get_by_role("button", name="Narrow down")
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    chat.get_by_role("combobox", name="Started as").click()
    chat.get_by_role("option", name=re.compile(r"^nurse \(1\)")).click()
    bar = chat.locator("#narrow-bar")
    chip = bar.get_by_role("button", name="Remove the filter Started as nurse")
    expect(chip).to_be_visible()
    expect(bar.get_by_role("status")).to_have_text(re.compile(r"^1 of \d+ stories$"))
    chat.keyboard.press("Tab")
    chat.get_by_role("combobox", name="Became").click()
    expect(chat.get_by_role("option")).to_have_count(1)
    chat.keyboard.press("Escape")
    expect(chat.get_by_role("option")).to_have_count(0)
    chat.keyboard.press("Escape")
    expect(chat.get_by_role("combobox", name="Became")).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")
    answer = ask(chat, BOOTCAMPS)
    expect(answer.locator(".filtered")).to_have_text("Only people who started as “nurse” were asked.")
    assert {card.inner_text() for card in answer.locator("a.person strong").all()} <= {"The nurse who learned to code"}
    chip.click()
    expect(chip).to_have_count(0)
    expect(opener).to_be_focused()
    assert ask(chat, BOOTCAMPS).locator("a.person").count() > 1
    expect(chat.locator(".filtered")).to_have_count(1)


def test_a_card_shows_hostile_words_to_the_letter(hostile: Page) -> None:
    chip = ask(hostile, SAILOR).locator("a.cite").first
    chip.hover()
    card = hostile.get_by_role("tooltip")
    expect(card.locator(".whose")).to_contain_text('<img src=x onerror="window.stolen=1">Harbour ![x]')
    expect(card.locator(".path")).to_contain_text("sailor {{value}} → data engineer ${window.stolen=1}")
    expect(card.locator(":not(p)")).to_have_count(0)
    assert hostile.evaluate("window.stolen") is None


def test_why_a_sentence_is_doubted_can_be_read_by_keyboard(hostile: Page) -> None:
    note = ask(hostile, SAILOR).get_by_role("note").first
    note.focus()
    hostile.keyboard.press("Shift+Tab")
    hostile.keyboard.press("Tab")
    expect(note).to_be_focused()
    expect(hostile.get_by_role("tooltip")).to_contain_text(re.compile("^(The cited words|No source)"))
