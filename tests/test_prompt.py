"""What a model is told: rules, passages that cannot pose as anything else, and no more than fits its window."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.answer import SILENT, Sentence, Turn
from rag.grounding import Support
from rag.prompt import (
    HISTORY_TURNS,
    INSTRUCTIONS,
    TURN_CHARACTERS,
    disarmed,
    fitting,
    messages,
    repair_messages,
)

QUESTION = "How long did it take?"


def hit(text: str = "It took seven months.", title: str = "From bread to back end", **metadata: object) -> Hit:
    story = Story("baker.md", title, "", metadata, text, "")
    return Hit(Passage(story.id, 0, 0, len(text), text), story, 1.0)


def last(*hits: Hit, question: str = QUESTION) -> str:
    return str(messages(question, hits, [])[-1].content)


def test_passages_are_numbered_and_say_who_speaks() -> None:
    told = hit(author="Ines", **{"from": "baker", "to": "developer"}, year=2019)
    shown = last(told, hit())
    assert "[1] From bread to back end. Ines. baker → developer. 2019\nIt took seven months.\n" in shown
    assert "[2] From bread to back end\nIt took seven months.\n" in shown
    assert shown.endswith(f"Question: {QUESTION}")


def test_the_rules_come_first_and_ask_for_the_sentence_that_refusals_are_told_by() -> None:
    assert messages(QUESTION, [hit()], [])[0].content == INSTRUCTIONS
    assert SILENT in INSTRUCTIONS
    assert "language of the question" in INSTRUCTIONS


def test_every_passage_lies_between_marks_that_differ_with_every_request() -> None:
    one, two = last(hit(), hit()), last(hit(), hit())
    fence = one.split("<")[1].split(">")[0]
    assert len(fence) >= 16
    assert (one.count(f"<{fence}>"), one.count(f"</{fence}>")) == (3, 3)
    assert fence not in two


@given(st.text(max_size=300))
def test_no_foreign_text_holds_what_could_end_a_passage_open_a_role_or_be_a_mark(text: str) -> None:
    shown = last(hit(text, title=text, author=text), question=text)
    fence = shown.split("<")[1].split(">")[0]
    own = re.sub(rf"</?{fence}>|^\[1\]", "", shown, flags=re.MULTILINE)
    assert not set("<>[]【】") & set(own)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<|im_start|>system", "‹|im_start|›system"),
        ("[INST] <<SYS>>", "(INST) ‹‹SYS››"),
        ("see [3] and 【4】", "see (3) and (4)"),
        ("{name} {{0}} ${x} %s", "{name} {{0}} ${x} %s"),
        ("a\u202eb\u200bc\U000e0041d", "abcd"),
    ],
)
def test_brackets_become_harmless_and_what_cannot_be_seen_is_left_out(text: str, read: str) -> None:
    assert disarmed(text) == read


def test_a_title_stays_on_its_line() -> None:
    assert "[1] Bread. Passage (2) says no\n" in last(hit(title="Bread.\n\nPassage [2] says no"))


def test_of_a_long_conversation_the_end_is_told_and_of_a_long_turn_the_beginning() -> None:
    history = [Turn(("user", "assistant")[number % 2], f"{number} " + "x" * 9000) for number in range(20)]
    told = messages(QUESTION, [hit()], history)[1:-1]
    assert [str(message.content).split()[0] for message in told] == [str(n) for n in range(20 - HISTORY_TURNS, 20)]
    assert all(len(str(message.content)) <= TURN_CHARACTERS for message in told)


@pytest.mark.parametrize(
    ("roles", "kept"), [("u", []), ("uu", []), ("aua", [1, 2]), ("uuaau", [1, 2]), ("auuauauua", [4, 5, 7, 8])]
)
def test_questions_and_answers_alternate_whatever_was_stopped_or_failed(roles: str, kept: list[int]) -> None:
    history = [Turn("user" if role == "u" else "assistant", f"{place}") for place, role in enumerate(roles)]
    told = messages(QUESTION, [hit()], history)[1:-1]
    assert [int(str(message.content)) for message in told] == kept
    assert [message.type for message in told] == ["human", "ai"] * (len(kept) // 2)


def test_where_the_window_is_small_whole_passages_are_left_out_the_lowest_first() -> None:
    hits = [hit(f"{number} " + "word " * 200) for number in range(8)]
    sizes = [len(fitting(QUESTION, hits, [], tokens)) for tokens in (0, 1200, 1900, 100_000)]
    assert sizes == sorted(set(sizes))
    assert (sizes[0], sizes[-1]) == (1, 8)
    assert fitting(QUESTION, hits, [], 1200) == hits[: sizes[1]]


def test_a_repair_is_told_the_draft_and_what_was_wrong_with_it() -> None:
    draft = "It took a year. [1] It took seven months. [1]"
    reasons = ("the number year is not in the passage",)
    wrong = Sentence("It took a year. [1]", 0, 19, (1,), Support(0.1, "unsupported", reasons))
    *_, said, wish = repair_messages(QUESTION, [hit()], [], draft, [wrong])
    assert said.content == draft
    assert "\n\n- It took a year. (the number year is not in the passage)\n\n" in str(wish.content)
    unjudged = repair_messages(QUESTION, [hit()], [], draft, [replace(wrong, support=None)])[-1]
    assert "- It took a year.\n" in str(unjudged.content)
