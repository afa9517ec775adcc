"""The evaluation view in a browser: a set is run while the chat goes on, runs are read, compared, and cases opened."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.apps import ROOT, served

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

PHONE = {"width": 390, "height": 844}
CASES = 12


@pytest.fixture(scope="module")
def evaluated_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app over the starter library, with runs of its own, of which there are none yet."""
    with served(tmp_path_factory.mktemp("evaluated"), ROOT / "stories") as address:
        yield address


@pytest.fixture
def view(page: Page, evaluated_url: str) -> Page:
    """The evaluation view."""
    page.goto(evaluated_url)
    page.get_by_role("tab", name="Evaluation").click()
    expect(page.get_by_role("heading", name="Evaluation")).to_be_visible(timeout=SLOW)
    return page


def runs(view: Page) -> Locator:
    return view.locator("#evaluation .runs > li")


def run(view: Page, cases: int = CASES) -> None:
    """Run the first cases of the starter set, to the end."""
    view.get_by_label("Cases", exact=True).fill(str(cases))
    view.get_by_role("button", name="Run", exact=True).click()
    expect(view.locator('.going[data-state="finished"]')).to_be_visible(timeout=SLOW)


@pytest.fixture
def ran(view: Page) -> Page:
    """The evaluation view, with two runs at least."""
    expect(view.locator("#evaluation :is(.empty, .runs)")).to_be_visible()
    while runs(view).count() < 2:
        before = runs(view).count()
        run(view)
        expect(runs(view)).to_have_count(before + 1, timeout=SLOW)
    return view


def open_latest(view: Page) -> None:
    runs(view).first.get_by_role("button", name="starter", exact=True).click()
    expect(view.get_by_role("heading", name="What became of the cases")).to_be_visible()


