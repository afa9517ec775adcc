"""ui.escaping: whatever the words are, they become words on the page, and can be read back from it."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ui.escaping import inert, words

HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '<svg><a href="javascript:alert(1)">x</a></svg>',
    "![x](http://elsewhere.example/x.png)",
    "[click](javascript:alert(1))",
    "<http://elsewhere.example> www.elsewhere.example me@elsewhere.example",
    "${alert(1)} {{value}} {% raw %}",
    "</div>\n\n# heading\n\n- **bold** _slanted_ `code` ~~gone~~ | cell |",
    "\" onmouseover=alert(1) x='",
    "&lt;b&gt; &amp; &#60;",
    "$$x$$ \\(y\\) \\[z\\]",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_words_to_a_browser(text: str) -> None:
    soup = BeautifulSoup(f'<p title="{inert(text)}">{inert(text)}</p>', "html.parser")
    (tag,) = soup.find_all()
    assert (tag.name, list(tag.attrs), tag["title"], tag.text) == ("p", ["title"], text, text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_words_to_markdown(text: str) -> None:
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    for around in ("{}", "<div>{}</div>", "- {}", "<p>before <b>{}</b></p>"):
        soup = BeautifulSoup(markdown.render(around.format(inert(text))), "html.parser")
        assert {tag.name for tag in soup.find_all()} <= {"p", "div", "ul", "li", "b"}


@given(st.text())
def test_words_come_back_from_their_markup(text: str) -> None:
    shown = "".join("\N{REPLACEMENT CHARACTER}" if character == "\0" else character for character in text)
    assert BeautifulSoup(f"<p>{inert(text)}</p>", "html.parser").text == shown


def test_what_no_page_can_hold_is_replaced() -> None:
    assert inert("a\0b\ud800c") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"


def test_words_leave_out_links_notes_asides_and_footers() -> None:
    markup = (
        "<div><p>Five months&#46;<a href='#'>1</a> <span>No regret</span><small>no source</small></p>"
        "<p>Then two&#46;</p>"
        "<ul><li>one</li><li>two</li></ul></div><aside>Stopped</aside><footer><p>Two stories</p></footer>"
    )
    assert words(markup) == "Five months. No regret\n\nThen two.\none\ntwo"


@pytest.mark.parametrize(
    "markup", ["<p>open <a>never closed", "</a></p>closed <b>only", "<<<>>> &#; &unknown;", "<!--"]
)
def test_words_of_broken_markup_are_no_error(markup: str) -> None:
    assert isinstance(words(markup), str)
