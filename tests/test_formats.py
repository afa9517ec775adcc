"""The one door: every format a story comes in is told by what it holds, and read into metadata and clean text."""

import json
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.errors import StoriesError
from index.formats import LARGE_TEXT, SUFFIXES, Document, read_document, read_text, to_markdown
from index.formats.characters import visible
from index.formats.pdf import read_pdf
from index.formats.sandbox import guarded
from index.formats.webpage import read_webpage
from index.formats.word import read_word
from tests.papers import pdf, word

BAKED = "I baked bread for eleven years."
PAGE = f"<!doctype html><html><head><title>Bread</title></head><body><p>{BAKED}</p></body></html>".encode()


def text_of(markdown: str, name: str = "story.md") -> str:
    return read_document(name, markdown.encode()).text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", BAKED.encode()),
        ("a.MD", BAKED.encode()),
        ("a.markdown", BAKED.encode()),
        ("a.mdx", f"import Oven from './oven'\n\n<Oven>{BAKED}</Oven>".encode()),
        ("a.txt", BAKED.encode()),
        ("a.html", PAGE),
        ("a.htm", PAGE),
        ("a.xhtml", b"<?xml version='1.0' encoding='utf-8'?>\n" + PAGE),
        ("a.pdf", pdf([BAKED])),
        ("a.docx", word(BAKED)),
        # What it holds is believed over the name.
        ("a.txt", PAGE),
        ("a.md", b"---\ntitle: Bread\n---\n\n" + PAGE),
        ("a.md", PAGE.decode().encode("utf-16")),
        ("a.txt", pdf([BAKED])),
        ("a.md", word(BAKED)),
        ("a.pdf", word(BAKED)),
        ("a.html", BAKED.encode()),
    ],
)
def test_every_format_is_read_and_told_by_what_it_holds(name: str, data: bytes) -> None:
    assert read_document(name, data).text == BAKED


