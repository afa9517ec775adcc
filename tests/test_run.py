"""A run asks every case, loses none, writes what others rely on, and says with its exit code how it went."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.cases import read_set
from eval.report import Report
from eval.run import Chatbot, evaluate
from index.errors import EvalError, LLMError
from index.filters import EVERY_STORY, Filters
from index.settings import Settings
from index.stories import read_stories
from rag.answer import Answer, Turn
from tests.chatbots import POINTER, Scripted, Shelf, answered, hits_of, quoted, refused
from tests.library import write_library

GOLD = "It took me seven months."
CASES: list[dict[str, Any]] = [
    {
        "id": "c1",
        "type": "single",
        "question": "How long?",
        "answerable": True,
        "gold": [{"story": "baker.md", "quote": GOLD}],
    },
    {
        "id": "c2",
        "type": "followup",
        "question": "And then?",
        "answerable": True,
        "history": [{"role": "user", "content": "Hm?"}],
    },
    {"id": "c3", "type": "out_of_scope", "question": "Rain tomorrow?", "answerable": False},
]
NAMED_FIELDS = {
    "id",
    "question",
    "answer",
    "refused",
    "reason",
    "citations",
    "retrieved",
    "sentences",
    "seconds",
    "error",
}


@dataclass(frozen=True)
class Desk:
    """A folder with a set and its stories, and a chatbot for them."""

    folder: Path
    chatbot: Scripted

    @property
    def settings(self) -> Settings:
        return Settings.load(stories=self.folder / "stories", index=self.folder / "index")

    @property
    def set(self) -> Path:
        return self.folder / "set.jsonl"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def run(self, **changes: Any) -> Report:
        chatbot = replace(self.chatbot, **changes)
        return evaluate([read_set(self.set)], self.settings, self.out, lambda: chatbot)[0]

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "results.jsonl").read_text("utf-8").split("\n") if line]

    def command(self, *more: str) -> int:
        places = [
            "--stories",
            str(self.folder / "stories"),
            "--index",
            str(self.folder / "index"),
            "--out",
            str(self.out),
        ]
        return main(["run", str(self.set), *places, *more])


def write_set(file: Path, cases: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The made-up library, three cases on it, and a chatbot that handles them all rightly. No index is built."""
    stories = read_stories(write_library(tmp_path / "stories")).stories
    baker = next(story for story in stories if story.id == "baker.md")
    hits = (hits_of([baker]) * 20)[:20]
    replies: dict[str, Answer | BaseException] = {
        "How long?": replace(
            answered("How long?", [quoted(1, baker, GOLD)], hits), seconds={"retrieve": 0.1, "answer": 0.2}
        ),
        "And then?": answered("And then?", [quoted(1, baker, "I sent forty applications")], hits),
        "Rain tomorrow?": refused("Rain tomorrow?", hits),
    }
    chatbot = Scripted(Shelf(stories), replies)
    write_set(tmp_path / "set.jsonl", CASES)
    monkeypatch.setattr("eval.run.bring_up_to_date", lambda _: None)
    monkeypatch.setattr("rag.ask.open_rag", lambda _: chatbot)
    return Desk(tmp_path, chatbot)


def test_a_run_writes_the_folder_that_others_rely_on(desk: Desk) -> None:
    desk.run()
    assert sorted(file.name for file in desk.out.iterdir()) == [
        "manifest.json",
        "report.html",
        "report.json",
        "results.jsonl",
    ]
    first = desk.rows()[0]
    assert first.keys() >= NAMED_FIELDS
    assert first["citations"][0].items() >= {"number": 1, "story": "baker.md", "text": GOLD}.items()
    assert first["citations"][0].keys() >= {"start", "end"}
    assert len(first["retrieved"]) == 20
    assert first["retrieved"][0].keys() >= {"story", "start", "end", "text", "score"}
    assert first["sentences"][0].keys() >= {"text", "citations", "support"}
    assert first["seconds"].keys() >= {"retrieve", "answer", "total"}
    assert first["error"] is None
    assert [row["id"] for row in desk.rows()] == ["c1", "c2", "c3"]
    assert json.loads((desk.out / "report.json").read_text("utf-8"))["metrics"]["gold_cited"] == {
        "value": 1.0,
        "cases": 1,
    }


def test_other_files_in_the_folder_stay(desk: Desk) -> None:
    desk.run()
    (desk.out / "notes.txt").touch()
    desk.run()
    assert (desk.out / "notes.txt").is_file()


def test_a_case_that_raises_is_a_failed_case_and_the_next_is_asked(desk: Desk) -> None:
    report = desk.run(replies={**desk.chatbot.replies, "How long?": ZeroDivisionError("by\nzero")})
    failed, *others = desk.rows()
    assert failed["error"].startswith("ZeroDivisionError: by zero (chatbots.py, line ")
    assert failed.keys() >= NAMED_FIELDS
    assert (failed["answer"], failed["refused"], failed["citations"], failed["outcome"]) == ("", False, [], "failed")
    assert [row["error"] for row in others] == [None, None]
    assert report.failed == ("c1",)
    assert report.metrics["gold_cited"].value == 0
    assert report.metrics["answerable_answered"].value == 0.5


