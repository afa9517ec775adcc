"""Story: one person's account, as a reader sees it. `read_stories` reads a folder of them, faults included.

Owns what a story is. Which files of a folder are stories is `folder.py`'s, how bytes become text `formats/`'s.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from index.errors import PassingError, StoriesError
from index.folder import MAX_FILE_BYTES, first_bytes, is_misnamed, story_files, story_id
from index.formats import Document, read_document

TITLE_LENGTH = 90
LABEL_WORDS = 5
# A paragraph of no more words is a label or a greeting, no sentence to make a title of.

_GENERIC_HEADING = re.compile(
    r"^#+ (?:introduction|(?:my )?background|about(?: me)?|summary|overview|tl;?dr|preface)\W*$", re.IGNORECASE
)
# Headings that open a text without naming it.

_ROLE = r"(?:[\w-]+ ){0,3}(?:developer|engineer|scientist|analyst|designer|manager|programmer|researcher|architect)\b"
_CHANGE = re.compile(
    r"\bfrom (?:[\w-]+ ){1,4}(?:in)?to (?:[\w-]+ ?){1,3}(?= to\b|[.,;:!?\n])"
    rf"|\b(?:becoming|changing into|turning into) an? {_ROLE}",
    re.IGNORECASE,
)
# How people name their change: "from retail to web development", "becoming a data engineer".


@dataclass(frozen=True)
class Story:
    """One story. `id` is the file's path inside the stories folder, with forward slashes.

    `text` is the clean text a reader sees; every offset anywhere in the project counts its characters.
    `sha256` is that of the file's bytes. `metadata` is JSON-like, with the front matter's own keys.
    """

    id: str
    title: str
    url: str
    metadata: Mapping[str, Any]
    text: str
    sha256: str

    @property
    def author(self) -> str:
        """Who tells the story, or ""."""
        return self._label("author", "authors", "by")

    @cached_property
    def origin(self) -> str:
        """Where the person started from (`from` in the front matter), or ""."""
        return self._label("from")

    @cached_property
    def destination(self) -> str:
        """What the person became (`to` in the front matter), or ""."""
        return self._label("to")

    @property
    def path(self) -> str:
        """As "nurse → software engineer", or "" where the front matter does not say both."""
        return f"{self.origin} → {self.destination}" if self.origin and self.destination else ""

    @property
    def date(self) -> str:
        """Date or year as the front matter gives it (ISO dates cut to the day), or ""."""
        return re.sub(
            r"^(\d{4}-\d\d-\d\d)\D.*", r"\1", self._label("date", "postedat", "pubdate", "published_at", "year")
        )

    @property
    def byline(self) -> str:
        """Who is speaking: title, and author, path and date where the front matter tells."""
        return ". ".join(part for part in (self.title, self.author, self.path, self.date) if part)

    @property
    def source(self) -> str:
        """Where the story was first told, in words, or ""."""
        return self._label("source", "retold_from")

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Tags and categories, lower case, in order, none twice."""
        found: list[str] = []
        lowered = _lowered(self.metadata)
        for key in ("tags", "labels", "categories"):
            value = lowered.get(key) or []
            found += _flat(value) if isinstance(value, list | Mapping) else _listed(str(value))
        return tuple(dict.fromkeys(tag.strip().lower() for tag in found if tag.strip()))

    def _label(self, *keys: str) -> str:
        lowered = _lowered(self.metadata)
        for key in keys:
            value = lowered.get(key)
            if isinstance(value, Mapping):
                value = value.get("name") or value.get("display_name")
            if isinstance(value, list):
                value = ", ".join(str(item) for item in value)
            if value not in (None, ""):
                return " ".join(str(value).split())
        return ""


@dataclass(frozen=True)
class Fault:
    """Something that was given up on while reading: the whole file, or (`story_kept`) its metadata alone.

    `sha256` is that of the file's bytes, "" where they could not be had, or not be read for a reason that may pass:
    then the next build tries again.
    """

    file: str
    what: str
    story_kept: bool = False
    sha256: str = ""


@dataclass(frozen=True)
class Library:
    """What was read of a stories folder: stories in order of id, and every fault."""

    stories: tuple[Story, ...]
    faults: tuple[Fault, ...] = field(default=())


def read_stories(folder: Path, identities: Collection[str] | None = None) -> Library:
    """Every story of the folder and its subfolders (or those with some ids), and every file that could not be used.

    Raises `StoriesError` where the folder is missing or is no folder.
    """
    if identities is None:
        identities = [story_id(folder, file) for file in story_files(folder)]
    stories: list[Story] = []
    faults: list[Fault] = []
    for identity in sorted(identities):
        story, found = read_story(folder, folder / identity)
        stories += [story] if story else []
        faults += found
    return Library(tuple(stories), tuple(faults))


