"""A story file's bytes → metadata and clean text.

Owns every peculiarity of the files people write stories in: encodings, front matter (YAML, TOML, JSON, or
`Key: value` lines), blog engines' shortcodes, raw HTML, hidden characters. Knows nothing of folders,
passages or embeddings.

Clean text is what a reader sees: plain prose in paragraphs parted by an empty line, with only the block
marks kept (`# heading`, `- item`, `1. item`, `> quote`). Bold, links and images are gone; their words stay.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import Any

import charset_normalizer
import emoji
import frontmatter
import yaml
from bs4 import BeautifulSoup, Comment
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler
from markdown_it import MarkdownIt
from markdownify import ATX, MarkdownConverter
from mdit_py_plugins.footnote import footnote_plugin

from index.errors import StoriesError

READER_VERSION = 1
"""Raised whenever the same bytes would give another text, so that an index made before is made anew."""

SUFFIXES = (".md", ".markdown", ".mdx", ".txt")
"""File name endings that are read as stories."""

# A metadata value of this many words is a text, not a label: some podcasts keep the whole transcript there.
TRANSCRIPT_WORDS = 100
# A line of so many words inside a broken front matter is prose.
PROSE_WORDS = 12
# Lines longer than this are paragraphs of their own; hard-wrapped text stays below it.
WRAP_WIDTH = 120


@dataclass(frozen=True)
class Document:
    """A file as it was understood: JSON-like metadata, clean text, and what had to be given up on the way."""

    metadata: Mapping[str, Any]
    text: str
    warnings: tuple[str, ...] = ()


def read_document(name: str, data: bytes) -> Document:
    """Read the bytes of the file called `name`.

    Raises `StoriesError` where no text can be had: a binary file, an unknown encoding, nothing but white space.
    """
    raw = visible(decode(name, data))
    metadata, body, warnings = split_front_matter(raw)
    transcripts = [value for value in metadata.values() if isinstance(value, str) and _words(value) >= TRANSCRIPT_WORDS]
    labels = {key: value for key, value in metadata.items() if value not in transcripts}
    if PurePosixPath(name).suffix == ".txt" or transcripts:
        body = "\n\n".join(lines_to_paragraphs(part) for part in (body, *transcripts))
    text = markdown_to_text(body)
    if not text:
        raise StoriesError(
            f"{name}: there is no text in it. Write the story below the front matter, or remove the file."
        )
    return Document(labels, text, tuple(warnings))


def decode(name: str, data: bytes) -> str:
    """Bytes to text: UTF-8, else what a byte order mark says, else the likeliest legacy encoding.

    Raises `StoriesError` for binary data.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    guesses = [] if charset_normalizer.is_binary(data) else list(charset_normalizer.from_bytes(data))
    if not guesses:
        raise StoriesError(f"{name}: this is not a text file. Save the story as UTF-8 text, or remove the file.")
    best = guesses[0]
    western = [
        guess
        for guess in guesses
        if "cp1252" in guess.could_be_from_charset and guess.chaos <= best.chaos and guess.coherence >= best.coherence
    ]
    if western:  # as likely as the best guess by its letters, and far more common
        return data.decode("cp1252", errors="replace")
    return str(best)


def visible(text: str) -> str:
    """The text without characters that a reader cannot see: controls, zero-width, bidi and tag characters.

    White space is unified to spaces and line feeds; composed characters are composed (NFC).
    """
    unified = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "))
    kept = []
    for character in unified:
        category = unicodedata.category(character)
        if character == "\n" or category[0] != "C" or category == "Co":
            kept.append(" " if category == "Zs" else "\n" if category in {"Zl", "Zp"} else character)
    return "".join(kept)


def split_front_matter(text: str) -> tuple[dict[str, Any], str, list[str]]:
    """Metadata, body and warnings. Broken metadata is given up with a warning; the prose in it is kept."""
    text = text.lstrip("\n ")
    for handler in (YAMLHandler(), _TomlHandler(), JSONHandler()):
        if not handler.detect(text):
            continue
        try:
            metadata, body = frontmatter.parse(text, handler=handler)
        except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError) as error:
            fenced, body = handler.split(text)
            reason = " ".join(str(error).split())
            return {}, f"{_prose(fenced)}\n\n{body}", [f"its front matter is broken and was left out ({reason})"]
        return json_like(metadata), body, []
    return _header_lines(text)


def markdown_to_text(markdown: str) -> str:
    """Markdown, with any HTML and shortcodes in it, to clean text."""
    return html_to_text(_MARKDOWN.render(_without_shortcodes(markdown)))


