"""The page as a visitor meets it: ask, read the exact words behind an answer, with a mouse, by keyboard, on a phone."""

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

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def send(page: Page, question: str) -> Locator:
    """Ask, and give the message that answers, finished or not."""
    number = page.get_by_test_id("bot").count()
    composer(page).fill(question)
    composer(page).press("Enter")
    return page.get_by_test_id("bot").nth(number)


def ask(page: Page, question: str) -> Locator:
    """Ask, and give the finished answer."""
    answer = send(page, question)
    expect(answer.locator("footer")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(composer(page)).to_have_value("")
    return answer


def expect_quoted(page: Page, chip: Locator) -> None:
    """The reader shows the words of a citation, marked, in view, and with the focus on them."""
    expect(page.locator("#reader article")).to_have_attribute("data-place", chip.get_attribute("href") or "-")
    marks = page.locator("#reader mark.cited")
    expect(marks.first).to_be_in_viewport()
    expect(marks.first).to_be_focused()
    quote = re.search(r"\n“(.*)”$", chip.get_attribute("title") or "")
    assert quote
    assert re.findall(r"\w+", " ".join(marks.all_inner_texts())) == re.findall(r"\w+", quote[1])


@pytest.fixture
def chat(page: Page) -> Page:
    """The page over the starter library, on a desktop."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict is one
    page.goto("/")
    expect(page.get_by_text("answers quote the stories")).to_be_visible(timeout=SLOW)
    return page


def test_an_answer_is_cited_and_a_click_opens_the_exact_words(chat: Page) -> None:
    answer = ask(chat, NURSE)
    chip = answer.locator("a.cite").first
    expect(chip).to_have_text("1")
    expect(chip).to_have_accessible_name(re.compile(r"^Source 1: \S"))
    chip.click()
    expect_quoted(chat, chip)
    expect(chat.locator("#reader h2")).to_be_in_viewport()
    expect(answer.locator(".support")).to_contain_text(re.compile(r"^\d+ of \d+ sentences? (checked|found)"))


def test_each_citation_leads_to_its_own_words(chat: Page) -> None:
    chips = ask(chat, BOOTCAMPS).locator("a.cite")
    assert chips.count() >= 2
    for chip in chips.all():
        chip.click()
        expect_quoted(chat, chip)
        expect(chip).to_have_attribute("aria-current", "true")


def test_citations_work_by_keyboard(chat: Page) -> None:
    answer = ask(chat, BOOTCAMPS)
    first, second = answer.locator("a.cite").nth(0), answer.locator("a.cite").nth(1)
    first.focus()
    chat.keyboard.press("Tab")
    expect(second).to_be_focused()
    chat.keyboard.press("Enter")
    expect_quoted(chat, second)
    chat.keyboard.press("Escape")
    expect(chat.locator("#reader")).to_be_hidden()
    expect(second).to_be_focused()
    chat.keyboard.press("Space")
    expect_quoted(chat, second)
    assert chat.url.endswith("/"), "a citation is no navigation"


def test_a_person_opens_at_their_first_citation(chat: Page) -> None:
    answer = ask(chat, NURSE)
    card = answer.locator("a.person").first
    card.click()
    expect(chat.locator("#reader h2")).to_have_text(card.locator("strong").inner_text())
    expect_quoted(chat, answer.locator("a.cite").first)
    chat.get_by_role("button", name="Close the story").click()
    expect(card).to_be_focused()


def test_a_question_the_stories_do_not_answer_is_refused_with_the_nearest(chat: Page) -> None:
    answer = ask(chat, PILOT)
    expect(answer.locator(".refusal")).to_have_text("No story here mentions “airline pilot”.")
    expect(answer.locator("a.cite")).to_have_count(0)
    nearest = answer.locator("a.near").first
    nearest.click()
    expect(chat.locator("#reader h2")).to_have_text(nearest.locator("strong").inner_text())
    expect(chat.locator("#reader h2")).to_be_focused()
    expect(chat.locator("#reader mark")).to_have_count(0)


def test_a_request_for_something_else_is_told_what_the_chat_is_for(chat: Page) -> None:
    answer = send(chat, WEATHER)  # no footer follows, for which `ask` would wait
    expect(answer.locator(".refusal")).to_contain_text("questions about changing careers")
    expect(answer.locator("a.near")).to_have_count(0)


def test_an_example_is_asked_by_a_click(chat: Page) -> None:
    example = chat.get_by_role("button", name="Select example 1").first
    question = example.inner_text()
    expect(chat.get_by_role("button", name="Select example")).to_have_count(4)
    example.click()
    expect(chat.get_by_test_id("user")).to_have_text(question)
    expect(chat.get_by_test_id("bot").locator("footer")).to_be_visible(timeout=SLOW)


def test_a_question_is_asked_again_and_taken_back(chat: Page) -> None:
    ask(chat, NURSE)
    chat.get_by_role("button", name="Retry").click()
    expect(chat.get_by_test_id("bot").locator("footer")).to_be_visible(timeout=SLOW)
    expect(chat.get_by_test_id("user")).to_have_count(1)
    expect(chat.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    chat.get_by_role("button", name="Undo").click()
    expect(chat.get_by_test_id("user")).to_have_count(0)
    expect(composer(chat)).to_have_value(NURSE)


def test_a_new_chat_begins_with_nothing_open(chat: Page) -> None:
    ask(chat, NURSE).locator("a.cite").first.click()
    expect(chat.locator("#reader mark.cited").first).to_be_visible()
    chat.get_by_role("button", name="New chat").click()
    expect(chat.get_by_test_id("user")).to_have_count(0)
    expect(chat.locator("#reader")).to_be_hidden()
    expect(chat.get_by_role("heading", name="Thinking of another line of work?")).to_be_visible()


def test_a_question_that_is_too_long_comes_back_with_a_sentence(chat: Page) -> None:
    send(chat, "why " * 25_000)
    expect(chat.get_by_text(re.compile(r"up to [\d,]+ can be asked"))).to_be_visible()
    expect(chat.get_by_test_id("user")).to_have_count(0)
    assert composer(chat).input_value().startswith("why why")
    expect(chat.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_light_or_dark_is_kept_over_a_reload(chat: Page) -> None:
    body = chat.locator("body")
    expect(body).not_to_have_class(re.compile(r"\bdark\b"))
    chat.get_by_role("button", name="Light or dark").click()
    expect(body).to_have_class(re.compile(r"\bdark\b"))
    chat.reload()
    expect(composer(chat)).to_be_visible()
    expect(body).to_have_class(re.compile(r"\bdark\b"))


BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('blocked'); } })"


def test_light_or_dark_works_where_nothing_can_be_stored(page: Page) -> None:
    page.add_init_script(BLOCKED)
    page.goto("/")
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_scrolls_sideways(chat: Page, width: int) -> None:
    chat.set_viewport_size({"width": width, "height": 844})
    measure = "document.documentElement.scrollWidth"
    assert chat.evaluate(measure) <= width
    ask(chat, BOOTCAMPS).locator("a.cite").first.click()
    expect(chat.locator("#reader mark.cited").first).to_be_in_viewport()
    assert chat.evaluate(measure) <= width


def test_on_a_phone_the_reader_is_a_sheet_that_closes(chat: Page) -> None:
    chat.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    reader = chat.locator("#reader")
    expect(reader).to_be_hidden()
    chip = ask(chat, NURSE).locator("a.cite").first
    chip.click()
    expect(chat.locator("#reader mark.cited").first).to_be_in_viewport()
    box = chat.locator("#reader-column").bounding_box()
    assert box is not None
    assert box["width"] == PHONE["width"]
    assert box["y"] > PHONE["height"] * 0.1, "the chat is still seen above the sheet"
    chat.get_by_role("button", name="Close the story").click()
    expect(reader).to_be_hidden()
    expect(chip).to_be_focused()


@pytest.fixture
def hostile(page: Page, hostile_url: str) -> Page:
    """The page over the hostile library, with the scripted model."""
    page.goto(hostile_url)
    expect(composer(page)).to_be_visible()
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    return page


def test_an_answer_can_be_stopped(hostile: Page) -> None:
    answer = send(hostile, SAILOR)
    expect(answer.locator("a.cite").first).to_be_visible(timeout=SLOW)
    composer(hostile).fill("typed meanwhile")
    composer(hostile).press("Enter")
    hostile.get_by_role("button", name="Stop", exact=True).click()
    expect(hostile.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(answer).to_contain_text("Stopped. The answer is not finished")
    expect(answer.locator("footer")).to_have_count(0)
    expect(composer(hostile)).to_have_value("typed meanwhile")
    expect(hostile.get_by_test_id("user")).to_have_count(1)
    hostile.wait_for_timeout(1000)  # as people take: until the server has ended the one, Gradio begins no other
    hostile.get_by_role("button", name="Retry").click()
    expect(answer.locator("footer")).to_be_visible(timeout=SLOW)


def test_what_no_source_carries_is_marked(hostile: Page) -> None:
    answer = ask(hostile, SAILOR)
    doubted = answer.locator(".doubt", has_text="4711 weeks")
    expect(doubted).to_have_css("text-decoration-style", "dotted")
    expect(doubted).to_have_attribute("title", re.compile(r"^The cited words"))
    expect(answer.locator("small").filter(has_text="in its source").first).to_be_visible()
    expect(answer.locator(".support")).to_contain_text("what is underlined is not")


def test_hostile_words_are_only_words(hostile: Page) -> None:
    """In the question, the answer, the tooltip, the cards and the reader; the page fixture sees what is fetched."""
    answer = ask(hostile, f"{SAILOR} <img src=x onerror=window.stolen=1> ![x](http://elsewhere.example/q.png)")
    expect(hostile.get_by_test_id("user")).to_contain_text("![x](http://elsewhere.example/q.png)")
    for words in (
        "<script>window.stolen=1</script>",
        "![x](http://elsewhere.example/m.png)",
        "**bold** `code`",
        "$$x$$",
    ):
        expect(answer).to_contain_text(words)
    within = "(node) => [...new Set([...node.querySelectorAll('*')].map((found) => found.localName))].sort()"
    message = answer.locator(".message-content .md")
    assert set(message.evaluate(within)) <= {"div", "p", "a", "span", "small", "footer", "ul", "li", "strong"}
    card = answer.locator("a.person", has_text="Harbour")
    expect(card).to_contain_text('<img src=x onerror="window.stolen=1">Harbour')
    card.click()
    story = hostile.locator("#reader article")
    expect(story.locator("h2")).to_contain_text('onerror="window.stolen=1">Harbour ![x]')
    expect(story).to_contain_text("<script>window.stolen=1</script>")
    expect(story).to_contain_text("sailor {{value}} → data engineer ${window.stolen=1}")
    expect(story.locator("mark.cited").first).to_be_in_viewport()
    assert set(story.evaluate(within)) <= {"header", "span", "button", "h2", "p", "div", "mark"}
    assert hostile.evaluate("window.stolen") is None


def test_a_forged_link_opens_nothing(hostile: Page) -> None:
    ask(hostile, SAILOR)
    chip = hostile.locator("a.cite").first
    chip.evaluate(
        "(link) => link.setAttribute('href', '#story=..%2F..%2Fetc%2Fpasswd&edition=0123456789ab&start=0&end=9')"
    )
    for _ in range(2):  # a dead link can be used again
        chip.click()
        expect(hostile.locator("#reader")).to_be_visible()
        expect(hostile.locator("#reader")).to_contain_text("no longer in the library")
        hostile.keyboard.press("Escape")
        expect(hostile.locator("#reader")).to_be_hidden()
        expect(chip).to_be_focused()


@pytest.mark.parametrize("width", [390, 1440])
def test_a_story_with_a_very_long_title_can_be_read(chat: Page, width: int) -> None:
    chat.set_viewport_size({"width": width, "height": 844})
    ask(chat, NURSE).locator("a.cite").first.click()
    text = chat.locator("#reader .story-text")
    expect(text).to_be_visible()
    chat.locator("#reader h2").evaluate("(title) => (title.textContent = 'A title without end '.repeat(200))")
    box, column = text.bounding_box(), chat.locator("#reader-column").bounding_box()
    assert box is not None
    assert column is not None
    assert box["height"] > column["height"] * 0.5