def read_story(folder: Path, file: Path) -> tuple[Story | None, list[Fault]]:
    """One story, None if it cannot be had, and what was given up on."""
    identity = story_id(folder, file)
    try:
        data = first_bytes(file)
    except OSError as error:
        return None, [unreadable(identity, error)]
    return story_in(identity, data)


def story_in(identity: str, data: bytes) -> tuple[Story | None, list[Fault]]:
    """The story in a file's bytes, None if there is none to be had, and what was given up on."""
    try:
        story, warnings = parse_story(identity, data)
    except StoriesError as error:
        what = str(error).removeprefix(f"{identity}: ")
        digest = "" if isinstance(error, PassingError) else hashlib.sha256(data).hexdigest()
        return None, [Fault(identity, what, sha256=digest)]
    return story, [Fault(identity, warning, story_kept=True, sha256=story.sha256) for warning in warnings]


def unreadable(identity: str, error: OSError) -> Fault:
    """The fault of a file whose bytes cannot be had."""
    if isinstance(error, FileNotFoundError) and is_misnamed(identity):
        return Fault(identity, "its name is not UTF-8. Rename it.")
    return Fault(identity, f"it cannot be read ({error.strerror}). Check its permissions.")


def parse_story(identity: str, data: bytes) -> tuple[Story, tuple[str, ...]]:
    """The story in a file's bytes, and the warnings met on the way.

    Raises `StoriesError`, beginning with the id; `PassingError` where trying again may help.
    """
    if len(data) > MAX_FILE_BYTES:
        raise StoriesError(f"{identity}: it is larger than {MAX_FILE_BYTES:,} bytes. Split it, or remove it.")
    document = read_document(identity, data)
    story = Story(
        id=identity,
        title=_title(document),
        url=_url(document.metadata),
        metadata=document.metadata,
        text=document.text,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return story, document.warnings


def words_digest(text: str) -> str:
    """A digest of a text's words in order, whatever their case, white space, marks and punctuation."""
    return hashlib.sha256(" ".join(re.findall(r"\w+", text.casefold())).encode()).hexdigest()


def story_record(story: Story) -> dict[str, Any]:
    """Everything but the text, as the store keeps it."""
    return {
        "title": story.title,
        "url": story.url,
        "sha256": story.sha256,
        "metadata": json.dumps(story.metadata, ensure_ascii=False, sort_keys=True),
    }


def story_from_record(identity: str, record: Mapping[str, Any], text: str) -> Story:
    """The story that `story_record` was made from."""
    return Story(identity, record["title"], record["url"], json.loads(record["metadata"]), text, record["sha256"])


def _title(document: Document) -> str:
    """The front matter's title, else the first heading, else the change in the story's words, else its beginning."""
    named = _lowered(document.metadata).get("title")
    if isinstance(named, str | int | float) and str(named).strip():
        return " ".join(str(named).split())
    blocks = document.text.split("\n\n")
    headings = [
        block.lstrip("# ") for block in blocks[:3] if block.startswith("#") and not _GENERIC_HEADING.search(block)
    ]
    sentences = [block for block in blocks if len(block.split()) > LABEL_WORDS and not block.startswith("#")]
    change = _CHANGE.search("\n".join(blocks[:12]))
    if not headings and change:
        return change[0][0].upper() + change[0][1:]
    best = " ".join((headings or sentences or blocks)[0].split())
    return best if len(best) <= TITLE_LENGTH else best[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _lowered(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata by their keys in lower case: people write `Title` and `Tags` too."""
    return {str(key).lower(): value for key, value in metadata.items()}


def _flat(labels: Any) -> list[str]:
    """Tags in a list, also in one inside another; of a mapping its keys."""
    if isinstance(labels, list | Mapping):
        return [label for item in labels for label in _flat(item)]
    return [] if labels is None else [str(labels)]


def _listed(labels: str) -> list[str]:
    """Tags written in one line: parted by commas, or by blanks where there is no comma."""
    return labels.split(",") if "," in labels else labels.split()


def _url(metadata: Mapping[str, Any]) -> str:
    """The address of the original: only http and https, so that it can be a link; no site's front page as a `link`."""
    keys = {re.sub(r"[_-]", "", str(key).lower()): value for key, value in metadata.items()}
    for key in ("url", "canonicalurl", "canonical", "link"):
        value, pattern = keys.get(key), _PAGE_ADDRESS if key == "link" else _ADDRESS
        if isinstance(value, str) and pattern.fullmatch(value.strip()):
            return value.strip()
    return ""


_ADDRESS = re.compile(r"https?://[^\s\"'<>]+", re.IGNORECASE)
_PAGE_ADDRESS = re.compile(rf"{_ADDRESS.pattern}/[^\s\"'<>/][^\s\"'<>]*", re.IGNORECASE)
# Themes' examples put a site of no matter which into `link`.
