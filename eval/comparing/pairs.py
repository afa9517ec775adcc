"""The cases of two runs, paired by set and id, so that each is compared with itself.

Knows what makes two rows the same question, and when one became better; knows nothing of means and of chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.folder import Row, RunFolder
from eval.scoring.scores import OUTCOMES
from index.errors import EvalError

NAMED = 10
"""Cases named in a warning."""


@dataclass(frozen=True)
class Pair:
    """One case in both runs."""

    before: Row
    after: Row

    @property
    def name(self) -> str:
        """The case's id."""
        return str(self.after["id"])

    @property
    def outcomes(self) -> tuple[str, str]:
        """What became of it, before and after."""
        return self.before["outcome"], self.after["outcome"]

    @property
    def improvement(self) -> int:
        """By how many places of `OUTCOMES` it got better; below 0, worse."""
        before, after = (OUTCOMES.index(outcome) for outcome in self.outcomes)
        return before - after

    @property
    def is_decided_otherwise(self) -> bool:
        """Whether answering or refusing was right once and wrong once."""
        return bool(self.before["scores"].get("decision_right") != self.after["scores"].get("decision_right"))

    @property
    def moved_scores(self) -> dict[str, tuple[float | None, float | None]]:
        """The metrics whose score differs, before and after."""
        before, after = self.before["scores"], self.after["scores"]
        return {name: (before[name], after[name]) for name in after if name in before and before[name] != after[name]}


def paired(before: RunFolder, after: RunFolder) -> tuple[list[Pair], list[str]]:
    """The cases of both runs, in the later one's order, and what is to be told of the others: a sentence each."""
    old = {(row["set"], row["id"]): row for row in before.rows}
    new = {(row["set"], row["id"]): row for row in after.rows}
    both = [Pair(old[key], row) for key, row in new.items() if key in old]
    same = [pair for pair in both if _is_same_question(pair)]
    told = [
        (f"only in {before.folder}, and left out", [key[1] for key in old if key not in new]),
        (f"only in {after.folder}, and left out", [key[1] for key in new if key not in old]),
        (
            "asked differently in the two runs, and left out",
            [pair.name for pair in both if not _is_same_question(pair)],
        ),
        (
            "judged by other gold in the two runs, which may be all that differs",
            [pair.name for pair in same if _gold(pair.before) != _gold(pair.after)],
        ),
    ]
    return same, [f"{_cases(names)} {what}: {_listed(names)}." for what, names in told if names]


def refuse_strangers(before: RunFolder, after: Path, asked: Mapping[tuple[str, str], str]) -> None:
    """Raise `EvalError` unless a run asked one of the questions of another, which are given by set and id."""
    if not any(asked.get((row["set"], row["id"])) == row["question"] for row in before.rows):
        raise strangers(before.folder, after)


def strangers(before: Path, after: Path) -> EvalError:
    """What is wrong with two runs that have no case in common."""
    return EvalError(
        f"{before} and {after} have no case in common. Compare two runs of the same set; their manifest.json says "
        "which was asked."
    )


def sides(pairs: Sequence[Pair]) -> tuple[list[Row], list[Row]]:
    """The rows of each run."""
    return [pair.before for pair in pairs], [pair.after for pair in pairs]


def _is_same_question(pair: Pair) -> bool:
    return _asked(pair.before) == _asked(pair.after)


def _asked(row: Row) -> tuple[Any, ...]:
    """What makes a case the same question."""
    return tuple(row[name] for name in ("type", "question", "history", "filters", "answerable"))


def _gold(row: Row) -> list[list[tuple[str, str]]]:
    """The gold's words, since offsets move when another part of a story does."""
    return [[(span["story"], span["text"]) for span in spans] for spans in row["gold"]]


def _cases(names: Sequence[str]) -> str:
    return "1 case is" if len(names) == 1 else f"{len(names)} cases are"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
