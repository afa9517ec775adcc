"""Results looked at by what was measured: the figure of every round, medians, ratios, and how these are written."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bench.measuring.results import Result

MISSING = "not measured"
MOST_PLACES = 6
"""Decimal places of any figure."""


class View:
    """The results of one setting."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = [one for one in results if not one.error]
        self.failed = [one for one in results if one.error]

    def rounds(self, name: str, /, **arguments: Any) -> list[Mapping[str, Any]]:
        """The figures of every round of a measurement; arguments that are not named may be any."""
        return [
            one.figures
            for one in self._results
            if one.measurement.name == name and arguments.items() <= one.measurement.arguments.items()
        ]

    def values(self, name: str, figure: str, /, **arguments: Any) -> list[float]:
        """One figure of every round that has it; a dot leads into what is nested: `plain.p50`."""
        found = [_within(figures, figure.split(".")) for figures in self.rounds(name, **arguments)]
        return [value for value in found if value is not None]

    def median(self, name: str, figure: str, /, **arguments: Any) -> float | None:
        """The median of the rounds; None where nothing was measured."""
        values = self.values(name, figure, **arguments)
        return statistics.median(values) if values else None

    @property
    def turns(self) -> int:
        """In how many rounds anything was measured."""
        return max((one.measurement.round + 1 for one in self._results), default=0)

    def fewer(self, name: str, /, names: Collection[str] = (), **arguments: Any) -> str:
        """In how many rounds something was measured, as " (once)" or " (2 rounds)"; "" where that is no fewer than all.

        Of contestants, or of those with some `names`, the one with the fewest counts.
        """
        rounds: dict[Any, set[int]] = {}
        for one in self._results:
            found, whom = one.measurement, one.measurement.arguments.get("name")
            if found.name == name and arguments.items() <= found.arguments.items() and (not names or whom in names):
                rounds.setdefault(whom, set()).add(found.round)
        fewest = min(map(len, rounds.values()), default=self.turns)
        return "" if fewest == self.turns else " (once)" if fewest == 1 else f" ({fewest} rounds)"

    def known(self, name: str, argument: str, /, **arguments: Any) -> list[Any]:
        """The values of an argument that something was measured with, ascending."""
        return sorted(
            {
                one.measurement.arguments[argument]
                for one in self._results
                if one.measurement.name == name and arguments.items() <= one.measurement.arguments.items()
            }
        )

    def cell(self, name: str, figure: str, places: int = 1, /, **arguments: Any) -> str:
        """A figure as a table has it: its median, and where several rounds tell it the range of these."""
        values = self.values(name, figure, **arguments)
        if values:
            return spread(values, places)
        return next((f"open: {one['open']}" for one in self.rounds(name, **arguments) if "open" in one), MISSING)


def spread(values: Sequence[float], places: int = 1) -> str:
    """The median of some values with their range."""
    median = f"{statistics.median(values):,.{places}f}"
    return f"{median} [{min(values):,.{places}f}-{max(values):,.{places}f}]" if len(values) > 1 else median


def beside(value: float, limit: float, places: int = 2, sign: str = "") -> str:
    """A value with so many decimal places, or as many more as it takes to see on which side of a limit it lies."""
    told = f"{value:{sign},.{places}f}"
    hidden = value != limit and float(told.replace(",", "")) == limit and places < MOST_PLACES
    return beside(value, limit, places + 1, sign) if hidden else told


def ratio(value: float | None, ours: float | None) -> str:
    """How many times ours a value is."""
    return "–" if value is None or not ours else f"{beside(value / ours, 1.0)} ×"


def number(value: float | None, places: int = 1, after: str = "") -> str:
    """A value that may be missing."""
    return MISSING if value is None else f"{value:,.{places}f}{after}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table with an empty line after it; one line that says so where there are no rows."""
    if not rows:
        return [f"{MISSING.capitalize()}.", ""]
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]


def _within(figures: Any, path: Sequence[str]) -> float | None:
    for name in path:
        figures = figures.get(name) if isinstance(figures, dict) else None
    return None if figures is None else float(figures)
