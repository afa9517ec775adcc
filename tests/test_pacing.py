"""Whoever asks a service waits while anybody was told to wait."""

import asyncio
import time

from rag.pacing import Pace


def waited(pace: Pace) -> float:
    began = time.monotonic()
    asyncio.run(pace.turn())
    return time.monotonic() - began


def test_without_a_pause_nobody_waits() -> None:
    assert waited(Pace()) < 5


def test_a_pause_is_kept_by_all_and_is_over_for_all() -> None:
    pace = Pace()
    pace.pause(0.2)
    pace.pause(0.05)  # a shorter one does not end it

    async def together() -> list[float]:
        began = time.monotonic()

        async def one() -> float:
            await pace.turn()
            return time.monotonic() - began

        return list(await asyncio.gather(*(one() for _ in range(5))))

    assert all(seconds >= 0.2 for seconds in asyncio.run(together()))
    assert waited(pace) < 5


def test_a_pause_that_grows_meanwhile_is_kept_to_its_end() -> None:
    pace = Pace()
    pace.pause(0.1)

    async def grown() -> float:
        began = time.monotonic()
        turn = asyncio.create_task(pace.turn())
        await asyncio.sleep(0.05)
        pace.pause(0.2)
        await turn
        return time.monotonic() - began

    assert asyncio.run(grown()) >= 0.25
