"""When a stretch of a story holds a gold, and how exactly two match. Spans alone; knows nothing of answers."""

from collections.abc import Sequence

from eval.gold import Span

HELD = 0.5
"""The share of a gold's characters that a passage must hold, and of either's that a citation and a gold must share."""


def overlap(one: Span, other: Span) -> int:
    """How many characters two spans share."""
    return max(0, min(one.end, other.end) - max(one.start, other.start)) if one.story == other.story else 0


def holds(gold: Span, place: Span) -> bool:
    """Whether a stretch of a story holds a gold: at least half of its characters."""
    return overlap(gold, place) >= HELD * (gold.end - gold.start)


def cites(place: Span, gold: Sequence[Span]) -> bool:
    """Whether cited words hold a gold, or lie in one by half: people quote less than a whole gold as well as more."""
    return any(overlap(one, place) >= HELD * min(one.end - one.start, place.end - place.start) > 0 for one in gold)


def match(place: Span, gold: Span) -> float:
    """How exactly a stretch of a story is the gold: F1 over characters, in 0..1."""
    return 2 * overlap(place, gold) / (place.end - place.start + gold.end - gold.start)