def test_nothing_is_read_before_the_view_is_opened(page: Page, evaluated_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(evaluated_url)
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible()
    assert not [url for url in asked if "component_server" in url]
    page.get_by_role("tab", name="Evaluation").click()
    expect(page.get_by_role("heading", name="Evaluation")).to_be_visible()
    assert [url for url in asked if "component_server" in url]


def test_where_the_first_answer_fails_it_is_told_and_can_be_tried_again(page: Page, evaluated_url: str) -> None:
    problem = {"problem": '<div class="problem" role="alert"><p>The disk is gone.</p></div>'}
    page.route("**/component_server**", lambda route: route.fulfill(json=problem), times=1)
    page.goto(evaluated_url)
    page.get_by_role("tab", name="Evaluation").click()
    expect(page.get_by_role("alert")).to_have_text("The disk is gone.")
    expect(page.get_by_text("Reading the runs")).to_have_count(0)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Evaluation")).to_be_visible()


def test_a_run_goes_on_while_others_ask_and_can_be_stopped_and_taken_up(view: Page, evaluated_url: str) -> None:
    view.get_by_role("button", name="Run", exact=True).click()
    going = view.locator(".going")
    expect(going).to_contain_text(re.compile(r"\d+ of \d+ cases, about .* left"), timeout=SLOW)
    expect(view.get_by_role("progressbar", name="Cases done")).to_be_visible()
    with view.context.new_page() as other:
        other.goto(evaluated_url)
        other.get_by_role("textbox", name="Your question").fill("How did the nurse become a software engineer?")
        other.keyboard.press("Enter")
        expect(other.get_by_test_id("bot").locator("footer").first).to_be_visible(timeout=SLOW)
        other.get_by_role("tab", name="Evaluation").click()
        expect(other.locator(".going")).to_contain_text("starter")
        other.get_by_role("button", name="Run", exact=True).click()
        expect(other.get_by_role("alert")).to_contain_text("is going on")
    view.get_by_role("button", name="Stop", exact=True).click()
    expect(going).to_contain_text("was stopped after", timeout=SLOW)
    unfinished = runs(view).filter(has_text="not finished")
    expect(unfinished).to_have_count(1)
    unfinished.get_by_role("button", name="Go on").click()
    expect(going).to_contain_text("is being asked", timeout=SLOW)
    expect(view.locator('.going[data-state="finished"]')).to_be_visible(timeout=4 * SLOW)
    expect(unfinished).to_have_count(0)
    view.get_by_role("button", name="Open it").click()
    expect(view.get_by_role("heading", name="What became of the cases")).to_be_visible()


def test_a_run_is_read_with_its_figures_pictures_and_cases(ran: Page) -> None:
    open_latest(ran)
    expect(ran.locator(".headlines dd").first).to_have_text(re.compile(r"[01]\.\d\d [01]\.\d\d–[01]\.\d\d"))
    expect(ran.get_by_role("img", name=re.compile("^Share of cases rightly answered"))).to_be_visible()
    metrics = ran.get_by_role("region", name="All metrics")
    expect(metrics).to_be_hidden()
    ran.get_by_text("All metrics").click()
    expect(metrics).to_contain_text("passage_ndcg@10")


def test_a_case_opens_by_keyboard_and_leads_into_its_story(ran: Page) -> None:
    open_latest(ran)
    case = ran.locator(".case").first
    case.locator("summary").first.focus()
    ran.keyboard.press("Enter")
    expect(case.get_by_role("heading", name="Answer")).to_be_visible()
    expect(case.get_by_text("holds gold").first).to_be_visible()
    source = case.get_by_role("button", name="Source 1")
    source.focus()
    ran.keyboard.press("Enter")
    expect(ran.locator("#reader mark.cited").first).to_be_in_viewport()
    ran.keyboard.press("Escape")
    expect(source).to_be_focused()


def test_in_the_story_of_a_case_one_steps_from_one_citation_to_the_next(ran: Page) -> None:
    open_latest(ran)
    for case in ran.locator(".case").all():
        case.locator("summary").first.click()
        expect(case.locator(".body")).to_be_visible()
        hrefs = case.locator(".cites a.mark").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
        stories = [re.sub("&.*", "", href) for href in dict.fromkeys(hrefs)]
        twice = next((story for story in stories if stories.count(story) > 1), None)
        if twice:
            break
    else:
        pytest.fail("no answer cites a story twice")
    case.locator(f'.cites a.mark[href^="{twice}&"]').first.click()
    steps = ran.get_by_role("group", name="Cited words in this story")
    expect(steps).to_contain_text(f"of {stories.count(twice)}")
    first = ran.locator("#reader mark.cited").first.text_content()
    steps.get_by_role("button", disabled=False).first.click()
    expect(ran.locator("#reader mark.cited").first).not_to_have_text(first or "")
    expect(case.locator(".cites a[aria-current]")).to_have_count(1)


def test_cases_are_filtered_by_words_type_and_outcome(ran: Page) -> None:
    open_latest(ran)
    shown = ran.locator(".case:visible")
    question = ran.locator(".case .question").first.text_content() or ""
    ran.get_by_label("Words in question or answer").fill(question)
    expect(shown).to_have_count(1)
    expect(ran.locator('[data-part="count"]')).to_have_text(re.compile(r"^1 of \d+ cases$"))
    ran.get_by_label("Words in question or answer").fill("")
    expect(shown).not_to_have_count(1)
    ran.get_by_label("Outcome").select_option(index=1)
    outcome = ran.get_by_label("Outcome").input_value()
    expect(shown.filter(has_not_text=outcome)).to_have_count(0)
    assert shown.count() > 0


def test_the_full_report_is_saved(ran: Page) -> None:
    open_latest(ran)
    with ran.expect_download() as download:
        ran.get_by_role("button", name="Save the full report").click()
    assert re.fullmatch(r"starter-\d{8}T\d{6}Z\.html", download.value.suggested_filename)
    assert Path(download.value.path()).read_text("utf-8").startswith("<!doctype html>")


def test_two_runs_are_compared(ran: Page) -> None:
    compare = ran.get_by_role("button", name="Compare", exact=True)
    expect(compare).to_be_disabled()
    ran.get_by_role("checkbox").nth(0).check()
    expect(compare).to_be_disabled()
    ran.get_by_role("checkbox").nth(1).check()
    compare.click()
    expect(ran.get_by_role("heading", name="Two runs compared")).to_be_focused()
    expect(ran.locator(".verdict")).to_contain_text("difference")
    ran.get_by_role("button", name="All runs").click()
    expect(runs(ran).first).to_be_visible()


def test_back_from_a_run_the_list_is_where_it_was(ran: Page) -> None:
    opener = runs(ran).nth(1).get_by_role("button", name="starter", exact=True)
    opener.click()
    expect(ran.get_by_role("heading", name="starter")).to_be_focused()
    ran.get_by_role("button", name="All runs").click()
    expect(opener).to_be_focused()


def test_a_set_is_brought_in_and_a_broken_one_is_told_by_line_and_field(view: Page) -> None:
    add = view.locator('input[type="file"]')
    add.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": b"question,answerable\nHm?,maybe\n"})
    expect(view.get_by_role("alert")).to_contain_text("mine.csv, line 2, field answerable")
    add.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": b"question,answerable\nHm?,no\n"})
    expect(view.get_by_label("Set of questions")).to_have_value("kept/mine.csv")
    expect(view.get_by_role("alert")).to_have_count(0)


def test_a_set_in_another_encoding_is_told_and_not_mangled(view: Page) -> None:
    add = view.locator('input[type="file"]')
    questions = "question,answerable\nHow did the café owner begin?,no\n".encode("cp1252")
    add.set_input_files({"name": "cafe.csv", "mimeType": "text/csv", "buffer": questions})
    expect(view.get_by_role("alert")).to_contain_text("Save it as UTF-8")
    expect(view.get_by_label("Set of questions")).not_to_have_value("kept/cafe.csv")


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_scrolls_sideways(ran: Page, width: int) -> None:
    ran.set_viewport_size({"width": width, "height": 844})
    measure = (
        "[document.documentElement, document.querySelector('#evaluation')].every((n) => n.scrollWidth <= n.clientWidth)"
    )
    assert ran.evaluate(measure)
    open_latest(ran)
    ran.locator(".case summary").first.click()
    expect(ran.locator(".case .body").first).to_be_visible()
    assert ran.evaluate(measure)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_assistive_technology_finds_no_fault(ran: Page, scheme: Literal["light", "dark"]) -> None:
    ran.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    ran.reload()
    ran.get_by_role("tab", name="Evaluation").click()
    expect(runs(ran).first).to_be_visible()
    assert faults(ran) == []
    open_latest(ran)
    ran.get_by_text("All metrics").click()
    ran.locator(".case summary").first.click()
    expect(ran.locator(".case .body").first).to_be_visible()
    assert faults(ran) == []


def faults(view: Page) -> list[str]:
    """What axe-core says is wrong with the view."""
    found = Axe().run(view, context="#evaluation").response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]
