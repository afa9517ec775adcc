"""PDF and Word files that tests make for themselves."""

import io
import zipfile
from collections.abc import Iterable, Mapping

import docx
from fpdf import FPDF

BODY, HEADING = 11, 18


class Paper(FPDF):
    """A PDF with a running head and numbered pages."""

    head = ""

    def header(self) -> None:
        if self.head:
            self.set_font("helvetica", size=8)
            self.cell(0, 8, self.head, new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        if self.head:
            self.set_y(-15)
            self.set_font("helvetica", size=8)
            self.cell(0, 8, f"Page {self.page_no()}")


def pdf(blocks: Iterable[str], head: str = "", **properties: str) -> bytes:
    """A PDF: `# heading`, and paragraphs; a form feed begins a page."""
    paper = Paper()
    paper.head = head
    for name, value in properties.items():
        getattr(paper, f"set_{name}")(value)
    paper.add_page()
    for block in blocks:
        if block == "\f":
            paper.add_page()
            continue
        heading = block.startswith("# ")
        paper.set_font("helvetica", "B" if heading else "", HEADING if heading else BODY)
        paper.multi_cell(0, 7 if heading else 5, block.removeprefix("# "), new_x="LMARGIN", new_y="NEXT")
        paper.ln(4)
    return bytes(paper.output())


def pdf_of(drawing: str) -> bytes:
    """A PDF of one page that draws just this, with Helvetica as /F1."""
    content = drawing.encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(written)
    return written + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


def saved(document: docx.document.Document) -> bytes:
    """A Word file's bytes."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word(*paragraphs: str) -> bytes:
    """A Word file of plain paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return saved(document)


def with_parts(archive: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A zip with some files replaced or added, packed as well as can be."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return buffer.getvalue()


def part(archive: bytes, name: str) -> bytes:
    """A file of a zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(name)
