"""Stories into the stories folder, and out of it.

Every way in (a file, a folder, pasted text, a page of the web) goes through a `Preview`: what was understood, the
name it would get, whether it is there already. Nothing is written before `save`, which either adds one whole file
under a name that was free, or nothing. Files are kept as they are; pages and pasted text are kept as Markdown with
front matter. Knows nothing of the index: whoever adds or removes builds it afterwards.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from index.errors import StoriesError
from index.folder import first_bytes, story_files, story_id
from index.formats import SUFFIXES, Document, to_markdown
from index.intake.fetch import Network, fetch
from index.intake.holdings import Holdings, is_file_of
from index.intake.names import file_names
from index.intake.placing import placed, sweep, sync, written
from index.intake.response import Fetched
from index.stories import Fault, Story, parse_story

TEXT = "text.md"
"""What pasted text is called in messages, and how it is read: as Markdown."""


@dataclass(frozen=True)
class Preview:
    """A story that could be added: as the index would read it, under the id it would get.

    `given` is what it was called by whoever gave it, `data` the bytes of the file to be, `same_as` the id of the
    story that is the same, or "".
    """

    given: str
    story: Story
    data: bytes
    warnings: tuple[str, ...]
    same_as: str = ""


@dataclass(frozen=True)
class Added:
    """A story that is in the folder now."""

    given: str
    story_id: str
    title: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Duplicate:
    """Nothing was added: the story with the id `of` is the same."""

    given: str
    of: str


def preview_file(holdings: Holdings, name: str, data: bytes) -> Preview:
    """What adding a file's bytes would come to; of `name`, only the suffix is used. Raises `StoriesError`."""
    given = PurePosixPath(name.replace("\\", "/")).name
    suffix = PurePosixPath(given).suffix.lower()
    if suffix not in SUFFIXES:
        raise StoriesError(f"{given or 'the file'}: only {', '.join(SUFFIXES)} files are read. Save it as one of them.")
    story, warnings = parse_story(f"{PurePosixPath(given).stem}{suffix}", data)
    return _preview(holdings, given, story, data, warnings)


def preview_text(holdings: Holdings, text: str, metadata: Mapping[str, Any] | None = None) -> Preview:
    """What adding pasted text would come to. `metadata` go before those in the text. Raises `StoriesError`."""
    return _preview_as_markdown(holdings, TEXT, (TEXT, text.encode("utf-8", errors="ignore")), metadata or {})


def preview_page(
    holdings: Holdings, page: Fetched, metadata: Mapping[str, Any] | None = None, retrieved: date | None = None
) -> Preview:
    """What adding a fetched page would come to: its main text, with its address and the day. Raises `StoriesError`."""
    day = retrieved or datetime.now(UTC).date()
    origin = {"url": page.url, "retrieved": day.isoformat()}
    return _preview_as_markdown(holdings, page.url, (page.name, page.data), {**(metadata or {}), **origin})


def save(holdings: Holdings, preview: Preview) -> Added | Duplicate:
    """Put a previewed story into the folder, unless it is there. Raises `StoriesError` where nothing can be written."""
    folder, suffix = holdings.folder, PurePosixPath(preview.story.id).suffix
    same_as = holdings.same_bytes(preview.data) or preview.same_as
    if same_as and (folder / same_as).is_file():
        return Duplicate(preview.given, same_as)
    names = filter(holdings.takes, file_names(preview.story.title, suffix))
    sweep(holdings.unfinished)
    try:
        with written(folder, preview.data) as temporary:
            name = next(names)
            while not placed(temporary, folder / name):
                if is_file_of(folder / name, preview.data):  # somebody saves the same at the same moment
                    return Duplicate(preview.given, name)
                name = next(names)
    except OSError as error:
        raise StoriesError(
            f"{preview.given}: it cannot be written to {folder} ({error.strerror}). "
            "Check the folder's permissions and the room on its disk."
        ) from error
    holdings.remember(name, preview.story.text)
    return Added(preview.given, name, preview.story.title, preview.warnings)


