"""What was measured, kept as a file of JSON lines, so that a run that was stopped goes on where it was.

A line is a measurement's name, arguments and round with its figures, or the error it ended with, and the commit and the
machine it was made on. What another commit or machine made is never mixed in.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """A measurement by its module's name, its arguments, and which time it is; `needs` has to be made before.

    Each need is what and of what, as `made.MADE` has them.
    """

    name: str
    arguments: Mapping[str, Any]
    round: int = 0
    needs: tuple[tuple[str, str | int], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Setting:
    """Where something is measured: the commit, and the machine as `machine.py` tells it."""

    commit: str
    machine: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """The figures of a measurement, or why there are none."""

    measurement: Measurement
    figures: Mapping[str, Any]
    error: str = ""


class Results:
    """The file of them; one setting's are seen."""

    def __init__(self, file: Path, setting: Setting) -> None:
        self._file = file
        self.setting = setting

    @classmethod
    def latest(cls, file: Path) -> "Results":
        """Those of the setting that was measured last. Raises `FileNotFoundError` where nothing was."""
        line = _lines(file)[-1]
        return cls(file, Setting(line["commit"], line["machine"]))

    def add(self, result: Result) -> None:
        """Append one; on a line of its own, also where a run was killed while it wrote the last."""
        one = result.measurement
        told = {"name": one.name, "arguments": one.arguments, "round": one.round, "figures": result.figures}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({**told, "error": result.error, **asdict(self.setting)}) + "\n"
        before = self._file.read_text("utf-8") if self._file.is_file() else ""
        with self._file.open("a", encoding="utf-8") as opened:
            opened.write(line if before.endswith("\n") or not before else f"\n{line}")

    def read(self) -> list[Result]:
        """All of this setting, the last of each measurement."""
        found = {}
        for line in _lines(self._file) if self._file.is_file() else []:
            if Setting(line["commit"], line["machine"]) == self.setting:
                one = Measurement(line["name"], line["arguments"], line["round"])
                found[_key(one)] = Result(one, line["figures"], line["error"])
        return list(found.values())

    def outstanding(self, wanted: Sequence[Measurement]) -> list[Measurement]:
        """Those that were not made yet, or failed."""
        made = {_key(result.measurement) for result in self.read() if not result.error}
        return [one for one in wanted if _key(one) not in made]


def _key(one: Measurement) -> str:
    return json.dumps([one.name, one.arguments, one.round], sort_keys=True)


def _lines(file: Path) -> list[dict[str, Any]]:
    """The lines that are whole: the last may have been cut off when a run was killed."""
    found = []
    for line in file.read_text("utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
