"""Which fact a question asks for, which it cannot be answered without, and what in a text shows one."""

import pytest

from rag.facts import Wanted, holds, meets, needs, wanted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how long did it take", Wanted.NUMBER),
        ("How much did the baker pay?", Wanted.NUMBER),
        ("when did she quit", Wanted.TIME),
        ("Why did she leave law?", Wanted.REASON),
        ("which course opened his eyes", Wanted.NAME),
        ("did she like it", Wanted.ANYTHING),
    ],
)
def test_the_kind_of_fact_that_is_wanted_is_told(text: str, kind: Wanted) -> None:
    assert wanted(text) is kind


def test_any_text_will_do_where_no_kind_of_fact_is_wanted() -> None:
    assert holds(Wanted.ANYTHING, "")
    assert not holds(Wanted.NUMBER, "It took ages.")
    assert holds(Wanted.NUMBER, "It took eleven months.")


@pytest.mark.parametrize(
    ("asked", "name", "meeting", "failing"),
    [
        ("What salary did she start on?", "what was earned", "I began at 31,000 euros.", "I began in spring."),
        ("how much did he earn at the bakery", "what was earned", "My pay was cut by half.", "I liked the pay."),
        ("How much did the course cost?", "an amount of money", "It was free.", "It was long."),
        ("How big was the raise?", "what was earned", "I earned 10 % more.", "It was a big step."),
        ("what was the tuition", "an amount of money", "I paid £900 for it.", "I paid for it."),
        ("How old was the welder?", "an age", "At thirty-four my back had enough.", "It took nine clicks."),
        ("how old is she now", "an age", "She is in her late twenties.", "She has 20 colleagues."),
        ("How big is his team?", "how many there were", "We are eleven people.", "We sit by the window."),
        ("How many colleagues has she?", "how many there were", "There were 6 of us.", "They were kind."),
        ("How many places wanted to hire her?", "how many places", "Three places made offers.", "They all called."),
        ("what was her GPA", "a grade or score", "I left with a distinction.", "I left early."),
        (
            "How many applications did she send?",
            "how many applications",
            "I sent forty applications.",
            "I baked for eleven years. Then I sent an application.",
        ),
    ],
)
def test_a_fact_that_is_needed_is_met_by_a_text_that_shows_it(
    asked: str, name: str, meeting: str, failing: str
) -> None:
    (need,) = needs(asked)
    assert need.name == name
    assert meets(need, meeting)
    assert not meets(need, failing)


def test_what_is_counted_may_be_told_in_other_words() -> None:
    (need,) = needs("how many kids has she?")
    assert meets(need, "I have two children.")


@pytest.mark.parametrize(
    "asked",
    [
        "Did she take a pay cut?",
        "Why was the salary so low?",
        "How long did it take?",
        "how many years did he bake",
        "What helped her most?",
    ],
)
def test_no_fact_is_needed_where_yes_a_reason_or_a_stretch_of_time_may_answer(asked: str) -> None:
    assert needs(asked) == ()


def test_a_question_for_two_facts_needs_both() -> None:
    assert {need.name for need in needs("What did the course cost, and what salary came after it?")} == {
        "an amount of money",
        "what was earned",
    }
