"""LiveIndex: the published generation, kept open and followed as new ones are published.

What a chat server or a command holds. A conversation turn asks once for the generation and keeps it to its
end, so that every answer comes from exactly one. Of a library that other computers change, what cannot be used is
logged, and what was open before answers on.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from index.embedding import Embedder
from index.errors import IndexMismatchError, IndexMissingError, StoreError
from index.generation import Generation, Pointer
from index.opening import open_store
from index.query import Sought
from index.reranking import Reranker
from index.search import Hit, search
from index.settings import Settings
from index.store import PassageStore

RETRY_SECONDS = 5.0
"""How long what could not be opened is let be before it is tried again, unless something else is published."""
NOTHING_YET = (
    "There is no library yet. Run `python -m index build` where the stories are; it is taken up here as soon as it is "
    "published."
)
UNUSABLE = "The library cannot be used at the moment; it is tried again. The server's log says why."

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Unusable:
    """What is published and could not be opened, and when that is tried again. The error itself would hold files."""

    pointer: Pointer | None
    error: type[StoreError]
    said: str
    until: float


class LiveIndex:
    """A store, the embedder for its questions, and a reranker if one is set. Safe to use from several threads.

    Unless it `waits`, it is for somebody to `follow`, and whoever asks is a visitor: of a shared library, whatever is
    wrong is told as one that is missing, in words without an address; the log has the whole.
    """

    def __init__(
        self, store: PassageStore, embedder: Embedder, reranker: Reranker | None = None, *, waits: bool = True
    ) -> None:
        self.store = store
        self.embedder = embedder
        self.reranker = reranker
        self._tells_visitors = store.is_shared and not waits
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._unusable: _Unusable | None = None
        self._logged = ""
        self._turns = self._pruned = 0

    @classmethod
    def from_settings(cls, settings: Settings, *, waits: bool = True) -> "LiveIndex":
        """The index and the models that the settings name; nothing is opened or loaded yet.

        `waits` as `index.server.mirror.MirroredStore` has it.
        """
        reranker = Reranker(settings.reranker, settings.device, settings.rerank_depth) if settings.reranker else None
        embedder = Embedder(settings.embedder, settings.device)
        return cls(open_store(settings, waits=waits), embedder, reranker, waits=waits)

    def generation(self) -> Generation:
        """The generation published now; of a shared library the one before, as long as that one cannot be used.

        Raises `IndexMissingError` where there is none yet, `IndexMismatchError` where another embedder made
        it, `StoreError` where it is damaged.
        """
        with self._lock:
            try:
                return self._published()
            except IndexMissingError:
                self._turn(None)
                raise
            except StoreError as error:
                if not self.store.is_shared:
                    raise
                if self._open is not None:
                    self._log(f"{error} What was fetched before answers meanwhile.")
                    return self._open
                if not self._tells_visitors:
                    raise
                self._log(str(error))
                raise IndexMissingError(UNUSABLE) from error

    def follow(self) -> None:
        """Take up what was published since, and delete what nobody reads any more.

        For whoever serves for long: done between questions, it spares the next one the opening, and what was
        removed from the index is gone from the disk as soon as the last answer from it is finished, whether the
        server answers or not. Raises as `generation` does.
        """
        try:
            self.store.refresh()
            self.generation().prepare()
        finally:
            self._prune()

    def distrust(self) -> None:
        """What is open proved damaged: let go of it, and have a mirror of it mended."""
        self.store.suspect()
        with self._lock:
            self._turn(None)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For whoever reads a generation: damage met in a shared library is mended, and told as `generation` tells it.

        Of a library of this computer alone it is told as it is.
        """
        try:
            yield
        except (IndexMissingError, IndexMismatchError):
            raise
        except StoreError as error:
            if not self.store.is_shared:
                raise
            self.distrust()
            if not self._tells_visitors:
                raise
            self._log(str(error))
            raise IndexMissingError(UNUSABLE) from error

    def search(self, sought: Sought | str, count: int = 20, generation: Generation | None = None) -> list[Hit]:
        """The best passages for what is sought, as `index.search` has it, of the generation given or published now."""
        return search(generation or self.generation(), self.embedder, sought, count, self.reranker)

    def _published(self) -> Generation:
        """What is published, opened unless it is open already. Only for whoever holds the lock."""
        pointer = self.store.pointer()
        if pointer is None and self._tells_visitors:
            self._log(f"{self.store}: {NOTHING_YET}")
            raise IndexMissingError(NOTHING_YET)
        if self._open is None or pointer is None or pointer.generation != self._open.number:
            opened = self._opened(pointer)
            self._turn(opened)
            return opened
        return self._open

    def _opened(self, pointer: Pointer | None) -> Generation:
        """What is published, unless that was tried a moment ago, in vain."""
        before = self._unusable
        if before is not None and before.pointer == pointer and time.monotonic() < before.until:
            raise before.error(before.said)
        try:
            opened = self.store.open()
            self._refuse_other_embedder(opened.pointer)
        except StoreError as error:
            if self.store.is_shared:
                self._unusable = _Unusable(pointer, type(error), str(error), time.monotonic() + RETRY_SECONDS)
            raise
        return opened

    def _refuse_other_embedder(self, pointer: Pointer) -> None:
        made, wanted = pointer.fingerprint["embedder"], self.embedder.fingerprint
        if made != wanted:
            raise IndexMismatchError(
                f"{self.store.folder}: the index was made with the embedder {made}, but CROSSROADS_EMBEDDER asks "
                f"for {wanted}. Run `python -m index build` to make the index anew with it, "
                "or set CROSSROADS_EMBEDDER back."
            )

    def _turn(self, generation: Generation | None) -> None:
        """Hold this generation from now on, and let go of the one before."""
        if generation is not self._open:
            self._turns += 1
        self._open, self._unusable = generation, None
        if generation is not None:
            self._logged = ""

    def _prune(self) -> None:
        """Delete what was let go of, once; where somebody reads it still, the next time.

        Not more often: shards that are being fetched belong to nothing that is published yet.
        """
        turns = self._turns
        if self._pruned != turns and self.store.prune():
            self._pruned = turns

    def _log(self, said: str) -> None:
        """Say something in the log, once as long as it stays the same."""
        if said != self._logged:
            _logger.warning("%s", said)
        self._logged = said
