"""What one can do with a conversation: edit, copy, vote on it, download it, link to a question of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.talking import (
    BOOTCAMPS,
    NURSE,
    PILOT,
    answers,
    ask,
    button,
    composer,
    finished,
    kept,
    opened,
    questions,
    told,
    wait_until,
)


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
    assert "→ software developer" in copied
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
    expect(button(chat, "Good answer")).to_have_attribute("aria-pressed", "false")
    finished(chat)
    expect(chat.locator("a.ask").first).to_be_visible()
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


def test_an_edit_that_cannot_be_asked_leaves_the_exchange_as_it_was(chat: Page) -> None:
    ask(chat, NURSE)
    expect(chat.locator("a.ask").first).to_be_visible()
    button(chat, "Edit the question").click()
    field = chat.get_by_role("textbox", name="The question, to be edited")
    field.fill("why " * 2_000)
    field.press("Enter")
    expect(chat.get_by_text(re.compile(r"up to [\d,]+ can be asked"))).to_be_visible()
    finished(chat)
    expect(questions(chat)).to_have_text([NURSE])
    assert composer(chat).input_value().startswith("why why")


def test_only_a_question_that_fits_a_link_has_one(chat: Page) -> None:
    long = "How did it go? " * 250
    composer(chat).fill(long)
    composer(chat).press("Enter")
    expect(questions(chat)).to_have_count(1)
    finished(chat)
    expect(button(chat, "Copy a link to this question")).to_have_count(0)
    composer(chat).fill("How did it go, and why? " * 80)
    composer(chat).press("Enter")
    finished(chat, 1)
    expect(button(chat, "Copy a link to this question")).to_have_count(1)
