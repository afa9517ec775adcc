"""Every metric gives what its example in docs/metrics.md says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from eval.reporting.summary import summarise
from eval.rows import as_row
from eval.scoring.metrics import METRICS
from tests.metric_example import (
    OPINIONS,
    SHELF,
    by_quotes,
    the_example,
)

PAGE = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text("utf-8")


def examples() -> dict[str, tuple[dict[str, float], float]]:
    """What docs/metrics.md says that each metric gives: by case, and the mean."""
    found = re.findall(r"^### `(\S+)`$(?:(?!^#).)*?^Example: ([^;]+); mean ([\d.]+)\.$", PAGE, re.MULTILINE | re.DOTALL)
    return {
        name: ({part.split()[0]: float(part.split()[1]) for part in parts.split(", ")}, float(mean))
        for name, parts, mean in found
    }


def test_the_page_of_metrics_defines_each_with_an_example() -> None:
    assert list(examples()) == list(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_gives_what_its_example_says(name: str) -> None:
    rows = {letter: as_row(one, SHELF, by_quotes, OPINIONS.get(letter)) for letter, one in the_example().items()}
    scores = {letter: row["scores"][name] for letter, row in rows.items()}
    by_case, mean = examples()[name]
    assert {letter: round(value, 3) for letter, value in scores.items() if value is not None} == by_case
    report = summarise(list(rows.values()))
    assert report.metrics[name].value == pytest.approx(mean, abs=0.0005)
    assert report.metrics[name].cases == len(by_case)


def test_seconds_are_as_their_example_says() -> None:
    [told] = re.findall(r"^Example: ([\d, and]+) seconds give p50 ([\d.]+) and p95 ([\d.]+)\.$", PAGE, re.MULTILINE)
    seconds = [float(number) for number in re.findall(r"\d+", told[0])]
    rows = [as_row(replace(the_example()["D"], seconds=value), SHELF) for value in seconds]
    total = summarise(rows).seconds["total"]
    assert (total.p50, total.p95) == (float(told[1]), float(told[2]))
