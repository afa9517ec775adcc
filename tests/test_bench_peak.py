"""The memory that is told is a process's own, whoever started it, and, where that is asked for, its children's."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.peak import EVERY, peak, with_children

ROOT = Path(__file__).parents[1]
PEAK = "from bench.peak import peak; print(peak())"
QUICK = "from bench.quick import _peak; print(_peak())"
BEGIN = "import time; held = bytearray(300_000_000); print(flush=True); time.sleep(60)"
START = "import subprocess, sys; held = bytearray(300_000_000); subprocess.run([sys.executable, '-c', '{}'])"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process inherits nothing of this")
@pytest.mark.parametrize("told", [PEAK, QUICK])
def test_memory_of_whoever_started_a_process_is_not_counted(told: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", START.format(told)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 1 < float(found.stdout) < 100


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells what children held")
def test_memory_of_processes_that_were_begun_is_counted_where_that_is_asked_for() -> None:
    with with_children() as memory:
        before = peak()
        with subprocess.Popen([sys.executable, "-c", BEGIN], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(2 * EVERY)
            child.kill()
        assert 280 < memory() - before < 350
