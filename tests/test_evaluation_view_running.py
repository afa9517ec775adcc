"""A run from the page: its progress is seen, it can be stopped and taken up, and one goes on at a time."""

import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from eval.writing import written_alone
from index.errors import EmbedderError, EvalError, StoreError
from rag.ask import Rag
from rag.upkeep import Readiness
from tests.chatbots import POINTER, WITHIN, Slow
from tests.desk import open_desk
from ui.evaluation_desk import Desk, Reply
from ui.evaluation_running import REBUILT, Progress
from ui.settings import PageSettings
from ui.site import Site

PASSWORD_OF_THE_PAGE = "never to be told"  # noqa: S105  # nobody's


@dataclass(frozen=True)
class Started:
    """A desk with a slow chatbot."""

    desk: Desk
    chatbot: Slow
    folder: Path
    ready: Readiness

    def ask(self, want: str, **more: object) -> Reply:
        return self.desk.answer({"want": want, **more})

    def begin(self, **more: object) -> Reply:
        return self.ask("begin", set="beside/set.jsonl", **more)

    def progress(self) -> Progress:
        found = self.desk._runner.progress()
        assert found is not None
        return found

    def until(self, *states: str, done: int = 0) -> Progress:
        """The progress once it is in one of these states, and so many cases are done."""
        deadline = time.monotonic() + WITHIN
        while self.progress().state not in states or self.progress().done < done:
            assert time.monotonic() < deadline, self.progress()
            time.sleep(0.01)
        return self.progress()

    def stopped(self) -> None:
        """Begin a run, and stop it while the second case is asked."""
        self.begin()
        self.chatbot.let.release()
        self.until("asking", done=1)
        self.ask("stop")
        assert self.progress().state == "stopping"
        self.chatbot.let.release()
        self.until("stopped")

    def out(self) -> Path:
        """The folder of the only run."""
        (found,) = (self.folder / "runs").iterdir()
        return found

    def rows(self) -> list[str]:
        lines = (self.out() / "results.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line)["id"] for line in lines]


@pytest.fixture
def started(tmp_path: Path) -> Started:
    made = open_desk(tmp_path)
    chatbot = Slow(made.chatbot)
    ready = Readiness()
    ready.settle()
    settings = PageSettings.load(stories=tmp_path / "stories", index=tmp_path / "index", password=PASSWORD_OF_THE_PAGE)
    desk = Desk(Site(cast("Rag", chatbot), settings, ready), tmp_path / "runs", tmp_path / "kept")
    return Started(desk, chatbot, tmp_path, ready)


def test_a_run_is_seen_to_go_on_and_ends_in_a_folder_as_the_commands(started: Started) -> None:
    assert started.begin()["going"]
    started.until("asking")
    started.chatbot.let.release()
    seen = started.until("asking", done=1)
    assert (seen.done, seen.total) == (1, 3)
    shown = started.ask("progress")["html"]
    assert "1 of 3 cases" in shown
    assert re.search(r"since \d\d:\d\d UTC", shown)
    assert re.search(r"about \d+ s left", shown)
    started.chatbot.let.release(2)
    started.until("finished")
    assert not started.ask("progress")["going"]
    assert re.fullmatch(r"set-\d{8}T\d{6}Z", started.out().name)
    assert {one.name for one in started.out().iterdir()} == {
        "results.jsonl",
        "manifest.json",
        "report.json",
        "report.html",
    }
    assert started.rows() == ["c1", "c2", "c3"]


def test_no_setting_of_the_page_and_no_secret_gets_into_the_manifest(started: Started) -> None:
    started.chatbot.let.release(3)
    started.begin()
    started.until("finished")
    manifest = (started.out() / "manifest.json").read_text()
    assert PASSWORD_OF_THE_PAGE not in manifest
    assert "password" not in manifest
    assert "passages" in manifest


def test_one_run_goes_on_at_a_time_and_others_are_told(started: Started) -> None:
    started.begin()
    started.until("asking")
    assert "A run of set is going on" in started.begin()["problem"]
    assert len(list((started.folder / "runs").iterdir())) == 1
    started.chatbot.let.release(3)
    started.until("finished")


def test_a_run_is_stopped_and_taken_up_where_it_was(started: Started) -> None:
    started.stopped()
    assert started.rows() == ["c1", "c2"]
    shown = started.ask("list")["html"]
    assert "not finished" in shown
    assert "2 of 3 cases" in shown
    asked = len(started.chatbot.asked)
    started.chatbot.let.release(9)
    assert "problem" not in started.ask("resume", name=started.out().name)
    ended = started.until("finished")
    assert (ended.at_first, ended.done) == (2, 3)
    assert len(started.chatbot.asked) == asked + 1
    assert started.rows() == ["c1", "c2", "c3"]


def test_a_run_that_was_stopped_before_its_first_answer_can_go_on(started: Started) -> None:
    waiting = Readiness()
    started.desk._runner._ready = waiting
    started.begin()
    started.ask("stop")
    assert started.progress().state == "stopping"
    waiting.settle()
    started.until("stopped")
    assert started.rows() == []
    assert "It can go on" in started.ask("progress")["html"]
    assert "Let it go on" in started.ask("run", name=started.out().name)["problem"].replace("&#44;", ",")
    started.chatbot.let.release(9)
    assert "problem" not in started.ask("resume", name=started.out().name)
    started.until("finished")
    assert started.rows() == ["c1", "c2", "c3"]


def test_a_run_that_another_process_may_be_at_is_not_taken_up(started: Started) -> None:
    started.stopped()
    stopped = started.out().rename(started.folder / "runs" / "set-elsewhere")
    with written_alone(stopped):
        assert "A command in a terminal is at this run" in started.ask("resume", name=stopped.name)["problem"]
    started.chatbot.let.release(9)
    assert "problem" not in started.ask("resume", name=stopped.name)
    started.until("finished")


def test_only_the_first_cases_are_run_where_that_is_asked(started: Started) -> None:
    started.chatbot.let.release(9)
    started.begin(cases="2")
    started.until("finished")
    assert started.rows() == ["c1", "c2"]


@pytest.mark.parametrize("cases", ["0", "-1", "two", "1.5", [1]])
def test_a_number_of_cases_is_one(started: Started, cases: object) -> None:
    assert "whole number" in started.begin(cases=cases)["problem"]
    assert not (started.folder / "runs").exists()


def test_what_goes_wrong_in_a_case_is_seen_at_once(started: Started) -> None:
    started.chatbot.chatbot = replace(
        started.chatbot.chatbot,
        replies={**started.chatbot.chatbot.replies, "How long?": EmbedderError("no <memory>")},
    )
    started.begin()
    started.chatbot.let.release()
    started.until("asking", done=1)
    shown = started.ask("progress")["html"]
    assert "1 case failed" in shown
    assert "no &#60;memory&#62;" in shown
    started.chatbot.let.release(2)
    assert started.until("finished").failed == 1


def test_gold_that_is_not_in_the_library_is_told_by_case(started: Started) -> None:
    file = started.folder / "set.jsonl"
    file.write_text(file.read_text().replace("seven months", "nine months"))
    started.begin()
    ended = started.until("failed")
    assert "c1" in ended.problem
    assert "problem" in started.ask("progress")["html"]
    started.begin()
    assert started.until("failed").problem == ended.problem, "another run can be begun"


def test_a_library_that_changes_meanwhile_ends_the_run_with_a_sentence(started: Started) -> None:
    started.begin()
    started.until("asking")
    started.chatbot.shelf = replace(started.chatbot.shelf, pointer=replace(POINTER, generation=2))
    started.chatbot.let.release()
    assert started.until("failed").problem == REBUILT


def test_an_error_nobody_thought_of_ends_the_run_without_a_traceback(
    started: Started, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("ui.evaluation_running.evaluate", broken)
    started.begin()
    ended = started.until("failed")
    assert "secret" not in ended.problem
    assert "ZeroDivisionError" in caplog.text


def test_models_that_cannot_be_loaded_are_told(tmp_path: Path) -> None:
    made = open_desk(tmp_path)
    ready = Readiness()
    ready.settle(EmbedderError("There is no such model. Name another."))
    settings = PageSettings.load(stories=tmp_path / "stories", index=tmp_path / "index")
    desk = Desk(Site(cast("Rag", made.chatbot), settings, ready), tmp_path / "runs", tmp_path / "kept")
    begun = Started(desk, Slow(made.chatbot), tmp_path, ready)
    begun.begin()
    assert begun.until("failed").problem == "There is no such model. Name another."


def test_what_stood_in_the_way_of_one_run_and_is_mended_stands_in_the_way_of_no_other(started: Started) -> None:
    started.desk._runner._ready = hindered = Readiness()
    hindered.hinder(StoreError("The index is damaged."))
    started.begin()
    assert started.until("failed").problem == "The index is damaged."
    hindered.settle()
    started.chatbot.let.release(9)
    started.begin()
    started.until("finished")


def test_the_time_left_is_told_by_the_cases_answered_since_it_was_taken_up() -> None:
    order = cast("Any", None)
    seen = Progress(order, asking_since=100.0, now=130.0, done=13, at_first=10, total=20)
    assert seen.seconds_left == 70.0
    assert replace(seen, done=10).seconds_left is None


def test_stopping_where_nothing_goes_on_changes_nothing(started: Started) -> None:
    assert started.ask("stop") == {"html": "", "going": False}


def test_a_run_of_several_sets_is_sent_to_the_terminal(started: Started) -> None:
    started.stopped()
    file = started.out() / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps({**manifest, "sets": manifest["sets"] * 2}))
    assert "several sets" in started.ask("resume", name=started.out().name)["problem"]


def test_an_error_of_the_runner_is_an_eval_error(started: Started) -> None:
    started.begin()
    with pytest.raises(EvalError, match="going on"):
        started.desk._runner.begin(started.progress().order)
    started.chatbot.let.release(3)
    started.until("finished")
