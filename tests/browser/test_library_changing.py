"""The library changed by its visitors: stories added and removed, work stopped, taken up again and followed by all."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.apps import ROOT, served
from tests.library import write_library
from tests.library_view import SLOW, cards, open_library
from ui.adding import LONGEST_TEXT

DESKTOP = {"width": 1440, "height": 900}

DIVER = """---
title: From the sea bed to the server room
author: Ada Example
from: commercial diver
to: site reliability engineer
year: 2021
tags: [diving]
---

I welded pipes forty metres below the North Sea for nine years.

Then I learned Linux from the ship's radio officer, a colleague called Torvaldsen, who let me mend his mail server.
"""


@pytest.fixture(scope="module")
def own_stories(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001  # skips first
    """A folder that these tests may change."""
    folder = tmp_path_factory.mktemp("library")
    return write_library(folder / "stories")


@pytest.fixture(scope="module")
def own_url(own_stories: Path) -> Iterator[str]:
    """The app over it."""
    with served(own_stories.parent, own_stories) as address:
        yield address


@pytest.fixture
def own(page: Page, own_url: str) -> Page:
    """The view over the library that may be changed."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict is one
    return open_library(page, own_url)


def save_a_long_story(page: Page) -> None:
    """Save a story of so many passages that making them searchable takes a while."""
    winters = (f"In winter {n} I mended boat {n * 7} and wrote {n} lines of Python by hand." for n in range(3000))
    story = "# The boat builder\n\n" + "\n\n".join(winters)
    page.get_by_role("button", name="Add stories").click()
    files = [{"name": "boats.md", "mimeType": "text/markdown", "buffer": story.encode()}]
    page.locator("#adding-files input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as documented
    page.get_by_role("button", name="Save this story").click(timeout=SLOW)


def test_work_is_followed_after_a_reload_and_by_others_and_taken_up_again(
    own: Page, own_url: str, own_stories: Path
) -> None:
    with own.context.new_page() as other:
        open_library(other, own_url)
        save_a_long_story(other)
        bar = own.get_by_role("progressbar", name="Progress")
        expect(other.get_by_role("progressbar", name="Progress")).to_be_visible(timeout=SLOW)
        expect(bar).to_have_count(0)
        own.get_by_role("tab", name="Ask").click()
        own.get_by_role("tab", name="Library").click()
        expect(bar).to_be_visible(timeout=SLOW)
        other.reload()
        other.get_by_role("tab", name="Library").click()
        expect(other.locator("#work")).to_contain_text("is saved as the-boat-builder.md", timeout=SLOW)
        expect(other.get_by_role("progressbar", name="Progress")).to_be_visible()
        own.get_by_role("button", name="Add stories").click()
        expect(own.locator("#adding")).to_be_visible()
        expect(own.get_by_role("button", name="Bring up to date")).to_have_count(0)
        own.get_by_role("button", name="Stop", exact=True).click()
        for page in (own, other):
            expect(page.locator("#work .failed")).to_contain_text("safe in the stories folder", timeout=SLOW)
            expect(page.get_by_role("progressbar", name="Progress")).to_have_count(0)
    expect(cards(own)).to_have_count(4, timeout=SLOW)
    (own_stories / "the-boat-builder.md").unlink()
    own.get_by_role("button", name="Bring up to date").click()
    expect(own.locator("#work .fine")).to_contain_text("4 stories", timeout=SLOW)


def test_a_story_is_looked_at_saved_answered_from_and_removed(own: Page, own_stories: Path) -> None:
    own.get_by_role("button", name="Add stories").click()
    files = [
        {"name": "../../diver.md", "mimeType": "text/markdown", "buffer": DIVER.encode()},
        {"name": "empty.md", "mimeType": "text/markdown", "buffer": b"---\ntitle: x\n---\n"},
    ]
    own.locator("#adding-files input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as documented
    preview = own.locator("#previews .preview")
    expect(preview).to_have_count(1, timeout=SLOW)
    expect(preview).to_contain_text("From the sea bed to the server room")
    expect(preview).to_contain_text("Ada Example")
    expect(own.locator("#previews .faults")).to_contain_text("empty.md: there is no text in it")
    assert len(list(own_stories.iterdir())) == 4, "nothing is saved before it is seen"

    own.get_by_role("button", name="Save this story").click()
    expect(own.locator("#work progress")).to_be_visible(timeout=SLOW)
    expect(own.locator("#work")).to_contain_text("You can go on asking meanwhile")
    expect(own.locator("#work .fine")).to_contain_text("the library has 5 stories now", timeout=SLOW)
    assert (own_stories / "from-the-sea-bed-to-the-server-room.md").read_text("utf-8") == DIVER
    expect(own.locator("#library-heading")).to_contain_text("5 stories", timeout=SLOW)
    expect(own.locator("#wordmark")).to_contain_text("5 people")
    expect(cards(own)).to_have_count(5, timeout=SLOW)

    own.get_by_role("tab", name="Ask").click()
    own.get_by_role("textbox", name="Your question").fill("What did the commercial diver learn from Torvaldsen?")
    own.keyboard.press("Enter")
    answer = own.get_by_test_id("bot").last
    expect(answer.locator("footer")).to_be_visible(timeout=SLOW)
    expect(answer).to_contain_text("Linux")

    own.get_by_role("tab", name="Library").click()
    own.get_by_role("button", name="Remove From the sea bed to the server room").click()
    dialog = own.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove “From the sea bed to the server room”?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    own.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(cards(own)).to_have_count(5, timeout=SLOW)
    own.get_by_role("button", name="Remove From the sea bed to the server room").click()
    own.get_by_role("button", name="Remove it").click()
    expect(own.locator("#work .fine")).to_contain_text("is removed", timeout=SLOW)
    expect(cards(own)).to_have_count(4, timeout=SLOW)
    assert not (own_stories / "from-the-sea-bed-to-the-server-room.md").exists()


def test_pasted_text_is_looked_at_and_nothing_is_kept_when_it_is_closed(own: Page, own_stories: Path) -> None:
    own.get_by_role("button", name="Add stories").click()
    own.get_by_role("tab", name="Text").click()
    own.get_by_role("textbox", name="Title").fill("<img src=x onerror=window.stolen=1> & I")
    own.get_by_role("textbox", name="Started as").fill("carpenter")
    own.get_by_role("textbox", name="The story").fill(
        "I was a carpenter.\n\nThen I built <script>window.stolen=1</script>."
    )
    own.get_by_role("button", name="Look at it", exact=True).click()
    preview = own.locator("#previews .preview")
    expect(preview.locator("h4")).to_have_text("<img src=x onerror=window.stolen=1> & I", timeout=SLOW)
    expect(preview).to_contain_text("carpenter")
    own.get_by_role("button", name="Close", exact=True).click()
    expect(own.locator("#adding")).to_be_hidden()
    assert own.evaluate("window.stolen") is None
    assert len(list(own_stories.iterdir())) == 4


def test_a_file_of_a_wrong_type_is_refused_with_a_sentence(own: Page) -> None:
    own.get_by_role("button", name="Add stories").click()
    files = [{"name": "letter.md", "mimeType": "text/markdown", "buffer": b"{\\rtf1 a letter}"}]
    own.locator("#adding-files input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as documented
    expect(own.locator("#previews .faults")).to_contain_text("this is an RTF file", timeout=SLOW)
    expect(own.get_by_role("button", name="Save", exact=False)).to_have_count(0)


def test_stories_that_were_put_into_the_folder_are_taken_up(own: Page, own_stories: Path) -> None:
    added = own_stories / "diver.md"
    added.write_text(DIVER, encoding="utf-8")
    try:
        own.get_by_role("button", name="Add stories").click()
        expect(own.locator("#work")).to_contain_text(
            "1 file of the stories folder is not as the library has it", timeout=SLOW
        )
        own.get_by_role("button", name="Bring up to date").click()
        expect(own.locator("#work .fine")).to_contain_text("5 stories", timeout=SLOW)
    finally:
        added.unlink()


def test_a_text_that_is_too_long_is_told_and_stays(own: Page) -> None:
    own.get_by_role("button", name="Add stories").click()
    own.get_by_role("tab", name="Text").click()
    box = own.get_by_role("textbox", name="The story")
    expect(own.locator("#adding-text")).to_contain_text("Up to 200,000 characters")
    words = "I mended boats for many winters. " * (2 * 4_000_000 // 33)  # no request could bring so much
    box.evaluate(
        "(box, words) => { box.value = words; box.dispatchEvent(new Event('input', {bubbles: true})); }", words
    )
    own.get_by_role("button", name="Look at it", exact=True).click()
    expect(own.locator("#previews .faults")).to_contain_text("longer than 200,000 characters", timeout=SLOW)
    assert box.evaluate("box => box.value.length") > LONGEST_TEXT
    own.get_by_role("button", name="Close", exact=True).click()


def test_where_the_library_may_not_be_changed_there_is_no_way_to(page: Page, tmp_path: Path) -> None:
    stories = Path(shutil.copytree(ROOT / "stories", tmp_path / "stories"))
    with served(tmp_path, stories, CROSSROADS_EDITABLE="no") as address:
        open_library(page, address)
        expect(page.locator("#library-heading")).to_contain_text("not changed")
        expect(page.get_by_role("button", name="Add stories")).to_have_count(0)
        expect(page.locator("#shelf .remove")).to_have_count(0)
