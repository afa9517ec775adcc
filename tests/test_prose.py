"""ui.prose: clean text becomes paragraphs, headings, lists and quotations, with every word in its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.escaping import inert
from ui.prose import prose

LINES = st.builds(
    "{}{}".format,
    st.sampled_from(["", "# ", "### ", "- ", "  - ", "1. ", "12) ", "> ", "> - ", "    "]),
    st.text(alphabet="ab <>&#-.>1\U0001f600é", min_size=1, max_size=12).filter(lambda text: text[0] in "ab\U0001f600é"),
)


def shown(text: str) -> str:
    return prose(text, lambda start, end: inert(text[start:end]))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\n\nTwo.", "<p>One&#46;</p><p>Two&#46;</p>"),
        ("One\nline break", "<p>One<br>line break</p>"),
        ("# Title\n\n## Part\n\n### Section", "<h3>Title</h3><h3>Part</h3><h4>Section</h4>"),
        ("- one\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("- one\n\n- two", "<ul><li>one</li><li>two</li></ul>"),
        ("- one\n  - deeper", '<ul><li>one</li><li class="deep-1">deeper</li></ul>'),
        ("- one\nand more of it", "<ul><li>one<br>and more of it</li></ul>"),
        ("3. third\n4. fourth", '<ol><li value="3">third</li><li value="4">fourth</li></ol>'),
        ("> said\n> so\n\n> again", "<blockquote><p>said<br>so</p><p>again</p></blockquote>"),
        ("> - listed", "<blockquote><ul><li>listed</li></ul></blockquote>"),
        ("# Title\nText", "<h3>Title</h3><p>Text</p>"),
        ("Text\n- item", "<p>Text</p><ul><li>item</li></ul>"),
        ("#hashtag and -5 and 2014. A year", "<p>&#35;hashtag and &#45;5 and 2014&#46; A year</p>"),
        ("", ""),
        ("\n\n \n", ""),
    ],
)
def test_blocks(text: str, html: str) -> None:
    assert shown(text) == html


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\n\n"]))
def test_no_word_is_lost_or_moved(lines: list[str], between: str) -> None:
    text = between.join(lines)
    stretches: list[tuple[int, int]] = []

    def note(start: int, end: int) -> str:
        stretches.append((start, end))
        return ""

    prose(text, note)
    assert stretches == sorted(stretches)
    assert len(stretches) == len(lines)
    for (start, end), line in zip(stretches, lines, strict=True):
        assert line.endswith(text[start:end])
        assert text[start] in "ab\U0001f600é"


@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\n\n"]))
def test_every_tag_is_closed_where_it_should_be(lines: list[str], between: str) -> None:
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)(\w+)", shown(between.join(lines))):
        if closing:
            assert open_tags.pop() == name
        elif name != "br":
            open_tags.append(name)
    assert open_tags == []
