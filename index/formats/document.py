"""Document: what a file was understood to say; and the Markdown file it can be kept as.

Knows how clean text is written so that reading it gives the same text again; not how files are read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from index.formats.metadata import front_matter, split_front_matter


@dataclass(frozen=True)
class Document:
    """A file as it was understood: JSON-like metadata, clean text, and what had to be given up on the way."""

    metadata: Mapping[str, Any]
    text: str
    warnings: tuple[str, ...] = ()


def to_markdown(document: Document) -> str:
    """A Markdown file that is read back as the same metadata and text: front matter, then the text escaped.

    What Markdown has no words for (an item of a list that begins at 3 and goes on with 7) is kept as preformatted.
    """
    from index.formats.markup import markdown_to_text  # late: who only answers writes no files

    body = _as_markdown(document.text)
    if markdown_to_text(body) != document.text:
        body = _as_preformatted(document.text)
    if document.metadata or split_front_matter(body)[:2] != ({}, body):  # it begins like metadata, and is none
        body = f"{front_matter(document.metadata)}\n{body}"
    return f"{body}\n"


def _as_markdown(text: str) -> str:
    blocks = text.split("\n\n")
    written = [_block(block) for block in blocks]
    for place in range(1, len(blocks)):
        if _LIST.match(blocks[place]) and _LIST.match(blocks[place - 1]):
            written[place] = f"<!-- -->\n\n{written[place]}"  # or the two lists would be one
    return "\n\n".join(written)


def _block(block: str) -> str:
    lines = [line for line in map(_MARKED.match, block.split("\n")) if line]
    return "\n".join(_line(line, below) for line, below in zip(lines, [*lines[1:], None], strict=True))


def _line(line: re.Match[str], below: re.Match[str] | None) -> str:
    """A line with its marks; with a hard break where the next one belongs to the same paragraph."""
    broken = below is not None and below["words"] and not below["mark"] and line["words"] and line["mark"][:1] != "#"
    written = line["quote"] + line["mark"] + _escaped(line["words"], starts=not line["mark"])
    return f"{written}\\" if broken else written


def _escaped(words: str, *, starts: bool) -> str:
    """A line's words, so that nothing in them is Markdown. `starts`: they stand at the beginning of a line."""
    escaped = re.sub(r"([\\`*_{}\[\]<>&~^]|#(?=\s*$)|(?<==)=|=(?==)|\$(?=\$)|%(?=[%\[]))", r"\\\1", words)
    if not starts:
        return escaped
    escaped = re.sub(r"^(import|export)\b", lambda word: f"&#{ord(word[0][0])};{word[0][1:]}", escaped)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([-+#:!?])", r"\\\1", escaped))


def _as_preformatted(text: str) -> str:
    """The text in a `pre` element, where blanks and line ends stay, without any sign that means something."""
    kept = re.sub(r"[^\w\s.,;'\"()/-]", lambda sign: f"&#{ord(sign[0])};", text)
    kept = re.sub(r"(?m)^(?:import|export)\b", lambda word: f"&#{ord(word[0][0])};{word[0][1:]}", kept)
    return f"<pre>\n{kept}\n</pre>"


_LIST = re.compile(r"(?:-|\d+\.) ")
_MARKED = re.compile(r"(?P<quote>(?:> ?)*)(?P<mark>(?: *(?:-|\d+\.) +|#{1,6} +)?)(?P<words>.*)$")
