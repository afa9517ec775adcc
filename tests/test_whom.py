"""rag.whom: stories called by whom a question is about come first; what only others tell is not told of them."""

from dataclasses import replace

import pytest

from index.live import LiveIndex
from index.passages import Passage
from index.search import Hit
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.question import person_of, understand, whom_of
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


@pytest.mark.parametrize(
    ("asked", "person"),
    [
        ("What did the former cook pay for?", "former cook pay"),
        ("Did the nurse and the ex-cook meet?", "nurse ex-cook meet"),
        ("For the nurse, what was hardest?", "nurse,"),
        ("What would a former cook pay?", ""),
    ],
)
def test_what_follows_the_word_for_somebody_certain(asked: str, person: str) -> None:
    assert person_of(asked) == understand(asked).person == person


def test_a_follow_up_is_about_whom_the_conversation_is_about() -> None:
    assert understand("And the cost?", "How did the nurse learn? And the cost?").whom == "the nurse"
    assert understand("And the baker?", "How did the nurse learn? And the baker?").whom == "the baker"
    he = understand("Did he become a data scientist?", "How did the nurse learn? Did he become a data scientist?")
    assert he.whom.startswith("the nurse")
    assert he.person.startswith("nurse")


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What did the bootcamp cost her?", "How did the nurse learn? A nurse who became a baker writes:"),
        (
            "And the bootcamp, what about its cost?",
            "How did the nurse learn? Of a nurse who became a baker the story tells:",
        ),
        ("What did the bootcamp cost her?", "Who left a ward? A nurse who became a baker writes:"),
        (
            "What did the bootcamp cost the second one?",
            "Who left a ward? Of a nurse who became a baker the story tells:",
        ),
    ],
)
def test_a_follow_up_that_names_nobody_is_of_the_conversations_person(question: str, told: str) -> None:
    understood = understand(question, f"{told} {question}")
    assert ids(only_theirs(understood, [BAKER, NURSE])) == ["nurse.md"]


def test_a_follow_up_on_another_person_is_of_that_one() -> None:
    understood = understand(
        "And the baker?", "How did the nurse learn? A nurse who became a cook writes: And the baker?"
    )
    assert ids(only_theirs(understood, [BAKER, NURSE])) == ["baker.md"]


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


@pytest.mark.parametrize("first", [BAKER, NURSE], ids=["somebody else's", "the person's own"])
def test_what_only_others_tell_is_not_told_of_the_person_whoever_comes_first(first: Hit) -> None:
    assert set(ids(only_theirs(understand("What did the nurse pay?"), [first, NURSE, BAKER]))) == {"nurse.md"}


def test_of_two_people_asked_about_the_hits_of_both_are_kept() -> None:
    cook = hit("cook.md", origin="cook")
    assert ids(only_theirs(understand("How did the nurse and the baker learn?"), [cook, BAKER, NURSE])) == [
        "baker.md",
        "nurse.md",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        "What did nurses and people like them pay?",
        "Did anybody else do what the nurse did?",
        "What did the tutor pay?",
        "What would a former nurse pay?",
    ],
    ids=["many are asked", "many, beside one", "no such kind is listed", "nobody certain is meant"],
)
def test_the_hits_of_others_stay_where_nobody_is_asked_about_alone(asked: str) -> None:
    hits = [BAKER, NURSE]
    assert only_theirs(understand(asked), hits) == hits


def test_who_is_mentioned_in_the_passage_may_be_meant_but_not_who_is_mentioned_elsewhere_in_it() -> None:
    told = replace(BAKER.story, text="A nurse told me so. It took a year.")
    nurse, year = (
        replace(BAKER, story=told, passage=replace(BAKER.passage, text=text)) for text in told.text.split(". ")
    )
    assert only_theirs(understand("What did the nurse pay?"), [nurse, year, NURSE]) == [nurse, NURSE]


def test_where_a_story_says_not_whose_it_is_any_mention_may_be_of_its_teller() -> None:
    untold = hit("untold.md", "I was a nurse for a year.")
    passage = replace(untold, passage=replace(untold.passage, text="It cost a lot."))
    assert only_theirs(understand("What did the nurse pay?"), [passage, NURSE, BAKER]) == [passage, NURSE]


@pytest.mark.parametrize(
    "theirs",
    [
        hit("out-of-the-ward.md", title="The nurse who draws"),
        hit("from-nursing.md"),
        replace(BAKER, story=replace(BAKER.story, metadata={"from": "baker", "to": "nurse"})),
        replace(BAKER, story=replace(BAKER.story, metadata={"from": "carer", "tags": ["nursing"]})),
    ],
    ids=["title", "file", "destination", "tag"],
)
def test_a_story_is_called_by_its_title_file_path_and_tags(theirs: Hit) -> None:
    cook = hit("cook.md", origin="cook")
    assert only_theirs(understand("What did the nurse pay?"), [cook, theirs]) == [theirs]


def test_where_no_story_is_called_by_them_every_hit_stays() -> None:
    assert only_theirs(understand("What did the nurse pay?"), [BAKER]) == [BAKER]


def test_a_person_whose_story_does_not_tell_is_not_given_anothers_fact(built: LiveIndex) -> None:
    rag = Rag(built, QuotingAnswerer())
    assert not rag.ask("What did the baker's bootcamp cost?").refused
    answer = rag.ask("What did the lawyer's bootcamp cost?")
    assert answer.refused
    assert [nearest.id for nearest in answer.nearest] == ["lawyer.md"]
