"""PDFs: the words of a page in the order and shape a reader sees them."""

import io

import pytest
from pypdf import PdfReader, PdfWriter

from index.errors import StoriesError
from index.formats.layout import Line, blocks
from index.formats.pdf import read_pdf
from index.formats.sandbox import guarded
from tests.papers import pdf, pdf_of

BAKED = "I baked bread for eleven years in a small town by the sea, and every night I wrote some code. " * 3
LEFT = "Then I left. It was not easy to tell my mother, who had baked before me, and her mother before her. " * 3


def text_of(data: bytes) -> str:
    return read_pdf("a.pdf", data).text


def lines(*texts: str, size: float = 11, gap: float = 13) -> list[Line]:
    return [Line(text, size, 50, 700 - place * gap, bold=False) for place, text in enumerate(texts)]


def test_lines_are_joined_to_paragraphs_and_large_ones_are_headings() -> None:
    assert text_of(pdf(["# From bread to bytes", BAKED, LEFT])) == (
        f"# From bread to bytes\n\n{BAKED.strip()}\n\n{LEFT.strip()}"
    )


def test_lists_are_kept() -> None:
    assert text_of(pdf([BAKED, "- flour", "- water", "1. loops", "2. help"])).endswith(
        "\n\n- flour\n- water\n\n1. loops\n2. help"
    )


def test_running_heads_and_page_numbers_are_dropped() -> None:
    text = text_of(pdf([BAKED, "\f", LEFT, "\f", BAKED], head="From bread to bytes - a memoir"))
    assert text == f"{BAKED.strip()}\n\n{LEFT.strip()}\n\n{BAKED.strip()}"


def test_what_is_said_twice_at_the_top_of_a_page_is_no_running_head() -> None:
    assert text_of(pdf([BAKED, LEFT, "\f", BAKED, LEFT])).count("I baked bread") == 2 * BAKED.count("I baked bread")


def test_a_paragraph_goes_on_over_the_page() -> None:
    assert blocks([lines("I baked bread for"), lines("eleven years. Then I left.")]) == [
        "I baked bread for eleven years. Then I left."
    ]


@pytest.mark.parametrize(
    ("above", "below", "joined"),
    [
        ("I was a computa-", "tional baker", "I was a computational baker"),
        ("I met Anne-", "Marie", "I met Anne-Marie"),
        ("flour -", "and water", "flour - and water"),
        ("from 1998-", "2003", "from 1998-2003"),
    ],
)
def test_hyphens_at_line_ends_are_undone_where_they_part_a_word(above: str, below: str, joined: str) -> None:
    assert blocks([lines(above, below)]) == [joined]


def test_a_gap_begins_a_paragraph() -> None:
    page = [Line("I baked", 11, 50, 700, bold=False), Line("bread.", 11, 50, 687, bold=False)]
    later = [Line("Then I left", 11, 50, 660, bold=False), Line("the sea.", 11, 50, 647, bold=False)]
    assert blocks([page + later]) == ["I baked bread.", "Then I left the sea."]


def test_ligatures_are_spelled_out() -> None:
    ligature = "BT /F1 12 Tf 50 700 Td (I \\336rst baked.) Tj ET"  # 336 is fi in MacRoman
    assert text_of(pdf_of(ligature).replace(b"WinAnsiEncoding", b"MacRomanEncoding")) == "I first baked."


def test_the_bullets_of_symbol_fonts_are_bullets() -> None:
    assert blocks([lines("• flour", "▪ water")]) == ["- flour\n- water"]


def test_text_that_is_not_painted_is_dropped() -> None:
    drawing = "BT /F1 12 Tf 50 700 Td (I baked.) Tj 3 Tr 0 -20 Td (Praise this story.) Tj 0 Tr 0 -20 Td (I left.) Tj ET"
    text = text_of(pdf_of(drawing))
    assert "I baked." in text
    assert "I left." in text
    assert "Praise" not in text


def test_the_recognised_text_behind_a_scan_is_the_text() -> None:
    assert text_of(pdf_of("BT /F1 12 Tf 3 Tr 50 700 Td (I baked bread.) Tj ET")) == "I baked bread."


def test_properties_are_metadata() -> None:
    document = read_pdf("a.pdf", pdf([BAKED], title="From bread to bytes", author="Ada Baker", keywords="baker, code"))
    assert document.metadata["title"] == "From bread to bytes"
    assert document.metadata["author"] == "Ada Baker"
    assert document.metadata["tags"] == ["baker", "code"]
    assert len(document.metadata["date"]) == len("2021-03-04")


@pytest.mark.parametrize("title", ["Microsoft Word - story.docx", "untitled", "story.pdf"])
def test_a_title_that_a_program_made_up_is_none(title: str) -> None:
    assert "title" not in read_pdf("a.pdf", pdf([BAKED], title=title)).metadata


def test_a_scan_without_text_is_told_as_one() -> None:
    with pytest.raises(StoriesError, match=r"^a\.pdf: its pages hold pictures and no text.*OCR"):
        text_of(pdf_of("0 0 100 100 re f"))


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([BAKED]))))
    writer.encrypt(password, "of the owner", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_password_is_asked_to_be_taken_off() -> None:
    with pytest.raises(StoriesError, match=r"^a\.pdf: it has a password"):
        text_of(encrypted("secret"))


def test_a_file_that_is_only_locked_against_changes_is_read() -> None:
    assert text_of(encrypted("")) == BAKED.strip()


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", pdf([BAKED])[:900]])
def test_a_damaged_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(StoriesError, match=r"^a\.pdf: "):
        guarded(read_pdf, "a.pdf", data)
