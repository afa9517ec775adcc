"""Retrieval in libraries of any size: milliseconds from a question to chunks, its embedding included."""

import ctypes
import gc
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.contestants import OURS, Contestant, load
from bench.contestants.crossroads import Crossroads
from bench.measuring.made import bytes_of, index_at, passages_at, read_passages
from bench.offline import stay_here
from bench.peak import STATUS, in_mb
from bench.retrieve import PARTS, SET, percentile, read_questions
from bench.stopwatch import Stopwatch
from index.filters import Filters
from index.store import PassageStore
from rag.question import Question
from rag.retrieval import RETRIEVED
from rag.whom import is_of_somebody

DESTINATION = "aspiring data scientist"
"""Where the stories lead that the filter leaves: about a fifth of made ones, the same for all contestants."""
FILTERED_SET = SET.with_name("tune.jsonl")
"""What is asked with a filter: others, since what a question needs may still be there from when it was first asked."""
FEWEST = 5
"""Questions that are asked, however long they take; and as many before them, which do not count."""
TOLD = {"dense": "dense search", "lexical": "lexical search", "embedding": "embed"}
"""The parts that are told, as `PARTS` has them. What else there is to do is "rest"."""


@dataclass(frozen=True)
class Retrieval:
    """How many milliseconds one took, how many chunks it found, and the seconds of its parts, if they are watched."""

    milliseconds: float
    found: int
    parts: Mapping[str, float]


def measure(folder: Path, name: str, passages: int, questions: int, budget: float) -> dict[str, Any]:
    """What a contestant takes with and without a filter; as many questions are asked as fit into a budget of seconds.

    `resident` is the memory that the process holds after them, in MB; None where the system does not tell.
    """
    stay_here()
    contestant, stopwatch = load(name), Stopwatch()
    with stopwatch.watching(PARTS if name == OURS else {}):
        if isinstance(contestant, Crossroads):
            held, left, own = _opened(contestant, index_at(folder, passages))
        else:
            held, left, own = _filled(contestant, passages_at(folder, passages))
        _give_back()
        plain, filtered = (
            retrievals(
                contestant,
                read_questions(asked, questions + FEWEST),
                partial(fewest, name, count),
                budget,
                to=to,
                parts=stopwatch.take,
            )
            for asked, to, count in ((SET, "", held), (FILTERED_SET, DESTINATION, left))
        )
    return {
        "passages": held,
        "left": left / held,
        "plain": _told(plain),
        "filtered": _told(filtered),
        "resident": _resident(),
        **own,
        **({"parts": _by_part(plain)} if name == OURS else {}),
    }


def retrievals(  # noqa: PLR0913  # as many as a question has
    contestant: Contestant,
    asked: Sequence[Question],
    at_least: Callable[[Question], int],
    budget: float,
    *,
    to: str = "",
    parts: Callable[[], Mapping[str, float]] = dict,
) -> list[Retrieval]:
    """Ask for as many chunks as an answer is made of; `parts` tells what passed since the last.

    The last `FEWEST` questions are asked first and do not count. Raises `RuntimeError` where less than `at_least` says
    of a question come back.
    """
    found: list[Retrieval] = []
    for place, question in enumerate([*asked[-FEWEST:], *asked[:-FEWEST]]):
        if len(found) >= FEWEST and sum(one.milliseconds for one in found) > budget * 1000:
            break
        parts()
        began = time.perf_counter()
        chunks = contestant.find(question.text, question.asked, RETRIEVED, to)
        milliseconds = (time.perf_counter() - began) * 1000
        if len(chunks) < at_least(question):
            raise RuntimeError(f"{len(chunks)} chunks were found for {question.asked!r}, not {at_least(question)}")
        if place >= FEWEST:
            found.append(Retrieval(milliseconds, len(chunks), parts()))
    return found


def fewest(name: str, there: int, question: Question) -> int:
    """How many chunks of so many have to be found for a question, when as many are asked for as an answer is made of.

    One where a certain person is asked about and Crossroads answers, which leaves out what others told.
    """
    is_ones = name == OURS and is_of_somebody(question) and not question.many
    return 1 if is_ones else min(RETRIEVED, there)


def _opened(crossroads: Crossroads, index: Path) -> tuple[int, int, dict[str, float]]:
    """How many passages an index holds and how many the filter leaves; what opening it takes, and its bytes."""
    began = time.perf_counter()
    crossroads.open(PassageStore(index))
    opening = (time.perf_counter() - began) * 1000
    generation = crossroads.generation
    of_story = np.diff(generation.first_rows)
    left = int(of_story[generation.matching(Filters(destinations=(DESTINATION,)))].sum())
    return len(generation), left, {"opening": opening, "bytes": bytes_of(index)}


def _filled(contestant: Contestant, passages: Path) -> tuple[int, int, dict[str, float]]:
    """How many passages a contestant was filled with, and how many of them the filter leaves."""
    filled = read_passages(passages)
    contestant.fill(filled)
    return len(filled.texts), filled.destinations.count(DESTINATION), {}


def _give_back() -> None:
    """Return to the system what filling needed and nobody holds any more, where the C library keeps it."""
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def _resident() -> float | None:
    """The memory that this process holds now, in MB, pages of mapped files counted in. Linux alone tells."""
    return in_mb(STATUS, "VmRSS") if STATUS.exists() else None


def _by_part(found: Sequence[Retrieval]) -> dict[str, float]:
    """Medians in milliseconds: finding by vectors, by words, embedding the question, and whatever else there is."""
    parts = {name: [1000 * one.parts.get(part, 0.0) for one in found] for name, part in TOLD.items()}
    rest = [one.milliseconds - sum(own) for one, *own in zip(found, *parts.values(), strict=True)]
    return {name: percentile(own, 0.5) for name, own in {**parts, "rest": rest}.items()}


def _told(found: Sequence[Retrieval]) -> dict[str, float]:
    times = [one.milliseconds for one in found]
    return {
        "p50": percentile(times, 0.5),
        "p95": percentile(times, 0.95),
        "asked": len(times),
        "found": percentile([one.found for one in found], 0.5),
    }
