"""The workflows in docs/continuous-integration.md are YAML, and their commands are ones that there are."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.compare import _parser as comparing
from eval.__main__ import _parser

PAGE = Path(__file__).parent.parent / "docs" / "continuous-integration.md"


def steps_of(number: int) -> list[dict[str, Any]]:
    workflow = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[number]
    (job,) = yaml.safe_load(workflow)["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


@pytest.fixture
def steps() -> list[dict[str, Any]]:
    return steps_of(0)


@pytest.fixture
def speed_steps() -> list[dict[str, Any]]:
    return steps_of(1)


def test_every_command_of_the_evaluation_is_understood(steps: list[dict[str, Any]]) -> None:
    commands = [shlex.split(step["run"]) for step in steps if "-m eval" in step.get("run", "")]
    asked = [_parser().parse_args(words[3:]) for words in commands]
    assert [words[:3] for words in commands] == [["python", "-m", "eval"]] * 3
    assert asked[1].against == asked[0].out.relative_to("..")
    assert asked[2].after == asked[1].out
    assert asked[2].fail_if_worse


def test_every_action_is_pinned_to_a_version(steps: list[dict[str, Any]], speed_steps: list[dict[str, Any]]) -> None:
    actions = [step["uses"] for step in [*steps, *speed_steps] if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in actions)


def test_the_report_is_kept_even_where_a_step_before_failed(steps: list[dict[str, Any]]) -> None:
    upload = steps[-1]
    assert upload["if"] == "${{ !cancelled() }}"
    assert upload["with"]["path"] == "runs/"


def test_the_one_for_speed_compares_and_fails_nobody(speed_steps: list[dict[str, Any]]) -> None:
    compare = speed_steps[-1]
    words = shlex.split(compare["run"].partition("|")[0])
    assert words[:3] == ["python", "-m", "bench.compare"]
    asked = comparing().parse_args(words[3:])
    assert (asked.before, asked.after) == ("$BEFORE", "HEAD")
    assert compare["continue-on-error"]
    assert speed_steps[0]["with"]["fetch-depth"] == 0
