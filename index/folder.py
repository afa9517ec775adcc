"""The stories folder: which of its files are stories, and what they are called.

Knows nothing of what is in the files, but for a digest that tells whether one was changed.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from index.errors import StoriesError
from index.formats import SUFFIXES

NOT_STORIES = ("readme", "license", "contributing", "changelog")
"""Names (lower case, without suffix) of files that lie beside stories in many folders and are none."""

MAX_FILE_BYTES = 5_000_000
"""How large the file of a story may be."""

_OF_A_PAGE = re.compile(
    r"(.+)(?:\.files|_(?:files|fichiers|bestanden|file|archivos|tiedostot|pliki|soubory|elemei|ficheiros|arquivos"
    r"|dosyalar|datoteke|fitxers|failid|fails|bylos|fajlovi|fitxategiak)|-(?:dateien|filer))",
    re.IGNORECASE,
)
# How browsers call the folder that they put beside a page saved whole, in the languages of Windows, which moves and
# deletes the two together by these names ("connected files").
_PAGES = (".html", ".htm")


def scan_stories(folder: Path) -> dict[str, str]:
    """The sha256 of every file that should be a story, by its id, in order; "" for one that cannot be read.

    Nothing is parsed: ten thousand files take about a second. Raises `StoriesError` without a folder, or for one
    without any such file.
    """
    identities = [story_id(folder, file) for file in story_files(folder)]
    found = {identity: _sha256(folder / identity) for identity in identities}
    if not found:
        raise StoriesError(
            f"{folder}: there is no story in it. Put stories there as {', '.join(SUFFIXES)} files, "
            "or name another folder with --stories."
        )
    return found


def make_folder(folder: Path) -> bool:
    """Make a stories folder where nothing is yet; whether it was made. Raises `StoriesError`."""
    try:
        is_new = not folder.exists()
        if is_new:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoriesError(
            f"{folder}: the folder cannot be made ({error.strerror}). "
            "Check the permissions of the folder above, or name another with --stories."
        ) from error
    return is_new


def refuse_vanished(folder: Path) -> None:
    """Raise `StoriesError` where the folder is not there any more: then no file of it can be read."""
    if not folder.is_dir():
        raise StoriesError(f"{folder}: the folder vanished while it was read. Nothing was published; build again.")


def story_files(folder: Path) -> Iterator[Path]:
    """The files that should be stories, in order of their id.

    Left out are hidden files and folders, `NOT_STORIES`, and the folders that browsers save beside a page. Raises
    `StoriesError` without a folder, and where one cannot be looked into: its stories would seem to be gone.
    """
    yield from sorted(filter(_is_story, _files(folder)), key=lambda path: story_id(folder, path))


def first_bytes(file: Path) -> bytes:
    """The bytes of a file; of one that is too large for a story no more than one too many. Raises `OSError`."""
    with file.open("rb") as opened:
        return opened.read(MAX_FILE_BYTES + 1)


def story_id(folder: Path, file: Path) -> str:
    """The file's path inside the folder, with forward slashes on every system.

    What is not UTF-8 in it is escaped, so that it can be printed and kept; `is_misnamed` tells that.
    """
    return file.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode("utf-8")


def is_misnamed(identity: str) -> bool:
    """Whether an id that no file was found by is that of one whose name is not UTF-8."""
    return "\\ud" in identity


def _files(folder: Path) -> Iterator[Path]:
    """Every file in a folder and its subfolders, but for those where no story lies. Raises `StoriesError`."""

    def refuse(error: OSError) -> None:
        is_root = error.filename == str(folder)
        match error:
            case NotADirectoryError() if is_root and folder.exists():
                told = "this is a file, not a folder. Name the folder that holds the stories with --stories."
            case FileNotFoundError() | NotADirectoryError() if is_root:
                told = "there is no such folder. Make it and put stories there, or name another with --stories."
            case FileNotFoundError():  # deleted a moment ago
                return
            case _:
                told = f"the folder cannot be read ({error.strerror}). Check its permissions, or move it elsewhere."
        raise StoriesError(f"{error.filename}: {told}") from error

    for place, folders, names in os.walk(folder, onerror=refuse):
        here = Path(place)
        folders[:] = [name for name in folders if not _is_left_out(here / name)]
        yield from (here / name for name in names)


def _is_story(file: Path) -> bool:
    """Whether a file should be a story, by its name."""
    is_hidden = file.name.startswith(".")
    return not is_hidden and file.suffix.lower() in SUFFIXES and file.stem.lower() not in NOT_STORIES


def _is_left_out(folder: Path) -> bool:
    """Whether no story lies in a subfolder: it is hidden, a file system's own, or belongs to a page."""
    return folder.name.startswith(".") or folder.name == "lost+found" or _belongs_to_a_page(folder)


def _belongs_to_a_page(folder: Path) -> bool:
    """Whether a browser made the folder when it saved a page: then the page lies beside it."""
    page = _OF_A_PAGE.fullmatch(folder.name)
    return page is not None and any((folder.parent / f"{page[1]}{suffix}").is_file() for suffix in _PAGES)


def _sha256(file: Path) -> str:
    try:
        return hashlib.sha256(first_bytes(file)).hexdigest()
    except OSError:
        return ""
