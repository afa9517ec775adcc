"""rag.suggestions, rag.examples: questions that a person would ask, of kinds that a sentence of the story answers."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from index.live import LiveIndex
from index.stories import Story
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.examples import LOOKED_AT, OF_ALL, assured_examples, examples, spread
from rag.kinds import FIRST_JOB, HARDSHIP, JOURNEY, KINDS
from rag.suggestions import Suggestion, about, follow_ups, instead, put, who
from tests.chatbots import story

NURSE = replace(
    story(
        "nurse.md",
        "I was a nurse. I was bored, and I wanted to learn more. I took a course at Coursera. It was so hard that I "
        "cried. After two years of that course I was hired by a small company.",
    ),
    metadata={"from": "nurse with two children", "to": "data scientist at a bank"},
)
COOK = replace(
    story("cook.md", "I was a cook. I decided to leave. I read a book on statistics, and I struggled with it."),
    metadata={"from": "cook", "to": "aspiring data scientist"},
)
SAILOR = replace(
    story("sailor.md", "I was a sailor. I quit, since I was tired of the sea."),
    metadata={"from": "sailor", "to": "carpenter"},
)


@pytest.fixture(scope="module")
def quoting(built: LiveIndex) -> Rag:
    return Rag(built, QuotingAnswerer())


def everything(_: Suggestion) -> bool:
    return True


def nothing(_: Suggestion) -> bool:
    return False


def questions(told: Story) -> list[str]:
    return [suggestion.question for suggestion in about(told, KINDS)]


def test_only_what_a_sentence_of_the_story_tells_is_asked() -> None:
    assert questions(NURSE) == [
        "How did the nurse find a first job as a data scientist?",
        "What made the nurse change careers?",
        "Which courses or books did the nurse learn from?",
        "What did the nurse find hard?",
        "How long did it take the nurse to become a data scientist?",
    ]
    assert questions(SAILOR) == ["What made the sailor change careers?"]
    assert questions(story("empty.md", "Nothing much.")) == []


@pytest.mark.parametrize(
    ("title", "author", "text", "named"),
    [
        ("A new start", "Ana Lima", "I did it. My way.", "Ana Lima"),
        ("A new start", "ana99", "I did it. My way.", "the author of “A new start”"),
        ("A new start", "Ana Lima", "She did it. Her way. He saw.", "the person in “A new start”"),
        ("A long title: " + "and so on " * 9, "", "I did it.", "the author of “A long title”"),
        (
            "Chapter 1 - " + "and so on " * 9,
            "",
            "I did it.",
            f"the author of “Chapter 1 - {'and so on ' * 5}and so on…”",
        ),
    ],
)
def test_who_says_not_what_they_were_is_named_by_name_or_title(title: str, author: str, text: str, named: str) -> None:
    assert who(replace(story("x.md", text), title=title, metadata={"author": author})) == named


def test_a_background_is_named_in_short() -> None:
    assert who(NURSE) == "the nurse"
    told = replace(NURSE, metadata={"from": "cognitive neuroscience phd", "to": "UX designer and more"})
    journey = put(told, JOURNEY)
    assert journey is not None
    assert journey.question == "How did the cognitive neuroscience PhD become a UX designer?"
    hoping = put(COOK, JOURNEY)
    assert hoping is not None
    assert hoping.question == "How did the cook become a data scientist?"


def test_it_goes_on_about_those_cited_and_about_somebody_else_with_the_same_goal() -> None:
    found = follow_ups(["How did the nurse learn?"], [NURSE], [SAILOR, COOK], everything)
    assert found == (
        "How did the nurse find a first job as a data scientist?",
        "What made the nurse change careers?",
        "How did the cook become a data scientist?",
    )


def test_what_was_found_to_be_told_is_not_looked_up_again() -> None:
    asked: list[str] = []

    def of_the_nurses_journey(suggestion: Suggestion) -> bool:
        asked.append(suggestion.question)
        return len(asked) == 1

    found = follow_ups(["How hard was it?"], [NURSE], [], of_the_nurses_journey)
    assert list(found) == asked[:1]


def test_neither_a_question_nor_the_kind_of_the_last_is_asked_again() -> None:
    asked = ["What made the nurse change careers?", "How did she find her first job?"]
    found = follow_ups(asked, [NURSE], [], everything, 9)
    assert "What made the nurse change careers?" not in found
    assert not any(FIRST_JOB.asks.search(question) for question in found)
    assert found


def test_no_two_questions_are_of_a_kind() -> None:
    found = follow_ups([], [NURSE, COOK, SAILOR], [], everything, 9)
    kinds = [next(kind for kind in KINDS if kind.asks.search(question)) for question in found]
    assert len(set(map(id, kinds))) == len(kinds)
    assert len({question.split("the ")[1].split(" ")[0] for question in found[:2]}) == 2, "of two people at first"


def test_what_the_library_does_not_answer_is_not_offered() -> None:
    assert follow_ups([], [NURSE], [COOK], nothing) == ()
    assert instead("Who sailed?", [NURSE, COOK], nothing) == ()

    def of_cook(suggestion: Suggestion) -> bool:
        return suggestion.story == COOK.id

    found = instead("Who sailed?", [NURSE, COOK], of_cook)
    assert len(found) == 2
    assert all("the cook" in question for question in found)


def test_in_place_of_a_refused_question_those_of_its_kind_come_first() -> None:
    assert instead("What did the pilot find hard?", [NURSE], everything)[0] == "What did the nurse find hard?"


def test_it_is_told_where_the_story_meant_is_quoted_with_such_a_sentence() -> None:
    hard = Suggestion("What did the nurse find hard?", "nurse.md", HARDSHIP)
    assert hard.is_told_by([("nurse.md", "It was so hard that I cried.")])
    assert not hard.is_told_by([("cook.md", "It was so hard that I cried."), ("nurse.md", "I was a nurse.")])
    everybody = replace(hard, story="")
    assert everybody.is_told_by([("cook.md", "I failed twice."), ("nurse.md", "It was hard to learn.")])
    assert not everybody.is_told_by([("cook.md", "I failed twice."), ("nurse.md", "I was a nurse.")])
    assert not everybody.is_told_by([("nurse.md", "I failed twice."), ("nurse.md", "I was a nurse.")])
    assert not everybody.is_told_by([("cook.md", "I was a cook."), ("nurse.md", "I was a nurse.")])


def test_examples_at_once_are_half_about_people_and_half_about_all() -> None:
    assert examples([NURSE, COOK, SAILOR], 4) == (
        "How did the nurse become a data scientist?",
        "How did the cook become a data scientist?",
        OF_ALL[0].question,
        OF_ALL[1].question,
    )
    assert examples([story("a.md", "")], 3) == tuple(suggestion.question for suggestion in OF_ALL[:3])


def test_assured_examples_take_turns_and_are_answered() -> None:
    def told(suggestions: Sequence[Story]) -> tuple[str, ...]:
        return assured_examples(suggestions, lambda story: story, everything, everything, 4)

    found = told([NURSE, COOK, SAILOR])
    assert found[0] == "How did the nurse become a data scientist?"
    assert found[1::2] == (OF_ALL[0].question, OF_ALL[1].question)
    assert "the nurse" not in found[2], "somebody else than the first"
    assert assured_examples([NURSE], lambda story: story, nothing, nothing, 4) == ()


def test_a_large_library_is_looked_at_here_and_there() -> None:
    shelf = [story(f"{number}.md", "") for number in range(1000)]
    assert len(spread(shelf, LOOKED_AT)) == LOOKED_AT
    assert spread(shelf, LOOKED_AT)[-1].id == "913.md"
    assert spread(shelf[:3], LOOKED_AT) == shelf[:3]


def test_what_is_suggested_is_answered_from_the_library(quoting: Rag) -> None:
    quoting.warm()
    offered = set(quoting.examples(4))
    for question in ("How much did the baker pay for the bootcamp?", "How did the airline pilot learn to program?"):
        found = quoting.suggestions(quoting.ask(question), [])
        assert found
        offered |= set(found)
    assert len(offered) >= 5
    for question in offered:
        answer = quoting.ask(question)
        assert not answer.refused, question
        assert answer.citations, question


def test_a_refusal_offers_two_questions_whatever_was_asked(quoting: Rag) -> None:
    quoting.warm()
    for question in ("What is the weather like tomorrow?", "How did the airline pilot learn to program?"):
        answer = quoting.ask(question)
        assert answer.refused
        assert len(set(quoting.suggestions(answer))) == 2


def test_no_refusal_promises_what_was_not_looked_up(quoting: Rag) -> None:
    cold = Rag(quoting.index, QuotingAnswerer())
    assert cold.examples()
    assert cold.suggestions(cold.ask("What is the weather like tomorrow?")) == ()
