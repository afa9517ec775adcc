"""The whole way of a question, on the real index and model: cited, checked, or honestly refused."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from index.errors import LLMError, QuestionError
from index.live import LiveIndex
from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.answer import Answer, Turn
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.question import MAX_CHARACTERS, Question
from rag.retrieval import spread
from rag.scope import REPLY


class ScriptedAnswerer:
    """Writes what a test tells it to, in pieces; fails at the end if told to."""

    name = "scripted"
    notice = "scripted"

    def __init__(self, *pieces: str, fails: bool = False) -> None:
        self.pieces = pieces
        self.fails = fails
        self.asked = 0

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        self.asked += 1
        yield from self.pieces
        if self.fails:
            raise LLMError("The service went away.")

    def repair(self, *_: object) -> Iterator[str]:
        return iter(())


@pytest.fixture(scope="module")
def quoting(built: LiveIndex) -> Rag:
    return Rag(built, QuotingAnswerer())


def test_a_misspelt_question_is_understood_searched_for_and_answered_as_it_was_meant(quoting: Rag) -> None:
    answer = quoting.ask("waht did teh ex welder laern from a book")
    assert not answer.refused
    assert "taught myself C" in answer.text
    assert answer.question == "waht did teh ex welder laern from a book"
    assert answer.standalone == "what did the ex welder learn from a book"


def test_a_language_model_reads_what_was_typed(built: LiveIndex) -> None:
    heard = []

    class Listening(ScriptedAnswerer):
        def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
            heard.append(question.for_model)
            return super().draft(question, hits, history)

    Rag(built, Listening("He taught himself C. [1]")).ask("waht did teh ex welder laern from a book")
    assert heard == ["waht did teh ex welder laern from a book"]


@pytest.mark.parametrize(
    ("question", "words", "story"),
    [
        ("How much did the baker pay for the bootcamp?", "4,200 euros", "baker.md"),
        ("Which free course taught the former baker to program?", "University of Helsinki", "baker.md"),
        ("What happened to the lawyer's salary?", "fell by a fifth", "lawyer.md"),
        ("what did the ex welder learn from a book", "taught myself C", "welder.md"),
    ],
)
def test_the_answer_quotes_the_words_that_answer_and_cites_them(
    quoting: Rag, question: str, words: str, story: str
) -> None:
    answer = quoting.ask(question)
    assert not answer.refused
    assert words in answer.text
    cited = next(citation for citation in answer.citations if words in citation.quote)
    assert cited.story.id == story
    assert quoting.generation().story(story).text[cited.quote_start : cited.quote_end] == cited.quote


def test_every_sentence_of_a_quoting_answer_is_cited_and_supported(quoting: Rag) -> None:
    answer = quoting.ask("How did the baker find a job?")
    assert answer.sentences
    for sentence in answer.sentences:
        assert sentence.citations
        assert sentence.support is not None
        assert sentence.support.verdict == "supported"


def test_many_people_are_quoted_where_many_are_asked_about(quoting: Rag) -> None:
    answer = quoting.ask("What do people say about courses?")
    assert len({citation.story.id for citation in answer.citations}) >= 2


def test_a_follow_up_is_answered_about_the_person_before(quoting: Rag) -> None:
    first = quoting.ask("What did the lawyer do before data?")
    history = [Turn("user", first.question), Turn("assistant", first.text)]
    answer = quoting.ask("and what happened to her salary?", history)
    assert "fell by a fifth" in answer.text


@pytest.mark.parametrize(
    "question",
    ["What is the weather like in Oslo tomorrow?", "Give me a recipe for pancakes", "who won the football cup in 1998"],
)
def test_who_asks_for_something_else_is_told_what_the_chat_is_for_and_no_model_is_asked(
    built: LiveIndex, question: str
) -> None:
    answerer = ScriptedAnswerer("Sunny. [1]")
    answer = Rag(built, answerer).ask(question)
    assert answer.refused
    assert answer.text == answer.reason == REPLY
    assert (answer.nearest, answer.citations, answerer.asked) == ((), (), 0)


@pytest.mark.parametrize(
    ("question", "reason", "nearest"),
    [
        ("How did the airline pilot become a programmer?", "No story here mentions “airline pilot”.", 3),
        ("how old was the lawyer?", "The sentences that come nearest do not tell an age.", 1),
    ],
    ids=["nobody is of that kind", "only the lawyer's own story may tell"],
)
def test_what_no_story_tells_is_refused_with_the_reason_and_the_nearest_stories(
    built: LiveIndex, question: str, reason: str, nearest: int
) -> None:
    answerer = ScriptedAnswerer("Forty. [1]")
    answer = Rag(built, answerer).ask(question)
    assert (answer.refused, answer.reason, answerer.asked) == (True, reason, 0)
    assert answer.text.startswith(f"{reason} Nearest: “")
    assert len(answer.nearest) == nearest


def test_an_answer_in_part_ends_with_what_is_missing(quoting: Rag) -> None:
    answer = quoting.ask("How did the lawyer and the plumber learn?")
    assert not answer.refused
    assert answer.citations
    assert answer.missing == "No story here mentions “plumber”."
    assert answer.text.endswith(f"\n\n{answer.missing}")
    assert answer.sentences[-1].text == answer.missing == answer.text[answer.sentences[-1].start :]


def test_answers_grow_and_the_last_is_finished(quoting: Rag) -> None:
    answers = list(quoting.stream("How much did the baker pay for the bootcamp?"))
    assert [answer.finished for answer in answers] == [False] * (len(answers) - 1) + [True]
    assert all(later.text.startswith(earlier.text) for earlier, later in itertools.pairwise(answers))
    assert {"retrieve", "first", "answer", "total"} == set(answers[-1].seconds)


def test_the_same_question_gets_the_same_answer(quoting: Rag) -> None:
    def timeless(answer: Answer) -> Answer:
        return replace(answer, seconds={})

    assert timeless(quoting.ask("How did the baker find a job?")) == timeless(
        quoting.ask("How did the baker find a job?")
    )


def test_a_claim_that_no_passage_carries_is_marked(built: LiveIndex) -> None:
    answer = Rag(built, ScriptedAnswerer("The baker paid 9,999 euros for the bootcamp. [1]")).ask(
        "How much did the baker pay for the bootcamp?"
    )
    support = answer.sentences[0].support
    assert support is not None
    assert support.verdict == "unsupported"
    assert any("9" in reason for reason in support.reasons)


def test_marks_that_point_at_nothing_never_reach_the_reader(built: LiveIndex) -> None:
    answer = Rag(built, ScriptedAnswerer("The baker paid for a bootcamp. [1", "7] ", "[1]")).ask(
        "How much did the baker pay for the bootcamp?"
    )
    assert "[17]" not in answer.text
    assert (answer.dropped_marks, len(answer.citations)) == (1, 1)


def test_a_model_that_says_the_stories_do_not_tell_is_a_refusal(built: LiveIndex) -> None:
    answer = Rag(built, ScriptedAnswerer("The stories here do not tell.")).ask(
        "How much did the baker pay for the bootcamp?"
    )
    assert answer.refused
    assert answer.nearest


def test_a_model_that_fails_at_once_is_replaced_by_quotes_with_a_notice(built: LiveIndex) -> None:
    answer = Rag(built, ScriptedAnswerer(fails=True)).ask("How much did the baker pay for the bootcamp?")
    assert "4,200 euros" in answer.text
    assert answer.notice.startswith("The service went away.")
    assert (answer.answerer, answer.cut_off) == ("quoting", False)


def test_a_model_that_fails_midway_leaves_what_was_written_with_a_notice(built: LiveIndex) -> None:
    answer = Rag(built, ScriptedAnswerer("The baker paid 4,200 euros for a bootcamp. [1]", fails=True)).ask(
        "How much did the baker pay for the bootcamp?"
    )
    assert answer.text.startswith("The baker paid 4,200 euros")
    assert answer.notice.startswith("The service went away.")
    assert answer.cut_off


@pytest.mark.parametrize("question", ["", "   \n ", "x" * (MAX_CHARACTERS + 1), "why " * 25_000])
def test_an_empty_or_endless_question_is_an_error_that_says_what_to_do(quoting: Rag, question: str) -> None:
    with pytest.raises(QuestionError, match=r"Type what you want to know|Shorten it"):
        quoting.ask(question)


def test_half_a_character_in_a_question_is_nothing_that_breaks(quoting: Rag) -> None:
    answer = quoting.ask("How much did the baker pay for the bootcamp? \ud83d")
    assert answer.question.endswith("bootcamp? \ufffd")
    assert "4,200 euros" in answer.text
    assert json.dumps(answer.to_json(), ensure_ascii=False).encode()
    history = [Turn("user", "What about the baker's bootcamp \ud83d?"), Turn("assistant", "She took one \ude00.")]
    answer = quoting.ask("And how much did it cost?", history)
    assert "4,200 euros" in answer.text
    assert json.dumps(answer.to_json(), ensure_ascii=False).encode()
    assert quoting.index.search("the bootcamp \udcff", 1)


def test_the_answer_as_json_has_the_documented_fields(quoting: Rag) -> None:
    found = quoting.ask("How much did the baker pay for the bootcamp?").to_json()
    assert {"question", "answer", "refused", "reason", "citations", "retrieved", "sentences", "seconds"} <= set(found)
    assert set(found["citations"][0]) == {"number", "story", "start", "end", "text"}
    assert set(found["retrieved"][0]) == {"story", "start", "end", "text", "score"}
    assert set(found["sentences"][0]) == {"text", "citations", "support"}


def test_examples_are_questions_that_the_library_answers(quoting: Rag) -> None:
    quoting.warm()
    examples = quoting.examples(4)
    assert len(set(examples)) == 4
    assert all(not quoting.ask(example).refused for example in examples)


def test_the_first_five_come_from_four_stories_and_little_else_is_moved() -> None:
    story = Story("", "", "", {}, "", "")
    hits = [Hit(Passage(name, 0, 0, 0, ""), replace(story, id=name), 0.0) for name in "aaaabbcdef"]
    assert "".join(hit.story.id for hit in spread(hits)) == "aabcdaabef"


def test_with_too_few_stories_the_order_stays_but_for_their_first_passages(quoting: Rag) -> None:
    hits = quoting.index.search("work", 8)
    assert sorted(map(id, spread(hits))) == sorted(map(id, hits))
    assert spread(hits)[0] is hits[0]
    assert spread([]) == []
