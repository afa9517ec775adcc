"""eval.writing: a run's folder is one run's at a time, and what goes wrong while it is written loses nothing."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from eval.writing import is_being_written, replace_json, written_alone
from index.errors import EvalError
from tests.desk import Desk


def test_two_runs_are_never_written_into_one_folder(desk: Desk) -> None:
    desk.run()
    before = (desk.out / "results.jsonl").read_bytes()
    with written_alone(desk.out), pytest.raises(EvalError, match="another run is being written there"):
        desk.run()
    assert (desk.out / "results.jsonl").read_bytes() == before
    assert desk.run().cases == 3


def test_a_run_of_another_process_is_noticed(tmp_path: Path) -> None:
    held = (
        "import sys; from pathlib import Path; from eval.writing import written_alone\n"
        "with written_alone(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", held, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        assert is_being_written(tmp_path)
        other.kill()
        other.wait()
    assert not is_being_written(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_lets_go_of_its_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), written_alone(tmp_path):
        raise KeyboardInterrupt
    assert not is_being_written(tmp_path)


def test_a_full_disk_is_told_with_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"No space left on device.*go on with --resume"), written_alone(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    replace_json(file, {"cases": 1})
    with pytest.raises(TypeError):
        replace_json(file, {"cases": object()})
    assert file.read_text() == '{\n  "cases": 1\n}\n'
