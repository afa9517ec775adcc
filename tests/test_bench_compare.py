"""bench.compare: what got slower is named, what a commit lacks is told, and each side's own modules are measured."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from bench import compare
from bench.compare import Checkout, Row, commit_of, last_line, main, rows, slower, table, verdict

SLOWER = Row("asking", "s", (1.0, 2.0, 1.0), (1.3, 2.2, 1.2))
SAME = Row("importing", "ms", (10.0, 10.0, 10.0), (10.0, 11.0, 9.0))
NEW = Row("answering", "ms", (), (7.0, 8.0, 9.0))
UNSURE = Row("retrieving", "ms", (1.0, 1.0, 1.0), (0.9, 1.5, 1.4))
LOST = Row("building", "s", (3.0, 3.0, 3.0), ())

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="wants git")


def test_the_ratio_is_the_middle_one_of_those_taken_in_turn() -> None:
    assert SLOWER.ratios == pytest.approx([1.3, 1.1, 1.2])
    assert SLOWER.ratio == pytest.approx(1.2)
    assert NEW.ratio is None


@pytest.mark.parametrize(
    ("tolerance", "named"), [(1.1, ["asking", "building"]), (1.21, ["building"]), (1.0, ["asking", "building"])]
)
def test_what_exceeds_the_tolerance_is_named_and_what_is_lost_too(tolerance: float, named: list[str]) -> None:
    assert slower([SLOWER, SAME, NEW, UNSURE, LOST], tolerance) == named


def test_the_verdict_names_what_is_slower_and_what_only_may_be() -> None:
    assert verdict([SAME, NEW], 1.1) == "Nothing takes more than 1.10 of what it took."
    assert verdict([SAME, SLOWER, UNSURE, LOST], 1.1).splitlines() == [
        "Unsure, take more rounds: retrieving.",
        "More than 1.10 of what it took, or not measured: asking; building.",
    ]


def test_the_table_has_medians_ratios_and_what_is_not_there() -> None:
    assert table([SLOWER, SAME, NEW, LOST], "aaa", "bbb").splitlines() == [
        "| | before, aaa | after, bbb | after / before | range |",
        "|---|---|---|---|---|",
        "| asking | 1.00 s | 1.30 s | 1.20 | 1.10 to 1.30 |",
        "| importing | 10.0 ms | 10.0 ms | 1.00 | 0.90 to 1.10 |",
        "| answering | not there | 8.0 ms | – | – |",
        "| building | 3.00 s | not there | – | – |",
    ]


def test_memory_has_rows_of_its_own_and_a_fault_of_a_later_round_takes_the_whole_row(tmp_path: Path) -> None:
    before, after = (Checkout(name, tmp_path, tmp_path) for name in ("a", "b"))
    before.values = {"import": [(1.0, 100.0), (2.0, 100.0)], "ask": [(3.0, None), (3.0, None)]}
    after.values = {"import": [(1.0, 120.0), (2.0, 130.0)], "ask": [(3.0, None)]}
    after.faults = {"ask": "it failed"}
    found = rows({"before": before, "after": after}, ["import", "ask"])
    assert [(row.name, row.unit) for row in found] == [
        ("import of rag.ask", "s"),
        ("python -m rag, one question", "s"),
        ("memory of that: import of rag.ask", "MB"),
    ]
    assert found[1].after == []
    assert slower(found, 1.1) == ["python -m rag, one question", "memory of that: import of rag.ask"]


def test_of_what_a_process_says_its_last_line_is_told() -> None:
    assert last_line("Traceback\n  a\nImportError: no b\n\n") == "ImportError: no b"
    assert last_line("") == "it failed, and said nothing"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Three commits: one that cannot answer, one that can (a tag: quick), and one that takes its time."""
    root = tmp_path / "repository"
    (root / "rag").mkdir(parents=True)
    git(root, "init", "--quiet")
    for tag, sources in (
        ("empty", {"__init__.py": ""}),
        ("quick", {"ask.py": "import time\ntime.sleep(0.05)\n"}),
        ("slow", {"ask.py": "import time\ntime.sleep(0.5)\n"}),
    ):
        for name, source in sources.items():
            (root / "rag" / name).write_text(source, "utf-8")
        git(root, "add", ".")
        git(root, "commit", "--quiet", "-m", tag)
        git(root, "tag", tag)
    return root


@pytest.fixture
def compared(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Compares commits of the repository by one measure: the exit code, and what is printed."""
    for function in ("commit_of", "checked_out"):
        monkeypatch.setattr(compare, function, partial(getattr(compare, function), root=repository))

    def run(*commits: str) -> tuple[int, str]:
        flags = ["--rounds", "2", "--tolerance", "1.5", "--only", "import"]
        monkeypatch.setattr(sys, "argv", ["bench.compare", *commits, *flags])
        return main(), capsys.readouterr().out

    return run


@needs_git
@pytest.mark.parametrize(
    ("commits", "code", "said"),
    [
        (["quick"], 1, "not measured: import of rag.ask"),
        (["slow", "quick"], 0, "Nothing takes more than 1.50"),
        (["empty", "quick"], 0, "before, import of rag.ask: ModuleNotFoundError: No module named 'rag.ask'"),
        (["empty", "empty"], 1, "or not measured: import of rag.ask"),
        (["quick", "empty"], 1, "after, import of rag.ask: ModuleNotFoundError: No module named 'rag.ask'"),
    ],
)
def test_each_commit_is_measured_with_its_own_modules(
    compared: Callable[..., tuple[int, str]], commits: Sequence[str], code: int, said: str
) -> None:
    ended, printed = compared(*commits)
    assert ended == code
    assert said in printed


@needs_git
def test_nothing_is_left_in_the_repository(repository: Path, compared: Callable[..., tuple[int, str]]) -> None:
    compared("quick", "empty")
    left = subprocess.run(["git", "worktree", "list"], cwd=repository, check=True, capture_output=True, text=True)
    assert len(left.stdout.splitlines()) == 1


@needs_git
def test_a_commit_that_is_none_is_told_in_one_message(repository: Path) -> None:
    assert len(commit_of("quick", repository)) == 40
    for name in ("nonsense", "--all", "quick:rag/ask.py"):
        with pytest.raises(SystemExit, match=rf"^error: {name}: there is no such commit here\. Fetch it"):
            commit_of(name, repository)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: BEFORE"),
        (["HEAD", "--tolerance", "0.9"], "argument --tolerance: 0.9 is less than 1"),
        (["HEAD", "--rounds", "0"], "argument --rounds: invalid choice: 0"),
        (["HEAD", "--only", "everything"], "argument --only: invalid choice: 'everything'"),
    ],
)
def test_what_is_asked_for_wrongly_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.compare", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
