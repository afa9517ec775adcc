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
