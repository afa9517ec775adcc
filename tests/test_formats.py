"""What a reader sees of a file: clean prose, whatever blog engine, encoding or habit it was written with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import StoriesError
from index.formats import read_document, visible


def text_of(markdown: str, name: str = "story.md") -> str:
    return read_document(name, markdown.encode()).text


def test_yaml_front_matter_becomes_metadata_and_leaves_the_text() -> None:
    document = read_document(
        "a.md", b"---\ntitle: From bread to bytes\ndate: 2023-12-16T14:59:43+01:00\ntags: [baker]\n---\n\nI baked.\n"
    )
    assert document.metadata["title"] == "From bread to bytes"
    assert document.metadata["date"] == "2023-12-16T14:59:43+01:00"
    assert document.text == "I baked."


def test_toml_front_matter_is_read_too() -> None:
    document = read_document("a.md", b'+++\ntitle = "From bread to bytes"\nyear = 2021\n+++\nI baked.')
    assert (document.metadata["title"], document.metadata["year"], document.text) == (
        "From bread to bytes",
        2021,
        "I baked.",
    )


def test_key_value_lines_at_the_top_are_metadata_where_one_is_a_title() -> None:
    document = read_document("a.md", b"Title: From bread to bytes\nDate: 2020-01-01\n\nI baked.")
    assert document.metadata == {"title": "From bread to bytes", "date": "2020-01-01"}
    assert document.text == "I baked."


def test_a_first_paragraph_with_colons_is_no_metadata() -> None:
    assert text_of("Me: I baked.\n\nThen I coded.") == "Me: I baked.\n\nThen I coded."


def test_broken_front_matter_loses_the_metadata_with_a_warning_and_never_the_story() -> None:
    document = read_document("a.md", b"---\ntitle: From: bread: [to bytes\n---\nI baked.")
    assert document.text == "I baked."
    assert document.metadata == {}
    assert "front matter is broken" in document.warnings[0]


def test_sentences_inside_a_broken_front_matter_are_kept() -> None:
    spoken = "I had been baking bread for eleven years when I wrote my very first line of code."
    document = read_document("a.md", f"---\ntitle: [broken\n{spoken}\n---\n".encode())
    assert document.text == spoken


def test_a_transcript_inside_the_front_matter_is_the_story() -> None:
    line = "I had been baking bread for eleven years when I wrote my very first line of code. "
    document = read_document("a.md", f"---\ntitle: Bread\ntranscript: |\n  {line * 8}\n---\n".encode())
    assert document.text.startswith("I had been baking")
    assert "transcript" not in document.metadata


@pytest.mark.parametrize(
    ("markdown", "clean"),
    [
        ("I **quit** my *job* at `home`.", "I quit my job at home."),
        ("See [my course](https://example.org/x?a=1).", "See my course."),
        ("Before.\n\n![a photo](photo.png)\n\nAfter.", "Before.\n\nAfter."),
        ("One.\n\n{{< youtube abc >}}\n\nTwo.", "One.\n\nTwo."),
        ("One {% include figure.html src='x' %} two.", "One two."),
        ("One.\n\n%[https://example.org/embed]\n\nTwo.", "One.\n\nTwo."),
        ("import Note from './note'\n\nI baked.", "I baked."),
        ("I baked.<br>Then I coded.", "I baked.\nThen I coded."),
        ("<script>steal()</script>I baked.", "I baked."),
        ("I baked.<!-- secretly -->", "I baked."),
        ("I baked <span style='display:none'>nothing</span> bread.", "I baked bread."),
        ("A fact.[^1]\n\n[^1]: From a book.", "A fact.\n\n1. From a book."),
        ("# Bread\n\n- flour\n- water\n\n> Knead.", "# Bread\n\n- flour\n- water\n\n> Knead."),
        ("a hard\nwrapped line", "a hard wrapped line"),
        ("I love it :rocket:", "I love it 🚀"),
    ],
)
def test_markup_goes_and_words_stay(markdown: str, clean: str) -> None:
    assert text_of(markdown) == clean


def test_every_line_of_unwrapped_plain_text_is_a_paragraph_and_short_ones_are_headings() -> None:
    long = (
        "I had been baking bread for eleven years when I wrote my very first line of code, and it was quite "
        "a revelation to me, truly. " * 2
    )
    assert text_of(f"How it began\n{long}\n{long}", "a.txt") == f"## How it began\n\n{long.strip()}\n\n{long.strip()}"


def test_hard_wrapped_plain_text_is_joined() -> None:
    assert (
        text_of("I had been baking\nfor eleven years.\n\nThen I coded.", "a.txt")
        == "I had been baking for eleven years.\n\nThen I coded."
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_understood(encoding: str) -> None:
    text = "Après le café, j'ai quitté mon métier. C'était très difficile pour ma mère, évidemment."
    assert read_document("a.md", text.encode(encoding)).text == text


def test_line_ends_of_every_system_are_one() -> None:
    assert read_document("a.md", b"I baked.\r\n\r\nI coded.\r\n").text == "I baked.\n\nI coded."


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xfe\x00" * 20, b"", b"---\ntitle: Only this\n---\n", b"![x](y.png)"],
)
def test_a_file_without_text_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(StoriesError, match=r"^odd\.md: "):
        read_document("odd.md", data)


def test_characters_that_nobody_sees_are_dropped() -> None:
    assert visible("a\u200bb\u202ec\U000e0041d\x00e\ufefff") == "abcdef"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_never_crash(data: bytes) -> None:
    try:
        document = read_document("a.md", data)
    except StoriesError:
        return
    assert document.text.strip()
    assert document.text == visible(document.text)


@given(st.text(max_size=400))
def test_any_text_is_read_the_same_twice(text: str) -> None:
    data = text.encode("utf-8", errors="surrogatepass")
    try:
        first = read_document("a.txt", data)
    except StoriesError:
        return
    assert first == read_document("a.txt", data)
