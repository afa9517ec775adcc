"""Processes that the server begins: asked to stop, killed where they do not listen, and never held on to."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.processes import ROOT
from tests.work import ENDLESS, PATIENCE, ended, script, until
from ui import processes

DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
HELPER = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
"""Something that a command begins, and that holds on to its output."""


def test_work_that_is_stopped_says_so() -> None:
    work = script(ENDLESS)
    until("embedding", work)
    began = time.monotonic()
    work.stop()
    assert ended(work).state == "stopped"
    assert time.monotonic() - began < processes.GRACE_SECONDS


def test_work_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    work = script(f"{DEAF}\n{ENDLESS}")
    until("embedding", work)
    work.stop()
    assert ended(work).state == "stopped"


def test_what_a_killed_command_has_begun_is_ended_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    work = script(f"{HELPER}\n{DEAF}\n{ENDLESS}")
    until("embedding", work)
    work.stop()
    assert ended(work).state == "stopped"


def test_what_ends_without_a_word_leaves_nobody_waiting() -> None:
    progress = ended(script(f"{HELPER}; import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert progress.state == "failed", "the system may kill whatever takes too much memory"


def test_work_is_stopped_at_once_where_the_server_was_started_deaf_to_interrupts() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as shells do for what is begun in the background
    try:
        work = script(ENDLESS)
        until("embedding", work)
        began = time.monotonic()
        work.stop()
        assert ended(work).state == "stopped"
        assert time.monotonic() - began < processes.GRACE_SECONDS
    finally:
        signal.signal(signal.SIGINT, before)


def test_work_ends_with_the_server(tmp_path: Path) -> None:
    out = tmp_path / "ended"
    command = f"""
import time
print('{{"embedded": 1, "total": 9}}', flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    open({str(out)!r}, "w")
"""
    server = f"""
import signal, sys
from tests.work import script, until
signal.signal(signal.SIGINT, signal.default_int_handler)
until("embedding", script({command!r}))
"""
    subprocess.run([sys.executable, "-c", server], check=True, timeout=PATIENCE, cwd=ROOT)
    deadline = time.monotonic() + PATIENCE
    while not out.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
