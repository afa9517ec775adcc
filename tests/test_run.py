"""A run asks every case, loses none, and writes what others rely on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from eval.__main__ import main
from eval.comparing.compare import compare
from eval.folder import read_run
from eval.reading import read_set
from eval.run import How, evaluate
from index.errors import EvalError, GrounderError
from index.filters import EVERY_STORY, Filters
from rag.answer import Answer, Turn
from rag.grounding import Support
from tests.chatbots import POINTER, Scripted, Shelf
from tests.desk import CASES, GOLD, Desk, write_set

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
    told = json.loads((desk.out / "report.json").read_text("utf-8"))["metrics"]["gold_cited"]
    assert (told["value"], told["cases"]) == (1.0, 1)


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


def test_a_case_is_asked_of_the_stories_it_names_and_its_result_says_so(desk: Desk) -> None:
    chosen = []

    @dataclass(frozen=True)
    class Watching(Scripted):
        def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
            chosen.append(filters)
            return super().ask(question, history, filters)

    write_set(desk.set, [{**CASES[0], "filters": {"from": ["baker"], "years": [2019, 2020]}}, *CASES[1:]])
    chatbot = Watching(desk.chatbot.shelf, desk.chatbot.replies)
    desk.asked(chatbot)
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
        desk.asked(chatbot)
    assert len(desk.rows()) == 3
    assert not (desk.out / "report.json").exists()
    with pytest.raises(EvalError, match="rebuilt during this run"):
        desk.run(How(resume=True))
    told_apart = compare(read_run(desk.out), read_run(desk.out)).warnings
    assert told_apart[0] == f"The index was rebuilt during {desk.out}, so its answers may come from different texts."


def test_what_cannot_be_judged_is_a_failed_case_and_the_next_is_asked(desk: Desk) -> None:
    def out_of_memory(sentence: str, _: Sequence[str]) -> Support:
        if "seven months" in sentence:
            raise GrounderError("CUDA out of memory.")
        return Support(1.0, "supported")

    report = desk.run(How(judge=out_of_memory))
    assert report.failed == ("c1",)
    assert desk.rows()[0]["error"] == "CUDA out of memory."


def test_sets_of_one_name_are_refused(desk: Desk) -> None:
    other = desk.folder / "other" / "set.jsonl"
    other.parent.mkdir()
    write_set(other, [{**CASES[0], "id": "m1"}])
    with pytest.raises(EvalError, match=r"have one name"):
        evaluate([desk.read(), read_set(other)], desk.settings, desk.out, lambda: desk.chatbot)
    assert not desk.out.exists()


def test_a_run_to_compare_with_that_asked_nothing_of_it_is_told_before_anything_is_asked(desk: Desk) -> None:
    desk.run()
    earlier = read_run(desk.out.rename(desk.folder / "earlier"))
    strange = replace(earlier, rows=tuple({**row, "id": f"x{row['id']}"} for row in earlier.rows))
    with pytest.raises(EvalError, match="no case in common"):
        desk.run(How(against=strange))
    assert not desk.out.exists()
    desk.run(How(against=earlier))
    assert str(earlier.folder) in (desk.out / "report.html").read_text("utf-8")
