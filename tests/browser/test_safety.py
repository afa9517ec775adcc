"""Hostile words everywhere: in stories, their names, a model's answer and a question. Nothing runs or is fetched.

The page fixture fails on any request that leaves this machine and on any error in the console, which is where the
browser reports what its policy kept from loading: that counts as a fault too, since our escaping comes first.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.apps import served
from tests.language_model import ScriptedModel, spoken

SLOW = 60_000
"""Milliseconds for what has to wait for the embedding model, on a slow and busy machine."""

AWAY = "http://elsewhere.example"
RUN = "window.stolen=1"

PAYLOADS = {
    "script": f"<script>{RUN}</script>",
    "script with a source": f"<script src={AWAY}/s.js></script>",
    "image that fails": f'<img src=x onerror="{RUN}">',
    "image from outside": f"<img src={AWAY}/i.png>",
    "Markdown image": f"![x]({AWAY}/m.png)",
    "Markdown image by reference": f"![x][y]\n\n[y]: {AWAY}/r.png",
    "Markdown link": f"[go](javascript:{RUN})",
    "autolink": f"<javascript:{RUN}> <{AWAY}/a>",
    "svg": f"<svg onload={RUN}><a href='javascript:{RUN}'><text y=20>svg</text></a></svg>",
    "svg script": f"<svg><script>{RUN}</script></svg>",
    "math": f"<math><mtext><a xlink:href='javascript:{RUN}'>m</a></mtext></math>",
    "form": f'<form action="javascript:{RUN}"><input name=action><button>form</button></form>',
    "overlay": '<div style="position:fixed;inset:0;z-index:9999">overlay</div>',
    "style": f"<style>*{{background:url({AWAY}/c.png)}}</style>",
    "link": f"<link rel=stylesheet href={AWAY}/l.css>",
    "meta": f"<meta http-equiv=refresh content='0;url={AWAY}'>",
    "base": f"<base href={AWAY}/>",
    "frame": f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe><iframe src={AWAY}></iframe>",
    "object": f"<object data={AWAY}/o></object><embed src={AWAY}/e>",
    "media": f"<video poster={AWAY}/p.png src={AWAY}/v></video><audio src={AWAY}/a autoplay></audio>",
    "details": f"<details open ontoggle={RUN}><summary>d</summary></details>",
    "animation": f"<b style='animation:breathe 1s' onanimationstart={RUN}>b</b>",
    "focus": f"<input autofocus onfocus={RUN}>",
    "out of an attribute": f"\" onmouseover=\"{RUN}\" x='' onclick='{RUN}' '",
    "out of a comment": f"--><img src=x onerror={RUN}><!--",
    "out of a textarea": f"</textarea></title></style></script><img src=x onerror={RUN}>",
    "templates": f"{{{{{RUN}}}}} ${{{RUN}}} <%= {RUN} %> #{{{RUN}}}",
    "code": f"```html\n<img src=x onerror={RUN}>\n```",
    "mermaid": f'```mermaid\ngraph TD; A["<img src=x onerror={RUN}>"]\n```',
    "formula": f"$$\\href{{javascript:{RUN}}}{{x}}$$ \\(\\includegraphics{{{AWAY}/t.png}}\\)",
    "entities": f"&lt;img src=x onerror={RUN}&gt; &#60;script&#62;{RUN}&#60;/script&#62;",
    "null and controls": f"<scr\u0000ipt>{RUN}</script> \u202e<b>\u2028",
    "half a tag": f"<img src=x onerror={RUN} ",
}

FORBIDDEN = (
    "script[src*='elsewhere'], link[href*='elsewhere'], base[href*='elsewhere'], iframe, object, embed, math, "
    "form[action], video, audio, [onerror], [onload], [onclick], [onmouseover], [ontoggle], [onanimationstart], "
    "[onfocus], [href^='javascript'], [src*='elsewhere'], [srcdoc], meta[http-equiv='refresh']"
)
"""What none of ours is, anywhere on the page."""

NAME = "<img src=x onerror=window.stolen=1> ${window.stolen=1} [x](javascript:window.stolen=1) {{value}} ' \" &amp;.md"
"""A file's name, as bad as file systems allow."""

