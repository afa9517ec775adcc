"""Adding stories: what visitors give → what was understood of it, and only then into the stories folder.

Nothing is written before `put`. Whatever is wrong with one story keeps no other out. How it is shown is what
`previews.py` knows; of the index, nothing is known here but which stories it has.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.errors import StoriesError
from index.folder import MAX_FILE_BYTES
from index.formats import SUFFIXES
from index.intake import Added, Duplicate, Preview, preview_file, preview_page, preview_text, save
from index.intake.fetch import Network, fetch
from index.intake.holdings import Holdings
from index.stories import Fault, words_digest

ACCEPTED = list(SUFFIXES)
"""The types of files that are read, as the browser's file chooser wants them."""
MOST_FILES = 20
"""Files that are looked at together."""
MOST_BYTES = 4 * MAX_FILE_BYTES
"""What they may have altogether: they are kept in memory until they are saved."""
LONGEST_TEXT = 200_000
"""Characters of a text that is pasted, some 30,000 words: they fit into one request, and a browser can show them."""
LONGEST_LABEL = 300
"""Characters of a title, a start or a goal that somebody types."""


@dataclass(frozen=True)
class Given:
    """A file as it was uploaded: what it was called, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, eq=False)  # a session's state is hashed, and a story's metadata cannot be: by identity, then
class Understood:
    """What could be added, and what could not and why (each a sentence that says how to mend it)."""

    previews: tuple[Preview, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def new(self) -> tuple[Preview, ...]:
        """Those that are not in the library yet."""
        return tuple(preview for preview in self.previews if not preview.same_as)


Outcome = Added | Duplicate | Fault

TOO_LONG = f"The text is longer than {LONGEST_TEXT:,} characters. Save it as a file and add that, or add it in parts."


def take(payload: object, uploads: Path) -> tuple[list[Given], list[str]]:
    """The files of an upload, as Gradio tells them, and what is wrong with the others; they are deleted there.

    The payload is the client's: of its paths only plain files inside `uploads` are touched.
    """
    files = [item for item in payload if isinstance(item, Mapping)] if isinstance(payload, list) else []
    given: list[Given] = []
    faults: list[str] = []
    room = MOST_BYTES
    for number, item in enumerate(files):
        path, name = _inside(item.get("path"), uploads), _name(item)
        if path is None:
            faults.append(f"{name}: it did not arrive. Choose it again.")
            continue
        try:
            size = path.stat().st_size
            if number >= MOST_FILES:
                faults.append(f"{name}: {MOST_FILES} files are looked at together. Add it afterwards.")
            elif size > MAX_FILE_BYTES:
                faults.append(
                    f"{name}: it is larger than {MAX_FILE_BYTES:,} bytes. Split it, or save it as plain text."
                )
            elif size > room:
                faults.append(f"{name}: together the files are larger than {MOST_BYTES:,} bytes. Add it afterwards.")
            else:
                given.append(Given(name, path.read_bytes()))
                room -= size
        except OSError as error:
            faults.append(f"{name}: it did not arrive ({error.strerror}). Choose it again.")
        discard(path)
    return given, faults


def discard(path: Path) -> None:
    """Delete an uploaded file, and the folder it was given if nothing else lies there."""
    with suppress(OSError):
        path.unlink()
        path.parent.rmdir()


def look_at_files(holdings: Holdings, given: Sequence[Given]) -> Understood:
    """What adding some files would come to; of two with the same words, the second is no new story."""
    understood = Understood()
    for file in given:
        understood = _with(understood, file.name, lambda file=file: preview_file(holdings, file.name, file.data))  # type: ignore[misc]
    return understood


def look_at_text(holdings: Holdings, text: str, labels: Mapping[str, str]) -> Understood:
    """What adding pasted text would come to; `labels` are those typed beside it."""
    if not text.strip():
        return Understood(faults=("There is no text yet. Paste the story into the box.",))
    if len(text) > LONGEST_TEXT:
        return Understood(faults=(TOO_LONG,))
    cut = {key: " ".join(value.split())[:LONGEST_LABEL] for key, value in labels.items()}
    return _with(Understood(), "The text", lambda: preview_text(holdings, text, cut))


def look_at_page(holdings: Holdings, url: str, network: Network | None = None) -> Understood:
    """What adding a page of the web would come to; it is fetched."""
    if not url.strip():
        return Understood(faults=("There is no address yet. Write one that begins with https://.",))
    return _with(Understood(), url, lambda: preview_page(holdings, fetch(url.strip(), network=network)))


def put(holdings: Holdings, understood: Understood) -> tuple[Outcome, ...]:
    """Put what is new into the stories folder, one whole file after another. What cannot be written is a fault."""
    outcomes: list[Outcome] = []
    for preview in understood.new:
        try:
            # Somebody else, or one before it, may have brought the same since it was looked at.
            now = replace(preview, same_as=holdings.same_words(preview.story.text))
            outcomes.append(save(holdings, now))
        except StoriesError as error:
            outcomes.append(Fault(preview.given, str(error)))
    return tuple(outcomes)


def left_over(understood: Understood, outcomes: Sequence[Outcome]) -> Understood:
    """What could not be written, to be tried again, and why; `outcomes` are those of `put`."""
    tried = zip(understood.new, outcomes, strict=True)
    failed = [(preview, outcome) for preview, outcome in tried if isinstance(outcome, Fault)]
    return Understood(tuple(preview for preview, _ in failed), tuple(fault.what for _, fault in failed))


def _with(understood: Understood, given: str, look: Callable[[], Preview]) -> Understood:
    """With one more story, or with what is wrong with it."""
    try:
        preview = look()
    except StoriesError as error:
        return replace(understood, faults=(*understood.faults, str(error)))
    digest = words_digest(preview.story.text)
    twin = next((one for one in understood.previews if words_digest(one.story.text) == digest), None)
    if twin is not None and not preview.same_as:
        fault = f"{given}: it has the same words as {twin.given}, so only one of the two is added."
        return replace(understood, faults=(*understood.faults, fault))
    return replace(understood, previews=(*understood.previews, preview))


def _inside(path: object, uploads: Path) -> Path | None:
    """The path as a plain file inside the folder of uploads, links followed; None for any other."""
    if not isinstance(path, str) or "\x00" in path:
        return None
    try:
        file = Path(path).resolve()
        return file if file.is_relative_to(uploads.resolve()) and file.is_file() else None
    except (OSError, RuntimeError, ValueError):  # too long, or links in a circle
        return None


def _name(item: Mapping[str, Any]) -> str:
    told = item.get("orig_name") or Path(str(item.get("path") or "")).name
    return " ".join(str(told).replace("\x00", "").replace("\\", "/").rpartition("/")[2].split()) or "the file"
