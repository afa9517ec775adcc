"""ui.reader: the whole story is shown to the letter, and exactly the cited words are marked in it."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from index.stories import Story
from tests.chatbots import Shelf, story
from ui.reader import MAX_ALSO, Place, article, open_story

TEXT = """# The way out

I was a cook. 🍳 Then, at thirty-four, I was not: “enough”, I said.

- Two years of evenings
- 1,900 euros

> Talk to five people.
> Then go.

I never went back. I would do it again."""
COOK = replace(
    story("cook.md", TEXT),
    title="Out of the kitchen",
    url="https://example.org/out?of=the&kitchen",
    metadata={"author": "Ana", "from": "cook", "to": "data analyst", "year": 2019, "source": "A blog"},
)


def place_of(words: str, told: Story = COOK) -> Place:
    start = told.text.index(words)
    return Place.of(told, start, start + len(words), number=1, generation=7)


def opened(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def marks(html: str, kind: str = "cited") -> list[str]:
    return [mark.text for mark in opened(html).select(f"mark.{kind}")]


@pytest.mark.parametrize(
    "words",
    [
        "I was a cook.",
        "Then, at thirty-four, I was not: “enough”, I said.",
        "1,900 euros",
        "Then go.",
        "The way out",
        "🍳",
    ],
)
def test_the_cited_words_are_marked(words: str) -> None:
    assert marks(article(COOK, place_of(words))) == [words]


def test_a_quote_over_several_blocks_is_marked_in_each() -> None:
    html = article(COOK, place_of("1,900 euros\n\n> Talk to five people.\n> Then go.\n\nI never went back."))
    assert marks(html) == ["1,900 euros", "Talk to five people.", "Then go.", "I never went back."]


def test_other_citations_are_marked_faintly_and_the_cited_place_wins_where_they_overlap() -> None:
    also = [place_of("I never went back."), place_of("cook. 🍳 Then")]
    html = article(COOK, place_of("I was a cook."), also)
    assert marks(html) == ["I was a cook."]
    assert "".join(marks(html, "also")) == " 🍳 ThenI never went back."


def test_a_story_opened_as_a_whole_has_no_marks() -> None:
    soup = opened(article(COOK, Place.of(COOK)))
    assert soup.select("mark") == []
    assert soup.select_one(".kicker") is not None
    assert soup.select_one(".aside") is None


def test_the_other_cited_words_of_the_story_can_be_stepped_to_in_the_order_of_its_text() -> None:
    first, second, third = (place_of(words) for words in ("I was a cook.", "1,900 euros", "I never went back."))
    elsewhere = Place.of(story("other.md", TEXT), 3, 9)
    soup = opened(article(COOK, second, [third, elsewhere, second, first]))
    assert [part.text for part in soup.select(".steps [role=status]")] == ["2 of 3"]
    assert [button["data-place"] for button in soup.select(".step")] == [first.href, third.href]
    at_end = opened(article(COOK, third, [third, first])).select(".step")
    assert [button.get("data-place") for button in at_end] == [first.href, None]
    assert [button.has_attr("disabled") for button in at_end] == [False, True]


@pytest.mark.parametrize("also", [[], ["I was a cook."]])
def test_where_nothing_else_is_cited_there_is_nowhere_to_step(also: list[str]) -> None:
    html = article(COOK, place_of("I was a cook."), [place_of(words) for words in also])
    assert opened(html).select(".step, .steps") == []
    assert opened(article(COOK, Place.of(COOK), [place_of("1,900 euros")])).select(".step") == []


def test_what_is_known_of_a_story_is_told() -> None:
    soup = opened(article(COOK, place_of("I was a cook.")))
    assert soup.h2 is not None
    assert soup.h2.text == "Out of the kitchen"
    about, source = soup.select_one(".about"), soup.select_one(".source a")
    assert about is not None
    assert source is not None
    assert about.text == "Ana · 2019 · cook → data analyst"
    assert (source["href"], source["rel"]) == (COOK.url, ["noopener", "noreferrer"])


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//elsewhere.example", ""])
def test_only_http_addresses_become_links(url: str) -> None:
    assert opened(article(replace(COOK, url=url), Place.of(COOK))).select("a") == []


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "![x](http://y)", "[c](javascript:alert(1))", "${1+1}", "{{value}}", '"><b>'],
)
def test_a_hostile_story_is_shown_to_the_letter(hostile: str) -> None:
    told = replace(
        story(f"{hostile}.md", f"# {hostile}\n\n{hostile} said.\n\n- {hostile}\n\n> {hostile}"),
        title=hostile,
        metadata={"author": hostile, "from": hostile, "to": hostile, "source": hostile, "date": hostile},
    )
    soup = opened(article(told, place_of(f"{hostile} said.", told)))
    assert {tag.name for tag in soup.find_all()} == {
        *("article", "header", "span", "button", "h2", "p", "div", "h3", "mark", "ul", "li", "blockquote")
    }
    assert soup.text.count(hostile) == 10
    assert not any(name.startswith("on") for tag in soup.find_all() for name in tag.attrs)


@given(st.text(alphabet="ab 🍳é<&#->\n", min_size=1, max_size=60), st.data())
def test_marked_words_are_the_quote_whatever_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    told = story("any.md", text)
    html = article(told, Place.of(told, start, end))
    quoted = text[start:end]
    kept = "".join(marks(html))
    letters = str.maketrans("", "", "\n #->")  # block marks are not shown, and white space alone is not marked
    assert kept.translate(letters) == quoted.translate(letters)
    assert "\n" in quoted or not quoted.strip() or kept == "" or kept in quoted


@pytest.mark.parametrize(
    "name", ["plain.md", "a b/ç?#&=%41+.md", '"><script>.md', "名前 (1).md", "back\\slash.md", "%2e%2e.md"]
)
def test_a_place_survives_the_way_to_the_browser_and_back(name: str) -> None:
    place = Place(name, "abc123def456", 5, 90, 3, 12)
    assert Place.from_href(place.href) == place
    assert place.href.isascii()
    assert not set(place.href) & set(" \"'<>\\")


EDITION = "edition=0123456789ab"


def test_a_link_with_a_story_and_an_edition_is_a_place() -> None:
    assert Place.from_href(f"#story=a&{EDITION}") == Place("a", "0123456789ab")


@pytest.mark.parametrize(
    "href",
    [
        *(
            None,
            7,
            [],
            {},
            "",
            "#",
            "#src-1-2",
            f"story=a&{EDITION}",
            "#story=a",
            f"#{EDITION}",
            f"#story=a&{EDITION}&start=x",
        ),
        *(
            f"#story=a&{EDITION}&start=1.5",
            "#" + "a=1&" * 50,
            "#story=" + "a" * 20_000 + f"&{EDITION}",
            "javascript:alert(1)",
            "#story=a&edition=b",
            "#story=a&edition=\ud800",
            f"#story=\ud800&{EDITION}",
            f"#story=a&{EDITION}0",
        ),
    ],
)
def test_what_is_no_link_of_ours_is_no_place(href: object) -> None:
    assert Place.from_href(href) is None


@pytest.mark.parametrize(("start", "end"), [(-5, 5), (5, 5), (9, 3), (0, 10**9), (10**30, 10**30 + 5)])
def test_offsets_outside_the_story_mark_nothing(start: int, end: int) -> None:
    assert marks(article(COOK, Place.of(COOK, start, end))) == []


def test_a_story_changed_since_is_shown_and_nothing_wrong_is_marked() -> None:
    old = place_of("I was a cook.")
    soup = opened(article(replace(COOK, text=COOK.text.replace("cook", "chef")), old))
    assert soup.select("mark") == []
    told = soup.select_one(".aside")
    assert told is not None
    assert "has been changed" in told.text


SHELF = Shelf((COOK,))


def test_opening_a_citation_marks_it_and_the_others_of_its_story() -> None:
    asked = {
        "place": place_of("I was a cook.").href,
        "also": [place_of("I never went back.").href, Place("other.md", "x", 0, 9).href, "junk", None],
    }
    html = open_story(asked, SHELF)
    assert (marks(html), marks(html, "also")) == (["I was a cook."], ["I never went back."])


def test_of_very_many_other_citations_some_are_marked() -> None:
    others = [Place.of(COOK, start, start + 1).href for start in range(0, len(TEXT) - 1, 2)]
    html = open_story({"place": place_of("I would").href, "also": others * 9}, SHELF)
    assert 0 < len(marks(html, "also")) <= MAX_ALSO


@pytest.mark.parametrize(
    "asked",
    [
        *(None, 3, "x", [], {}, {"place": None}, {"place": "#x"}, {"place": place_of("I was").href, "also": 7}),
        *({"place": f"#story={COOK.id}&edition=\ud800"}, {"place": f"#story=\ud800&{EDITION}"}),
        {"place": place_of("I was").href, "also": [f"#story={COOK.id}&edition=\ud800"]},
    ],
)
def test_whatever_the_browser_sends_there_is_no_error(asked: object) -> None:
    assert "<article" in open_story(asked, SHELF)


def test_a_story_that_is_gone_is_said_to_be() -> None:
    asked = {"place": Place("../../etc/passwd", "0123456789ab").href}
    html = open_story(asked, SHELF)
    assert "no longer in the library" in html
    assert "passwd" not in opened(html).text


@pytest.mark.parametrize("href", [Place("gone.md", "0123456789ab", 3, 9).href, '#"><img src=x>'])
def test_where_there_is_no_story_the_reader_still_knows_what_was_asked_for(href: str) -> None:
    """Else it would not be opened again by another click: it would be the same as before."""
    (shown,) = opened(open_story({"place": href}, SHELF)).select("article.notice")
    assert shown["data-place"] == href
