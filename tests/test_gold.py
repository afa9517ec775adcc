"""Gold is found in the clean text, whatever stands between its words in the file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.cases import Case, Gold
from eval.gold import Span, _letters, find_quote, locate
from index.errors import EvalError
from index.stories import read_stories
from tests.chatbots import Shelf, story
from tests.library import write_library


def case(*gold: Gold) -> Case:
    return Case("c1", "single", "how long?", answerable=True, gold=gold)


def found(quote: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_quote(quote, text)]


@pytest.mark.parametrize(
    "quote",
    [
        "took me seven months",
        "took me\n   seven\tmonths.",
        "TOOK ME SEVEN MONTHS",
        "took me **seven** _months_",
        "took me [seven](https://example.org/7_(number)) months",
        "took me ![a clock](seven.png) seven months[^1]",
        "took me <em>seven</em>&nbsp;months",
        "took: me, “seven” – months!",
    ],
)
def test_what_stands_between_the_words_does_not_matter(quote: str) -> None:
    assert found(quote, "The course took me seven months. Then I rested.") == ["took me seven months"]


def test_offsets_hold_where_folding_changes_the_number_of_characters() -> None:
    text = "Die Straße, ½ mile, was ﬁnally É\u0301 done in İzmir, she said."
    assert found("STRASSE, 1/2 mile", text) == ["Straße, ½ mile"]
    assert found("finally e done in izmir", text) == ["ﬁnally É\u0301 done in İzmir"]
    assert found("she said", text) == ["she said"]


def test_whole_words_win_over_parts_of_others() -> None:
    assert found("art", "The start was art. Part two.") == ["art"]
    assert find_quote("art", "The start was art.") == [(14, 17)]
    assert found("tart", "The start.") == ["tart"]


def test_what_the_reader_of_stories_turns_into_something_else_is_found_as_that() -> None:
    assert found("We did it :tada: {% youtube x %} in May", "We did it 🎉 in May.") == ["We did it 🎉 in May"]


def test_words_that_are_not_there_are_not_found() -> None:
    assert find_quote("seven years", "seven months") == []
    assert find_quote("…", "seven months …") == []


WORDS = st.text(
    alphabet=st.characters(categories=["L", "N", "Zs", "Po", "Mn"], exclude_characters="!&*\\"), max_size=80
)


@given(WORDS, st.integers(0, 80), st.integers(0, 80))
def test_any_part_of_a_text_is_found_where_it_stands(text: str, one: int, other: int) -> None:
    start, end = sorted((one, other))
    part = text[start:end]
    wanted = _letters(part)[0]
    spans = find_quote(part, text)
    assert bool(spans) == bool(wanted)
    for first, last in spans:
        assert wanted in _letters(text[first:last])[0]
        assert _letters(text[first])[0]
        assert _letters(text[last - 1])[0]


def test_a_quote_of_the_raw_file_is_found_in_the_story(tmp_path: Path) -> None:
    folder = write_library(tmp_path / "stories")
    (folder / "linked.md").write_text(
        "---\ntitle: It took me seven months\n---\n\nIt took **me**\n[seven](x) months.\n", "utf-8"
    )
    shelf = Shelf(read_stories(folder).stories)
    [[span]] = locate(case(Gold("linked.md", "It took **me**\n[seven](x) months.")), shelf, folder)
    assert shelf.story("linked.md").text[span.start : span.end] == "It took me seven months"


def test_start_and_end_count_characters_of_the_raw_file(tmp_path: Path) -> None:
    folder = tmp_path / "stories"
    folder.mkdir()
    raw = "---\r\ntitle: Bread\r\n---\r\n\r\nI baked **bread** – bread, and more bread.\r\n"
    (folder / "a.md").write_bytes(raw.encode())
    shelf = Shelf(read_stories(folder).stories)
    text = shelf.story("a.md").text
    second = raw.index("bread,")
    assert locate(case(Gold("a.md", start=second, end=second + 5)), shelf, folder) == (
        (Span("a.md", text.index("bread,"), text.index("bread,") + 5),),
    )
    assert len(locate(case(Gold("a.md", "bread")), shelf, folder)[0]) == 3
    with pytest.raises(EvalError, match=r"case c1: characters 5 to 999 of a.md .* Correct start and end"):
        locate(case(Gold("a.md", start=5, end=999)), shelf, folder)


def test_a_story_is_named_by_its_id_or_by_its_file_name(tmp_path: Path) -> None:
    shelf = Shelf((story("old/a.md", "ten"), story("new/a.md", "ten"), story("new/b.md", "ten")))
    assert locate(case(Gold("b.md", "ten")), shelf, tmp_path) == ((Span("new/b.md", 0, 3),),)
    assert locate(case(Gold("old/a.md", "ten")), shelf, tmp_path) == ((Span("old/a.md", 0, 3),),)
    with pytest.raises(EvalError, match=r"case c1: several stories are called a.md. Say which: old/a.md or new/a.md"):
        locate(case(Gold("a.md", "ten")), shelf, tmp_path)


def test_gold_that_is_not_there_names_the_case_and_the_file(tmp_path: Path) -> None:
    shelf = Shelf((story("baker.md", "ten"),))
    with pytest.raises(
        EvalError, match=r"case c1: its gold story bakr.md is not in the library. Did you mean baker.md"
    ):
        locate(case(Gold("bakr.md", "ten")), shelf, tmp_path)
    with pytest.raises(EvalError, match=r"case c1: its gold quote is not in baker.md: “eleven”"):
        locate(case(Gold("baker.md", "ten"), Gold("baker.md", "eleven")), shelf, tmp_path)


def test_gold_that_names_no_story_is_looked_for_in_all(tmp_path: Path) -> None:
    shelf = Shelf((story("baker.md", "It took **ten** months."), story("nurse.md", "Ten months!"), story("x.md", "no")))
    assert locate(case(Gold("", "ten months")), shelf, tmp_path) == (
        (Span("baker.md", 10, 22), Span("nurse.md", 0, 10)),
    )
    with pytest.raises(EvalError, match=r"case c1: its gold quote is in no story: “eleven”. .* copied"):
        locate(case(Gold("", "ten"), Gold("", "eleven")), shelf, tmp_path)
