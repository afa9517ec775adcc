"""The library as a visitor meets it: every story, what narrows them, and the picture of the ways they tell."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from index.folder import story_files
from tests.apps import ROOT, served
from tests.library_view import SLOW, cards, open_library
from ui.shelf import AT_ONCE

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}

EVERY = len(list(story_files(ROOT / "stories")))


@pytest.fixture(scope="module")
def untold_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app over many short stories that say nothing of themselves."""
    folder = tmp_path_factory.mktemp("untold")
    (folder / "stories").mkdir()
    for number in range(30):
        told = f"# Story {number:02}\n\nI mended {number + 2} boats a year, and now I write software.\n"
        (folder / "stories" / f"{number:02}.md").write_text(told, encoding="utf-8")
    with served(folder, folder / "stories") as address:
        yield address


@pytest.fixture
def library(page: Page) -> Page:
    """The view over the starter library, on a desktop, with its picture drawn."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain dict is one
    open_library(page)
    expect(page.locator("#journeys .sankey-link").first).to_be_visible(timeout=SLOW)
    return page


def nurse(library: Page) -> Locator:
    """What opens the nurse's story, found among all of them."""
    expect(cards(library)).to_have_count(AT_ONCE)
    library.get_by_role("button", name="Show more").click()
    expect(cards(library)).to_have_count(EVERY)
    return library.get_by_role("button", name="The nurse who learned to code", exact=True)


def test_every_story_has_a_card_that_opens_it(library: Page) -> None:
    link = nurse(library)
    link.click()
    expect(library.locator("#reader h2")).to_have_text("The nurse who learned to code")
    library.keyboard.press("Escape")
    expect(link).to_be_focused()


def test_a_story_opens_by_keyboard(library: Page) -> None:
    nurse(library).focus()
    library.keyboard.press("Enter")
    expect(library.locator("#reader h2")).to_have_text("The nurse who learned to code")


def test_words_narrow_the_list_at_once_and_all_come_back(library: Page) -> None:
    search = library.get_by_role("textbox", name="Search")
    search.press_sequentially("musicia")
    expect(cards(library)).to_have_count(1)
    search.fill("no such word anywhere zq")
    expect(library.locator("#shelf .empty")).to_contain_text("Try another word")
    library.get_by_role("button", name="Show all").click()
    expect(cards(library)).to_have_count(AT_ONCE)
    expect(search).to_have_value("")


def test_a_value_leaves_as_many_as_its_count_says(library: Page) -> None:
    library.get_by_role("combobox", name="Became", exact=True).click()
    option = library.get_by_role("option").first
    count = re.search(r"\((\d+)\)", option.inner_text())
    assert count
    option.click()
    expect(library.locator("#library-count")).to_contain_text(f"{count[1]} of {EVERY} stories")
    expect(cards(library)).to_have_count(int(count[1]))


def test_a_band_and_an_end_of_the_picture_narrow_the_list(library: Page) -> None:
    band = library.locator("#journeys .sankey-link").first.bounding_box()
    assert band
    library.mouse.click(band["x"] + band["width"] / 2, band["y"] + band["height"] / 2)
    expect(library.locator("#library-narrow .token")).to_have_count(2)
    expect(library.locator("#library-count")).to_contain_text(re.compile(rf"\b\d of {EVERY} stories"))
    library.get_by_role("button", name="Show all").click()
    expect(library.locator("#library-narrow .token")).to_have_count(0)
    library.locator("#library").evaluate("view => view.scrollTo(0, 0)")
    library.locator("#journeys .sankey-node").first.locator("rect").first.click()
    expect(library.locator("#library-narrow .token")).to_have_count(1)


def test_the_picture_is_there_in_words_for_who_cannot_see_or_click_it(library: Page) -> None:
    expect(library.locator("#journeys .js-plotly-plot")).to_have_accessible_name(re.compile("The list below"))
    library.get_by_text(re.compile(r"^The \d+ ways as a list$")).focus()
    library.keyboard.press("Enter")
    way = library.get_by_role("button", name=re.compile("^Air Force service member → frontend developer"))
    way.focus()
    library.keyboard.press("Enter")
    expect(library.locator("#library-count")).to_contain_text(f"1 of {EVERY} stories")
    expect(cards(library).first).to_contain_text("From launching jets to front-end code")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pictures_words_stand_out(library: Page, *, dark: bool) -> None:
    if dark:
        library.get_by_role("button", name="Light or dark").click()
    ink = library.locator("#journeys .node-label").first.evaluate("label => getComputedStyle(label).fill")
    assert ink == ("rgb(236, 230, 218)" if dark else "rgb(32, 30, 26)")


def test_the_picture_makes_room_for_the_reader(library: Page) -> None:
    nurse(library).click()
    expect(library.locator("#reader h2")).to_be_visible()
    library.wait_for_function(
        "() => document.querySelector('#journeys .main-svg').getBoundingClientRect().right"
        " <= document.querySelector('#ways').getBoundingClientRect().right"
    )


def test_the_order_can_be_chosen(library: Page) -> None:
    library.get_by_role("combobox", name="Order").click()
    library.get_by_role("option", name="Newest first").click()
    expect(cards(library).first).to_contain_text("2025")


def test_on_a_phone_nothing_scrolls_sideways_and_the_list_stands_for_the_picture(page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict is one
    open_library(page)
    expect(page.get_by_text(re.compile(r"^The \d+ ways as a list$"))).to_be_visible(timeout=SLOW)
    expect(page.locator("#journeys")).to_be_hidden()
    page.get_by_role("button", name="Add stories").click()
    expect(page.locator("#adding")).to_be_visible()
    assert page.locator("#library").evaluate("view => view.scrollWidth <= view.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


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


def test_where_no_story_says_anything_of_itself_nothing_is_offered_in_vain(page: Page, untold_url: str) -> None:
    open_library(page, untold_url)
    expect(page.get_by_role("combobox", name="Order")).to_be_visible()
    for name in ("Started as", "Became", "About"):
        expect(page.get_by_role("combobox", name=name)).to_have_count(0)
    expect(page.locator("#ways-list")).to_have_text(
        "No story here says both where the person started and where they went."
    )
    expect(page.locator("#ways-head")).to_be_hidden()
    expect(page.locator("#journeys")).to_be_hidden()


def test_more_stories_are_shown_and_the_first_of_them_is_gone_on_from(page: Page, untold_url: str) -> None:
    open_library(page, untold_url)
    expect(cards(page)).to_have_count(24)
    page.get_by_role("button", name="Show more").focus()
    page.keyboard.press("Enter")
    expect(cards(page)).to_have_count(30)
    expect(page.get_by_role("button", name="Story 24", exact=True)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
