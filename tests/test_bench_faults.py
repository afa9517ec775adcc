"""bench.faults: a build that ends in another way than it should is told, and ends the benchmark with 1."""

import errno
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from bench import faults
from bench.faults import Ended, bad, build, end_of_filled, end_of_killed, kills

NO_ROOM = f"index.errors.StoreError: index: it cannot be written ({os.strerror(errno.ENOSPC)}).\n"
TYPO = "Traceback (most recent call last):\nNameError: name 'bread' is not defined\n"
BROKEN = "BROKEN, 1: NameError: name 'bread' is not defined"


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (Ended(0, ""), "in time"),
        (Ended(-signal.SIGKILL, ""), "killed"),
        (Ended(1, TYPO), BROKEN),
        (Ended(-signal.SIGSEGV, ""), f"BROKEN, -{signal.SIGSEGV.value}: "),
    ],
)
def test_a_build_that_was_to_be_killed_ends_in_time_or_killed(ended: Ended, told: str) -> None:
    assert end_of_killed(ended) == told


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (Ended(0, ""), "fitted"),
        (Ended(1, NO_ROOM), "disk full"),
        (Ended(1, TYPO), BROKEN),
        (Ended(-signal.SIGKILL, NO_ROOM), f"BROKEN, -9: {NO_ROOM.strip()}"),
    ],
)
def test_a_build_with_little_room_fits_or_says_that_the_disk_is_full(ended: Ended, told: str) -> None:
    assert end_of_filled(ended) == told


def test_what_was_lost_and_what_is_broken_counts() -> None:
    assert bad(Counter({"killed, one whole state": 5, "LOST after the next build": 2, f"{BROKEN}, one whole": 1})) == 3


def test_a_build_that_nobody_kills_and_that_fails_ends_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "build", lambda *_: Ended(1, TYPO))
    with pytest.raises(SystemExit, match=r"nobody killed ended with 1:\n.*\nNameError: name 'bread'"):
        kills(tmp_path, 1, random.Random(0))  # noqa: S311  # no secret


def test_what_a_build_says_is_kept(tmp_path: Path) -> None:
    ended = build(tmp_path / "nowhere", tmp_path / "index")
    assert ended.code == 1
    assert "nowhere" in ended.said


def test_a_build_is_killed_after_so_many_seconds(stories_folder: Path, tmp_path: Path) -> None:
    assert build(stories_folder, tmp_path / "index", kill_after=0).code == -signal.SIGKILL
