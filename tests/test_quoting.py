"""rag.quoting and what it rests on: whose sentences are quoted, which, and in which order, by the kind of question."""

from dataclasses import replace
from typing import Any

import pytest

from index.passages import Passage
from index.search import Hit, HitSentence
from index.stories import Story
from rag.citations import without_marks
from rag.question import Question, understand
from rag.quoting import FAR, FROM_MANY, choose, introduction
from rag.retrieval import told_first
from rag.sentences import TOLD, Candidate, rank
from tests.chatbots import story

MANY = understand("What did people find hardest?")
ONE = understand("What did the nurse find hardest?")
WORK = "I went to work by train that morning."
HARD = "The hardest part was to tell my father."


def candidate(teller: Story, place: int, score: float) -> Candidate:
    return Candidate(place, teller, (0, len(teller.text)), score)


def quoted(question: Question, *ranked: Candidate) -> list[str]:
    groups = choose(question, sorted(ranked, key=lambda one: -one.score))
    return [one.story.id for group in groups for one in group]


def hit(identity: str, text: str, score: float) -> Hit:
    spans = (HitSentence((0, len(text)), 0.5, 0.5),)
    components = {"dense": 0.5, "sentence": 0.5}
    return Hit(Passage(identity, 0, 0, len(text), text), story(identity, text), score, components, spans)


@pytest.mark.parametrize(
    ("teller", "told"),
    [
        ({"title": "My way into data [2]"}, "The author of “My way into data (2)” writes:"),
        ({"title": "Notes [2020], data²"}, "The author of “Notes (2020), data2” writes:"),
        ({"title": "Notes", "metadata": {"author": "Ada 【1】"}}, "Ada (1), in “Notes”, writes:"),
        ({"metadata": {"from": "nurse [1]", "to": "analyst"}}, "Of a nurse (1) who became an analyst the story tells:"),
    ],
)
def test_a_number_in_brackets_that_is_a_storys_own_name_is_no_citation(teller: dict[str, Any], told: str) -> None:
    said = introduction(replace(story("ada.md", "She went."), **teller))
    assert said == told
    assert without_marks(said) == said


def test_of_one_person_the_best_hit_is_quoted_and_of_many_the_best_sentences_come_first() -> None:
    nurse, cook = candidate(story("nurse.md", WORK), 0, 1.0), candidate(story("cook.md", WORK), 1, 3.0)
    assert quoted(ONE, nurse, cook) == ["nurse.md"]
    assert quoted(MANY, nurse, cook) == ["cook.md", "nurse.md"]


def test_where_the_best_hit_cannot_be_quoted_the_next_person_is() -> None:
    endless = candidate(story("nurse.md", "and then " * 90), 0, 3.0)
    assert not endless.is_quotable
    assert quoted(ONE, endless, candidate(story("cook.md", WORK), 1, 1.0)) == ["cook.md"]


def test_between_sentences_alike_the_earlier_hit_comes_first() -> None:
    late, early = candidate(story("cook.md", WORK), 9, 1.5), candidate(story("nurse.md", WORK), 0, 1.0)
    assert quoted(MANY, late, early) == ["nurse.md", "cook.md"]


def test_of_many_nobody_is_quoted_who_is_beside_the_point() -> None:
    best, near = candidate(story("cook.md", WORK), 0, 4.0), candidate(story("nurse.md", WORK), 1, 4.0 - FAR)
    far = candidate(story("sailor.md", WORK), 2, 3.9 - FAR)
    assert quoted(MANY, best, near, far) == ["cook.md", "nurse.md"]


def test_of_many_no_more_are_quoted_than_are_read() -> None:
    people = [candidate(story(f"{number}.md", WORK), number, 1.0) for number in range(FROM_MANY[0] + 2)]
    assert len(quoted(MANY, *people)) == FROM_MANY[0]


def test_where_many_are_asked_a_sentence_that_looks_like_an_answer_scores_more() -> None:
    hits = [hit("cook.md", WORK, 0.0), hit("nurse.md", HARD, 0.0)]
    by_kind, without = (
        {one.story.id: one.score for one in rank(asked, hits)} for asked in (MANY, replace(MANY, kinds=()))
    )
    assert by_kind["cook.md"] == without["cook.md"]
    assert by_kind["nurse.md"] == without["nurse.md"] + TOLD
    alone = {one.story.id: one.score for one in rank(replace(MANY, many=False), hits)}
    assert alone == without


def test_passages_with_what_looks_like_an_answer_come_first_among_equals_and_not_before_much_better_ones() -> None:
    far, equal, told = hit("far.md", WORK, 2.0), hit("cook.md", WORK, 1.0), hit("nurse.md", HARD, 0.9)
    assert [one.story.id for one in told_first(MANY, [far, equal, told])] == ["far.md", "nurse.md", "cook.md"]
    assert told_first(replace(MANY, kinds=()), [far, equal, told]) == [far, equal, told]
