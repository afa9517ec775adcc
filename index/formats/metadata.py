"""What is said about a story at the head of its file → metadata, made of JSON's types.

Owns front matter: YAML, TOML, JSON, `Key: value` lines, Notion's properties, an MDX `meta` object, YAML inside an HTML
comment. Broken metadata is given up with a warning; never the story, not even prose that stands among them.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from email.parser import HeaderParser
from itertools import takewhile
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler, JSONHandler, YAMLHandler

from index.errors import first_words
from index.formats.characters import visible

LARGEST = 10_000
"""Values in one front matter. YAML's aliases can stand for billions in a few lines."""

DEEPEST = 20
"""Lists and mappings inside one another."""

TRANSCRIPT_WORDS = 100
"""A value of so many words is a text, not a label: some podcasts keep the whole transcript in their front matter."""

LARGEST_INTEGER = 2**63 - 1

# A line of so many words inside a broken front matter is prose.
PROSE_WORDS = 12

_BROKEN = (
    yaml.YAMLError,
    ValueError,  # also of TOML and JSON, and of a date such as 2020-02-31
    KeyError,  # PyYAML's answer to `!!bool x`
    AttributeError,  # and to `!!timestamp x`
    TypeError,
    RecursionError,
)


def split_front_matter(text: str) -> tuple[dict[str, Any], str, list[str]]:
    """Metadata, body and warnings. Broken metadata is given up with a warning; the prose in it is kept."""
    text = text.lstrip("\n ")
    for handler in (_YamlHandler(), _TomlHandler(), JSONHandler()):
        parts = _parts(handler, text)
        if parts is None:
            continue
        fenced, body = parts
        try:
            metadata = handler.load(fenced)
            if isinstance(metadata, Mapping):
                return json_like(metadata), body, []
        except _BROKEN as error:
            warning = f"its front matter is broken and was left out ({first_words(error)})"
            return {}, f"{_prose(fenced)}\n\n{body}", [warning]
        return {}, text if metadata else body, []  # a story that begins with a rule, or with nothing between two
    return _other_heads(text)


def leading_labels(text: str) -> tuple[dict[str, Any], str]:
    """What the first paragraphs of clean text say as labels (`From: cook`), and the text without them.

    For files that have no place for front matter: a label is a paragraph of its own, below the heading if there is one.
    """
    paragraphs = text.split("\n\n")
    first = int(paragraphs[0].startswith("# "))
    found = [_LABEL.fullmatch(paragraph) for paragraph in paragraphs[first:]]
    labels = list(takewhile(bool, found))
    said = {label["key"].lower(): label["value"] for label in labels if label}
    return said, "\n\n".join([*paragraphs[:first], *paragraphs[first + len(labels) :]])


def closing_credits(body: str) -> dict[str, Any]:
    """What Medium's exports say at their end: author, day and address."""
    author, address = _MEDIUM_AUTHOR.search(body), _MEDIUM_ADDRESS.search(body)
    if not (author and address):
        return {}
    try:
        day = datetime.strptime(author[2], "%B %d, %Y").date().isoformat()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        day = author[2]
    return {"author": author[1], "date": day, "canonical_url": address[1]}


def json_like(value: Any) -> Any:
    """A metadata value made of nothing but dicts with string keys, lists, strings, numbers, booleans and None.

    Raises `ValueError` for one too large or too deep to be metadata.
    """
    budget = iter(range(LARGEST))
    return _json_like(value, budget, DEEPEST)


def is_label(value: Any) -> bool:
    """Whether a value says something about the story, and is no text itself."""
    return not (isinstance(value, str) and len(value.split()) >= TRANSCRIPT_WORDS)


def front_matter(metadata: Mapping[str, Any]) -> str:
    """Metadata as YAML front matter, the fences included. Made of JSON's types, it is read back the same."""
    post = frontmatter.Post("")
    post.metadata = dict(metadata)
    return frontmatter.dumps(post, sort_keys=False, width=120).rstrip("\n") + "\n"


