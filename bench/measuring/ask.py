"""Retrieval in libraries of any size: milliseconds from a question to chunks, its embedding included."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contestants import OURS, Contestant, load
from bench.measuring.made import bytes_of, index_at, passages_at, read_passages
from bench.offline import stay_here
from bench.peak import peak
from bench.retrieve import SET, Measured, percentile, read_questions
from bench.retrieve import measure as measure_index
from index.filters import EVERY_STORY, Filters
from rag.question import Question
from rag.retrieval import RETRIEVED

DESTINATION = "aspiring data scientist"
"""Where the stories lead that the filter leaves: about a fifth of made ones, the same for all contestants."""
FEWEST = 5
"""Questions that are asked, however long they take."""


def measure(folder: Path, name: str, passages: int, questions: int, budget: float) -> dict[str, Any]:
    """What a contestant takes with and without a filter; peers ask as many questions as fit into a budget of seconds.

    `memory` is in MB.
    """
    stay_here()
    asked = read_questions(SET, questions)
    if name == OURS:
        return _of_index(index_at(folder, passages), asked)
    contestant = load(name)
    began = time.perf_counter()
    filled = read_passages(passages_at(folder, passages))
    contestant.fill(filled)
    filling = time.perf_counter() - began
    plain, filtered = (_told(_times(contestant, asked, to, budget)) for to in ("", DESTINATION))
    return {
        "passages": len(filled.texts),
        "left": filled.destinations.count(DESTINATION) / len(filled.texts),
        "filling": filling,
        "plain": plain,
        "filtered": filtered,
        "memory": peak(),
    }


def _of_index(index: Path, asked: Sequence[Question]) -> dict[str, Any]:
    """What Crossroads takes, by part too, and what its index takes on the disk and to open."""
    plain, filtered = (
        measure_index(index, asked, filters) for filters in (EVERY_STORY, Filters(destinations=(DESTINATION,)))
    )
    return {
        "passages": plain.passages,
        "plain": _told(plain.times),
        "filtered": _told(filtered.times),
        "parts": _by_half(plain),
        "opening": plain.opening,
        "first": plain.first,
        "memory": plain.memory,
        "bytes": bytes_of(index),
    }


def _by_half(found: Measured) -> dict[str, float]:
    """Medians: finding by vectors, by words, embedding the question, and whatever else there is to do."""
    named = {"dense": "dense search", "lexical": "lexical search", "embedding": "embed"}
    rest = [sum(one) for one in zip(*(own for part, own in found.parts.items() if part not in named.values()))]  # noqa: B905  # all are as long
    return {**{name: percentile(found.parts[part], 0.5) for name, part in named.items()}, "rest": percentile(rest, 0.5)}


def _times(contestant: Contestant, asked: Sequence[Question], to: str, budget: float) -> list[float]:
    """Milliseconds of each question, after one that does not count."""
    contestant.find(asked[-1].text, asked[-1].asked, RETRIEVED, to)
    times: list[float] = []
    for question in asked:
        if len(times) >= FEWEST and sum(times) > budget * 1000:
            break
        began = time.perf_counter()
        contestant.find(question.text, question.asked, RETRIEVED, to)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _told(times: Sequence[float]) -> dict[str, float]:
    return {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95), "asked": len(times)}
