"""A Word file (.docx) → a document, by way of mammoth's HTML.

Owns what a zip of XML can do to its reader (bombs, entities, links outside) and what a reader of the page does not see:
hidden runs, deletions, comments, tables of contents. It is imported in the sandbox's worker alone.
"""

import io
import re
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

import mammoth
from lxml import etree

from index.errors import StoriesError
from index.formats.characters import visible
from index.formats.document import Document
from index.formats.markup import html_to_text
from index.formats.metadata import is_label, leading_labels

ENTRIES = 2_000
"""Files in the archive."""

ENTRY_BYTES = 30_000_000
"""A file's size, unpacked."""

TOTAL_BYTES = 100_000_000
"""Of all of them."""

RATIO = 200
"""Of a file's size to what it takes up packed; beyond it lies no text, once it is larger than a page or two."""

SMALL_BYTES = 200_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
p[style-name='Block Text'] => blockquote:fresh
p[style-name='Contents Heading'] => !
p[style-name='TOC Heading'] => !
p[style-name^='toc '] => !
p[style-name^='TOC '] => !
p[style-name='Caption'] => p:fresh
comment-reference => !
"""


def read_word(name: str, data: bytes) -> Document:
    """The text and properties of a .docx file. Raises `StoriesError` where it is none, or is made to do harm."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            _check(name, archive.infolist())
            if "word/document.xml" not in archive.namelist():
                raise StoriesError(f"{name}: this is an archive, not a Word file. Unpack it and add the stories in it.")
            parts = dict(_parts(name, archive))
    except (BadZipFile, LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        # The last three: a packing that Python lacks, a password, an end too soon.
        raise StoriesError(f"{name}: it is no sound Word file ({error}). Save the story anew as .docx.") from error
    converted = mammoth.convert_to_html(
        io.BytesIO(_packed(parts)), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
    )
    text = html_to_text(converted.value)
    if not text:
        raise StoriesError(f"{name}: there is no text in it, only pictures or nothing. Write the story out as text.")
    labels, body = leading_labels(text)
    return Document(_properties(parts.get("docProps/core.xml")) | labels, body)


def _check(name: str, entries: list[ZipInfo]) -> None:
    """Raises `StoriesError` for an archive that unpacks to more than a story."""
    bomb = any(
        entry.file_size > ENTRY_BYTES
        or (entry.file_size > SMALL_BYTES and entry.file_size > RATIO * max(entry.compress_size, 1))
        for entry in entries
    )
    if bomb or len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > TOTAL_BYTES:
        raise StoriesError(f"{name}: it unpacks to far more than a story. Save the story anew as .docx, or remove it.")


def _parts(name: str, archive: ZipFile) -> Iterator[tuple[str, bytes]]:
    """The XML in the archive, without what is hidden; no pictures, no fonts, nothing embedded."""
    styles = archive.read("word/styles.xml") if "word/styles.xml" in archive.namelist() else b""
    hidden_styles = _hidden_styles(_parsed(name, styles)) if styles else frozenset[str]()
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels")) or not re.match(_KEPT, entry.filename):
            continue
        root = _parsed(name, archive.read(entry))
        if entry.filename in _TEXTS:
            _drop_hidden(root, hidden_styles)
        yield entry.filename, etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _parsed(name: str, data: bytes) -> Any:
    """Raises `StoriesError` for a document type definition: it can hold entities, and Word never writes one."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise StoriesError(f"{name}: it is no sound Word file ({error}). Save the story anew as .docx.") from error
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise StoriesError(f"{name}: its XML defines entities, as no word processor's does. Save it anew as .docx.")
    return root


def _hidden_styles(styles: Any) -> frozenset[str]:
    """Ids of the styles whose text is hidden."""
    return frozenset(
        str(style.get(f"{_W}styleId"))
        for style in styles.iter(f"{_W}style")
        if _is_on(style.find(f"{_W}rPr/{_W}vanish"))
    )


def _drop_hidden(root: Any, hidden_styles: frozenset[str]) -> None:
    for run in list(root.iter(f"{_W}r")):
        properties = run.find(f"{_W}rPr")
        vanish = properties.find(f"{_W}vanish") if properties is not None else None
        paragraph = next(run.iterancestors(f"{_W}p"), None)
        styles = {_style(properties, "rStyle"), _style(paragraph, f"pPr/{_W}pStyle")}
        if _is_on(vanish) or (vanish is None and not hidden_styles.isdisjoint(styles)):
            run.getparent().remove(run)


def _style(element: Any, path: str) -> str:
    found = element.find(f"{_W}{path}") if element is not None else None
    return str(found.get(f"{_W}val")) if found is not None else ""


def _is_on(switch: Any) -> bool:
    return switch is not None and switch.get(f"{_W}val") not in {"0", "false", "off"}


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return buffer.getvalue()


def _properties(core: bytes | None) -> dict[str, Any]:
    """Title, author, tags and day, where the file's properties name them and they are no program's."""
    if core is None:
        return {}
    said = {
        etree.QName(element).localname: " ".join(visible(element.text or "").split())
        for element in etree.fromstring(core, etree.XMLParser(resolve_entities=False))
        if isinstance(element.tag, str)
    }
    author = said.get("creator", "")
    day = re.match(r"\d{4}-\d\d-\d\d", said.get("created", ""))
    named = {
        "title": said.get("title", ""),
        "author": "" if author in _PROGRAMS else author,
        "description": re.sub(r"^generated by .*", "", said.get("description", "")),
        "tags": [tag.strip() for tag in re.split(r"[,;]", said.get("keywords", "")) if tag.strip()],
        "date": day[0] if day else "",
    }
    return {key: value for key, value in named.items() if value and is_label(value)}


_PROGRAMS = ("python-docx", "docx4j", "Microsoft Office User", "Apache POI", "Unknown", "Un-named")

_TEXTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_KEPT = (
    r"(?:\[Content_Types\]\.xml|_rels/\.rels|docProps/core\.xml"
    r"|word/(?:document|styles|numbering|footnotes|endnotes)\.xml|word/_rels/(?:document|footnotes|endnotes)\.xml\.rels)$"
)
