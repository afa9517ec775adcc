"""Markdown and HTML → clean text.

Clean text is what a reader sees: plain prose in paragraphs parted by an empty line, with only the block marks kept
(`# heading`, `- item`, `1. item`, `> quote`). Bold, links and images are gone; their words stay. What engines add to
Markdown is `shortcodes.py`'s, what no browser shows and what only leads about a page is `furniture.py`'s.
"""

import re
from typing import Any

import emoji
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdownify import ATX, MarkdownConverter
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from index.formats.characters import visible
from index.formats.furniture import is_furniture, without_furniture
from index.formats.shortcodes import without_shortcodes

WRAP_WIDTH = 120
"""Lines longer than this are paragraphs of their own; hard-wrapped text stays below it."""

_ROUNDS = 10
# What is taken out can leave something else to take out; that often at most.


def markdown_to_text(markdown: str) -> str:
    """Markdown, with any HTML and shortcodes in it, to clean text."""
    return html_to_text(_MARKDOWN.render(without_shortcodes(markdown)))


def html_to_text(html: str) -> str:
    """HTML to clean text; what a browser would not show (scripts, styles, comments, `hidden`) is dropped."""
    soup = BeautifulSoup(html, "lxml")
    without_furniture(soup)
    return cleaned(_CleanText().convert_soup(soup))


def cleaned(text: str) -> str:
    """Nearly clean text to clean text, by characters, lines and blocks. What is clean stays as it is."""
    for _ in range(_ROUNDS):
        before, text = text, _cleaned_once(text)
        if text == before:
            break
    return text


def lines_to_paragraphs(text: str) -> str:
    """Plain text to Markdown: where lines are not hard-wrapped, every line is a paragraph of its own.

    There a short line without a full stop, above a long one, is taken for a heading.
    """
    if not any(len(line) > WRAP_WIDTH for line in text.split("\n")):
        return text
    apart = re.sub(r"\n(?=[^\n])(?!\s*[-*>|\d])", "\n\n", text)
    return _PLAIN_HEADING.sub(r"## \1\n\n", apart)


