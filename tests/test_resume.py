"""A run that was stopped is taken up where it was, asks nothing twice, and never goes on as another run."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from eval.run import How
from index.errors import EvalError
from index.filters import EVERY_STORY, Filters
from index.generation import Pointer, ShardEntry
from rag.answer import Answer, Turn
from tests.chatbots import POINTER, Named, Scripted
from tests.desk import CASES, Desk, write_set

RESUMED = How(resume=True)


@dataclass(frozen=True)
class Counting(Scripted):
    """Remembers what it was asked."""

    asked: list[str] = field(default_factory=list)

    def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
        self.asked.append(question)
        return super().ask(question, history, filters)


def counting(desk: Desk, last: BaseException | None = None) -> Counting:
    """The desk's chatbot, which raises `last` at the last question if it is given."""
    replies: dict[str, Answer | BaseException] = {**desk.chatbot.replies}
    return Counting(desk.chatbot.shelf, replies | ({"Rain tomorrow?": last} if last else {}))


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
    desk.asked(chatbot)
    assert lines == [0, 1, 2]


def stop(desk: Desk) -> None:
    with pytest.raises(KeyboardInterrupt):
        desk.asked(counting(desk, last=KeyboardInterrupt()))


def without_seconds(desk: Desk) -> str:
    return json.dumps([{key: value for key, value in row.items() if key != "seconds"} for row in desk.rows()])


def test_a_resumed_run_asks_only_what_is_missing_and_ends_as_if_never_stopped(desk: Desk) -> None:
    desk.run()
    whole = without_seconds(desk)
    stop(desk)
    chatbot = counting(desk)
    report = desk.asked(chatbot, RESUMED)
    assert chatbot.asked == ["Rain tomorrow?"]
    assert without_seconds(desk) == whole
    assert report.cases == 3


def test_a_line_that_a_kill_cut_off_is_asked_again(desk: Desk) -> None:
    stop(desk)
    file = desk.out / "results.jsonl"
    file.write_bytes(file.read_bytes()[:-40])
    chatbot = counting(desk)
    desk.asked(chatbot, RESUMED)
    assert chatbot.asked == ["And then?", "Rain tomorrow?"]


def test_a_case_that_failed_is_asked_again(desk: Desk) -> None:
    desk.asked(counting(desk, last=ValueError("busy")))
    chatbot = counting(desk)
    report = desk.asked(chatbot, RESUMED)
    assert chatbot.asked == ["Rain tomorrow?"]
    assert report.failed == ()


def test_more_cases_of_the_same_set_may_be_asked_later(desk: Desk) -> None:
    desk.run(How(limit=1))
    chatbot = counting(desk)
    desk.asked(chatbot, RESUMED)
    assert chatbot.asked == ["And then?", "Rain tomorrow?"]
    kept = (desk.out / "results.jsonl").read_bytes()
    with pytest.raises(EvalError, match="3 cases are answered already, and 2 are asked now"):
        desk.asked(counting(desk), How(limit=2, resume=True))
    assert (desk.out / "results.jsonl").read_bytes() == kept


def test_there_need_not_be_anything_to_resume(desk: Desk) -> None:
    assert desk.run(RESUMED).cases == 3


def test_another_set_or_answerer_is_not_mixed_into_a_run_and_what_is_there_stays(desk: Desk) -> None:
    stop(desk)
    kept = (desk.out / "results.jsonl").read_bytes()
    with pytest.raises(EvalError, match=r"cannot be resumed.*answerer was scripted and is other"):
        desk.asked(replace(counting(desk), answerer=Named("other")), RESUMED)
    write_set(desk.set, [{**CASES[0], "question": "And then?"}, *CASES[1:]])
    with pytest.raises(EvalError, match=r"cannot be resumed.*sha256"):
        desk.asked(counting(desk), RESUMED)
    assert (desk.out / "results.jsonl").read_bytes() == kept


def told(stories: dict[str, str], generation: int = 1) -> Pointer:
    """A published generation of some stories, by id, with their digests."""
    return replace(POINTER, generation=generation, shards=(ShardEntry("one", 8, stories),))


def of(desk: Desk, pointer: Pointer) -> Counting:
    """The desk's chatbot, its stories published so."""
    return replace(counting(desk), shelf=replace(desk.chatbot.shelf, pointer=pointer))


def test_a_run_goes_on_with_the_same_stories_alone_whatever_their_generation_is(desk: Desk) -> None:
    before, reworded = {"baker.md": "a", "nurse.md": "b"}, {"baker.md": "a", "nurse.md": "c"}
    desk.asked(of(desk, told(before)), How(limit=2))
    with pytest.raises(EvalError, match=r"cannot be resumed.*index\.stories_sha256"):
        desk.asked(of(desk, told(reworded)), RESUMED)
    back = of(desk, told(before, generation=3))
    desk.asked(back, RESUMED)
    assert back.asked == ["Rain tomorrow?"]


def test_several_workers_give_the_same_results_in_the_same_order(desk: Desk) -> None:
    desk.run()
    alone = without_seconds(desk)
    together = threading.Barrier(2, timeout=30)

    @dataclass(frozen=True)
    class Meeting(Scripted):
        """Answers the first two questions only when both are being asked, the first one last."""

        def ask(self, question: str, history: Sequence[Turn] = (), filters: Filters = EVERY_STORY) -> Answer:
            if question != "Rain tomorrow?":
                together.wait()
            return super().ask(question, history, filters)

    report = desk.asked(Meeting(desk.chatbot.shelf, desk.chatbot.replies), How(workers=2))
    assert report.failed == ()
    assert without_seconds(desk) == alone
