"""Words become a query: spelling mended towards the library, names left alone, synonyms looked for besides."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import terms
from index.query import CONTEXT_WEIGHT, Sought, mend, read_query, synonyms

LIBRARY = set(terms("The bakery paid for a bootcamp, and a language course by the University of Helsinki in Finland."))


def is_known(stem: str) -> bool:
    return stem in LIBRARY


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("which langauge", "which language"),
        ("the univercity?", "the university?"),
        ("the bootcmp", "the bootcmp"),  # no dictionary has the right word
        ("a pilot and a librarian", "a pilot and a librarian"),  # words the library lacks, but words
        ("did Helsinky pay", "did Helsinky pay"),  # a name
        ("pays fo it", "pays fo it"),  # too short to tell
        ("waht teh wich", "what the which"),  # words that any library has
        ("a bok", "a bok"),  # a short word, which misses no letter of one that the library has
        ("the agian", "the again"),
        ("", ""),
    ],
)
def test_what_neither_dictionary_nor_library_knows_is_mended(written: str, read: str) -> None:
    assert mend(written, is_known) == read


@given(st.text())
def test_towards_an_empty_library_nothing_is_mended_but_what_any_library_has(text: str) -> None:
    assert set(terms(mend(text, lambda _: False))) <= set(terms(text))


def test_a_phrase_brings_its_synonyms_and_their_words_share_its_weight() -> None:
    found = synonyms(terms("self taught coder"))
    assert found[terms("programmer")[0]] == 1
    assert found[terms("autodidact")[0]] == 1
    assert found[terms("software")[0]] == pytest.approx(0.5)


def test_a_word_asked_for_is_no_synonym_of_itself() -> None:
    assert not set(terms("uni university")) & set(synonyms(terms("uni university")))


def test_words_outside_the_focus_count_less() -> None:
    query = read_query(Sought("what did the baker pay", focus="what did pay"), is_known)
    assert query.weighted == {"baker": CONTEXT_WEIGHT, "pay": 1}
    assert query.terms == {"baker": 1, "pay": 1}


def test_what_is_not_given_is_what_was_given_before() -> None:
    query = read_query(Sought("And the cost?", asked="the cost?"), is_known)
    assert (query.asked, query.focus) == ("the cost?", "the cost?")
    assert read_query(Sought("the cost?"), is_known).focus == "the cost?"


def test_every_group_of_synonyms_has_two_members_and_none_twice() -> None:
    lines = Path("index/words/synonyms.txt").read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            members = [member.strip() for member in line.split(",")]
            assert len(members) > 1, line
            assert len(set(members)) == len(members), line
            assert all(terms(member) for member in members), line
