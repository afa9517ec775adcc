"""rag.whom: stories called by whom a question is about come first; what only others tell is not told of them."""

from dataclasses import replace

import pytest

from index.live import LiveIndex
from index.passages import Passage
from index.search import Hit
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.question import understand, whom_of
from rag.whom import NAMED, named_first, only_theirs
from tests.chatbots import story

RARITY = {"nurs": 3.0, "tokyo": 1.0}


def hit(identity: str, text: str = "It took a year.", score: float = 0.0, title: str = "", origin: str = "") -> Hit:
    described = {"from": origin, "to": "engineer"} if origin else {}
    told = replace(story(identity, text), title=title, metadata=described)
    return Hit(Passage(identity, 0, 0, len(text), text), told, score, {"dense": 0.5})


def rarity(stem: str) -> float:
    return RARITY.get(stem, 2.0)


def ids(hits: list[Hit]) -> list[str]:
    return [found.story.id for found in hits]


NURSE = hit("nurse.md", title="Out of the ward", origin="nurse")
BAKER = hit("baker.md", title="Bread", origin="baker", score=0.5)


@pytest.mark.parametrize(
    ("asked", "whom"),
    [
        ("What did the former cook pay for?", "the former cook"),
        ("How did the teacher become a nurse?", "the teacher a nurse"),
        ("How long does it take?", ""),
    ],
)
def test_the_words_that_say_whom_a_question_is_about(asked: str, whom: str) -> None:
    assert whom_of(asked) == understand(asked).whom == whom


def test_a_follow_up_is_about_whom_the_conversation_is_about() -> None:
    assert understand("And the cost?", "How did the nurse learn? And the cost?").whom == "the nurse"
    assert understand("And the baker?", "How did the nurse learn? And the baker?").whom == "the baker"


def test_stories_called_by_whom_the_question_is_about_come_first() -> None:
    found = named_first(understand("What did the nurse pay?"), [BAKER, NURSE], rarity)
    assert ids(found) == ["nurse.md", "baker.md"]
    assert [one.score for one in found] == [NURSE.score + NAMED, BAKER.score]
    assert [one.components["whom"] for one in found] == [1.0, 0.0]


def test_rarer_words_of_whom_count_more() -> None:
    tokyo = hit("tokyo.md", title="Tokyo")
    found = named_first(understand("What did the nurse from Tokyo pay?"), [tokyo, NURSE], rarity)
    assert {one.story.id: one.components["whom"] for one in found} == {"nurse.md": 0.75, "tokyo.md": 0.25}


@pytest.mark.parametrize("asked", ["How long does it take?", "What did the guy pay?"])
def test_a_question_that_says_not_whom_leaves_the_hits_as_they_are(asked: str) -> None:
    guy = hit("guy.md", title="A guy who bakes")
    assert named_first(understand(asked), [BAKER, guy], rarity) == [BAKER, guy]


def test_what_only_others_tell_is_not_told_of_the_person() -> None:
    assert ids(only_theirs(understand("What did the nurse pay?"), [BAKER, NURSE, BAKER])) == ["nurse.md"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("What did the nurse pay?", NURSE),
        ("What did nurses and people like them pay?", BAKER),
        ("What did the beekeeper pay?", BAKER),
        ("What did the nurse pay?", hit("untold.md", "I was a nurse for a year.")),
    ],
    ids=["the best hit is theirs", "many are asked", "no such kind is listed", "the best hit's story says so"],
)
def test_the_hits_of_others_stay_where_nothing_is_known_to_be_amiss(asked: str, first: Hit) -> None:
    hits = [first, NURSE, BAKER]
    assert only_theirs(understand(asked), hits) == hits


def test_a_story_of_somebody_else_is_not_theirs_for_mentioning_them() -> None:
    mentions = replace(BAKER, story=replace(BAKER.story, text="A nurse told me so."))
    assert ids(only_theirs(understand("What did the nurse pay?"), [mentions, NURSE])) == ["nurse.md"]


def test_where_no_story_is_called_by_them_every_hit_stays() -> None:
    assert only_theirs(understand("What did the nurse pay?"), [BAKER]) == [BAKER]


def test_a_person_whose_story_does_not_tell_is_not_given_anothers_fact(built: LiveIndex) -> None:
    rag = Rag(built, QuotingAnswerer())
    assert not rag.ask("What did the baker's bootcamp cost?").refused
    answer = rag.ask("What did the lawyer's bootcamp cost?")
    assert answer.refused
    assert [nearest.id for nearest in answer.nearest] == ["lawyer.md"]