def test_every_suffix_is_known() -> None:
    assert set(SUFFIXES) == {".md", ".markdown", ".mdx", ".txt", ".html", ".htm", ".xhtml", ".pdf", ".docx"}


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Word file of before 2007, or one with a password"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "with a password"),
        ("a.txt", b"{\\rtf1\\ansi I baked.}", "an RTF file"),
        ("a.pdf", b"I baked.", "no PDF file"),
        ("a.docx", b"I baked.", "no Word file"),
        ("a.md", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe\x00" * 20, "not a text file"),
        ("a.md", b"", "no text"),
        ("a.md", b"---\ntitle: Only this\n---\n", "no text"),
        ("a.md", b"![x](y.png)", "no text"),
        ("a.html", b"<script>x</script>", "no text"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_what_to_do(name: str, data: bytes, what: str) -> None:
    with pytest.raises(StoriesError, match=rf"^{name}: .*{what}.*\. \w.*\.$"):
        read_document(name, data)


def test_yaml_front_matter_becomes_metadata_and_leaves_the_text() -> None:
    document = read_document(
        "a.md", b"---\ntitle: From bread to bytes\ndate: 2023-12-16T14:59:43+01:00\ntags: [baker]\n---\n\nI baked.\n"
    )
    assert document.metadata["title"] == "From bread to bytes"
    assert document.metadata["date"] == "2023-12-16T14:59:43+01:00"
    assert document.text == "I baked."


def test_broken_front_matter_loses_the_metadata_with_a_warning_and_never_the_story() -> None:
    document = read_document("a.md", b"---\ntitle: From: bread: [to bytes\n---\nI baked.")
    assert document.text == "I baked."
    assert document.metadata == {}
    assert "front matter is broken" in document.warnings[0]


def test_sentences_inside_a_broken_front_matter_are_kept() -> None:
    spoken = "I had been baking bread for eleven years when I wrote my very first line of code."
    assert text_of(f"---\ntitle: [broken\n{spoken}\n---\n") == spoken


def test_a_transcript_inside_the_front_matter_is_the_story() -> None:
    line = "I had been baking bread for eleven years when I wrote my very first line of code. "
    document = read_document("a.md", f"---\ntitle: Bread\ntranscript: |\n  {line * 8}\n---\n".encode())
    assert document.text.startswith("I had been baking")
    assert "transcript" not in document.metadata


def test_plain_text_has_paragraphs_by_its_lines() -> None:
    long = "I had been baking bread for eleven years when I wrote a line of code, and it was a revelation. " * 2
    assert text_of(f"A new life\n{long}\n{long}", "a.txt") == f"## A new life\n\n{long.strip()}\n\n{long.strip()}"
    assert text_of("I had been baking\nfor eleven years.\n\nThen I left.", "a.txt") == (
        "I had been baking for eleven years.\n\nThen I left."
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_other_encodings_are_understood(encoding: str) -> None:
    text = "Après le café, j'ai quitté mon métier. C'était très difficile pour ma mère, évidemment."
    data = text.encode(encoding) if encoding != "utf-16-le" else b"\xff\xfe" + text.encode(encoding)
    assert read_document("a.md", data).text == text


def test_line_ends_of_every_system_are_one() -> None:
    assert read_document("a.md", b"I baked.\r\n\r\nI coded.\r\rI left.").text == "I baked.\n\nI coded.\n\nI left."


def test_a_text_of_unusual_size_is_read_apart() -> None:
    assert text_of(f"{BAKED}\n\n" * (LARGE_TEXT // len(BAKED) + 1)).startswith(f"{BAKED}\n\n{BAKED}")


def test_what_is_nested_without_end_is_refused_by_name() -> None:
    with pytest.raises(StoriesError, match=r"^a\.md: "):
        read_document("a.md", b"> " * 5000 + b"I baked.")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u200bb\u202ec\U000e0041d\x00e\ufefff", "abcdef"),
        ("a\u00a0b\u2003c\u2028d\te", "a b c\nd    e"),
        ("a\u034fb\u115fc\u3164d\U000e0100e", "abcde"),
        ("\ud800a\udfff", "a"),
        ("cafe\u0301 cafe\u200b\u0301", "café café"),
        ("👩🏻\u200d💻 می\u200cروم क्\u200dष", "👩🏻\u200d💻 می\u200cروم क्\u200dष"),
        ("a\u200db \u200d", "ab "),
    ],
)
def test_characters_that_nobody_sees_are_dropped(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        BAKED,
        "# Bread\n\n- flour\n- water\n  - cold\n\n1. loops\n2. help\n\n> Knead.\n>\n> Bake.\n\nYear | Pay\n2019 | 20",
        "I *really* [baked](x) `it` <br> &amp; _left_ ~~for~~ ==good== $5 {{x}} {% y %} [[z]] ^1^",
        "import this from 'that'\n\nexport const a = 1\n\nTitle: no metadata\n\n::: no fence",
        "1. one\n7. seven\n\n- a\n\n- b\n\n2020. That was a year.",
        "a\nb\nc\n\n#hashtag # no heading #\n\n+ plus\n\n- \n\n=====\na",
        "print('x')\n  indented = {}\n\nC:\\bread\\flour",
    ],
)
def test_a_text_is_kept_as_markdown_that_reads_back_the_same(text: str) -> None:
    document = read_document("a.md", to_markdown(Document({"title": "Bread"}, text)).encode())
    again = read_document("a.md", to_markdown(document).encode())
    assert again == document
    assert document.metadata == {"title": "Bread"}
    assert [word for word in text.split() if word.isalpha()] == [
        word for word in document.text.split() if word.isalpha()
    ]


def test_kept_markdown_is_markdown_to_its_reader() -> None:
    kept = to_markdown(Document({"title": "Bread", "tags": ["baker"]}, "# Flour\n\n- rye\n- wheat\n\n> *Knead*"))
    assert kept == "---\ntitle: Bread\ntags:\n- baker\n---\n\n# Flour\n\n- rye\n- wheat\n\n> \\*Knead\\*\n"


MARKS = st.sampled_from(
    ["# ", "- ", "  - ", "1. ", "9. ", "> ", "\n", "\n\n", "---\n", "a: b", "**", "`", "```\n", "<p>", "<!--", "&lt;",
     "{{", "}}", "[[", "](", "| ", "|-|", ":::", "!!! x", "[^1]", "[^1]: ", "$$", "==", "\\", "  ", "Title: x",
     "import a", "%%"]
)  # fmt: skip
PROSE = st.lists(MARKS | st.text(max_size=8) | st.just("I baked"), max_size=14).map("".join)
FORMATS = {".md": read_text, ".txt": read_text, ".html": read_webpage, ".pdf": read_pdf, ".docx": read_word}
HEADS = {".pdf": pdf([BAKED])[:700], ".docx": word(BAKED)[:3000], ".html": PAGE}


def assert_read_or_refused(suffix: str, data: bytes) -> None:
    """A document with text that a reader sees, and that can be kept and read again; or `StoriesError`."""
    try:
        document = guarded(FORMATS[suffix], f"a{suffix}", data)
    except StoriesError as error:
        assert str(error).startswith(f"a{suffix}: ")  # noqa: PT017  # either outcome is one to look at
        return
    assert document.text.strip()
    assert document.text == visible(document.text)
    assert json.loads(json.dumps(document.metadata, allow_nan=False)) == document.metadata
    again = guarded(read_text, "a.md", to_markdown(document).encode())
    assert (again.metadata, again.text) == (document.metadata, document.text)


@pytest.mark.parametrize("suffix", FORMATS)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(suffix: str, data: bytes) -> None:
    assert_read_or_refused(suffix, data)


@pytest.mark.parametrize("suffix", HEADS)
@given(st.binary(max_size=300), st.integers(0, 3000))
def test_any_bytes_after_a_sound_beginning_are_read_or_refused(suffix: str, data: bytes, length: int) -> None:
    assert_read_or_refused(suffix, HEADS[suffix][:length] + data)


@pytest.mark.parametrize("suffix", [".md", ".txt", ".html"])
@given(PROSE)
@example("---\n---\n\n---\na: b\n---\nc")
@example("Title: x")
@example("- a\n\n\n- b\n\n1. c\n\n1. d")
def test_any_text_is_read_or_refused_and_kept_the_same(suffix: str, text: str) -> None:
    assert_read_or_refused(suffix, text.encode("utf-8", errors="surrogatepass"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rubbish_is_refused_through_the_door_too(suffix: str) -> None:
    read = partial(read_document, f"a{suffix}")
    for data in (b"\x00\xff\x00\xfe" * 50, b"%PDF-1.7 rubbish", b"PK\x03\x04 rubbish", b"---\n---\n"):
        with pytest.raises(StoriesError, match=rf"^a\{suffix}: "):
            read(data)
