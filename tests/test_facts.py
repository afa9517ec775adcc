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


@pytest.mark.parametrize(
    "asked",
    """\
How much time did it take to make the switch?
How much experience do people need to make the move?
How much programming did they know when they made the change?
How much did it make a difference?
How much sleep did she lose?
How much support did they get to pay for it?
What job did she take to pay for the bootcamp?
What did people do to keep costs down?
What did she do about the rent?
How did she cover the cost of living?
What were the costs and benefits?
What did they do with their severance?
What made them accept the pay cut?
How did she negotiate her first salary?
What did it take to earn a degree?
How did people score their first interview?
How did Mark get his first job?
How did the first grade teacher learn to code?""".splitlines(),
)
def test_no_amount_is_needed_where_something_else_is_asked(asked: str) -> None:
    assert needs(asked) == ()


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("How much did she make?", "what was earned"),
        ("How much did they make a month?", "what was earned"),
        ("How much was the clerk paid before?", "what was earned"),
        ("How much of a pay cut did she take?", "what was earned"),
        ("What did the nurse earn before?", "what was earned"),
        ("And her starting salary?", "what was earned"),
        ("What did the job pay?", "an amount of money"),
        ("What did she pay for the bootcamp?", "an amount of money"),
        ("What did it cost her to retrain?", "an amount of money"),
        ("What's the bootcamp's price?", "an amount of money"),
        ("Tell me the cost of the bootcamp", "an amount of money"),
        ("How much debt did she take on?", "an amount of money"),
        ("how much money do I need to save", "an amount of money"),
        ("What grade did she finish with?", "a grade or score"),
        ("How were the chemist's marks?", "a grade or score"),
    ],
)
def test_an_amount_is_needed_in_whatever_words_it_is_asked_for(asked: str, name: str) -> None:
    assert [need.name for need in needs(asked)] == [name]


def test_a_question_for_two_facts_needs_both() -> None:
    assert {need.name for need in needs("What did the course cost, and what salary came after it?")} == {
        "an amount of money",
        "what was earned",
    }
