"""A server's answer → the page in it, or the reason why there is none.

Owns which kinds of page are taken, how large they may be, and how what was packed or encoded for the way is
unpacked. Knows nothing of connections or redirects, and reads no page: that is `formats/`'s.
"""

import gzip
import io
import zlib
from dataclasses import dataclass
from email.message import Message
from encodings.aliases import aliases
from pathlib import PurePosixPath

import httpcore
import httpx
from slugify import slugify

from index.errors import StoriesError
from index.folder import MAX_FILE_BYTES

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

SUFFIX_OF_TYPE = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/pdf": ".pdf",
    DOCX: ".docx",
}
"""The kinds of page that are taken, and the ending of the file name each is read under."""

_UNSAID = ("", "application/octet-stream", "binary/octet-stream")
_CLOSED = (401, 402, 403, 407, 451, 999)
_BUSY = (408, 425, 429)


@dataclass(frozen=True)
class Fetched:
    """A page: the address it came from in the end, a name for its kind of file, its bytes, its content type."""

    url: str
    name: str
    data: bytes
    content_type: str


@dataclass(frozen=True)
class Limits:
    """How long all of it may take (seconds), how large a page may be (bytes, unpacked), how many redirects."""

    seconds: float = 20.0
    size: int = MAX_FILE_BYTES
    redirects: int = 5


def page(url: httpx.URL, response: httpcore.Response, limits: Limits) -> Fetched:
    """The page that was sent from `url`. Raises `StoriesError` for an answer that is no page of a kind taken."""
    _refuse_status(url, response.status)
    content_type, charset = _content_type(response)
    if content_type not in SUFFIX_OF_TYPE and content_type not in _UNSAID:
        raise StoriesError(f"{url}: this is {content_type}, no page of text. Name a page, a PDF or a DOCX.")
    data = _unpacked(url, response, limits)
    path = PurePosixPath(url.path)
    if content_type in _UNSAID:
        content_type = _told_by_content(url, data)
    suffix = SUFFIX_OF_TYPE[content_type]
    if suffix == ".txt" and path.suffix.lower() in {".md", ".markdown", ".mdx"}:
        suffix = path.suffix.lower()
    if content_type.startswith("text/") or suffix == ".html":
        data = _in_utf8(data, charset)
    stem = slugify(path.stem, max_length=60) or slugify(url.raw_host.decode("ascii")) or "page"
    return Fetched(str(url), f"{stem}{suffix}", data, content_type)


def header(response: httpcore.Response, name: str) -> str:
    """A header's first value, or ""."""
    values = [value for key, value in response.headers if key.lower() == name.encode("ascii")]
    return values[0].decode("utf-8", errors="replace").strip() if values else ""


def _refuse_status(url: httpx.URL, status: int) -> None:
    if status == httpx.codes.OK:
        return
    advice = "Check the address."
    if status in _CLOSED:
        advice = "It is not open to programs. Save the page in a browser, or copy its text, and add that."
    elif status in _BUSY or httpx.codes.is_server_error(status):
        advice = "Try again later."
    raise StoriesError(
        f"{url}: the answer was {status} {httpx.codes.get_reason_phrase(status)}".rstrip() + f". {advice}"
    )


def _content_type(response: httpcore.Response) -> tuple[str, str]:
    """The type, lower case and without parameters, and the charset; "" for what is not said."""
    message = Message()
    message["Content-Type"] = header(response, "content-type")
    said = message["Content-Type"].partition(";")[0].strip().lower()
    return said, message.get_content_charset("")


def _unpacked(url: httpx.URL, response: httpcore.Response, limits: Limits) -> bytes:
    """The body, unpacked; never more of it in memory than the limit, packed or unpacked."""
    packing = header(response, "content-encoding").lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise StoriesError(
            f"{url}: it is packed as {packing}, which was not asked for. Save the page and add the file."
        )
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        _refuse_larger(url, len(body), limits)
    if not packing.endswith("gzip"):
        return bytes(body)
    try:
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(body)).read(limits.size + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise StoriesError(f"{url}: the page arrived damaged ({error}). Try again later.") from error
    _refuse_larger(url, len(unpacked), limits)
    return unpacked


def _refuse_larger(url: httpx.URL, size: int, limits: Limits) -> None:
    if size > limits.size:
        raise StoriesError(f"{url}: the page is larger than {limits.size:,} bytes. Copy the story's text and add that.")


def _told_by_content(url: httpx.URL, data: bytes) -> str:
    """The type of a page that came without one."""
    beginning = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:64].lower()
    if beginning.startswith(b"%pdf-"):
        return "application/pdf"
    if beginning.startswith(b"pk\x03\x04") and b"word/" in data:
        return DOCX
    if beginning.startswith((b"<!doctype html", b"<html", b"<?xml")):
        return "text/html"
    if data and b"\0" not in data:
        return "text/plain"
    raise StoriesError(f"{url}: it does not say what it is, and is no text. Name a page, a PDF or a DOCX.")


def _in_utf8(data: bytes, charset: str) -> bytes:
    """The bytes as they are, or in UTF-8 with its mark, where the answer's header alone says how to read them."""
    codec = charset.replace("-", "_")
    codec = aliases.get(codec, codec)
    if codec not in aliases.values() or codec.endswith("_codec") or codec == "utf_8" or _is_utf8(data):
        return data
    try:
        return data.decode(codec, errors="replace").encode("utf-8-sig")
    except LookupError:  # a name of Python's for something that is no encoding of text, or not on this system
        return data


def _is_utf8(data: bytes) -> bool:
    """Whether it is UTF-8 beyond ASCII, which nothing is by chance: a header that says otherwise is wrong then."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not data.isascii()
