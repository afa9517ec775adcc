"""The library as a visitor meets it: every story, what narrows them, the picture; stories added and removed, live."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.apps import ROOT, served
from tests.library import write_library

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

PHONE = {"width": 390, "height": 844}
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


def cards(page: Page) -> Locator:
    return page.locator("#shelf .card")


def open_library(page: Page, address: str = "/") -> Page:
    page.goto(address)
    page.get_by_role("tab", name="Library").click()
    expect(cards(page).first).to_be_visible(timeout=SLOW)
    return page


@pytest.fixture
def library(page: Page) -> Page:
    """The view over the starter library, on a desktop, with its picture drawn."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict is one
    open_library(page)
    expect(page.locator("#journeys .sankey-link").first).to_be_visible(timeout=SLOW)
    return page


@pytest.fixture
def own(page: Page, own_url: str) -> Page:
    """The view over the library that may be changed."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict is one
    return open_library(page, own_url)


def test_every_story_has_a_card_that_opens_it(library: Page) -> None:
    stories = len(list((ROOT / "stories").glob("*.md")))
    expect(cards(library)).to_have_count(stories)
    link = library.get_by_role("button", name="The nurse who learned to code", exact=True)
    link.click()
    expect(library.locator("#reader h2")).to_have_text("The nurse who learned to code")
    library.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_a_story_opens_by_keyboard(library: Page) -> None:
    link = library.get_by_role("button", name="The nurse who learned to code", exact=True)
    link.focus()
    library.keyboard.press("Enter")
    expect(library.locator("#reader h2")).to_have_text("The nurse who learned to code")


def test_words_narrow_the_list_at_once_and_all_come_back(library: Page) -> None:
    search = library.get_by_role("textbox", name="Search")
    search.press_sequentially("nurs")
    expect(cards(library)).to_have_count(1)
    search.fill("no such word anywhere zq")
    expect(library.locator("#shelf .empty")).to_contain_text("Try another word")
    library.get_by_role("button", name="Show all").click()
    expect(cards(library)).to_have_count(12)
    expect(search).to_have_value("")


def test_a_value_leaves_as_many_as_its_count_says(library: Page) -> None:
    library.get_by_role("combobox", name="To", exact=True).click()
    option = library.get_by_role("option").first
    count = re.search(r"\((\d+)\)", option.inner_text())
    assert count
    option.click()
    expect(library.locator("#library-count")).to_contain_text(f"{count[1]} of 12 stories")
    expect(cards(library)).to_have_count(int(count[1]))


def test_a_band_and_an_end_of_the_picture_narrow_the_list(library: Page) -> None:
    band = library.locator("#journeys .sankey-link").first.bounding_box()
    assert band
    library.mouse.click(band["x"] + band["width"] / 2, band["y"] + band["height"] / 2)
    expect(library.locator("#library-narrow .token")).to_have_count(2)
    expect(library.locator("#library-count")).to_contain_text("1 of 12 stories")
    library.get_by_role("button", name="Show all").click()
    expect(library.locator("#library-narrow .token")).to_have_count(0)
    library.locator("#library").evaluate("view => view.scrollTo(0, 0)")
    library.locator("#journeys .sankey-node").first.locator("rect").first.click()
    expect(library.locator("#library-narrow .token")).to_have_count(1)


def test_the_picture_is_there_in_words_for_who_cannot_see_or_click_it(library: Page) -> None:
    expect(library.locator("#journeys .js-plotly-plot")).to_have_accessible_name(re.compile("The list below"))
    library.get_by_text(re.compile(r"^The \d+ ways as a list$")).focus()
    library.keyboard.press("Enter")
    way = library.get_by_role("button", name=re.compile("^nurse → software engineer"))
    way.focus()
    library.keyboard.press("Enter")
    expect(library.locator("#library-count")).to_contain_text("1 of 12 stories")
    expect(cards(library).first).to_contain_text("The nurse who learned to code")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pictures_words_stand_out(library: Page, *, dark: bool) -> None:
    if dark:
        library.get_by_role("button", name="Light or dark").click()
    ink = library.locator("#journeys .node-label").first.evaluate("label => getComputedStyle(label).fill")
    assert ink == ("rgb(236, 230, 218)" if dark else "rgb(32, 30, 26)")


def test_the_picture_makes_room_for_the_reader(library: Page) -> None:
    library.get_by_role("button", name="The nurse who learned to code", exact=True).click()
    expect(library.locator("#reader h2")).to_be_visible()
    library.wait_for_function(
        "() => document.querySelector('#journeys .main-svg').getBoundingClientRect().right"
        " <= document.querySelector('#ways').getBoundingClientRect().right"
    )


def test_work_can_be_stopped_and_taken_up_again(own: Page, own_stories: Path) -> None:
    winters = (f"In winter {n} I mended boat {n * 7} and wrote {n} lines of Python by hand." for n in range(3000))
    story = "# The boat builder\n\n" + "\n\n".join(winters)
    own.get_by_role("button", name="Add stories").click()
    files = [{"name": "boats.md", "mimeType": "text/markdown", "buffer": story.encode()}]
    own.locator("#adding-files input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as documented
    own.get_by_role("button", name="Save this story").click(timeout=SLOW)
    own.get_by_role("button", name="Stop", exact=True).click(timeout=SLOW)
    expect(own.locator("#work .failed")).to_contain_text("safe in the stories folder", timeout=SLOW)
    expect(cards(own)).to_have_count(4, timeout=SLOW)
    (own_stories / "the-boat-builder.md").unlink()
    own.get_by_role("button", name="Bring up to date").click()
    expect(own.locator("#work .fine")).to_contain_text("4 stories", timeout=SLOW)


def test_the_order_can_be_chosen(library: Page) -> None:
    library.get_by_role("combobox", name="Order").click()
    library.get_by_role("option", name="Newest first").click()
    expect(cards(library).first).to_contain_text("2023")


def test_on_a_phone_nothing_scrolls_sideways_and_the_list_stands_for_the_picture(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    open_library(page)
    expect(page.get_by_text(re.compile(r"^The \d+ ways as a list$"))).to_be_visible(timeout=SLOW)
    expect(page.locator("#journeys")).to_be_hidden()
    page.get_by_role("button", name="Add stories").click()
    expect(page.locator("#adding")).to_be_visible()
    assert page.locator("#library").evaluate("view => view.scrollWidth <= view.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


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
    own.get_by_role("textbox", name="From").fill("carpenter")
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


def test_a_strangers_words_do_nothing_in_the_library(page: Page, hostile_url: str) -> None:
    open_library(page, hostile_url)
    title = page.get_by_role("button", name=re.compile("^<img src=x"))
    expect(title).to_be_visible()
    expect(page.locator("#shelf img, #shelf script, #shelf svg, #ways-list img")).to_have_count(0)
    expect(page.locator("#journeys .sankey-link").first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name=re.compile("^Remove <img")).click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    page.get_by_role("button", name="Keep it").click()
    title.click()
    expect(page.locator("#reader h2")).to_contain_text("Harbour")
    assert page.evaluate("window.stolen") is None


def test_where_the_library_may_not_be_changed_there_is_no_way_to(page: Page, tmp_path: Path) -> None:
    stories = Path(shutil.copytree(ROOT / "stories", tmp_path / "stories"))
    with served(tmp_path, stories, CROSSROADS_EDITABLE="no") as address:
        open_library(page, address)
        expect(page.locator("#library-heading")).to_contain_text("not changed")
        expect(page.get_by_role("button", name="Add stories")).to_have_count(0)
        expect(page.locator("#shelf .remove")).to_have_count(0)
