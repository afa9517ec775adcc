"""Which kinds of people a question names, and which of them the library lacks."""

import pytest

from index.lexical import terms
from index.live import LiveIndex
from rag.lists import read_list
from rag.people import People, is_alternative, people_in


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("Has any plumber become a programmer?", ("plumber",)),
        ("what did the airline pilot study", ("airline pilot",)),
        ("Are there librarians here?", ("librarian",)),
        ("Did the truck drivers get mentors?", ("truck driver",)),
        ("anyone who did it while in prison", ("prison",)),
    ],
)
def test_somebody_no_story_mentions_is_missing(built: LiveIndex, asked: str, missing: tuple[str, ...]) -> None:
    assert people_in(asked, built.generation().lexical) == People((), missing)


@pytest.mark.parametrize(
    ("asked", "here"),
    [
        ("What did the bakers pay?", ("baker",)),
        ("how did the attorney learn SQL", ("attorney",)),
        ("the nurse who draws", ("nurse",)),
        ("why did she learn C?", ()),
    ],
)
def test_somebody_whose_trade_a_passage_shows_is_here(built: LiveIndex, asked: str, here: tuple[str, ...]) -> None:
    assert people_in(asked, built.generation().lexical) == People(here, ())


def test_the_longest_phrase_names_the_person(built: LiveIndex) -> None:
    assert people_in("the marine biologist", built.generation().lexical).missing == ("marine biologist",)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("How did the nurse and the plumber find work?", True),
        ("plumber or nurse, who earned more?", True),
        ("How did the plumber find work as a nurse?", False),
        ("Did the nurse like it?", False),
    ],
)
def test_people_named_side_by_side_are_alternatives(built: LiveIndex, asked: str, expected: bool) -> None:
    assert is_alternative(asked, people_in(asked, built.generation().lexical)) is expected


def test_every_kind_of_people_has_words_to_ask_by_and_no_two_share_one() -> None:
    kinds = [[tuple(terms(name)) for name in line.partition("|")[0].split(",")] for line in read_list("people")]
    assert all(name for names in kinds for name in names)
    named = [name for names in kinds for name in set(names)]
    assert {name for name in named if named.count(name) > 1} == set()
