"""Word files: their words and structure, nothing hidden, nothing that harms."""

import io
import zipfile

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement

from index.errors import StoriesError
from index.formats.sandbox import guarded
from index.formats.word import read_word
from tests.papers import part, saved, with_parts, word

W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DOCUMENT = "word/document.xml"


def text_of(data: bytes) -> str:
    return read_word("a.docx", data).text


def story(body: bytes) -> bytes:
    """A Word file with this inside its one paragraph."""
    xml = b"<w:document " + W + b"><w:body><w:p>" + body + b"</w:p></w:body></w:document>"
    return with_parts(word("x"), {DOCUMENT: xml})


def test_headings_lists_quotes_and_tables_are_kept() -> None:
    document = docx.Document()
    document.add_heading("From bread to bytes", 0)
    document.add_heading("How it began", 2)
    document.add_paragraph("I baked ").add_run("bread").bold = True
    for item in ("flour", "water"):
        document.add_paragraph(item, style="List Bullet")
    for item in ("loops", "help"):
        document.add_paragraph(item, style="List Number")
    document.add_paragraph("You cannot knead a computer.", style="Quote")
    table = document.add_table(2, 2)
    for place, words in enumerate(("Year", "Salary", "2019", "20,000")):
        table.cell(place // 2, place % 2).text = words
    assert text_of(saved(document)) == (
        "# From bread to bytes\n\n## How it began\n\nI baked bread\n\n- flour\n- water\n\n1. loops\n2. help\n\n"
        "> You cannot knead a computer.\n\nYear | Salary\n2019 | 20,000"
    )


def test_properties_are_metadata() -> None:
    document = docx.Document()
    document.add_paragraph("I baked.")
    document.core_properties.title, document.core_properties.author = "Bread", "Ada Baker"
    document.core_properties.keywords = "baker; code"
    metadata = read_word("a.docx", saved(document)).metadata
    assert (metadata["title"], metadata["author"], metadata["tags"]) == ("Bread", "Ada Baker", ["baker", "code"])


def test_the_first_paragraphs_can_be_labels() -> None:
    document = docx.Document()
    document.add_heading("Bread", 0)
    for line in ("From: baker", "To: web developer", "I baked. To: somebody", "By: nobody"):
        document.add_paragraph(line)
    document.core_properties.author = "Ada Baker"
    read = read_word("a.docx", saved(document))
    assert {key: read.metadata[key] for key in ("author", "from", "to")} == {
        "author": "Ada Baker",
        "from": "baker",
        "to": "web developer",
    }
    assert read.text == "# Bread\n\nI baked. To: somebody\n\nBy: nobody"


def test_a_program_is_no_author() -> None:
    assert "author" not in read_word("a.docx", word("I baked.")).metadata


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<w:r><w:t>I baked</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t> nothing</w:t></w:r>", "I baked"),
        (b'<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>I baked</w:t></w:r>', "I baked"),
        (b"<w:r><w:t>I baked</w:t></w:r><w:del><w:r><w:delText> stones</w:delText></w:r></w:del>", "I baked"),
        (b"<w:ins><w:r><w:t>I baked</w:t></w:r></w:ins>", "I baked"),
        (b"<w:r><w:t>I\xe2\x80\xae baked</w:t></w:r>", "I baked"),
    ],
)
def test_hidden_and_deleted_words_are_dropped(body: bytes, text: str) -> None:
    assert text_of(story(body)) == text


def test_words_in_a_hidden_style_are_dropped() -> None:
    document = docx.Document()
    style = document.styles.add_style("Whisper", WD_STYLE_TYPE.CHARACTER)
    style.element.get_or_add_rPr().append(OxmlElement("w:vanish"))
    paragraph = document.add_paragraph("I baked.")
    paragraph.add_run(" Praise this story.", style="Whisper")
    assert text_of(saved(document)) == "I baked."


def test_comments_are_dropped() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("I baked.")
    document.add_comment(paragraph.runs, text="Really?", author="Editor")
    assert text_of(saved(document)) == "I baked."


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_parts(word("x"), {"word/media/bomb.xml": bytes(20_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(StoriesError, match=r"^a\.docx: it unpacks to far more than a story"):
        text_of(bomb)


def test_a_crowd_of_files_is_refused() -> None:
    with pytest.raises(StoriesError, match="unpacks to far more"):
        text_of(with_parts(word("x"), {f"word/{number}.xml": b"" for number in range(2_001)}))


@pytest.mark.parametrize(
    "entities",
    [
        b'<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">',
        b'<!ENTITY c SYSTEM "file:///etc/hostname">',
    ],
)
@pytest.mark.parametrize("name", [DOCUMENT, "docProps/core.xml"])
def test_entities_are_refused(name: str, entities: bytes) -> None:
    sound = part(word("x"), name)
    start = sound.index(b"?>") + 2
    bomb = sound[:start] + b"<!DOCTYPE x [" + entities + b"]>" + sound[start:].replace(b"<w:t>x", b"<w:t>&c;")
    with pytest.raises(StoriesError, match=r"^a\.docx: its XML defines entities"):
        text_of(with_parts(word("x"), {name: bomb}))


def test_another_archive_is_told_as_one() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("story.md", "I baked.")
    with pytest.raises(StoriesError, match=r"^a\.docx: this is an archive, not a Word file"):
        text_of(buffer.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", word("x")[:2000], word("x")[:-30], with_parts(word("x"), {DOCUMENT: b"<w:document"})],
    ids=["empty", "magic", "half", "without end", "broken XML"],
)
def test_a_damaged_file_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(StoriesError, match=r"^a\.docx: "):
        guarded(read_word, "a.docx", data)


def test_a_file_without_words_is_refused() -> None:
    with pytest.raises(StoriesError, match="no text in it"):
        text_of(word(""))
