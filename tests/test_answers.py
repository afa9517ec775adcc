"""ui.answers: marks become chips that lead to their words, doubts are shown, and no word becomes markup."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from index.filters import Filters
from index.stories import Story
from rag.answer import Answer, Sentence, Tokens
from rag.grounding import Support, Verdict
from tests.chatbots import answered, hits_of, quoted, refused, story
from ui.answers import message, problem, question, stopped, waiting
from ui.escaping import words
from ui.reader import Place

COOK = replace(
    story("cook & co.md", "I was a cook. It took two years."),
    title="Out of the kitchen",
    metadata={"from": "cook", "to": "analyst"},
)
NURSE = replace(story("nurse.md", "I was a nurse. I learned at night."), title="Night shifts")


def opened(answer: Answer) -> BeautifulSoup:
    markup = message(answer)
    assert "\n" not in markup, "a line end would let Markdown see the rest"
    return BeautifulSoup(markup, "html.parser")


def texts(soup: BeautifulSoup, selector: str) -> list[str]:
    return [found.text for found in soup.select(selector)]


def of_sentences(*verdicts: Verdict, reasons: tuple[str, ...] = ()) -> Answer:
    """An answer with a sentence for each verdict, all citing the cook."""
    citation = quoted(1, COOK, "It took two years.")
    text, sentences = "", []
    for number, verdict in enumerate(verdicts):
        said = f"Sentence {number} says so [1]."
        sentences.append(Sentence(said, len(text), len(text) + len(said), (1,), Support(0.5, verdict, reasons)))
        text += f"{said} "
    return Answer("?", text.strip(), tuple(sentences), (citation,), finished=True)


def test_each_mark_becomes_a_chip_that_leads_to_its_words() -> None:
    citations = [quoted(1, COOK, "It took two years."), quoted(2, NURSE, "I learned at night.")]
    soup = opened(answered("How long?", citations))
    chips = soup.select("a.cite")
    assert [chip.text for chip in chips] == ["1", "2"]
    assert chips[0]["title"] == "Source 1: Out of the kitchen\ncook → analyst\n“It took two years.”"
    assert chips[1]["title"] == "Source 2: Night shifts\n“I learned at night.”"
    place = Place.from_href(chips[0]["href"])
    assert place is not None
    assert place.is_in(COOK)
    assert COOK.text[place.start : place.end] == "It took two years."
    assert "[1]" not in soup.text


def test_a_mark_without_its_citation_is_not_shown() -> None:
    soup = opened(Answer("?", "It took a year [1][7]."))
    assert soup.select("a.cite") == []
    assert soup.text == "It took a year."


def test_an_answer_still_growing_has_no_footer_and_no_doubts() -> None:
    citation = quoted(1, COOK, "It took two years.")
    soup = opened(Answer("?", "It took two", (Sentence("It took two", 0, 11, ()),), (citation,)))
    assert soup.select("footer, .doubt, small") == []


def test_before_the_first_word_the_message_says_that_it_is_waited_for() -> None:
    assert message(Answer("?")) == waiting()


def test_paragraphs_and_lists_are_kept() -> None:
    soup = opened(Answer("?", "First this.\n\nThen:\n\n- one\n- two"))
    assert (texts(soup, "p"), texts(soup, "li")) == (["First this.", "Then:"], ["one", "two"])


@pytest.mark.parametrize(
    ("verdict", "note"), [("unsupported", "not in its source"), ("partly", "partly in its source")]
)
def test_a_sentence_in_doubt_is_underlined_with_the_reason(verdict: Verdict, note: str) -> None:
    soup = opened(of_sentences("supported", verdict, reasons=("the number 47 is not there",)))
    assert texts(soup, ".doubt") == ["Sentence 1 says so"]
    assert texts(soup, "small") == [note]
    assert "the number 47 is not there" in str(soup.select(".doubt")[0]["title"])
    assert soup.select(".doubt a") == []


def test_a_sentence_that_cites_nothing_is_said_to_have_no_source() -> None:
    said = "Talk to people."
    soup = opened(Answer("?", said, (Sentence(said, 0, len(said), (), Support(0.0, "unsupported")),), finished=True))
    assert texts(soup, "small") == ["no source"]


@pytest.mark.parametrize(
    ("verdicts", "words_of_support"),
    [
        (("supported",), "1 of 1 sentence checked against its source"),
        (("supported", "supported", "supported"), "3 of 3 sentences checked against their sources"),
        (
            ("supported", "partly"),
            "1 of 2 sentences found in their sources; what is underlined is not, or only in part",
        ),
        ((), "Not checked against the stories"),
    ],
)
def test_the_support_of_an_answer_in_words(verdicts: tuple[Verdict, ...], words_of_support: str) -> None:
    assert texts(opened(of_sentences(*verdicts)), ".support") == [words_of_support]


def test_everybody_cited_has_one_card_that_leads_to_their_first_citation() -> None:
    citations = [
        quoted(1, COOK, "It took two years."),
        quoted(2, NURSE, "I was a nurse."),
        quoted(3, COOK, "I was a cook."),
    ]
    cards = opened(answered("?", citations)).select("a.person")
    assert [card.text for card in cards] == ["Out of the kitchencook → analyst", "Night shifts"]
    first = Place.from_href(cards[0]["href"])
    assert first is not None
    assert (first.story, first.number) == (COOK.id, 1)


def test_what_went_wrong_on_the_way_and_what_was_mended_is_told() -> None:
    answer = replace(of_sentences("supported"), notice="The model fell silent.", rewritten=True, repairs=1)
    assert texts(opened(replace(answer, dropped_sentences=2, dropped_marks=1)), "footer .aside") == [
        "The model fell silent.",
        "The model was asked once more, since its sources did not carry its first answer.",
        "1 sentence is now cited to a passage that carries what is said.",
        "2 sentences are left out: no passage carries such words.",
        "1 citation is left out: no passage shown has such a number.",
    ]


def test_what_a_language_model_took_is_told_where_its_provider_counts() -> None:
    answer = replace(of_sentences("supported"), tokens=Tokens(1204, 87), seconds={"first": 0.42})
    assert texts(opened(answer), "footer .aside") == ["First words after 0.4 s. 1,204 tokens read, 87 written."]
    assert texts(opened(of_sentences("supported")), "footer .aside") == []


@pytest.mark.parametrize("filters", [Filters(), Filters(tags=("phd",))])
def test_a_refusal_says_that_the_model_failed(filters: Filters) -> None:
    failed = "openai:tiny failed while answering. The stories are quoted instead."
    soup = opened(replace(refused("How long?"), notice=failed, filters=filters))
    assert failed in texts(soup, "footer .aside")
    assert failed not in words(message(replace(refused("How long?"), notice=failed)))


def test_a_refusal_looks_different_and_offers_the_nearest_stories() -> None:
    soup = opened(replace(refused("The weather?"), nearest=(COOK, NURSE)))
    assert texts(soup, ".refusal") == ["The stories here do not tell that."]
    places = [Place.from_href(link["href"]) for link in soup.select("a.near")]
    assert [place and (place.story, place.start, place.end) for place in places] == [(COOK.id, 0, 0), (NURSE.id, 0, 0)]
    assert soup.select(".support, a.person") == []


def test_what_could_be_asked_next_is_offered_below_an_answer_and_in_place_of_one() -> None:
    asked = ("What made the cook change careers?", "How <b>long</b>?")
    for answer in (of_sentences("supported"), refused("The weather?")):
        soup = opened(replace(answer, suggestions=asked))
        assert texts(soup, "footer a.ask") == list(asked)
        assert words(str(soup)).count("cook change") == 0, "it is not part of what was said"
        assert texts(opened(answer), "a.ask, .next") == []


def test_where_filters_leave_no_story_what_could_be_asked_without_them_says_so() -> None:
    nothing = replace(refused("?"), filters=Filters(tags=("phd",)), suggestions=("Who?",))
    soup = opened(nothing)
    assert texts(soup, "footer .label.next") == ["Without filters, the stories do answer"]
    assert texts(soup, "footer a.ask.unfiltered") == ["Who?"]
    assert opened(replace(nothing, hits=hits_of([COOK]))).select(".unfiltered") == []


def test_filters_in_force_are_told_with_the_answer() -> None:
    filters = Filters(origins=("nurse", "cook"), tags=("bootcamp",))
    told = "Only people who started as “nurse” or “cook” and wrote about “bootcamp” were asked."
    for answer in (of_sentences("supported"), refused("The weather?")):
        assert texts(opened(replace(answer, filters=filters)), "footer .filtered") == [told]
        assert texts(opened(answer), ".filtered") == []


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>x</script>",
        "![x](http://y)",
        "[c](javascript:x)",
        "${1+1}",
        "{{value}}",
        "**b** _s_ `c`",
        "</div></p><b>",
        '" onclick="',
    ],
)
def test_hostile_words_are_shown_to_the_letter(hostile: str) -> None:
    told = Story(hostile, hostile, "", {"from": hostile, "to": hostile}, f"{hostile} said.", "0" * 64)
    answer = replace(answered("?", [quoted(1, told, f"{hostile} said.")], verdicts=("partly",)), notice=hostile)
    answer = replace(answer, suggestions=(hostile,), filters=Filters(tags=(f"{hostile} x",)))
    for shown in (answer, replace(refused("?"), reason=hostile, nearest=(told,), suggestions=(hostile,))):
        soup = opened(shown)
        assert hostile in soup.text
        assert {tag.name for tag in soup.find_all()} <= {
            *("div", "p", "a", "span", "small", "footer", "ul", "li", "strong")
        }
        assert {name for tag in soup.find_all() for name in tag.attrs} <= {
            "class",
            "href",
            "role",
            "title",
            "aria-label",
        }
    for markup in (problem(hostile), question(hostile), stopped(question(hostile))):
        assert len(BeautifulSoup(markup, "html.parser").find_all()) <= 2
        assert hostile in BeautifulSoup(markup, "html.parser").text


def test_what_was_said_can_be_read_back_from_the_message() -> None:
    answer = answered(
        "?",
        [quoted(1, COOK, "It took two years."), quoted(2, NURSE, "I was a nurse.")],
        verdicts=("partly", "supported"),
    )
    assert words(message(answer)) == "They say “It took two years.”. They say “I was a nurse.”."
    assert words(question("  two\nlines & <b>  ")) == "two\nlines & <b>"
    assert words(problem("The index is gone.")) == ""
    assert words(stopped(waiting())) == ""


def test_a_stopped_answer_says_how_far_it_came() -> None:
    assert "not finished" in stopped(message(Answer("?", "It took")))
    assert "before the first words" in stopped(waiting())