def html_to_text(html: str) -> str:
    """HTML to clean text; what a browser would not show (scripts, styles, comments, `hidden`) is dropped."""
    soup = BeautifulSoup(html, "lxml")
    for comment in soup.find_all(string=lambda node: isinstance(node, Comment)):
        comment.extract()
    for tag in soup.select(_UNSEEN):
        tag.decompose()
    text = _CleanText().convert_soup(soup)
    text = emoji.emojize(text, language="alias")
    lines = [
        _without_indent(re.sub(r"(?<=\S) {2,}", " ", line.rstrip())) for line in _LEFTOVER_TAG.sub("", text).split("\n")
    ]
    blocks = re.split(r"\n{2,}", "\n".join(line for line in lines if not _LONE_IMAGE.fullmatch(line.strip())))
    return "\n\n".join(block.strip("\n") for block in blocks if _has_words(block))


def lines_to_paragraphs(text: str) -> str:
    """Plain text to Markdown: where lines are not hard-wrapped, every line is a paragraph of its own.

    There a short line without a full stop, above a long one, is taken for a heading.
    """
    if not any(len(line) > WRAP_WIDTH for line in text.split("\n")):
        return text
    apart = re.sub(r"\n(?=[^\n])(?!\s*[-*>|\d])", "\n\n", text)
    return _PLAIN_HEADING.sub(r"## \1\n\n", apart)


def json_like(value: Any) -> Any:
    """A metadata value made of nothing but dicts with string keys, lists, strings, numbers, booleans and None."""
    if isinstance(value, Mapping):
        return {str(key): json_like(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [json_like(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


class _TomlHandler(BaseHandler):
    """python-frontmatter's own TOML handler wants an unmaintained parser; this one has the standard library's."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str, **_: object) -> Any:
        return tomllib.loads(fm)


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
        return text if parent_tags and "pre" in parent_tags else re.sub(r"\s*\n\s*", " ", text)

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


_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").disable("code").use(footnote_plugin)
# `code` off: an indented line of a story is a paragraph someone indented, not a program.

_UNSEEN = (
    "script, style, noscript, template, iframe, object, embed, video, audio, canvas, svg, form, button, nav, "
    "[hidden], [style*='display:none'], [style*='display: none'], [style*='visibility:hidden'], "
    "sup.footnote-ref, a.footnote-backref"
)

_LONE_IMAGE = re.compile(r"!|[\w ()-]+\.(?:png|jpe?g|gif|webp|svg)", re.IGNORECASE)

_PLAIN_HEADING = re.compile(r"(?<![^\n])(?<![^\n]\n)([A-Z](?:[\w'’,&-]+ ?){1,7})\n{2,}(?=[^\n]{80})")
# At most eight words between empty lines, right above a paragraph.

_LEFTOVER_TAG = re.compile(r"</?(?:a|br|div|img|p|span)\b[^>\n]*>", re.IGNORECASE)
# Tags so malformed that Markdown took them for words.

_SHORTCODES = re.compile(
    r"\{\{[<%].*?[>%]\}\}"  # Hugo shortcodes
    r"|\{%.*?%\}"  # Jekyll, Eleventy and Nunjucks tags
    r"|\{\{.*?\}\}"  # Liquid output
    r"|^%\[[^\]\n]*\]\s*$"  # Hashnode embeds
    r"|\{:[^}\n]*\}"  # kramdown attributes
    r"|^:::.*$"  # admonition fences
    r"|^\[\[toc\]\]\s*$|^\[TOC\]\s*$"
    r"|^(?:import|export)\s.+(?:from\s+['\"].+['\"]|=.*);?\s*$",  # MDX
    re.MULTILINE | re.DOTALL,
)


def _without_shortcodes(markdown: str) -> str:
    lines_kept_apart = re.sub(r"^\[\[toc\]\]\s*$", "", markdown, flags=re.IGNORECASE | re.MULTILINE)
    return _SHORTCODES.sub("", lines_kept_apart)


def _header_lines(text: str) -> tuple[dict[str, Any], str, list[str]]:
    """Pelican's and MultiMarkdown's header: `Key: value` lines down to the first empty line, `Title` among them."""
    head, _, body = text.partition("\n\n")
    lines = head.split("\n")
    has_title = re.search(r"^title:", head, re.IGNORECASE | re.MULTILINE)
    if not (has_title and all(re.match(r"[A-Za-z][\w-]*:\s", line) for line in lines)):
        return {}, text, []
    return {key.lower(): value for key, value in HeaderParser().parsestr(head).items()}, body, []


def _prose(front_matter: str) -> str:
    """The lines of a broken front matter that are sentences, not settings."""
    lines = [line.strip() for line in front_matter.split("\n")]
    return "\n\n".join(line for line in lines if _words(line) >= PROSE_WORDS and not re.match(r"[\w-]+:\s", line))


def _without_indent(line: str) -> str:
    """The line without leading spaces, unless they say that a list item lies inside another."""
    return line if re.match(r"\s+(?:-|\d+\.) ", line) else line.lstrip()


def _words(text: str) -> int:
    return len(text.split())


def _has_words(block: str) -> bool:
    return any(character.isalnum() for character in block)