def test_an_answer_that_a_failing_model_left_behind_counts_as_failed(desk: Desk) -> None:
    fallen_back = replace(desk.chatbot.replies["How long?"], notice="The language model could not be reached.")  # type: ignore[type-var]
    report = desk.run(replies={**desk.chatbot.replies, "How long?": fallen_back})
    assert report.failed == ("c1",)
    assert desk.rows()[0]["error"] == "The language model could not be reached."
    assert desk.rows()[0]["scores"]["gold_cited"] == 0


def test_a_stopped_run_leaves_the_results_so_far(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run()  # an earlier run, of which no report may stay
    stopped = replace(desk.chatbot, replies={**desk.chatbot.replies, "Rain tomorrow?": KeyboardInterrupt()})
    monkeypatch.setattr("rag.ask.open_rag", lambda _: stopped)
    assert desk.command() == 130
    assert [row["id"] for row in desk.rows()] == ["c1", "c2"]
    assert sorted(file.name for file in desk.out.iterdir()) == ["manifest.json", "results.jsonl"]


def test_each_result_is_on_disk_before_the_next_case_is_asked(desk: Desk) -> None:
    lines = []

    @dataclass(frozen=True)
    class Watching(Scripted):
        def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
            lines.append(len(desk.rows()))
            return super().ask(question, history, filters)

    chatbot = Watching(desk.chatbot.shelf, desk.chatbot.replies)
    evaluate([read_set(desk.set)], desk.settings, desk.out, lambda: chatbot)
    assert lines == [0, 1, 2]


def test_a_case_is_asked_of_the_stories_it_names_and_its_result_says_so(desk: Desk) -> None:
    chosen = []

    @dataclass(frozen=True)
    class Watching(Scripted):
        def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
            chosen.append(filters)
            return super().ask(question, history, filters)

    write_set(desk.set, [{**CASES[0], "filters": {"from": ["baker"], "years": [2019, 2020]}}, *CASES[1:]])
    chatbot = Watching(desk.chatbot.shelf, desk.chatbot.replies)
    evaluate([read_set(desk.set)], desk.settings, desk.out, lambda: chatbot)
    assert chosen == [Filters(origins=("baker",), years=(2019, 2020)), EVERY_STORY, EVERY_STORY]
    assert [row["filters"] for row in desk.rows()] == [{"from": ["baker"], "years": [2019, 2020]}, {}, {}]


def test_the_same_run_gives_the_same_results_but_for_seconds(desk: Desk) -> None:
    runs = []
    for _ in range(2):
        desk.run()
        runs.append([{key: value for key, value in row.items() if key != "seconds"} for row in desk.rows()])
    assert json.dumps(runs[0]) == json.dumps(runs[1])


def test_gold_that_is_not_there_stops_the_run_before_it_asks(desk: Desk) -> None:
    wrong = [
        {**CASES[0], "gold": [{"story": "baker.md", "quote": "eight years"}]},
        {**CASES[1], "gold": [{"story": "x.md", "quote": "x"}]},
    ]
    write_set(desk.set, wrong)
    with pytest.raises(EvalError) as raised:
        desk.run()
    told = str(raised.value)
    assert f"{desk.set}, case c1: its gold quote is not in baker.md" in told
    assert f"{desk.set}, case c2: its gold story x.md is not in the library" in told
    assert not desk.out.exists()


def test_sets_that_share_an_id_are_refused_and_others_are_run_together(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    second = desk.folder / "more.jsonl"
    write_set(second, CASES[:1])
    both = ["run", str(desk.set), str(second), "--stories", str(desk.folder / "stories"), "--out", str(desk.out)]
    assert main(both) == 2
    assert "case c1 is in both" in capsys.readouterr().err
    write_set(second, [{**CASES[0], "id": "m1"}])
    assert main(both) == 0
    assert [(row["set"], row["id"]) for row in desk.rows()][-1] == ("more", "m1")


def test_an_index_that_is_rebuilt_meanwhile_is_told(desk: Desk) -> None:
    @dataclass(frozen=True)
    class Restless(Scripted):
        def generation(self) -> Shelf:
            asked = (desk.out / "results.jsonl").exists()
            return replace(self.shelf, pointer=replace(POINTER, generation=1 + asked))

    chatbot = Restless(desk.chatbot.shelf, desk.chatbot.replies)
    with pytest.raises(EvalError, match=r"generation 1, then 2"):
        evaluate([read_set(desk.set)], desk.settings, desk.out, lambda: chatbot)
    assert len(desk.rows()) == 3


def test_the_command_prints_its_tables_and_exits_with_0(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.command("--limit", "2") == 0
    printed = capsys.readouterr().out
    assert re.search(r"passage_hit@5.*followup", printed, re.DOTALL)
    assert "out_of_scope" not in printed
    assert str(desk.out / "report.html") in printed.replace("\n", "")


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
