"""A story file's bytes → metadata and clean text: the one door, whatever the format.

Owns which formats there are, and how a file's is told: by what it holds, where that is plain, else by its name.
Text and Markdown are read here and now; parsers of HTML, PDF and Word run in a process of their own with limits.
Knows nothing of folders, passages or embeddings.
"""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from index.errors import StoriesError
from index.formats.characters import decode, visible
from index.formats.document import Document, to_markdown
from index.formats.metadata import closing_credits, is_label, split_front_matter
from index.formats.sandbox import guarded, run_apart

__all__ = ["READER_VERSION", "SUFFIXES", "Document", "read_document", "read_text", "to_markdown"]

READER_VERSION = 3
"""Raised whenever the same bytes would give another text, so that an index made before is made anew."""

SUFFIXES = (".md", ".markdown", ".mdx", ".txt", ".html", ".htm", ".xhtml", ".pdf", ".docx")
"""File name endings that are read as stories."""

LARGE_TEXT = 200_000
"""Bytes of a text file above which it is read apart, too: what it would cost is unknown."""

Reader = Callable[[str, bytes], Document]


def read_document(name: str, data: bytes) -> Document:
    """Read the bytes of the file called `name`.

    Raises `StoriesError` where no text can be had: a binary file, an unknown encoding, nothing but white space,
    a damaged file; `PassingError` where its parser ran out of time or memory, or cannot be loaded.
    """
    reader = _reader(name, data)
    here = reader is read_text and len(data) <= LARGE_TEXT
    return guarded(reader, name, data) if here else run_apart(reader, name, data)


def read_text(name: str, data: bytes) -> Document:
    """Markdown or plain text, and the transcript that some keep in its front matter.

    Raises `StoriesError` for what is neither, or empty.
    """
    from index.formats.markup import lines_to_paragraphs, markdown_to_text  # late: who only answers reads no files

    metadata, body, warnings = split_front_matter(visible(decode(name, data)))
    labels = closing_credits(body) | {key: value for key, value in metadata.items() if is_label(value)}
    transcripts = [lines_to_paragraphs(value) for value in metadata.values() if not is_label(value)]
    if PurePosixPath(name).suffix.lower() == ".txt":
        body = lines_to_paragraphs(body)
    text = markdown_to_text("\n\n".join([body, *transcripts]))
    if not text:
        raise StoriesError(
            f"{name}: there is no text in it. Write the story below the front matter, or remove the file."
        )
    return Document(labels, text, tuple(warnings))


def _reader(name: str, data: bytes) -> Reader:
    """Who reads the file. Raises `StoriesError` for formats that nobody here reads."""
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, reader in _SIGNATURES.items():
        if head.startswith(signature):
            return reader
    for signature, (what, remedy) in _REFUSED.items():
        if head.startswith(signature):
            raise StoriesError(f"{name}: this is {what}. {remedy}")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".pdf" and b"%PDF-" in data[:_HEAD]:
        return _pdf  # as the format allows, something stands before its signature
    if suffix in _PRINTED:
        raise StoriesError(f"{name}: this is no {_PRINTED[suffix]} file. Export the story anew, or remove the file.")
    return _webpage if suffix in _WEB or _is_webpage(data) else read_text


def _is_webpage(data: bytes) -> bool:
    """Whether a text is a whole page of HTML, possibly below front matter."""
    head = re.sub(rb"\x00", b"", data[:4096]).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    head = re.sub(rb"\A---\r?\n.*?\n---\s*", b"", head, count=1, flags=re.DOTALL)
    head = re.sub(rb"\A(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)*", b"", head, flags=re.DOTALL)
    return head.startswith((b"<!doctype html", b"<html"))


def _webpage(name: str, data: bytes) -> Document:
    from index.formats.webpage import read_webpage

    return read_webpage(name, data)


def _pdf(name: str, data: bytes) -> Document:
    from index.formats.pdf import read_pdf

    return read_pdf(name, data)


def _word(name: str, data: bytes) -> Document:
    from index.formats.word import read_word

    return read_word(name, data)


_SIGNATURES: dict[bytes, Reader] = {b"%PDF-": _pdf, b"PK\x03\x04": _word, b"PK\x05\x06": _word}
_HEAD = 1024
_WEB = (".html", ".htm", ".xhtml")
_PRINTED = {".pdf": "PDF", ".docx": "Word"}
_REFUSED = {
    b"\xd0\xcf\x11\xe0": (
        "a Word file of before 2007, or one with a password",
        "Open it in a word processor and save it as .docx without a password.",
    ),
    b"{\\rtf": ("an RTF file", "Open it in a word processor and save it as .docx."),
}