class _YamlHandler(YAMLHandler):
    """libyaml makes nodes recursively, on the process's own stack: a file nested deep enough would end the process."""

    def load(self, fm: str, **_: object) -> Any:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        depth = 0
        for event in yaml.parse(fm, loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise ValueError("it is too deep for metadata")
        return yaml.load(fm, loader)  # noqa: S506  # both are safe loaders


class _TomlHandler(BaseHandler):
    """python-frontmatter's own TOML handler wants an unmaintained parser; this one has the standard library's."""

    FM_BOUNDARY = re.compile(r"^\+{3,}\s*$", re.MULTILINE)

    def load(self, fm: str, **_: object) -> Any:
        return tomllib.loads(fm)


def _json_like(value: Any, budget: Iterator[int], depth: int) -> Any:
    if next(budget, None) is None or depth == 0:
        raise ValueError("it is too large for metadata")
    if isinstance(value, Mapping):
        return {visible(str(key)): _json_like(item, budget, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json_like(item, budget, depth - 1) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _number(value) if isinstance(value, int | float | None) else visible(str(value))


def _number(value: Any) -> float | str | None:
    """A number as JSON can have it, or how it is written; None stays None."""
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return hex(value)  # decimal digits of a huge number take Python too long, and it refuses
    return value if value is None or isinstance(value, int) or math.isfinite(value) else str(value)


def _parts(handler: BaseHandler, text: str) -> tuple[str, str] | None:
    """What stands between a front matter's fences and what follows them, or None where there are none."""
    if not handler.detect(text):
        return None
    try:
        fenced, body = handler.split(text)
    except ValueError:  # no second fence
        return None
    return str(fenced), str(body)


def _other_heads(text: str) -> tuple[dict[str, Any], str, list[str]]:
    for read in (_comment, _mdx_meta, _notion, _header_lines):
        found = read(text)
        if found:
            return json_like(found[0]), found[1], []
    return {}, text, []


def _header_lines(text: str) -> tuple[dict[str, Any], str] | None:
    """Pelican's and MultiMarkdown's header: `Key: value` lines down to the first empty line, `Title` among them."""
    head, _, body = text.removeprefix("---\n").partition("\n\n")
    if not (re.search(r"^title:", head, re.IGNORECASE | re.MULTILINE) and _are_fields(head)):
        return None
    return _fields(head), body


def _notion(text: str) -> tuple[dict[str, Any], str] | None:
    """Notion's export: the title as a heading, then the page's properties as `Key: value` lines."""
    title, _, rest = text.partition("\n\n")
    head, _, body = rest.partition("\n\n")
    if not (re.fullmatch(r"# [^\n]+", title) and _are_fields(head) and _NOTION.search(head)):
        return None
    return {"title": title.removeprefix("# ").strip(), **_fields(head)}, f"{title}\n\n{body}"


def _mdx_meta(text: str) -> tuple[dict[str, Any], str] | None:
    """An object that an MDX page exports about itself; of its values only the quoted ones."""
    found = _MDX_META.search(text)
    if not found:
        return None
    values = {field["key"]: field["value"] for field in _MDX_FIELD.finditer(found[1])}
    return values, text.replace(found[0], "\n", 1)


def _comment(text: str) -> tuple[dict[str, Any], str] | None:
    """YAML in an HTML comment at the top, where it names a title."""
    found = _COMMENT.match(text)
    if not found or not re.search(r"^\s*title:", found[1], re.IGNORECASE | re.MULTILINE):
        return None
    try:
        metadata = _YamlHandler().load(found[1])
    except _BROKEN:
        return None  # a remark, then
    return (dict(metadata), text[found.end() :]) if isinstance(metadata, Mapping) else None


_COMMENT = re.compile(r"<!--+\s*\n(.{1,5000}?)\n\s*--+>", re.DOTALL)

_MEDIUM_AUTHOR = re.compile(
    r"^By \[([^\]\n]{1,80})\]\([^)\n]*\) on \[([^\]\n]{1,40})\]\([^)\n]*\)\.?[ ]*$", re.MULTILINE
)
_MEDIUM_ADDRESS = re.compile(r"^\[Canonical link\]\((https?://[^)\s]+)\)[ ]*$", re.MULTILINE)

_NOTION = re.compile(
    r"^(?:created(?: time| by)?|last edited(?: time| by)?|tags|date|author|status|url|published|property):",
    re.IGNORECASE | re.MULTILINE,
)

_LABEL = re.compile(
    r"(?P<key>title|from|to|tags|author|by|date|year|source|url): (?P<value>\S[^\n]{0,200})", re.IGNORECASE
)

_MDX_META = re.compile(
    r"^export const (?:meta|metadata|frontmatter) = \{\n?(.{0,5000}?)\n?\};?[ ]*$", re.MULTILINE | re.DOTALL
)
_MDX_FIELD = re.compile(
    r"""["']?(?P<key>\w+)["']?\s*:\s*(?P<quote>["'`])(?P<value>(?:(?!(?P=quote)).){0,500})(?P=quote)"""
)


def _are_fields(head: str) -> bool:
    return all(re.match(r"[A-Za-z][\w -]{0,40}:(?:\s|$)", line) for line in head.split("\n"))


def _fields(head: str) -> dict[str, Any]:
    spaced = re.sub(r"^([\w -]+):", lambda key: key[1].replace(" ", "-") + ":", head, flags=re.MULTILINE)
    return {key.lower(): str(value) for key, value in HeaderParser().parsestr(spaced).items()}


def _prose(front_matter_lines: str) -> str:
    """The lines of a broken front matter that are sentences, not settings."""
    lines = [line.strip() for line in front_matter_lines.split("\n")]
    return "\n\n".join(line for line in lines if _is_sentence(line))


def _is_sentence(line: str) -> bool:
    return len(re.findall(r"\w+", line)) >= PROSE_WORDS and not re.match(r"[\w-]+:\s", line)
