"""Which answers of a server are pages: kinds, sizes, packings, encodings, and the reason for every other."""

import gzip
from collections.abc import Iterator

import pytest

from index.intake.fetch import fetch
from index.intake.response import DOCX, Limits
from tests.web import STORY, World, raw, refused, reply, web


@pytest.fixture
def world() -> Iterator[World]:
    with web() as running:
        yield running


def test_a_page_that_says_it_is_too_large_or_is_without_saying_so_is_refused(world: World) -> None:
    large = b"x" * 2000
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    world.server.replies |= {"/a": reply(large), "/b": raw(chunked, b"7d0\r\n" + large + b"\r\n0\r\n\r\n")}
    world.serve("/exact", reply(large[:1000]))
    for path in ("/a", "/b"):
        refused(world, f"http://stories.example{path}", "larger than 1,000 bytes", Limits(size=1000))
    assert len(fetch("http://stories.example/exact", Limits(size=1000), world.network).data) == 1000


def test_a_packed_page_is_unpacked_and_a_bomb_is_not(world: World) -> None:
    packed = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b"\0" * 300_000_000, compresslevel=9)
    assert len(bomb) < 1_000_000
    world.server.replies |= {"/a": reply(gzip.compress(STORY), headers=packed), "/bomb": reply(bomb, headers=packed)}
    world.serve("/two", reply(gzip.compress(STORY) + gzip.compress(b" More."), headers=packed))
    assert fetch("http://stories.example/a", network=world.network).data == STORY
    assert fetch("http://stories.example/two", network=world.network).data == STORY + b" More."
    refused(world, "http://stories.example/bomb", "larger than 5,000,000 bytes")


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(STORY, mtime=0)[:-12], gzip.compress(STORY, mtime=0)[:15] + b"\xff" * 30],
    ids=["not packed", "cut off", "garbled"],
)
def test_a_page_that_was_damaged_on_the_way_is_refused(world: World, body: bytes) -> None:
    world.serve("/", reply(body, headers={"Content-Encoding": "gzip"}))
    refused(world, "http://stories.example/", "arrived damaged")


def test_packings_that_were_not_asked_for_are_refused(world: World) -> None:
    world.serve("/", reply(headers={"Content-Encoding": "br"}))
    refused(world, "http://stories.example/", "packed as br")
    assert world.server.requests[0][1]["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (404, "404 Not Found. Check the address"),
        (410, "410 Gone. Check the address"),
        (403, "403 Forbidden. It is not open to programs"),
        (999, "999. It is not open to programs"),
        (429, "429 Too Many Requests. Try again later"),
        (500, "500 Internal Server Error. Try again later"),
        (204, "204 No Content. Check the address"),
        (304, "304 Not Modified. Check the address"),
    ],
)
def test_an_answer_without_a_page_says_what_to_do(world: World, status: int, advice: str) -> None:
    world.serve("/", reply(b"", status=status))
    refused(world, "http://stories.example/", advice)


@pytest.mark.parametrize("kind", ["image/png", "application/json", "application/zip", "video/mp4", "text/css"])
def test_other_kinds_of_file_are_refused_before_they_are_read(world: World, kind: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 500\r\n\r\n"
    world.serve("/", raw(head.encode()))
    refused(world, "http://stories.example/", f"this is {kind}")


@pytest.mark.parametrize(
    ("path", "content_type", "body", "name"),
    [
        ("/story/", "Text/HTML", STORY, "story.html"),
        ("/", "application/xhtml+xml", STORY, "stories-example.html"),
        ("/a.md", "text/plain; charset=utf-8", b"# Bread", "a.md"),
        ("/a.mdx", "text/plain", b"# Bread", "a.mdx"),
        ("/a", "text/markdown", b"# Bread", "a.md"),
        ("/a.cgi", "text/plain", b"Bread", "a.txt"),
        ("/a", "application/pdf", b"%PDF-1.7", "a.pdf"),
        ("/a", DOCX, b"PK\x03\x04", "a.docx"),
        ("/a", None, b"\xef\xbb\xbf \n<!DOCTYPE html><p>Bread", "a.html"),
        ("/a.md", None, b"# Bread", "a.md"),
        ("/a", "application/octet-stream", b"%PDF-1.7\0", "a.pdf"),
        ("/a", "application/octet-stream", b"PK\x03\x04\0word/document.xml", "a.docx"),
        ("/..%2F..%2Fetc%2Fpasswd%00", "text/plain", b"Bread", "passwd.txt"),
    ],
)
def test_the_name_tells_the_kind_of_page(
    world: World, path: str, content_type: str | None, body: bytes, name: str
) -> None:
    world.serve(path, reply(body, content_type))
    assert fetch(f"http://stories.example{path}", network=world.network).name == name


def test_a_page_of_no_kind_that_holds_no_text_is_refused(world: World) -> None:
    world.serve("/", reply(b"\x7fELF\0\0", None))
    refused(world, "http://stories.example/", "does not say what it is")


@pytest.mark.parametrize(
    ("charset", "body", "data"),
    [
        ("windows-1251", "Я пекла хлеб".encode("cp1251"), "Я пекла хлеб".encode("utf-8-sig")),
        ("shift_jis", "パン屋".encode("shift_jis"), "パン屋".encode("utf-8-sig")),
        ("iso-8859-1", "Bäckerei".encode(), "Bäckerei".encode()),  # the header is wrong: these bytes are UTF-8
        ("utf-8", "Bäckerei".encode("latin-1"), "Bäckerei".encode("latin-1")),
        ("nonsense", b"B\xe4ckerei", b"B\xe4ckerei"),
        ("punycode", b"B\xe4ckerei", b"B\xe4ckerei"),
        ("base64", b"B\xe4ckerei", b"B\xe4ckerei"),
        ("rot13", b"B\xe4ckerei", b"B\xe4ckerei"),
    ],
)
def test_the_headers_charset_is_believed_unless_the_bytes_say_otherwise(
    world: World, charset: str, body: bytes, data: bytes
) -> None:
    world.serve("/", reply(body, f'text/html; charset="{charset}"'))
    assert fetch("http://stories.example/", network=world.network).data == data


def test_the_bytes_of_a_pdf_are_left_alone(world: World) -> None:
    world.serve("/", reply(b"%PDF-1.7 \xe4", "application/pdf; charset=iso-8859-1"))
    assert fetch("http://stories.example/", network=world.network).data == b"%PDF-1.7 \xe4"
