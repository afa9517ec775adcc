"""A page whose library is kept in a Chroma server, and is not there yet when the page is opened."""

from pathlib import Path

from playwright.sync_api import Page, expect

from index.embedding import Embedder
from index.rebuild import rebuild
from tests.apps import served
from tests.chroma_server import Library
from tests.library_view import SLOW, cards


def test_a_library_that_is_published_while_it_is_looked_for_is_shown_in_every_view(
    page: Page, library: Library, stories_folder: Path, embedder: Embedder
) -> None:
    settings = {name: value for name, value in library.settings(Path()).items() if "CHROMA" in name}
    (computer := library.folder / "one").mkdir()
    with served(computer, stories_folder, CROSSROADS_DEVICE="cpu", **settings) as address:
        page.goto(address)
        expect(page.locator("#state")).to_contain_text("There is no library yet", timeout=SLOW)
        page.get_by_role("tab", name="Library").click()
        expect(page.locator("#library-heading")).to_contain_text("There is no library yet", timeout=SLOW)
        assert library.url not in page.content()
        assert str(computer) not in page.content()
        rebuild(stories_folder, library.mirror("builder"), embedder)
        expect(cards(page)).to_have_count(4, timeout=SLOW)
        expect(page.locator("#library-heading")).to_contain_text("4 stories")
        page.get_by_role("tab", name="Ask").click()
        expect(page.locator("#wordmark")).to_contain_text("4 people who did it", timeout=SLOW)
        expect(page.locator("#state")).not_to_contain_text("no library")
