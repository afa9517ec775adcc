"""What all commands that answer questions have in common."""

import os
import subprocess
import sys

import pytest

ASKED = """
from langsmith.utils import tracing_is_enabled
from rag.command import run
run(lambda: print(tracing_is_enabled()) or 0)
"""


@pytest.mark.parametrize("name", ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2"])
def test_what_is_asked_is_traced_nowhere_whatever_other_work_sets_up(name: str) -> None:
    environment = {**os.environ, name: "true"}
    asked = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"


def test_what_a_terminal_has_no_sign_for_is_printed_escaped() -> None:
    code = "from rag.command import run; run(lambda: print('“bread” \\udcff') or 0)"
    told = {**os.environ, "PYTHONIOENCODING": "ascii"}
    asked = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=True)
    assert asked.stdout == "\\u201cbread\\u201d \\udcff\n"
    assert asked.stderr == ""


def test_a_command_whose_output_nobody_reads_to_its_end_ends_quietly() -> None:
    lines = (
        "from rag.command import run; import sys; sys.exit(run(lambda: [print('.' * 99) for _ in range(9999)] and 0))"
    )
    with subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as printing:
        assert printing.stdout is not None
        assert printing.stderr is not None
        printing.stdout.readline()
        printing.stdout.close()
        assert printing.stderr.read() == b""
    assert printing.returncode == 0
