"""bench.scale: nothing is waited for that will not come, and no process is left behind."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest

from bench import scale
from bench.scale import changed, followed, running
from index.errors import StoreError
from index.live import LiveIndex
from tests.library import write_library


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[str]]":
    """The processes that the benchmark begins, which is called without flags."""
    found: list[subprocess.Popen[str]] = []
    begin = scale._begun

    def noted(*role: object) -> "subprocess.Popen[str]":
        found.append(begin(*role))  # type: ignore[arg-type]  # as they are handed over
        return found[-1]

    monkeypatch.setattr(sys, "argv", ["bench.scale"])
    monkeypatch.setattr(scale, "_begun", noted)
    return found


def ended(error: Exception | None = None) -> "Future[object]":
    """A build that has ended, well or with an error."""
    build: Future[object] = Future()
    if error is not None:
        build.set_exception(error)
    else:
        build.set_result(None)
    return build


def test_what_was_published_is_seen_though_the_build_has_ended(tmp_path: Path) -> None:
    current = tmp_path / "CURRENT"
    current.write_text("2")
    os.utime(current, ns=(7_000_000_000, 7_000_000_000))
    assert changed(current, 6_000_000_000, ended()) == 7


@pytest.mark.parametrize("error", [StoreError("the disk is full"), None])
def test_nothing_is_waited_for_once_the_build_has_ended(tmp_path: Path, error: Exception | None) -> None:
    current = tmp_path / "CURRENT"
    current.write_text("1")
    before = current.stat().st_mtime_ns
    with pytest.raises(StoreError if error else RuntimeError, match=r"disk is full|published nothing"):
        changed(current, before, ended(error))


def test_where_the_build_fails_its_error_is_told_and_who_watches_is_ended(
    built: LiveIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: "list[subprocess.Popen[str]]"
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(scale, "rebuild", fails)
    write_library(tmp_path / "stories-9")
    shutil.copytree(built.store.folder, tmp_path / "made" / "builder")
    with pytest.raises(StoreError, match="the disk is full"):
        followed(9, tmp_path, "", tmp_path / "made", 2)
    assert [process.poll() is None for process in begun] == [False, False]


def test_where_one_process_does_not_begin_the_others_are_ended(
    built: LiveIndex, tmp_path: Path, begun: "list[subprocess.Popen[str]]"
) -> None:
    there, missing = ({"CROSSROADS_INDEX": str(folder)} for folder in (built.store.folder, tmp_path / "missing"))
    with (
        pytest.raises(RuntimeError, match="ended before it had begun"),
        running([(["--watch"], there), (["--watch"], missing)]),
    ):
        pass
    assert [process.poll() is None for process in begun] == [False, False]
