"""The memory that is told is a process's own, whoever started it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PEAK = "from bench.peak import peak; print(peak())"
START = f"import subprocess, sys; held = bytearray(300_000_000); subprocess.run([sys.executable, '-c', '{PEAK}'])"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process inherits nothing of this")
def test_memory_of_whoever_started_a_process_is_not_counted() -> None:
    found = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 1 < float(found.stdout) < 100
