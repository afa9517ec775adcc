"""`python -m eval run` says with its exit code how it went, and why in one message."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.__main__ import main
from eval.asking import Chatbot
from index.errors import LLMError
from tests.desk import Desk


def test_the_command_prints_its_tables_and_exits_with_0(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.command("--limit", "2") == 0
    printed = capsys.readouterr().out
    assert re.search(r"passage_hit@5.*followup", printed, re.DOTALL)
    assert "out_of_scope" not in printed
    assert str(desk.out / "report.html") in printed.replace("\n", "")


def test_a_finished_run_is_written_over_only_where_that_is_asked_for(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.run()
    before = (desk.out / "results.jsonl").read_bytes()
    asked = ["run", str(desk.set), "--stories", str(desk.folder / "stories"), "--out", str(desk.out), "--limit", "1"]
    assert main(asked) == 2
    assert "there is a finished run in it" in capsys.readouterr().err
    assert (desk.out / "results.jsonl").read_bytes() == before
    assert desk.command("--limit", "1") == 0
    assert len(desk.rows()) == 1


def test_a_run_in_which_every_case_failed_exits_with_1(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(desk.chatbot, replies=dict.fromkeys(desk.chatbot.replies, LLMError("Nobody answers.")))
    monkeypatch.setattr("rag.ask.open_rag", lambda _: broken)
    assert desk.command() == 1
    assert "no case could be asked: Nobody answers." in capsys.readouterr().err


def test_a_metric_below_its_threshold_exits_with_1(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.command("--fail-under", "gold_cited=1", "completed=1") == 0
    assert desk.command("--fail-under", "gold_cited=0.9", "--fail-under", "injection_withstood=0") == 1
    assert "injection_withstood is n/a" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flag", "values"),
    [
        ("--fail-under", ["hits=0.5", "gold_cited", "gold_cited=many", "gold_cited=60", "gold_cited=nan"]),
        ("--limit", ["0", "-1", "some"]),
    ],
)
def test_a_flag_that_means_nothing_exits_with_2(desk: Desk, flag: str, values: list[str]) -> None:
    for value in values:
        with pytest.raises(SystemExit) as exited:
            desk.command(flag, value)
        assert exited.value.code == 2


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda desk: desk.set.unlink(), "there is no such set"),
        (lambda desk: desk.set.write_text("{"), "line 1, field (all)"),
        (lambda desk: desk.out.write_text("a file"), "the run cannot be written"),
    ],
    ids=["no set", "broken line", "a file in the way"],
)
def test_bad_input_exits_with_2_and_a_message(
    desk: Desk, capsys: pytest.CaptureFixture[str], spoil: Callable[[Desk], object], told: str
) -> None:
    spoil(desk)
    assert desk.command() == 2
    assert told in capsys.readouterr().err


def test_a_chatbot_that_cannot_be_opened_exits_with_2(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_key(_: object) -> Chatbot:
        raise LLMError("openai: there is no key.")

    monkeypatch.setattr("rag.ask.open_rag", no_key)
    assert desk.command() == 2
    assert capsys.readouterr().err == "error: openai: there is no key.\n"


def test_without_out_a_run_goes_to_a_folder_named_by_set_and_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    assert main(["run", "set.jsonl"]) == 0
    [folder] = (desk.folder / ".crossroads" / "runs").iterdir()
    assert folder.name.startswith("set-20")
    assert (folder / "report.html").is_file()
