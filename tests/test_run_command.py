"""`python -m eval run` says with its exit code how it went, and why in one message."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.__main__ import main
from eval.asking import Chatbot
from eval.commands.run import _how, flags
from index.errors import LLMError
from rag.settings import RagSettings
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


def test_a_run_that_was_stopped_is_not_written_over_by_the_same_command(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(desk, monkeypatch)
    kept = (desk.out / "results.jsonl").read_bytes()
    asked = ["run", str(desk.set), "--stories", str(desk.folder / "stories"), "--index", str(desk.folder / "index")]
    assert main([*asked, "--out", str(desk.out)]) == 2
    assert "there is a run in it that was stopped" in capsys.readouterr().err
    assert (desk.out / "results.jsonl").read_bytes() == kept
    assert main([*asked, "--out", str(desk.out), "--resume"]) == 0
    assert (desk.out / "results.jsonl").read_bytes().startswith(kept)


def test_resume_takes_up_the_last_run_of_these_sets_that_was_stopped(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    runs = desk.folder / ".crossroads" / "runs"
    assert main(["run", "set.jsonl", "--resume"]) == 2
    assert "no run of set that was stopped" in capsys.readouterr().err
    assert main(["run", "set.jsonl"]) == 0
    for name in ("set-20200101T000000Z", "set-20200102T000000Z", "set-2nd-20990101T000000Z"):
        stop(desk, monkeypatch, "--out", str(runs / name))
    places = ["--stories", str(desk.folder / "stories"), "--index", str(desk.folder / "index")]
    assert main(["run", "set.jsonl", *places, "--resume"]) == 0
    assert [one.name for one in sorted(runs.glob("set-20200*")) if (one / "report.json").exists()] == [
        "set-20200102T000000Z"
    ]


def stop(desk: Desk, monkeypatch: pytest.MonkeyPatch, *more: str) -> None:
    """Have the command stopped at the last case."""
    whole = desk.chatbot
    stopped = replace(whole, replies={**whole.replies, "Rain tomorrow?": KeyboardInterrupt()})
    with monkeypatch.context() as patched:
        patched.setattr("rag.ask.open_rag", lambda _: stopped)
        assert desk.command(*more) == 130


def test_broken_lines_are_left_out_where_that_is_asked_for(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    with desk.set.open("a") as file:
        file.write("{\n")
    assert desk.command() == 2
    assert desk.command("--skip-bad") == 0
    assert "left out:" in capsys.readouterr().err
    assert len(desk.rows()) == 3


def test_a_run_is_compared_with_another_in_its_report(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.run()
    earlier = desk.out.rename(desk.folder / "earlier")
    assert desk.command("--against", str(earlier)) == 0
    assert str(earlier) in (desk.out / "report.html").read_text("utf-8")
    assert desk.command("--against", str(desk.folder / "nowhere")) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_judge_has_to_be_told_where_it_is_beside_a_server_of_ones_own(
    desk: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSROADS_LLM_BASE_URL", "http://127.0.0.1:1/v1")
    assert desk.command("--llm", "openai:answers", "--judge", "openai:judges") == 2
    assert "Say where the judge is: --judge-base-url ADDRESS" in capsys.readouterr().err
    assert not desk.out.exists()


@pytest.mark.parametrize(
    ("llm", "workers"), [("", 1), ("ollama:answers", 4), ("huggingface:folder", 1)], ids=["none", "server", "here"]
)
def test_only_a_model_that_is_waited_for_is_asked_several_questions_at_once(llm: str, workers: int) -> None:
    assert _how(flags().parse_args(["set.jsonl"]), RagSettings.load(llm=llm)).workers == workers


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
