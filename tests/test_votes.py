"""ui.votes: a vote is kept with the library's own words, can be changed and withdrawn, and is what eval reads."""

import json
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from eval.drafting.feedback import feedback_drafts, read_votes
from index.errors import StoreError
from index.layout import Layout
from tests.chatbots import Shelf, answered, quoted, refused, story
from ui import votes
from ui.answers import message, problem, question, waiting
from ui.chat import Message
from ui.votes import FILE, LOCK, LONGEST_TEXT, Cast, Vote, VoteFile, read_vote

COOK = story("cook.md", "I was a cook. It took two years. It cost 900 euros.")
SHELF = Shelf((COOK,))
GENERATION = 3
YEARS = replace(answered("How long?", [quoted(1, COOK, "It took two years.")]), generation=2)


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


TALK = [
    said("user", question("What was she?")),
    said("assistant", message(refused("What was she?"))),
    said("user", question("How long?")),
    said("assistant", message(YEARS)),
]


def ballot(number: int = 0) -> str:
    return f"{number:032x}"


def cast(vote: str = "down", *, number: int = 0, **fields: Any) -> Cast:
    return Cast.model_validate({"ballot": ballot(number), "vote": vote, "index": 3, "messages": TALK} | fields)


def read(given: Cast, shelf: Shelf = SHELF) -> Vote:
    vote = read_vote(given, shelf, GENERATION)
    assert vote is not None
    return vote


def kept(folder: Path) -> list[dict[str, Any]]:
    file = folder / votes.FILE
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_vote_is_a_line_in_the_form_that_is_documented(tmp_path: Path) -> None:
    VoteFile(tmp_path).keep(read(cast(reason=" wrong person ")))
    (line,) = kept(tmp_path)
    assert line.pop("time").endswith("Z")
    assert line == {
        "vote": "down",
        "reason": "wrong person",
        "question": "How long?",
        "history": [
            {"role": "user", "content": "What was she?"},
            {"role": "assistant", "content": "The stories here do not tell that."},
        ],
        "answer": "They say “It took two years.” [1].",
        "refused": False,
        "citations": [{"number": 1, "story": "cook.md", "start": 14, "end": 32, "text": "It took two years."}],
        "generation": 2,
        "ballot": ballot(),
    }


def test_eval_drafts_cases_of_the_disliked(tmp_path: Path) -> None:
    file = VoteFile(tmp_path)
    file.keep(read(cast("down", number=1, reason="wrong person")))
    file.keep(read(cast("up", number=2)))
    file.keep(read(cast("down", number=3, index=1)))
    disliked, refusal = feedback_drafts(read_votes(file.path))
    assert (disliked.question, disliked.type) == ("How long?", "followup")
    assert [(gold.story, gold.quote) for gold in disliked.gold] == [("cook.md", "It took two years.")]
    assert "wrong person" in disliked.note
    assert refusal.question == "What was she?"
    assert "refused" in refusal.note


def test_a_changed_vote_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    file = VoteFile(tmp_path)
    file.keep(read(cast("down", number=1)))
    file.keep(read(cast("down", number=2)))
    file.keep(read(cast("up", number=1)))
    assert [(line["ballot"], line["vote"]) for line in kept(tmp_path)] == [(ballot(2), "down"), (ballot(1), "up")]


def test_a_withdrawn_vote_is_gone(tmp_path: Path) -> None:
    file = VoteFile(tmp_path)
    file.take_out(ballot())
    file.keep(read(cast()))
    file.take_out(ballot())
    assert kept(tmp_path) == []


def test_words_that_look_like_another_votes_ballot_take_nothing_out(tmp_path: Path) -> None:
    file = VoteFile(tmp_path)
    file.keep(read(cast(number=1, reason=f'"ballot": "{ballot(2)}"')))
    file.take_out(ballot(2))
    assert len(kept(tmp_path)) == 1


def test_twenty_at_once_lose_no_vote(tmp_path: Path) -> None:
    def vote(number: int) -> None:
        mine = VoteFile(tmp_path)  # a file of its own, as another server would have
        mine.keep(read(cast("down", number=number)))
        mine.keep(read(cast("up", number=number)))

    with ThreadPoolExecutor(20) as people:
        list(people.map(vote, range(40)))
    assert sorted(line["ballot"] for line in kept(tmp_path)) == [ballot(number) for number in range(40)]
    assert {line["vote"] for line in kept(tmp_path)} == {"up"}


