"""bench.as_installed: a program finds what the project requires, and not what lies beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.as_installed import as_installed, beside, without

CODE = """
from importlib.util import find_spec
import sys
print(*filter(find_spec, ("gradio", "httptools", "hypothesis", "index")), *sys.argv[1:])
"""


def said(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("kind", ["-c", "-m", "file"])
def test_what_development_alone_needs_is_not_found(kind: str, tmp_path: Path) -> None:
    (tmp_path / "looking.py").write_text(CODE)
    arguments = {"-c": ["-c", CODE], "-m": ["-m", "looking"], "file": [str(tmp_path / "looking.py")]}[kind]
    assert said([sys.executable, *arguments, "a", "-b"], tmp_path) == "gradio httptools hypothesis index a -b"
    assert said(as_installed(*arguments, "a", "-b"), tmp_path) == "gradio httptools index a -b"
    assert said(without({"index"}, *arguments), tmp_path) == "gradio httptools hypothesis"


def test_a_file_finds_what_lies_beside_it_wherever_it_is_begun(tmp_path: Path) -> None:
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "bread.py").write_text("WORD = 'rye'")
    (tmp_path / "bread.py").write_text("WORD = 'wheat'")
    (tmp_path / "near" / "looking.py").write_text("from bread import WORD\nprint(WORD)")
    assert said(as_installed(tmp_path / "near" / "looking.py"), tmp_path) == "rye"


def test_the_interpreter_is_given_its_own_options(tmp_path: Path) -> None:
    assert said(as_installed("-c", "import sys; print(sys.flags.optimize)", options=("-O",)), tmp_path) == "1"


def test_what_stands_beside_is_what_nobody_there_requires() -> None:
    assert {"pytest", "_pytest", "pluggy"} <= beside("crossroads")
    assert not {"pytest", "_pytest", "pluggy"} & beside("crossroads", "pytest")
    assert "gradio" in beside("pytest")
