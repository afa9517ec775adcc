"""PDF → a document: what pypdf tells of the glyphs, line by line; `layout.py` makes blocks of the lines.

Owns what a file of pages can refuse (a password, a scan without text) and can hide (text that is not painted), and its
properties. It is imported in the sandbox's worker alone. Nothing is recognised here: pictures stay pictures.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PdfReadError
from pypdf.generic import ContentStream, NameObject

from index.errors import StoriesError
from index.formats.characters import visible
from index.formats.document import Document
from index.formats.layout import Line, blocks
from index.formats.markup import cleaned
from index.formats.metadata import is_label

PAGES = 400
"""No personal story is longer; what follows is left out with a warning."""


@dataclass(frozen=True)
class _Chunk:
    """Text as pypdf tells it, a part of a line or several, and where and how it stands."""

    text: str
    size: float
    x: float
    y: float
    bold: bool


def read_pdf(name: str, data: bytes) -> Document:
    """The text and properties of a PDF.

    Raises `StoriesError` where it has a password or holds no text, and pypdf's own errors where it is damaged.
    """
    reader = PdfReader(io.BytesIO(data))
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            raise StoriesError(f"{name}: it has a password. Save the story without one, or as plain text.")
        pages = [_lines(page) for page in reader.pages[:PAGES]]
    except (FileNotDecryptedError, DependencyError) as error:
        raise StoriesError(f"{name}: it is encrypted ({error}). Save the story without a password.") from error
    text = cleaned("\n\n".join(blocks(pages)))
    if not text:
        raise StoriesError(
            f"{name}: its pages hold pictures and no text, as scans do. "
            "Run text recognition (OCR) over it, or write the story out as text."
        )
    left_out = len(reader.pages) - len(pages)
    warnings = (f"its last {left_out} pages were left out; the first {PAGES} are read",) if left_out > 0 else ()
    return Document(_properties(reader), text, warnings)


def _lines(page: Any) -> list[Line]:
    """The page's lines that can be seen; where none can (a scan, its recognised text laid behind it), all."""
    contents = page.get_contents()
    hidden = _without_invisible(contents) if contents is not None else None
    if hidden is None:
        return _read_lines(page)
    original = page[NameObject("/Contents")]
    page[NameObject("/Contents")] = hidden
    return _read_lines(page) or _read_lines(_restored(page, original))


def _restored(page: Any, contents: Any) -> Any:
    page[NameObject("/Contents")] = contents
    return page


def _without_invisible(contents: ContentStream) -> ContentStream | None:
    """The page's drawing without text of rendering mode 3 (neither filled nor stroked), or None if there is none."""
    modes, kept, found = [0], [], False
    for operands, operator in contents.operations:
        if operator == b"q":
            modes.append(modes[-1])
        elif operator == b"Q" and len(modes) > 1:
            modes.pop()
        elif operator == b"Tr" and operands:
            modes[-1] = operands[0]
        invisible = modes[-1] == _INVISIBLE and operator in {b"Tj", b"TJ", b"'", b'"'}
        found = found or invisible
        if not invisible:
            kept.append((operands, operator))
    if not found:
        return None
    contents.operations = kept
    return contents


def _read_lines(page: Any) -> list[Line]:
    chunks: list[_Chunk] = []

    def see(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float) -> None:
        scale = abs(tm[3] or tm[1] or 1) * abs(cm[3] or cm[1] or 1)
        x, y = tm[4] * cm[0] + tm[5] * cm[2] + cm[4], tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        bold = bool(_BOLD.search(str(font.get("/BaseFont", "")))) if font else False
        chunks.append(_Chunk(text, float(size or 0) * scale, x, y, bold))

    page.extract_text(visitor_text=see)
    return list(_gathered(chunks))


def _gathered(chunks: Sequence[_Chunk]) -> Iterator[Line]:
    current: list[_Chunk] = []
    for chunk in chunks:
        for place, part in enumerate(chunk.text.split("\n")):
            if place:
                yield from _line(current)
                current = []
            current.append(replace(chunk, text=part))
    yield from _line(current)


def _line(chunks: Sequence[_Chunk]) -> Iterator[Line]:
    text = visible("".join(chunk.text for chunk in chunks).translate(_SPELLED_OUT)).replace("\n", " ").strip()
    worded = [chunk for chunk in chunks if chunk.text.strip()]
    if text and worded:
        longest = max(worded, key=lambda chunk: len(chunk.text))
        yield Line(text, longest.size, worded[0].x, worded[0].y, all(chunk.bold for chunk in worded))


def _properties(reader: PdfReader) -> dict[str, Any]:
    """Title, author, tags and day of the file, where its properties name them and they are no program's."""
    try:
        said = reader.metadata
        xmp = reader.xmp_metadata
        titles = [said.title if said else None, *((xmp.dc_title or {}).values() if xmp else ())]
        authors = [said.author if said else None, ", ".join(xmp.dc_creator or ()) if xmp else None]
        keywords = [said.get("/Keywords") if said else None, xmp.pdf_keywords if xmp else None]
        created = said.creation_date if said else None
    except (PdfReadError, ValueError, TypeError, AttributeError, KeyError):
        return {}  # a story has no need of them
    named = {
        "title": _PROGRAM_TITLE.sub("", _first(titles)),
        "author": _first(authors),
        "tags": [tag.strip() for tag in re.split(r"[,;]", _first(keywords)) if tag.strip()],
        "date": created.date().isoformat() if created else "",
    }
    return {key: value for key, value in named.items() if value and is_label(value)}


def _first(values: Sequence[Any]) -> str:
    return next((" ".join(visible(str(value)).split()) for value in values if value and str(value).strip()), "")


_INVISIBLE = 3

_BOLD = re.compile("bold|black|heavy", re.IGNORECASE)

_SPELLED_OUT = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\uf0b7": "•", "\uf0a7": "•"}
)
# Ligatures; the last two are the bullets of the fonts Symbol and Wingdings.

_PROGRAM_TITLE = re.compile(
    r"^(?:Microsoft Word - .*|untitled.*|document ?\d*|.*\.(?:docx?|pdf|odt|pages|indd|tex|html?))$", re.IGNORECASE
)