ANSWER = "The sailor learned databases from a clerk in the harbour office [1]. " + " ".join(
    f"{payload} [1]." for payload in PAYLOADS.values() if "\n" not in payload and "\u0000" not in payload
)


def quoted(words: str) -> str:
    """A value of front matter, whatever is in it."""
    return json.dumps(words)


def story(number: int, payload: str) -> str:
    """A story with a payload wherever one can stand."""
    return f"""---
title: {quoted(f"Harbour {number} {payload}")}
author: {quoted(payload)}
source: {quoted(payload)}
url: {quoted(f"https://elsewhere.example/{number}?{payload}" if number % 2 else payload)}
date: {quoted(payload)}
from: {quoted(f"sailor {payload}")}
to: {quoted(f"data engineer {payload}")}
tags: [{quoted(payload)}, databases]
---

I was a sailor for nine years, and it was cold.

In the harbour office I learned databases from a clerk at night, number {number}. {payload}

# {payload}

- {payload}

> {payload}

Now I am a data engineer, and I have not been a sailor since.
"""


@pytest.fixture(scope="module")
def hostile_library(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # skips first
    """The app over a library in which every story is hostile, with a hostile model."""
    folder = tmp_path_factory.mktemp("payloads")
    stories = folder / "stories"
    stories.mkdir()
    for number, (name, payload) in enumerate(PAYLOADS.items()):
        (stories / f"{number} {name}.md").write_text(story(number, payload.replace("\u0000", "")), encoding="utf-8")
    (stories / NAME).write_text(story(99, PAYLOADS["image that fails"]), encoding="utf-8")
    with ScriptedModel(spoken(ANSWER)) as model:
        settings = {
            "CROSSROADS_LLM": "openai:scripted",
            "CROSSROADS_LLM_BASE_URL": model.url,
            "OPENAI_API_KEY": "none",
        }
        with served(folder, stories, **settings) as address:
            yield address


@pytest.fixture
def visitor(page: Page, hostile_library: str) -> Page:
    """Somebody who opens the page over the hostile library."""
    page.goto(hostile_library)
    expect(page.get_by_text("openai:scripted")).to_be_visible(timeout=SLOW)
    return page


def expect_harmless(page: Page) -> None:
    """Nothing ran, and nothing of ours or of others' is there that could."""
    assert page.evaluate("window.stolen") is None
    found = page.locator(FORBIDDEN)
    assert found.evaluate_all("(all) => all.map((one) => one.outerHTML.slice(0, 200))") == []
    expect(page.locator("[style*=fixed]", has_text="overlay")).to_have_count(0)


def ask(page: Page, question: str) -> Locator:
    """Ask, and give the finished answer."""
    number = page.get_by_test_id("bot").count()
    composer = page.get_by_role("textbox", name="Your question")
    composer.fill(question)
    composer.press("Enter")
    answer = page.get_by_test_id("bot").nth(number)
    expect(answer.locator("footer").first).to_be_visible(timeout=SLOW)
    return answer


def test_the_empty_chat_with_examples_from_hostile_stories(visitor: Page) -> None:
    expect_harmless(visitor)


def test_hostile_questions(visitor: Page) -> None:
    """Each by itself, since one that is half a tag would swallow the next."""
    composer = visitor.get_by_role("textbox", name="Your question")
    for number, payload in enumerate(PAYLOADS.values()):
        composer.fill(f"Where did the sailor learn databases? {payload}")
        composer.press("Enter")
        question = visitor.get_by_test_id("user").nth(number)
        first, *_ = payload.replace("\u0000", "\N{REPLACEMENT CHARACTER}").split("\n")
        expect(question).to_contain_text(first[:20], timeout=SLOW)
        expect(visitor.get_by_test_id("bot").nth(number)).to_contain_text("sailor", timeout=SLOW)
        expect(visitor.get_by_role("button", name="Ask", exact=True)).to_be_visible(timeout=SLOW)
        expect_harmless(visitor)


def test_a_hostile_answer_its_cards_and_every_story_it_draws_on(visitor: Page) -> None:
    answer = ask(visitor, "Where did the sailor learn databases?")
    for words in ("<svg onload=", "![x](", "<form action=", "{{window.stolen=1}}", "<iframe srcdoc="):
        expect(answer).to_contain_text(words)
    expect_harmless(visitor)
    for cite in answer.locator("a.cite").all()[:6]:
        cite.hover()
        expect(visitor.locator("#card")).to_contain_text("Harbour")
        expect_harmless(visitor)
    for link in answer.locator("a[role=button]").all()[:12]:
        link.click()
        expect(visitor.locator("#reader article")).to_contain_text("sailor")
        expect_harmless(visitor)
        visitor.keyboard.press("Escape")


@pytest.mark.parametrize("view", ["Library", "Evaluation"])
def test_the_other_views_and_every_story_they_open(visitor: Page, view: str) -> None:
    tab = visitor.get_by_role("tab", name=view)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(visitor.get_by_role("tabpanel")).to_be_visible()
    expect_harmless(visitor)
    for link in visitor.get_by_role("tabpanel").locator("a.story").all()[:40]:
        link.click()
        expect(visitor.locator("#reader article")).to_be_visible()
        expect_harmless(visitor)
        visitor.keyboard.press("Escape")


def test_a_hostile_set_is_run_and_its_cases_are_opened(visitor: Page) -> None:
    payloads = [payload for payload in PAYLOADS.values() if "\u0000" not in payload]
    lines = [
        {"id": f"c{number} {payload}", "question": f"Where did the sailor learn databases? {payload}",
         "answerable": True, "type": payload, "answer": payload,
         "gold": [{"story": f"{number} {name}.md", "quote": f"clerk at night, number {number}."}]}
        for number, (name, payload) in enumerate(PAYLOADS.items()) if payload in payloads
    ]  # fmt: skip
    visitor.get_by_role("tab", name="Evaluation").click()
    bad = {"name": f"{NAME[:60]}.jsonl", "mimeType": "application/json", "buffer": json.dumps(lines[0]).encode()[:-3]}
    visitor.locator('#evaluation input[type="file"]').set_input_files(bad)  # type: ignore[arg-type]  # as documented
    expect(visitor.locator("#evaluation").get_by_role("alert")).to_be_visible(timeout=SLOW)
    expect_harmless(visitor)
    whole = "\n".join(map(json.dumps, lines)).encode()
    good = {"name": "hostile.jsonl", "mimeType": "application/json", "buffer": whole}
    visitor.locator('#evaluation input[type="file"]').set_input_files(good)  # type: ignore[arg-type]  # as documented
    expect(visitor.get_by_label("Set of questions")).to_have_value("kept/hostile.jsonl", timeout=SLOW)
    visitor.get_by_role("button", name="Run", exact=True).click()
    expect(visitor.locator('.going[data-state="finished"]')).to_be_visible(timeout=4 * SLOW)
    visitor.get_by_role("button", name="Open it").click()
    expect(visitor.get_by_role("heading", name="What became of the cases")).to_be_visible()
    visitor.get_by_text("All metrics").click()
    expect_harmless(visitor)
    for case in visitor.locator(".case").all()[:6]:
        case.locator("summary").first.click()
        expect(case.get_by_role("heading", name="Answer", exact=True)).to_be_visible(timeout=SLOW)
        expect_harmless(visitor)


def test_a_link_out_of_a_story_leads_to_a_web_address_alone_and_tells_nobody_where_from(visitor: Page) -> None:
    answer = ask(visitor, "Where did the sailor learn databases?")
    answer.locator("a.person, a.near, a.cite").first.click()
    expect(visitor.locator("#reader article")).to_be_visible()
    for link in visitor.locator("#reader a[href]").all():
        assert (link.get_attribute("href") or "").startswith(("https://", "http://", "#"))
        assert link.get_attribute("href", timeout=1000) is not None
        if not (link.get_attribute("href") or "").startswith("#"):
            assert "noopener" in (link.get_attribute("rel") or "")
