"""Where the time of a call goes: seconds that some functions take themselves, without those of them that they call.

Functions are named as `module:name` or `module:class.name` and are replaced, while they are watched, by ones that look
at the clock. Knows nothing of what they do.
"""

import functools
import pkgutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any


class Stopwatch:
    """Adds up, by part, the seconds of the functions that make up each part. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._running = threading.local()
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def watching(self, parts: Mapping[str, Sequence[str]]) -> Iterator[None]:
        """While functions are watched; afterwards they are what they were.

        Raises `AttributeError` or `ImportError` for a function that is not there.
        """
        with ExitStack() as replaced:
            for part, names in parts.items():
                for name in names:
                    self._replace(name, part, replaced)
            yield

    def take(self) -> dict[str, float]:
        """Seconds by part since this was last asked."""
        with self._lock:
            taken, self._seconds = self._seconds, {}
            return taken

    def _replace(self, name: str, part: str, replaced: ExitStack) -> None:
        original: Any = pkgutil.resolve_name(name)
        place, _, attribute = name.replace(":", ".").rpartition(".")
        owner = pkgutil.resolve_name(place)
        setattr(owner, attribute, self._watched(original, part))
        replaced.callback(setattr, owner, attribute, original)

    def _watched(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            within: list[float] = self._running.__dict__.setdefault("within", [0.0])
            within.append(0.0)
            began = self._clock()
            try:
                return function(*arguments, **named)
            finally:
                took = self._clock() - began
                inner = within.pop()
                within[-1] += took
                with self._lock:
                    self._seconds[part] = self._seconds.get(part, 0.0) + took - inner

        return watched