class _CleanText(MarkdownConverter):
    """Markdown with block marks only: emphasis, links, images and code marks leave just their words."""

    class Options:
        heading_style = ATX
        bullets = "-"
        escape_asterisks = False
        escape_underscores = False
        escape_misc = False

    def process_text(self, el: Any, parent_tags: set[str] | None = None) -> str:
        text = str(super().process_text(el, parent_tags=parent_tags))  # type: ignore[misc]  # its stubs lack it
        return text if parent_tags and "pre" in parent_tags else _LINE_END.sub(" ", text)

    def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return ""

    def convert_hr(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return "\n\n"

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text

    convert_b = convert_strong = convert_em = convert_i = convert_a
    convert_code = convert_del = convert_s = convert_sub = convert_sup = convert_kbd = convert_samp = convert_a

    def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{text.strip()}\n\n"

    def convert_br(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return " " if "_inline" in parent_tags else "\n"

    def convert_summary(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{text.strip()}\n\n"

    convert_footer = convert_header = convert_address = convert_legend = convert_summary

    def convert_dt(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"\n\n{text.strip()}\n"

    def convert_dd(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"\n{text.strip()}\n"

    def convert_td(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"{_CELL}{text.strip()}"

    convert_th = convert_td

    def convert_tr(self, el: Any, text: str, parent_tags: set[str]) -> str:
        cells = [" ".join(cell.split()) for cell in text.split(_CELL)]
        return "\n" + " | ".join(cell for cell in cells if cell)


_CELL = "\ue001"
# Begins a table's cell until its row is put together.

_LINE_END = re.compile(r"(?<!\s)\s*\n\s*|^\s*\n\s*")


def _intended_breaks(state: StateCore) -> None:
    """Make line ends breaks where a paragraph is not hard-wrapped: there, a line end was typed to be seen."""
    for block in state.tokens:
        children = block.children or []
        if block.type == "inline" and any(len(line) > WRAP_WIDTH for line in block.content.split("\n")):
            for place, token in enumerate(children):
                if token.type == "softbreak" and _breaks(children[:place], children[place + 1 :]):
                    token.type = "hardbreak"
                    token.tag = "br"


def _breaks(before: list[Token], after: list[Token]) -> bool:
    """Whether a line ends without the sentence's end or a comma, and the next begins like a new one."""
    end = next((token.content for token in reversed(before) if token.content.strip()), "")
    start = next((token.content.lstrip() for token in after if token.content.strip()), "")
    return not re.search(r"[.!?…,;][\"'”’)]*\s*$", end) and not (start[:1].islower() or start[:1] in "([")


_MARKDOWN = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .disable("code")  # an indented line of a story is a paragraph someone indented, not a program
    .use(footnote_plugin)
    .use(deflist_plugin)
)
_MARKDOWN.core.ruler.push("intended_breaks", _intended_breaks)

_PLAIN_HEADING = re.compile(r"(?<![^\n])(?<![^\n]\n)([A-Z][\w'’,&-]*(?: [\w'’,&-]+){0,7}) ?\n{2,}(?=[^\n]{80})")
# At most eight words between empty lines, right above a paragraph.

_LEFTOVER_TAG = re.compile(r"</?(?:a|br|div|img|p|span)\b[^<>\n]{0,500}>", re.IGNORECASE)
# Tags so malformed that Markdown took them for words.

_LEFTOVER_BOLD = re.compile(
    r"(?<![*\w])\*\*(?!\*)([^*\n]{1,300})\*\*(?!\*)|(?<!\*)\*\*([^*\s][^*\n]{0,300})(?<!\s)\*\*(?!\*)"
)
# Stars that CommonMark's rules on what may stand beside them left alone.

_ENTITIES = {
    "nbsp": " ", "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "#39": "'", "#34": '"', "#160": " ",
    "ldquo": "“", "rdquo": "”", "lsquo": "‘", "rsquo": "’", "ndash": "–", "mdash": "—", "hellip": "…", "zwnj": "",
}  # fmt: skip
_LEFTOVER_ENTITY = re.compile(rf"&({'|'.join(_ENTITIES)});")
# Escaped once too often: `&amp;nbsp;`.

_UNWANTED_LINE = re.compile(
    r"!|[\w ()-]{1,200}\.(?:png|jpe?g|gif|webp|svg|heic)"  # an image's name, pasted along
    r"|[\[(]?(?:\d{1,2}:)?\d{1,2}:\d\d(?:[.,]\d{1,3})?[\])]?(?: --> [\d:.,]+)?",  # a subtitle's time
    re.IGNORECASE,
)


def _cleaned_once(text: str) -> str:
    text = visible(_LEFTOVER_ENTITY.sub(lambda found: _ENTITIES[found[1]], text))
    text = emoji.emojize(_LEFTOVER_TAG.sub("", text), language="alias")
    text = re.sub(r"(?<!\S)pic\.twitter\.com/\w+", "", text)
    text = _LEFTOVER_BOLD.sub(lambda found: found[1] or found[2], text)
    lines = [_cleaned_line(line) for line in text.split("\n")]
    blocks = re.split(r"\n{2,}", "\n".join(line for line in lines if not _UNWANTED_LINE.fullmatch(line.strip())))
    return "\n\n".join(block.strip("\n") for block in blocks if _has_words(block) and not is_furniture(block)).strip()


def _cleaned_line(line: str) -> str:
    """The line without needless spaces. Leading ones stay where they say that a list item lies inside another."""
    line = re.sub(r"(?<=\S) {2,}", " ", line.rstrip())
    return line if re.match(r" +(?:-|\d+\.) ", line) else line.lstrip()


def _has_words(block: str) -> bool:
    return any(character.isalnum() or emoji.is_emoji(character) for character in block)
