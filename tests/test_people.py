"""Which kinds of people a question names, and which of them the library lacks."""

import pytest

from index.lexical import terms
from index.live import LiveIndex
from index.stories import Story
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


@pytest.mark.parametrize("metadata", [{"from": "carpenter"}, {"tags": ["carpenters", "Berlin"]}])
def test_somebody_by_whom_a_story_is_called_is_here(built: LiveIndex, metadata: dict[str, object]) -> None:
    lexical, story = built.generation().lexical, Story("a.md", "My way", "", metadata, "I built kitchens.", "")
    assert people_in("How did the carpenter learn?", lexical) == People((), ("carpenter",))
    assert people_in("How did the carpenter learn?", lexical, [story]) == People(("carpenter",), ())


@pytest.mark.parametrize(
    "asked",
    [
        "How do people tailor their CV to a new field?",
        "How should I tailor a resume?",
        "Is it worth it to tailor applications?",
        "Did anybody begin with a pilot project?",
        "What is data plumbing?",
    ],
)
def test_what_somebody_does_names_nobody(built: LiveIndex, asked: str) -> None:
    assert people_in(asked, built.generation().lexical) == People()


@pytest.mark.parametrize("asked", ["Has any tailor done it?", "from nurse to pilot", "What did the pilots study?"])
def test_the_same_words_name_people_elsewhere(built: LiveIndex, asked: str) -> None:
    assert people_in(asked, built.generation().lexical).missing


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
