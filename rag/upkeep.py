"""Upkeep: what a chat server does beside answering: it loads what it needs, and follows what is published elsewhere.

Nothing that may pass ends it: a library that other computers change can be missing, or of no use, for a while.
"""

import logging
import threading
import time

from index.errors import CrossroadsError, IndexMismatchError, IndexMissingError, StoreError
from index.garbage import leave_alone
from index.live import RETRY_SECONDS
from rag.ask import Rag

FOLLOW_SECONDS = 1.0
"""How often is looked whether another index was published."""

_logger = logging.getLogger(__name__)


class Readiness:
    """Whether the models are loaded and the index is open, or what stands in the way. Safe to use from several threads.

    `error` is what stands in the way at the moment, if anything is known to; `is_settled` says that it stays as it is.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.is_settled = False
        self._is_known = threading.Event()

    def hinder(self, error: Exception) -> None:
        """Tell what stands in the way until it is mended."""
        self.error = error
        self._is_known.set()

    def settle(self, error: Exception | None = None) -> None:
        """Tell that all is ready or, with an error, never will be."""
        self.error, self.is_settled = error, True
        self._is_known.set()

    def wait(self) -> None:
        """Return when all is ready. Raises what stands in the way, as soon as that is known."""
        self._is_known.wait()
        if self.error is not None:
            raise self.error.with_traceback(None)


class Upkeep:
    """Keeps a `Rag` up to date. `ready` tells when the models are loaded and the index is open."""

    def __init__(self, rag: Rag) -> None:
        self.ready = Readiness()
        self._rag = rag
        self._logged = self._warned = ""

    def begin(self) -> None:
        """Fetch the library, where that is needed, load the models and the index, and follow, in a thread of its own.

        Begun when the page is up: loading torch takes seconds, and would hold everything else up.
        """
        threading.Thread(target=self._run, daemon=True, name="upkeep").start()

    def _run(self) -> None:
        self.warm()
        while True:
            time.sleep(FOLLOW_SECONDS)
            self.follow()

    def warm(self) -> None:
        """Get everything ready; `ready` tells what can only be mended on this computer, at once."""
        try:
            while not self._is_warm():
                self.follow()
                time.sleep(RETRY_SECONDS if self.ready.error else FOLLOW_SECONDS)
        except Exception as error:  # noqa: BLE001  # the edge of this thread: whoever waits for `ready` is given the error
            self.ready.settle(error)
        else:
            leave_alone()
            self.ready.settle()

    def follow(self) -> None:
        """Take up what was published since. Raises nothing: whoever follows goes on."""
        try:
            self._rag.follow()
        except CrossroadsError:
            pass  # whoever asks next is told; of a server, its mirror has told the log
        except Exception as error:
            if repr(error) != self._logged:  # else the log would have it every second
                _logger.exception("Following the library failed, and nobody had thought of it. It is tried again.")
            self._logged = repr(error)
        else:
            self._logged = ""

    def _is_warm(self) -> bool:
        """Load it all; False where there is no library yet, or one that is to be mended. Raises `CrossroadsError`."""
        try:
            self._rag.warm()
        except IndexMissingError:
            return False
        except StoreError as error:
            if not self._rag.index.store.is_shared:
                self.ready.hinder(error)
                return False
            if str(error) != self._warned:
                _logger.warning("%s It is tried again.", error)
            self._warned = str(error)
            if not isinstance(error, IndexMismatchError):
                self._rag.index.distrust()
            return False
        return True
