"""What a stories folder holds, as far as it takes to find a free file name and to know a story that is there already.

A story is there already if a file has the same bytes, or a text the same words in the same order, whatever their
case, white space, marks and punctuation. Nothing is written, and no story is read that need not be.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from index.folder import story_files, story_id
from index.intake.placing import is_unfinished
from index.stories import read_stories, words_digest


class Holdings:
    """A stories folder as it stood when this was made, and what was put into it since through `remember`.

    `known` are the `words_digest`s of stories, by their ids, as far as somebody has them: the index does. The files of
    the others are read, but only if a text is to be compared. `unfinished` are files that a save was writing, now or
    when it was killed. Raises `StoriesError` where there is no folder, or one that cannot be looked into.
    """

    def __init__(self, folder: Path, known: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._known = known or {}
        self._words: dict[str, str] | None = None
        files = list(story_files(folder))
        entries = list(folder.iterdir())
        self._names = {entry.name.casefold() for entry in entries}
        self.unfinished = tuple(entry for entry in entries if is_unfinished(entry.name))
        self._identities: set[str] = set()
        self._of_size: dict[int, list[Path]] = {}
        for file in files:
            self._note(file)

    def __contains__(self, identity: str) -> bool:
        """Whether a story has that id."""
        return identity in self._identities

    def takes(self, name: str) -> bool:
        """Whether a file could be called so: no other has the name, not even with other capitals."""
        return name.casefold() not in self._names

    def same_bytes(self, data: bytes) -> str:
        """The id of a story whose file has these very bytes, or ""."""
        alike = self._of_size.get(len(data), [])
        return next((story_id(self.folder, file) for file in alike if is_file_of(file, data)), "")

    def same_words(self, text: str) -> str:
        """The id of a story that has the words of this clean text, or ""."""
        if self._words is None:
            self._words = self._digests()
        found = self._words.get(words_digest(text), "")
        return found if found and (self.folder / found).is_file() else ""

    def remember(self, name: str, text: str) -> None:
        """Take note of a story that was just put into the folder."""
        self._names.add(name.casefold())
        self._note(self.folder / name)
        if self._words is not None:
            self._words.setdefault(words_digest(text), name)

    def _note(self, file: Path) -> None:
        self._identities.add(story_id(self.folder, file))
        with suppress(OSError):  # a link to nowhere, or deleted a moment ago
            self._of_size.setdefault(file.stat().st_size, []).append(file)

    def _digests(self) -> dict[str, str]:
        unknown = read_stories(self.folder, self._identities - self._known.keys()).stories
        read = {words_digest(story.text): story.id for story in unknown}
        return read | {digest: identity for identity, digest in self._known.items() if identity in self._identities}


def is_file_of(file: Path, data: bytes) -> bool:
    """Whether there is a file with these very bytes."""
    try:
        return file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data
    except OSError:  # what cannot be read cannot be known as the same
        return False
