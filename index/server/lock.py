"""The lock of a library's one builder, as a collection of a Chroma server that only one can make.

Its holder says again and again that it is there, by a number that grows. Whose number stands still is taken for dead,
and its lock renamed away: by the collection's own id, which again one alone can do. No two clocks are compared.
"""

import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from index.errors import BuildLockedError, StoreError
from index.server.connection import Collection, Connection

BEAT = 2.0
"""Seconds after which a builder says again that it is there."""
DEAD = 30.0
"""Seconds without a word after which a builder is taken for dead: a busy server may let it wait for ten."""
DEAD_LOCK = "crossroads-dead-"
"""How the names begin that a lock has while it is being deleted."""


class BuildersLock:
    """A lock of some name in a database of a server. Every method raises `ServerError` where that does not answer."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._own: Collection | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it. Raises `BuildLockedError` where another holds it and is alive."""
        own = self._own = self._taken()
        done = threading.Event()
        beating = threading.Thread(target=self._beat, args=(own, done), daemon=True, name="builder's lock")
        beating.start()
        try:
            yield
        finally:
            done.set()
            beating.join()
            self._own = None
            self._release(own)

    def is_held(self) -> bool:
        """Whether it still is this builder's: it may have been taken for dead."""
        found = self._connection.collection(self._name)
        return found is not None and self._own is not None and bool(found.id == self._own.id)

    def _taken(self) -> Collection:
        seen, since = "", 0.0
        while True:
            own = self._connection.create(self._name, {"beat": 0})
            if own is not None:
                return own
            found = self._connection.collection(self._name)
            now = f"{found.id} {(found.metadata or {}).get('beat')}" if found is not None else ""
            if seen and now and now != seen:
                raise BuildLockedError(
                    f"{self._connection.address}: another build is running. Wait until it ends, then try again."
                )
            if now != seen:
                seen, since = now, time.monotonic()
            elif found is not None and time.monotonic() - since > DEAD:
                self._break(found)
                seen = ""
            time.sleep(BEAT / 4)

    def _break(self, lock: Collection) -> None:
        """Take a lock away, if it still is one. By its id: by its name, another's might be deleted."""
        name = f"{DEAD_LOCK}{secrets.token_hex(8)}"
        if self._connection.rename(lock, name):
            self._connection.drop(name)

    def _release(self, own: Collection) -> None:
        try:
            self._break(own)
        except StoreError:
            return  # the next builder waits until this one is dead; what went wrong, the build itself says

    def _beat(self, own: Collection, done: threading.Event) -> None:
        for count in itertools.count(1):
            if done.wait(BEAT):
                return
            try:
                self._connection.note(own, {"beat": count})
            except StoreError:
                continue  # if the lock is lost by that, whoever publishes is told
