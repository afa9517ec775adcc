"""Corruptions say what no passage says, in one detail, and are the same every time."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.validating.alterations import (
    ALTERATIONS,
    Surroundings,
    names_in,
    other_name,
    other_number,
    other_role,
    other_time,
    roles_in,
)
from eval.validating.corruption import FORMS, KINDS, WRONG_STORY, Trial, trials
from index.stories import Story, parse_story
from tests.library import STORIES

STORY = "I paid 4,200 euros to Ines for six months, before I became a data analyst in 2018."


def made_up() -> list[Story]:
    return [parse_story(name, text.encode())[0] for name, text in STORIES.items()]


@pytest.fixture(scope="module")
def made() -> Sequence[Trial]:
    return trials(made_up(), 100)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It took seven months.", "It took nine months."),
        ("It cost 4,200 euros.", "It cost 8,400 euros."),
        ("I had 3 interviews.", "I had 5 interviews."),
        ("Two of us left.", "Four of us left."),
        ("It grew by 2.5 points.", "It grew by 4.5 points."),
    ],
)
def test_another_number_is_written_in_the_same_way(sentence: str, expected: str) -> None:
    assert expected in other_number(sentence, Surroundings(sentence))


@pytest.mark.parametrize("sentence", ["I learned CS50 in 2018.", "One of them came.", "See part 3/4.", "No numbers."])
def test_years_names_and_one_are_no_numbers(sentence: str) -> None:
    assert other_number(sentence, Surroundings(sentence)) == []


def test_a_number_that_the_passage_has_in_any_form_is_not_put_in() -> None:
    made = other_number("It took seven months.", Surroundings("It took 7 months, 9 exams and eight books."))
    assert made
    assert not any(word in " ".join(made) for word in ("eight", "nine"))


def test_a_name_is_swapped_for_one_of_another_story_of_the_same_shape() -> None:
    around = Surroundings("I worked for Ines and Portico.", names=["Portico", "Marta", "New York", "IBM"])
    assert other_name("I worked for Ines.", around) == ["I worked for Marta."]


def test_what_begins_a_sentence_months_and_headings_have_no_names() -> None:
    assert names_in("Bread was what Ines baked in May and March.") == ["Ines"]
    assert names_in("My Way to the Web") == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It took six months.", "It took six years."),
        ("A few weeks on, I left.", "A few days on, I left."),
        ("I left in March.", "I left in June."),
        ("The yard closed in 2015.", "The yard closed in 2018."),
        ("I baked before I coded.", "I baked after I coded."),
        ("Later, I wrote firmware.", "Earlier, I wrote firmware."),
    ],
)
def test_another_time_is_of_the_same_kind(sentence: str, expected: str) -> None:
    assert expected in other_time(sentence, Surroundings(sentence))


@pytest.mark.parametrize("sentence", ["After all, it was fun.", "I look after my son.", "The day was long."])
def test_turns_of_speech_tell_no_time(sentence: str) -> None:
    assert other_time(sentence, Surroundings(sentence)) == []


def test_a_unit_that_the_passage_has_with_the_same_number_is_not_put_in() -> None:
    around = Surroundings("It took six months, and six years later I left.")
    assert "It took six years." not in other_time("It took six months.", around)


def test_a_role_is_swapped_with_its_article_but_not_for_one_that_means_the_same() -> None:
    around = Surroundings("I became a software developer.", roles=["software engineer", "developer", "actor", "nurse"])
    assert other_role("I became a software developer.", around) == ["I became an actor.", "I became a nurse."]
    assert roles_in("a full-stack developer and a Data Scientist") == ["full-stack developer", "Data Scientist"]


def test_every_kind_and_form_is_tried(made: Sequence[Trial]) -> None:
    assert {trial.form for trial in made} == set(FORMS)
    assert {trial.kind for trial in made} - {""} >= set(KINDS) - {"name"}
    assert {trial.story for trial in made} == set(STORIES)


def test_true_trials_stand_in_their_passage_and_retold_ones_do_not(made: Sequence[Trial]) -> None:
    for trial in made:
        if trial.is_true:
            assert trial.original in trial.passage
            assert (trial.sentence in trial.passage) == (trial.form == FORMS[0])


def test_a_corruption_is_not_in_its_passage(made: Sequence[Trial]) -> None:
    for trial in made:
        if not trial.is_true:
            assert trial.sentence not in trial.passage


def test_a_wrong_story_is_another_one_that_shares_words(made: Sequence[Trial]) -> None:
    texts = {story.id: story.text for story in made_up()}
    wrong = [trial for trial in made if trial.kind == WRONG_STORY]
    assert wrong
    for trial in wrong:
        assert trial.passage not in texts[trial.story]
        assert any(trial.passage in text for text in texts.values())


def test_claims_are_spread_over_the_stories() -> None:
    few = [trial for trial in trials(made_up(), 4) if trial.is_true and trial.form == FORMS[0]]
    assert sorted(trial.story for trial in few) == sorted(STORIES)


def test_the_same_stories_give_the_same_trials_and_another_seed_others(made: Sequence[Trial]) -> None:
    assert trials(made_up(), 100) == made
    assert trials(made_up(), 100, seed=1) != made


def test_what_is_no_english_sentence_is_no_claim() -> None:
    for text in (
        "# A heading of a story about my bread",
        "Why did I bake the bread at night?",
        "Eu era padeiro em Lisboa.",
    ):
        assert trials([parse_story("a.md", f"{text}\n".encode())[0]], 10) == []
    assert trials([parse_story("a.md", b"I baked the best bread of Lyon at night.\n")[0]], 10)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.text(), st.text())
def test_any_text_can_be_altered(sentence: str, passage: str) -> None:
    around = Surroundings(passage, ("Ines",), ("nurse",))
    for alteration in ALTERATIONS.values():
        assert sentence not in alteration(sentence, around)
