"""Drafts by rules: true to the story to the word, answerable by their quote, no two alike, the same every time."""

from pathlib import Path

import pytest

from eval.drafting.clozes import GAP, fact
from eval.drafting.drafts import Draft, spread, without_duplicates
from eval.drafting.rules import drafts_by_rules
from eval.drafting.span_questions import LONGEST_COPY, copied, questions
from eval.drafting.tellers import subject, tellers
from eval.drafting.unanswered import unanswered_drafts
from eval.gold import find_quote
from index.stories import Story, read_stories
from tests.library import write_library

ROOT = Path(__file__).parent.parent


def told(text: str, title: str = "A story", **metadata: str) -> Story:
    return Story(f"{title}.md", title, "", metadata, text, "0" * 64)


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("I sent forty applications and had three interviews.", "How many applications did {who} send?", "forty"),
        ("Then I paid 4,200 euros for a bootcamp.", "How much did {who} pay for a bootcamp?", "4,200 euros"),
        ("In 2018 I opened my own bakery.", "When did {who} open their own bakery?", "2018"),
        ("I left the harbour in March 2016.", "When did {who} leave the harbour?", "March 2016"),
        ("I was a lawyer for six years.", "How long was {who} a lawyer?", "six years"),
        (
            "I repaired nets for a year, and I worked at the bakery for about two months.",
            "How long did {who} work at the bakery?",
            "about two months",
        ),
        ("I spent two years learning Dutch.", "How long did {who} spend learning Dutch?", "two years"),
        (
            "It took me seven months to finish the course.",
            "How long did it take {who} to finish the course?",
            "seven months",
        ),
        (
            "In about six weeks, I finished the bread website.",
            "How long did it take {who} to finish the bread website?",
            "about six weeks",
        ),
        (
            "I quit my job because my back hurt every morning.",
            "Why did {who} quit their job?",
            "because my back hurt every morning",
        ),
        ("When I was twelve, I built a windmill.", "How old was {who} when they built a windmill?", "twelve"),
        ("I read a book called Bread for Beginners.", "Which book did {who} read?", "Bread for Beginners"),
        ("I moved to Lisbon with two suitcases.", "Where did {who} move to?", "Lisbon"),
        ("The hardest part was getting up at two.", "What was the hardest part for {who}?", "getting up at two"),
        ("My first job was in a shipyard.", "What was the first job of {who}?", "in a shipyard"),
    ],
)
def test_a_sentence_is_turned_into_the_question_it_answers(sentence: str, question: str, answer: str) -> None:
    found = next(questions(sentence, "I"))
    assert (found.question, found.answer) == (question, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "I paid for it for two years.",  # for what?
        "They told me that forty people had applied.",  # another's deed
        "I did not send forty applications.",
        "I would have paid 4,200 euros for a bootcamp.",
        "I sent a few applications.",
        "He sent forty applications.",  # not the teller
        "I had hope.",
        "I read a book called Flour and Fire.",  # which is cut short where it seems to be two
    ],
)
def test_a_sentence_that_would_make_a_poor_question_makes_none(sentence: str) -> None:
    assert list(questions(sentence, "I")) == []


def test_whose_words_are_the_tellers_is_told_by_the_text() -> None:
    assert subject("I baked. My oven was hot.") == "I"
    assert subject("Ines baked. She left. Then Ines moved to Porto, and Ines found her work.") == "(?:[Ss]he|Ines)"
    assert subject("He baked in his shop.") == "[Hh]e"


def test_a_question_says_whose_story_is_meant_and_no_two_stories_share_the_words() -> None:
    change = {"from": "baker, cook", "to": "aspiring web developer"}
    english = "It was the end of my time in the bakery and I went to work for the web."
    one, other = told(english, "One", **change), told(english, "Two", **{**change, "to": "nurse"})
    assert [teller.who for teller in tellers([one, other]).values()] == [
        "the baker who wanted to become a web developer",
        "the baker who became a nurse",
    ]
    same = told(english, "Three", **change)
    assert [teller.who for teller in tellers([one, same]).values()] == [
        "the author of “One”",
        "the author of “Three”",
    ]
    told_of = told(english.replace("my", "her").replace("I", "she"), "Four")
    assert tellers([told_of])["Four.md"].who == "the person in “Four”"
    assert tellers([told(english), told(english)]) == {}
    assert tellers([told("Ich war zehn Jahre lang Bäcker und bin es nicht mehr.")]) == {}


def test_a_cloze_leaves_out_the_one_number_of_a_sentence() -> None:
    sentence = "For years I carried 200 loaves through the narrow streets every morning."
    start, end = fact(sentence) or (0, 0)
    assert sentence[start:end] == "200"
    assert fact("For years I carried 200 loaves and 30 cakes through the narrow streets every morning.") is None
    assert fact("Here are 200 loaves that I carried through the narrow streets every morning.") is None
    assert fact("For years I carried one loaf through the narrow streets of town every morning.") is None


def test_a_question_without_answer_asks_for_what_the_story_has_no_word_of() -> None:
    teller = tellers([told("It was the end of my time in the bakery.")])["A story.md"]
    silent = {draft.asked for draft in unanswered_drafts(told("I baked bread."), teller)}
    speaking = "I read books and podcasts, earned 900 euros, and my wife and my mentor helped with interviews."
    left = {draft.asked for draft in unanswered_drafts(told(speaking), teller)}
    assert left < silent
    for word in ("books", "podcasts", "family", "mentor", "interview", "salary"):
        assert not any(word in asked for asked in left)
    assert len(silent - left) >= 5


def draft(story: str, question: str) -> Draft:
    return Draft(story, "single", question, answerable=True)


def test_drafts_are_spread_over_stories_and_no_two_are_alike() -> None:
    of_baker = [draft("baker", f"How many {thing} did she bake?") for thing in ("loaves", "cakes")]
    of_nurse = [draft("nurse", "Where did he work?")]
    assert [one.story for one in spread([of_baker, of_nurse])] == ["baker", "nurse", "baker"]
    again = draft("baker", "how many loaves did she bake")
    elsewhere = draft("nurse", "How many loaves did she bake?")
    assert without_duplicates([*of_baker[:1], again, elsewhere]) == [of_baker[0], elsewhere]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, ...]:
    made = read_stories(write_library(tmp_path_factory.mktemp("made") / "stories")).stories
    return (*made, *read_stories(ROOT / "stories").stories)


def test_the_same_stories_give_the_same_drafts_however_many_are_asked_for(stories: tuple[Story, ...]) -> None:
    drafts = drafts_by_rules(stories, 40)
    assert drafts == drafts_by_rules(stories, 40)
    assert {one.type for one in drafts} == {"single", "cloze", "unanswerable"}
    assert len(drafts_by_rules(stories, 8)) == 8


def test_every_draft_is_true_to_its_story(stories: tuple[Story, ...]) -> None:
    texts = {story.id: story.text for story in stories}
    for one in drafts_by_rules(stories, 200):
        assert bool(one.gold) == bool(one.answerable)
        assert "{who}" not in one.question
        for gold in one.gold:
            assert gold.quote in texts[gold.story]
            assert find_quote(gold.quote, texts[gold.story])
            assert one.reference in gold.quote
            assert one.type == "cloze" or copied(one.asked, gold.quote) <= LONGEST_COPY
        if one.type == "cloze":
            assert one.question.count(GAP) == 1
            assert one.gold[0].quote not in one.question


def test_no_sentence_is_asked_about_twice(stories: tuple[Story, ...]) -> None:
    golds = [one.gold for one in drafts_by_rules(stories, 200) if one.gold]
    assert len(golds) == len(set(golds))