@pytest.mark.parametrize(
    "shelf", [Shelf(()), Shelf((story("cook.md", "Another text. It took two years."),))], ids=["removed", "changed"]
)
def test_a_citation_that_does_not_hold_is_dropped(shelf: Shelf) -> None:
    assert json.loads(read(cast(), shelf).to_line())["citations"] == []


@pytest.mark.parametrize("forged", ["generation=99", "generation=-1"])
def test_a_forged_generation_is_not_believed(forged: str) -> None:
    shown = TALK[3]["content"].replace("generation&#61;2", forged)
    assert shown != TALK[3]["content"]
    assert read(cast(messages=[*TALK[:3], said("assistant", shown)])).generation == GENERATION


@pytest.mark.parametrize("shown", [waiting(), problem("The model is gone."), ""])
def test_what_is_no_answer_cannot_be_voted_on(shown: str) -> None:
    assert read_vote(cast(messages=[*TALK[:3], said("assistant", shown)]), SHELF, GENERATION) is None


@pytest.mark.parametrize(
    "fields",
    [{"messages": TALK[:2]}, {"index": 2}, {"messages": []}, {"messages": [None] * 4}, {"messages": [TALK[3]] * 4}],
    ids=["short", "a question", "empty", "no messages", "nobody asked"],
)
def test_a_vote_on_nothing_is_none(fields: dict[str, Any]) -> None:
    assert read_vote(cast(**fields), SHELF, GENERATION) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"ballot": "../../x"},
        {"ballot": ballot() + "\n"},
        {"vote": "sideways"},
        {"index": -1},
        {"index": "3"},
        {"reason": "long " * 1000},
        {"messages": "x"},
    ],
)
def test_a_broken_vote_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        cast(**fields)


def test_endless_words_are_kept_in_part() -> None:
    endless = [said("user", question("why " * 20_000)), said("assistant", message(YEARS))]
    line = json.loads(read(cast(index=1, messages=endless)).to_line())
    assert len(line["question"]) == LONGEST_TEXT


def test_a_full_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = VoteFile(tmp_path)
    file.keep(read(cast(number=1)))
    monkeypatch.setattr(votes, "LARGEST_FILE", 900)
    with pytest.raises(StoreError, match="full"):
        file.keep(read(cast(number=2)))
    assert len(kept(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"feedback\.jsonl: votes cannot be written there"):
        VoteFile(tmp_path / "nowhere").keep(read(cast()))


@pytest.mark.parametrize("number", [1, 2], ids=["changed", "new"])
def test_a_vote_that_the_disk_has_no_room_for_takes_no_other_with_it(tmp_path: Path, number: int) -> None:
    file = VoteFile(tmp_path)
    file.keep(read(cast("down", number=1)))
    before = kept(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.path.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(StoreError, match="votes cannot be written there"):
            file.keep(read(cast("up", number=number, reason="word " * 150)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert kept(tmp_path) == before
    assert sorted(one.name for one in tmp_path.iterdir()) == [FILE, LOCK]
    file.keep(read(cast("up", number=3)))
    assert [line["ballot"] for line in kept(tmp_path)] == [ballot(1), ballot(3)]


def test_a_file_name_that_is_no_utf8_can_be_voted_on(tmp_path: Path) -> None:
    odd = replace(COOK, id=os.fsdecode(b"\xff.md"))
    shown = message(answered("?", [quoted(1, odd, "It took two years.")]))
    file = VoteFile(tmp_path)
    file.keep(read(cast(index=1, messages=[TALK[2], said("assistant", shown)]), Shelf((odd,))))
    assert len(read_votes(file.path)) == 1


def test_votes_in_an_index_folder_are_no_reason_to_refuse_it(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    (tmp_path / LOCK).touch()
    Layout(tmp_path).refuse_foreign()
    (tmp_path / "letters.txt").touch()
    with pytest.raises(StoreError, match=r"letters\.txt"):
        Layout(tmp_path).refuse_foreign()
