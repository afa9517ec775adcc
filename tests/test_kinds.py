"""rag.kinds: which kinds a question is of, and which sentences look like an answer to each."""

import pytest

from rag.kinds import (
    AGE,
    BESIDE_WORK,
    BOOTCAMPS,
    COST,
    FAMILY,
    FIRST_JOB,
    HINDSIGHT,
    LEARNING,
    REASON,
    TIME,
    Kind,
    is_told,
    kinds_in,
)


@pytest.mark.parametrize(
    ("kind", "tells", "does_not"),
    [
        (TIME, "After nine months of the course I was hired.", "Two years ago I decided to move."),
        (TIME, "He signed up for a two-year course.", "I worked there for three years."),
        (FIRST_JOB, "I applied for forty of them.", "My first job was in Paris, in marketing."),
        (LEARNING, "She enrolled in a bootcamp.", "The course of events was strange."),
        (REASON, "I wanted to do something else.", "That is because of the hardware."),
        (HINDSIGHT, "I wish I had started earlier.", "The doctors were different."),
        (FAMILY, "She had two small children by then.", "There had been programming in childhood."),
        (AGE, "He was 46 when the firm let him go.", "I sent 46 letters."),
        (BESIDE_WORK, "I studied in the evenings.", "It took two years."),
    ],
)
def test_a_kind_knows_the_sentences_that_tell_it(kind: Kind, tells: str, does_not: str) -> None:
    assert is_told([COST, kind], tells)
    assert not is_told([COST, kind], does_not)


def test_of_a_transcript_without_full_stops_only_the_beginning_is_looked_at() -> None:
    told = "I paid 9,000 dollars for the course."
    assert COST.is_told_by(told)
    assert COST.is_told_by(told + " and so on" * 1_000)
    assert not COST.is_told_by("and so on " * 1_000 + told)


@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ("How long did it take people to find a job?", (FIRST_JOB, TIME)),
        ("Which courses did they take?", (LEARNING,)),
        ("What do people say about bootcamps?", (BOOTCAMPS,)),
        ("What would people do differently?", (HINDSIGHT,)),
        ("Did anybody do it with children?", (FAMILY,)),
        ("Is it too late at 40?", (AGE,)),
        ("Can I do it beside a full-time job?", (BESIDE_WORK,)),
        ("Who plays the piano?", ()),
    ],
)
def test_a_question_is_of_the_kinds_that_its_words_show(asked: str, kinds: tuple[Kind, ...]) -> None:
    assert kinds_in(asked) == kinds
