"""This project as a contestant."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.contestants.contestant import Chunk, Folders, Passages
from bench.contestants.warm_up import made_up
from index.drafts import Draft, draft
from index.embedding import Embedder
from index.filters import EVERY_STORY, Filters
from index.first_look import EXACT_UP_TO
from index.live import LiveIndex
from index.passages import TARGET_WORDS
from index.rebuild import rebuild
from index.store import PassageStore
from index.stories import read_stories
from rag.question import understand
from rag.retrieval import retrieve
from rag.settings import RagSettings


class Crossroads:
    """This project, from the stories as they are to a published index on the disk."""

    is_kept_when_built: bool = True
    top_k: int = RagSettings.model_fields["passages"].default
    packages: Sequence[str] = ("crossroads",)
    splitting: str = f"sentences up to about {TARGET_WORDS} words"
    store: str = f"its index folder; exact up to {EXACT_UP_TO:,} passages, beyond after a first look; words besides"

    def __init__(self) -> None:
        self._embedder = Embedder()
        self._embedder.embed_query("")

    def prepare(self, folders: Folders) -> None:
        """An index of a made-up story, in a folder of its own."""
        with made_up() as warm_up:
            self.build(warm_up)

    def build(self, folders: Folders) -> int:
        """`python -m index build`, and the index opened."""
        self._folders = folders
        store = PassageStore(folders.scratch / "index")
        passages = rebuild(folders.stories, store, self._embedder).passages
        self.open(store)
        return passages

    def fill(self, passages: Passages) -> None:
        """Not offered: an index holds more of a passage than its vector. Raises `NotImplementedError`."""
        raise NotImplementedError

    def embedded(self) -> list[str]:
        """The passages below their stories' headings."""
        return cut(self._folders.stories, self._embedder)[1]

    def keep(self, folder: Path) -> None:
        """A copy of the index, which is on the disk as soon as it is built."""
        shutil.copytree(self.live.store.folder, folder / "index")

    def take_up(self, folder: Path) -> None:
        """As the chat opens it."""
        self.open(PassageStore(folder / "index"))

    def open(self, store: PassageStore) -> None:
        """Any index."""
        self.live = LiveIndex(store, self._embedder)
        self.generation = self.live.generation()

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """As the chat does it."""
        filters = Filters(destinations=(to,)) if to else EVERY_STORY
        hits = retrieve(self.live, understand(asked, words), self.generation, count, filters)
        return [Chunk(hit.passage.story_id, hit.passage.text, hit.passage.start) for hit in hits]


def cut(stories: Path, embedder: Embedder) -> tuple[list[str], list[str]]:
    """The passages of a folder's stories as a build embeds them: the story of each, and the text."""
    found = [(one, passage) for one in _drafts(stories, embedder) for passage in one.passages]
    return [one.story_id for one, _ in found], [one.text(passage) for one, passage in found]


def _drafts(stories: Path, embedder: Embedder) -> list[Draft]:
    return [draft(story, embedder) for story in read_stories(stories).stories]
