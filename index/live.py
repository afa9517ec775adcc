"""LiveIndex: the published generation, kept open and followed as new ones are published.

What a chat server or a command holds. A conversation turn asks once for the generation and keeps it to its
end, so that every answer comes from exactly one.
"""

import threading

from index.embedding import Embedder
from index.errors import IndexMismatchError
from index.generation import Generation
from index.opening import open_store
from index.query import Sought
from index.rebuild import fingerprint_of
from index.reranking import Reranker
from index.search import Hit, search
from index.settings import Settings
from index.store import PassageStore


class LiveIndex:
    """A store, the embedder for its questions, and a reranker if one is set. Safe to use from several threads."""

    def __init__(self, store: PassageStore, embedder: Embedder, reranker: Reranker | None = None) -> None:
        self.store = store
        self.embedder = embedder
        self.reranker = reranker
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._pruned = 0

    @classmethod
    def from_settings(cls, settings: Settings, *, waits: bool = True) -> "LiveIndex":
        """The index and the models that the settings name; nothing is opened or loaded yet.

        `waits` as `index.server.mirror.MirroredStore` has it.
        """
        reranker = Reranker(settings.reranker, settings.device, settings.rerank_depth) if settings.reranker else None
        return cls(open_store(settings, waits=waits), Embedder(settings.embedder, settings.device), reranker)

    def generation(self) -> Generation:
        """The generation published now.

        Raises `IndexMissingError` where there is none yet, `IndexMismatchError` where another embedder made
        it, `StoreError` where it is damaged.
        """
        with self._lock:
            pointer = self.store.pointer()
            if self._open is None or pointer is None or pointer.generation != self._open.number:
                self._open = self._opened()
            return self._open

    def follow(self) -> None:
        """Take up what was published since, and delete what nobody reads any more.

        For whoever serves for long: done between questions, it spares the next one the opening, and what was
        removed from the index is gone from the disk as soon as the last answer from it is finished. Raises as
        `generation` does.
        """
        self.store.refresh()
        published = self.generation().number
        if self._pruned != published and self.store.prune():
            self._pruned = published

    def search(self, sought: Sought | str, count: int = 20, generation: Generation | None = None) -> list[Hit]:
        """The best passages for what is sought, as `index.search` has it, of the generation given or published now."""
        return search(generation or self.generation(), self.embedder, sought, count, self.reranker)

    def _opened(self) -> Generation:
        opened = self.store.open()
        made, wanted = opened.pointer.fingerprint["embedder"], fingerprint_of(self.embedder)["embedder"]
        if made != wanted:
            raise IndexMismatchError(
                f"{self.store.folder}: the index was made with the embedder {made}, but CROSSROADS_EMBEDDER asks "
                f"for {wanted}. Run `python -m index build` to make the index anew with it, "
                "or set CROSSROADS_EMBEDDER back."
            )
        return opened
