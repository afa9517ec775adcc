"""When a service may be asked again: everybody who asks it waits together.

A service that is asked too often says so to one request and means all. Knows nothing of language models.
"""

import asyncio
import time


class Pace:
    """A pause that all who share it keep. For coroutines of one event loop."""

    def __init__(self) -> None:
        self._over = 0.0

    def pause(self, seconds: float) -> None:
        """Nobody asks for so many seconds; a longer pause that is under way stays."""
        self._over = max(self._over, time.monotonic() + seconds)

    async def turn(self) -> None:
        """Return when no pause is under way, which may have become longer meanwhile."""
        while (left := self._over - time.monotonic()) > 0:  # noqa: ASYNC110  # a time is waited for, no event
            await asyncio.sleep(left)
