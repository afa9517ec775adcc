"""An asynchronous stream, read from ordinary code: within limits of time, and closed when its reader stops.

LangChain's providers stream asynchronously over connections that can be closed at any moment, which a thread
blocked in `recv` cannot. One event loop, in a thread of its own, runs all streams, since the providers share
their connections. Knows nothing of language models.
"""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar, cast

BEAT = 0.2
"""Seconds after which a reader hears that nothing has come, so that it can stop."""

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Seconds until the next item, and for the whole stream."""

    silence: float = 60.0
    whole: float = 180.0


def read(stream: Callable[[], AsyncIterator[T]], limits: Limits) -> Generator[list[T], None, None]:
    """The items that came since the last look; an empty list after a beat in which none came.

    Closing the iterator closes the stream. Raises what the stream raises (the `CancelledError` of
    `concurrent.futures` where it cancelled itself), and `TimeoutError` past a limit.
    """
    items: queue.SimpleQueue[object] = queue.SimpleQueue()
    began = heard = time.monotonic()
    work = asyncio.run_coroutine_threadsafe(_pump(stream, items.put), _loop())
    try:
        while True:
            came = _since_last_look(items)
            now = time.monotonic()
            heard = now if came else heard
            if came and came[-1] is _END:
                if came[:-1]:
                    yield cast("list[T]", came[:-1])
                work.result()  # raises what the stream raised
                return
            yield cast("list[T]", came)
            if now - heard >= limits.silence:
                raise TimeoutError(f"nothing came for {limits.silence:g} seconds")
            if now - began >= limits.whole:
                raise TimeoutError(f"it took longer than {limits.whole:g} seconds")
    finally:
        work.cancel()


_END = object()
"""Put behind a stream's last item, however it ended."""


async def _pump(stream: Callable[[], AsyncIterator[Any]], put: Callable[[object], None]) -> None:
    try:
        async with aclosing(cast("Any", stream())) as open_stream:
            async for item in open_stream:
                put(item)
    finally:
        put(_END)


def _since_last_look(items: "queue.SimpleQueue[object]") -> list[object]:
    """Everything that is there; if nothing is, what comes within a beat."""
    came: list[object] = []
    try:
        came.append(items.get(timeout=BEAT))
        while True:
            came.append(items.get_nowait())
    except queue.Empty:
        return came


_starting = threading.Lock()
_running: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """The loop of all streams, started when the first is read."""
    with _starting:
        if not _running:
            _running.append(asyncio.new_event_loop())
            threading.Thread(target=_running[0].run_forever, name="language models", daemon=True).start()
        return _running[0]