def add_path(holdings: Holdings, path: Path) -> tuple[Added | Duplicate | Fault, ...]:
    """Add a file; or every story file of a folder, where those that cannot be read are told as faults.

    Raises `StoriesError` for a file that cannot be read, and for a folder without any story file.
    """
    if not path.is_dir():
        return (_add_file(holdings, path, path.name),)
    outcomes = tuple(_add_or_fault(holdings, file, story_id(path, file)) for file in story_files(path))
    if not outcomes:
        raise StoriesError(f"{path}: there is no story in it. Stories are {', '.join(SUFFIXES)} files.")
    return outcomes


def add_url(
    holdings: Holdings, url: str, metadata: Mapping[str, Any] | None = None, network: Network | None = None
) -> Added | Duplicate:
    """Add a page of the web. Raises `StoriesError`."""
    return save(holdings, preview_page(holdings, fetch(url, network=network), metadata))


def remove(folder: Path, identity: str) -> None:
    """Delete the file of one story; of a link, the link alone.

    Raises `StoriesError`, naming stories with like ids, for whatever is not the id of a story in the folder.
    """
    files = {story_id(folder, file): file for file in story_files(folder)}
    if identity not in files:
        near = _near(identity, list(files))
        hint = f"Did you mean {' or '.join(near)}?" if near else "`python -m index status` lists the stories."
        raise StoriesError(f"{identity!r}: there is no such story in {folder}. {hint}")
    try:
        files[identity].unlink()
        sync(files[identity].parent)
    except OSError as error:
        raise StoriesError(
            f"{files[identity]}: it cannot be deleted ({error.strerror}). Check the folder's permissions."
        ) from error


def _preview_as_markdown(
    holdings: Holdings, given: str, file: tuple[str, bytes], metadata: Mapping[str, Any]
) -> Preview:
    """A preview of the file (name, bytes) kept as Markdown: read from that Markdown, as the index will read it."""
    read, warnings = parse_story(*file)
    data = to_markdown(Document({**read.metadata, **_said(metadata)}, read.text)).encode()
    story, more_warnings = parse_story(TEXT, data)
    return _preview(holdings, given, story, data, (*warnings, *more_warnings))


def _said(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata without what was left empty, as a form's fields are."""
    stripped = {key: value.strip() if isinstance(value, str) else value for key, value in metadata.items()}
    return {key: value for key, value in stripped.items() if value not in (None, "", [], ())}


def _preview(holdings: Holdings, given: str, story: Story, data: bytes, warnings: tuple[str, ...]) -> Preview:
    name = next(filter(holdings.takes, file_names(story.title, PurePosixPath(story.id).suffix)))
    same_as = holdings.same_bytes(data) or holdings.same_words(story.text)
    return Preview(given, replace(story, id=name), data, warnings, same_as)


def _add_file(holdings: Holdings, path: Path, given: str) -> Added | Duplicate:
    own = _id_inside(holdings.folder, path)
    if own in holdings:
        return Duplicate(given, own)
    if own:
        raise StoriesError(f"{path}: it lies in the stories folder, but is not read as a story. Rename it.")
    data = _read(path)
    same_as = holdings.same_bytes(data)  # before it is parsed, which takes far longer
    return Duplicate(given, same_as) if same_as else save(holdings, preview_file(holdings, path.name, data))


def _add_or_fault(holdings: Holdings, path: Path, given: str) -> Added | Duplicate | Fault:
    try:
        return replace(_add_file(holdings, path, given), given=given)
    except StoriesError as error:
        return Fault(given, str(error).removeprefix(f"{path.name}: "))


def _id_inside(folder: Path, path: Path) -> str:
    """The id a file has that lies in the stories folder already, itself or behind links; "" for any other."""
    for file, home in ((path.absolute(), folder.absolute()), (path.resolve(), folder.resolve())):
        if file.is_relative_to(home):
            return story_id(home, file)
    return ""


def _read(path: Path) -> bytes:
    """A file's bytes, and no more of them than one too many."""
    if not path.is_file():
        what = "this is no file" if path.exists() else "there is no such file"
        raise StoriesError(f"{path}: {what}. Give the path of a story, or of a folder of stories.")
    try:
        return first_bytes(path)
    except OSError as error:
        raise StoriesError(f"{path}: it cannot be read ({error.strerror}). Check its permissions.") from error


def _near(identity: str, known: list[str]) -> list[str]:
    inside = [name for name in known if identity and identity.casefold() in name.casefold()]
    return list(dict.fromkeys([*difflib.get_close_matches(identity, known), *inside]))[:3]
