"""Which stories the library's view shows, in which order, what narrows them, and the cards they are shown as."""

import re

import pytest

from index.generation import Generation
from index.live import LiveIndex
from index.stories import Story
from ui.cards import cards, nothing, summary
from ui.journeys import journeys
from ui.reader import Place
from ui.shelf import ORDERS, REST, Counts, Found, Named, Selection, minutes

EVERY = ["baker.md", "lawyer.md", "nurse.txt", "welder.md"]
HOSTILE = '"><img src=x onerror="window.stolen=1">'


@pytest.fixture(scope="module")
def generation(built: LiveIndex) -> Generation:
    return built.generation()


def ids(generation: Generation, selection: Selection, named: Named | None = None) -> list[str]:
    return [story.id for story in Found(generation, selection, named or {}).stories()]


def test_all_stories_are_shown_by_title(generation: Generation) -> None:
    titles = [story.title.casefold() for story in Found(generation, Selection(), {}).stories()]
    assert titles == sorted(titles)
    assert len(titles) == len(EVERY)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bak", ["baker.md"]),  # a word of what is known of it, as it is being typed
        ("BREAD", ["baker.md"]),
        ("self-taught", ["baker.md", "lawyer.md"]),
        ("firmware", ["welder.md"]),
        ("helsinki", ["baker.md"]),  # stands in the text alone
        ("shifting", ["baker.md"]),  # in another form
        ("baker zebra", []),
        ("the", EVERY),
        ("?!", EVERY),
        ("x" * 100_000, []),
    ],
)
def test_every_word_narrows_the_list(generation: Generation, words: str, expected: list[str]) -> None:
    assert sorted(ids(generation, Selection(words=words))) == expected


def test_a_value_leaves_as_many_stories_as_its_count_says(generation: Generation) -> None:
    found = Found(generation, Selection(), {}).counts()
    picks = [(Selection(origins=(value,)), count) for value, count in found.origins]
    picks += [(Selection(destinations=(value,)), count) for value, count in found.destinations]
    picks += [(Selection(tags=(value,)), count) for value, count in found.tags]
    assert len(picks) > 5
    for selection, count in picks:
        assert len(ids(generation, selection)) == count


def test_counts_are_of_what_the_other_fields_and_the_words_leave(generation: Generation) -> None:
    found = Found(generation, Selection(origins=("baker",), words="bread"), {}).counts()
    assert found == Counts((("baker", 1),), (("backend developer", 1),), (("bootcamp", 1), ("self-taught", 1)))


def test_fields_narrow_together_and_values_of_one_add(generation: Generation) -> None:
    assert ids(generation, Selection(origins=("baker", "WELDER"))) == ["baker.md", "welder.md"]
    assert ids(generation, Selection(origins=("baker", "welder"), tags=("bootcamp",))) == ["baker.md"]
    assert ids(generation, Selection(origins=("nobody of that kind",))) == []


def test_the_rest_is_every_value_that_is_not_named(generation: Generation) -> None:
    named = {"origins": frozenset({"baker"})}
    assert ids(generation, Selection(origins=(REST,)), named) == ["lawyer.md", "welder.md"]
    assert ids(generation, Selection(origins=(REST, "baker")), named) == ["baker.md", "lawyer.md", "welder.md"]


@pytest.mark.parametrize("order", [*ORDERS, "no such order"])
def test_every_order_shows_every_story(generation: Generation, order: str) -> None:
    assert sorted(ids(generation, Selection(order=order))) == EVERY


def test_stories_are_ordered_by_year_and_those_without_come_last(generation: Generation) -> None:
    newest, oldest = ids(generation, Selection(order="newest")), ids(generation, Selection(order="oldest"))
    years = {story.id: story.date for story in generation.stories()}
    dated = [identity for identity in newest if years[identity]]
    assert newest[: len(dated)] == dated
    assert oldest[: len(dated)] == sorted(dated, key=years.__getitem__)


def test_the_shortest_story_is_the_last_of_the_longest(generation: Generation) -> None:
    words = {identity: len(generation.story(identity).text) for identity in generation.story_ids}
    shortest = ids(generation, Selection(order="shortest"))
    assert words[shortest[0]] <= words[shortest[-1]]
    assert ids(generation, Selection(order="longest"))[0] == shortest[-1]


def test_a_card_tells_what_is_known_and_opens_the_story(generation: Generation) -> None:
    story = generation.story("baker.md")
    card = cards([story], 7, removable=False)
    assert "baker → backend developer" in card
    assert f"{minutes(story)} min to read" in card
    assert "<li>bootcamp</li>" in card
    href = re.search(r'class="story" role="button" href="([^"]+)"', card)
    assert href is not None
    decoded = re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), href[1])
    assert Place.from_href(decoded) == Place.of(story, generation=7)
    assert "Remove" not in card


def test_a_card_that_may_go_names_what_would_go(generation: Generation) -> None:
    card = cards([generation.story("baker.md")], 1, removable=True)
    assert 'aria-label="Remove From bread to back end"' in card


def test_a_strangers_words_are_no_markup_on_a_card() -> None:
    metadata = {"author": HOSTILE, "from": HOSTILE, "to": HOSTILE, "tags": [HOSTILE], "date": HOSTILE}
    card = cards([Story(f"{HOSTILE}.md", HOSTILE, "", metadata, "text", "0")], 1, removable=True)
    assert "<img" not in card
    assert '"><' not in re.sub(r'="[^"<>]*"', "", card)


def test_what_was_typed_is_no_markup_where_nothing_is_found() -> None:
    assert "<img" not in nothing(Selection(words=HOSTILE))
    assert "another word" in nothing(Selection(words="zebra"))
    assert "Take one" in nothing(Selection(tags=("zebra",)))


def test_the_summary_says_how_many_of_how_many() -> None:
    assert "1,000 stories, the first 24 shown" in summary(24, 1000, 1000)
    assert ">1 of 12 stories<" in summary(1, 1, 12)
    assert ">1 story<" in summary(1, 1, 1)


def test_the_rest_of_the_picture_is_the_rest_of_the_list(generation: Generation) -> None:
    named = journeys(generation.stories()).named_folded()
    assert ids(generation, Selection(origins=(REST,)), named) == []
