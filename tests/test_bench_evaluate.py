"""bench.evaluate: every run has a folder of its own, the bar decides the exit code, and what fails is heard."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import evaluate
from bench.evaluate import BAR, main, verdict
from tests.library import write_library

UNANSWERABLE = {"id": "u1", "type": "unanswerable", "question": "Who won the cup in 1998?", "answerable": False}


def test_a_set_is_run_as_often_as_asked_and_a_missed_bar_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "set.jsonl"
    asked.write_text(json.dumps(UNANSWERABLE) + "\n", "utf-8")
    monkeypatch.setattr(evaluate, "SET", asked)
    monkeypatch.setattr(evaluate, "make_library", lambda folder, _: write_library(folder))
    monkeypatch.setattr(evaluate, "BAR", 0.0)
    monkeypatch.setattr(sys, "argv", ["bench.evaluate", "--cases", "2", "--passages", "9", "--runs", "2"])
    assert main() == 1
    told = capfd.readouterr().out
    assert "2 cases on " in told
    assert re.search(r"whole run: [\d.]+, [\d.]+ s; median [\d.]+ s; 0 s missed", told)


@pytest.mark.parametrize(
    ("cases", "passages", "seconds", "said"),
    [
        (500, 1_000, BAR, "kept"),
        (500, 1_000, BAR + 1, "missed"),
        (600, 1_000, BAR, "kept"),
        (600, 1_000, BAR + 1, "–"),
        (20, 1_000, BAR, "–"),
        (20, 500, BAR + 1, "missed"),
    ],
)
def test_the_bar_is_judged_where_the_run_can_tell(cases: int, passages: int, seconds: float, said: str) -> None:
    assert verdict(cases, passages, seconds) == said


def test_what_a_run_that_fails_says_is_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        evaluate._timed([sys.executable, "-c", "raise SystemExit('the oven is cold')"], tmp_path)
    assert "the oven is cold" in capfd.readouterr().err
