"""A page of the web → a document: its main text, chosen by trafilatura, and what it says of itself.

Owns the page's encoding, front matter above it, and what is done where trafilatura finds too little. It is imported in
the sandbox's worker alone, and asks nothing of the network.
"""

import re
from collections.abc import Collection
from typing import Any

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from lxml import etree
from trafilatura import extract
from trafilatura.metadata import extract_metadata

from index.errors import StoriesError
from index.formats.characters import decode, visible
from index.formats.document import Document
from index.formats.furniture import without_furniture
from index.formats.markup import cleaned, html_to_text
from index.formats.metadata import is_label, json_like, split_front_matter

LEAST_SHARE = 0.3
"""Of the page's prose; where trafilatura finds less, it has missed the story."""

PARAGRAPH_WORDS = 25
"""So many words are prose; fewer are a menu's entry, a caption or a button."""

RUN = 3
"""Words in a row by which a block is recognised."""

KNOWN_SHARE = 0.6
"""Of a block's runs of words; the rest may lie across items of a list, or in what trafilatura took out of a line."""

MENU_WORDS = 8
"""An entry of a menu has no more."""

_HEAD_BYTES = 4096

Words = tuple[str, ...]

_DATES = {"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d", "max_date": None}
# What the page says of its date; not the many minutes of looking for something like one.

_NO_STORY = (
    "#comments, .comments, .comment-list, .comments-area, #disqus_thread, #respond, body > footer, body > header nav"
)


def read_webpage(name: str, data: bytes) -> Document:
    """The main text and the metadata of an HTML page. Raises `StoriesError` where it holds no text."""
    fenced, page, warnings = split_front_matter(visible(_decoded(name, data)))
    soup = BeautifulSoup(re.sub(r"\A\s*<\?xml[^>]*\?>", "", page), "lxml")
    said = _metadata(str(soup))
    without_furniture(soup)
    for part in soup.select(_NO_STORY):
        part.decompose()
    text = _main_text(str(soup))
    if not text:
        raise StoriesError(
            f"{name}: the page holds no text; perhaps a script would write it. "
            "Open it in a browser, copy the story and save it as text."
        )
    labels = {key: value for key, value in {**said, **fenced}.items() if is_label(value)}
    return Document(labels, text, tuple(warnings))


def _decoded(name: str, data: bytes) -> str:
    """The page's text: by its byte order mark, by what it declares, else as any text file."""
    declared = EncodingDetector.find_declared_encoding(data[:_HEAD_BYTES], is_html=True)
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        browsers = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
        try:
            return data.decode(browsers.get(declared.lower(), declared))
        except (LookupError, ValueError):  # it declares what it is not, as many do
            pass
    return decode(name, data)


def _main_text(page: str) -> str:
    """The blocks of the page that trafilatura takes for the story; all, where that is a small part of its prose."""
    whole = html_to_text(page)
    prose = _prose_words(whole)
    for recall in (False, True):
        found = extract(page, output_format="txt", favor_recall=recall, include_comments=False, include_tables=True)
        text = _selected(whole, found or "")
        if text and _prose_words(text) >= LEAST_SHARE * prose:
            return text
    return whole


def _prose_words(text: str) -> int:
    lengths = [len(block.split()) for block in text.split("\n\n")]
    return sum(length for length in lengths if length >= PARAGRAPH_WORDS)


def _selected(whole: str, found: str) -> str:
    """The blocks of a clean text whose words were found, with the headings above and the lists below them.

    Of what trafilatura gives only the choice is taken: numbers and quotations are lost in it, and on pages without an
    `article` all headings and lists.
    """
    lines = [_words(line) for line in found.split("\n")]
    known = {run for line in lines for run in (*_runs(line), line)}
    blocks = whole.split("\n\n")
    kept = [_is_known(block, known) for block in blocks]
    for place in range(1, len(blocks)):
        kept[place] = kept[place] or (kept[place - 1] and _is_told_list(blocks[place]))
    for place in reversed(range(len(blocks) - 1)):
        kept[place] = kept[place] or (kept[place + 1] and blocks[place].startswith("#"))
    return cleaned("\n\n".join(block for block, keep in zip(blocks, kept, strict=True) if keep))


def _is_known(block: str, known: Collection[Words]) -> bool:
    lines = [_words(line) for line in block.split("\n")]
    runs = [run for line in lines for run in _runs(line) or [line]]
    return sum(run in known for run in runs) >= KNOWN_SHARE * len(runs)


def _is_told_list(block: str) -> bool:
    """Whether a block is a list or quotation that says more than a menu would."""
    return bool(_LISTED.match(block)) and any(len(line.split()) > MENU_WORDS for line in block.split("\n"))


def _runs(words: Words) -> list[Words]:
    return [words[place : place + RUN] for place in range(len(words) - RUN + 1)]


def _words(line: str) -> Words:
    return tuple(re.findall(r"\w+", _LISTED.sub("", line).lower()))


_LISTED = re.compile(r" *(?:-|\d+\.|>) ")


def _metadata(page: str) -> dict[str, Any]:
    """What the page says of itself in its head, in the project's names."""
    try:
        said = extract_metadata(page, date_config=dict(_DATES), extensive=False)
    except (ValueError, TypeError, AttributeError, LookupError, etree.Error):
        return {}  # malformed metadata lose themselves, never the story
    named = {
        "title": said.title,
        "author": said.author,
        "date": said.date,
        "url": said.url,
        "source": said.sitename,
        "description": said.description,
        "tags": _tags([*(said.tags or ()), *(said.categories or ())]),
    }
    return {str(key): value for key, value in json_like(named).items() if value}


def _tags(listed: list[str]) -> list[str]:
    return list(dict.fromkeys(tag.strip() for tags in listed for tag in re.split("[,;]", tags) if tag.strip()))
