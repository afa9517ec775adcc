"""An asynchronous stream is read within its limits of time, and closed when its reader stops."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import CancelledError

import pytest

from rag.streaming import BEAT, Limits, read


class Stream:
    """Counts to a number, with a pause before each; fails in the end if told to. Knows whether it was closed."""

    def __init__(self, count: int, pause: float = 0.0, error: Exception | None = None) -> None:
        self.count = count
        self.pause = pause
        self.error = error
        self.closed = threading.Event()

    async def __call__(self) -> AsyncIterator[int]:
        try:
            for number in range(self.count):
                await asyncio.sleep(self.pause)
                yield number
            if self.error is not None:
                raise self.error
        finally:
            self.closed.set()


def test_everything_comes_in_order_and_at_once() -> None:
    stream = Stream(1000)
    looks = list(read(stream, Limits()))
    assert [number for came in looks for number in came] == list(range(1000))
    assert stream.closed.is_set()


def test_while_nothing_comes_the_reader_hears_that() -> None:
    looks = list(read(Stream(1, pause=2.5 * BEAT), Limits()))
    assert looks[:2] == [[], []]
    assert [0] in looks


def test_the_streams_error_is_raised_after_what_came_before_it() -> None:
    came: list[int] = []
    looks = read(Stream(3, error=ValueError("broken")), Limits())
    with pytest.raises(ValueError, match="broken"):
        came.extend(number for look in looks for number in look)
    assert came == [0, 1, 2]


def test_a_stream_that_cancels_itself_is_no_silence() -> None:
    async def cancelled() -> AsyncIterator[int]:
        yield 1
        raise asyncio.CancelledError

    with pytest.raises(CancelledError):
        list(read(cancelled, Limits(silence=5)))


@pytest.mark.parametrize(
    ("stream", "limits", "message"),
    [
        (Stream(1, pause=60), Limits(silence=0.3), "nothing came for 0.3 seconds"),
        (Stream(10_000, pause=0.01), Limits(whole=0.3), "longer than 0.3 seconds"),
    ],
)
def test_past_a_limit_the_stream_is_closed(stream: Stream, limits: Limits, message: str) -> None:
    with pytest.raises(TimeoutError, match=message):
        list(read(stream, limits))
    assert stream.closed.wait(5)


def test_when_the_reader_stops_the_stream_is_closed_in_the_middle_of_a_pause() -> None:
    stream = Stream(2, pause=60)
    looks = read(stream, Limits())
    assert next(looks) == []
    looks.close()
    assert stream.closed.wait(5)


def test_a_stream_that_nobody_reads_is_never_begun() -> None:
    stream = Stream(1)
    read(stream, Limits()).close()
    assert not stream.closed.is_set()
