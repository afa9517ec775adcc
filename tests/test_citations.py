"""A mark in an answer opens exact words, or it is not there."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import Passage, sentences_within
from index.search import Hit, HitSentence
from index.stories import Story
from rag.citations import locate, resolve, without_marks

TEXT = "I baked bread in Lyon. My shift began at two. In 2018 I found a free Python course. It took me seven months."


def hit(identity: str = "baker.md", text: str = TEXT) -> Hit:
    story = Story(identity, "From bread to back end", "", {}, text, "")
    spans = tuple(HitSentence(span, 0.0, 0.0) for span in sentences_within(text, 0, len(text)))
    return Hit(Passage(identity, 0, 0, len(text), text), story, 1.0, {}, spans)


HITS = [hit(), hit("lawyer.md", "I was a lawyer in Porto. I learned SQL from a colleague in accounting.")]


def test_a_mark_is_narrowed_to_the_sentence_that_carries_the_claim() -> None:
    resolved = resolve("She found a free Python course in 2018. [1]", HITS)
    assert resolved.text == "She found a free Python course in 2018. [1]"
    assert resolved.citations[0].quote == "In 2018 I found a free Python course."
    assert resolved.sentences[0].citations == (1,)


def test_marks_are_numbered_in_order_of_appearance_one_for_each_stretch_of_words() -> None:
    resolved = resolve(
        "She learned SQL from a colleague. [2] The course took seven months. [1] SQL came from a colleague. [2]", HITS
    )
    assert (
        resolved.text
        == "She learned SQL from a colleague. [1] The course took seven months. [2] SQL came from a colleague. [1]"
    )
    assert [(citation.number, citation.story.id) for citation in resolved.citations] == [
        (1, "lawyer.md"),
        (2, "baker.md"),
    ]


@pytest.mark.parametrize(
    ("mark", "numbers"),
    [
        ("[1, 2]", 2), ("[1][2]", 2), ("[1] [2]", 2), ("[1-2]", 2), ("[1–2]", 2), ("[1 and 2]", 2), ("[1;2]", 2),
        ("【1】", 1), ("［2］", 1), ("【1†source】", 1), ("[^1]", 1), ("¹", 1), ("¹²", 0), ("[1; 2]", 2), ("[ 1 ]", 1),
        ("[passage 1]", 1), ("[Passage 2]", 1), ("[Passages 1 and 2]", 2), ("[passage 1, passage 2]", 2),
        ("[source 1-2]", 2), ("[^1][^2]", 2), ("[1, 2, 1]", 2),
    ],
)  # fmt: skip
def test_the_ways_models_write_marks_are_understood(mark: str, numbers: int) -> None:
    resolved = resolve(f"The baker and the lawyer both learned something new. {mark}".replace(". ¹", ".¹"), HITS)
    assert len(resolved.citations) == numbers
    assert without_marks(resolved.text) == "The baker and the lawyer both learned something new."


@pytest.mark.parametrize("mark", ["[3]", "[0]", "[99]", "[2024]", "【7】"])
def test_a_mark_that_points_at_nothing_is_taken_out_and_counted(mark: str) -> None:
    resolved = resolve(f"She found a free course {mark}.", HITS)
    assert resolved.text == "She found a free course."
    assert (resolved.citations, resolved.dropped) == ((), 1)


def test_brackets_that_are_no_marks_stay() -> None:
    text = "She wrote [sic] about m² and [draft 1], called f(1), and said (2) in [the] end."
    assert resolve(text, HITS).text == text


def test_a_mark_inside_a_sentence_stays_where_it_was_and_cites_what_stands_before_it() -> None:
    resolved = resolve("Her shift began at two in the morning [1], and she learned SQL from a colleague [2].", HITS)
    assert resolved.text == "Her shift began at two in the morning [1], and she learned SQL from a colleague [2]."
    assert [citation.quote for citation in resolved.citations] == [
        "My shift began at two.",
        "I learned SQL from a colleague in accounting.",
    ]


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("Her shift began at two in the morning [1].", "Her shift began at two in the morning [1]."),
        ("Her shift began at two in the morning.[1]", "Her shift began at two in the morning. [1]"),
        ("**Her shift began at two in the morning.** [1]", "**Her shift began at two in the morning.** [1]"),
        ("**Her shift began at two in the morning [1].**", "**Her shift began at two in the morning [1].**"),
        ("**Work** [1]\n\nIt was at night.", "**Work** [1]\n\nIt was at night."),
        ("## Her shift began at two [1]\n\nIt did.", "## Her shift began at two [1]\n\nIt did."),
        ("She said: “My shift began at two [1].” It did.", "She said: “My shift began at two [1].” It did."),
        ("(Her shift began at two in the morning [1].)", "(Her shift began at two in the morning [1].)"),
    ],
)
def test_a_mark_stays_where_it_was_written(draft: str, text: str) -> None:
    resolved = resolve(draft, HITS)
    assert resolved.text == text
    assert [sentence.citations for sentence in resolved.sentences if sentence.citations] == [(1,)]


def test_each_item_of_a_list_has_its_own_citation() -> None:
    items = "- A free Python course in 2018 [1]\n- SQL learned from a colleague [2]\n1. Seven months [1]."
    draft = f"What helped:\n\n{items}"
    resolved = resolve(draft, HITS)
    assert resolved.text == draft.replace("months [1]", "months [3]")
    assert [sentence.citations for sentence in resolved.sentences] == [(), (1,), (2,), (3,)]
    assert resolved.citations[2].quote == "It took me seven months."


def test_a_quotation_is_cited_to_the_character() -> None:
    resolved = resolve("A baker writes: “In 2018 I found a free Python course. It took me seven months.” [1]", HITS)
    assert len(resolved.sentences) == 1
    assert resolved.citations[0].quote == "In 2018 I found a free Python course. It took me seven months."


def test_each_sentence_of_a_quotation_has_its_own_citation() -> None:
    resolved = resolve("A baker writes: “In 2018 I found a free Python course. [1] It took me seven months.” [1]", HITS)
    assert resolved.text == "A baker writes: “In 2018 I found a free Python course. [1] It took me seven months.” [2]"
    assert [citation.quote for citation in resolved.citations] == [
        "In 2018 I found a free Python course.",
        "It took me seven months.",
    ]
    assert [sentence.citations for sentence in resolved.sentences] == [(1, 2)]


@pytest.mark.parametrize(
    ("claim", "text", "quote"),
    [
        ("The author of “My road” writes: “I sat in it.", "My road\n\nI sat in it.", "I sat in it."),
        ("The author of “My road to code” writes: “I left.”", "My road to code\n\nI left.", "I left."),
        ("She writes: “He said “wait” and went.”", "He said “wait” and went.", "He said “wait” and went."),
        (" Then came “the dip” and I cried.", "Then came “the dip” and I cried.", "Then came “the dip” and I cried."),
        ("She writes: “He said “no.””", "He said “no.” I left.", "He said “no.”"),
        ("She called it “hard” and “the best year”.", "It was the best year. Yet hard.", "It was the best year."),
        ('She says "it was so hard" and left.', "I left. So it was so hard for me.", "it was so hard"),
        ('She says "it was hard" and left.', "I left. So it was hard for me.", "So it was hard for me."),
        ("She studied “art” first.", "I started late. Then I studied art.", "Then I studied art."),
        (
            'The course was "hard", but she had a job in six months.',
            "It was hard to find a flat. The course was hard, and a job came in six months.",
            "The course was hard, and a job came in six months.",
        ),
        (
            'She called the course "hard", but found a job in six months.',
            "It was hard to find a flat. After the course I found a job in six months.",
            "After the course I found a job in six months.",
        ),
        (
            "In “My Story” she says that the bootcamp cost 4,200 euros.",
            "# My Story\n\nI baked for years. The bootcamp cost 4,200 euros in all.",
            "The bootcamp cost 4,200 euros in all.",
        ),
    ],
)  # fmt: skip
def test_a_quotation_is_found_whole_whatever_else_is_quoted_beside_or_in_it(claim: str, text: str, quote: str) -> None:
    start, end = locate(claim, hit(text=text))
    assert text[start:end] == quote
    assert not text[start - 1 : start].isalpha()


def test_of_words_that_stand_twice_in_a_passage_those_are_opened_whose_sentence_carries_the_claim() -> None:
    text = "My flat: it was not that hard. The exam: it was not that hard."
    start, _ = locate('Of the exam she says "it was not that hard".', hit(text=text))
    assert start == text.rindex("it was")


def test_sentences_are_where_they_say_they_are() -> None:
    resolved = resolve("First, bread. [1]\n\nThen, law. [2] And no more.", HITS)
    assert [resolved.text[one.start : one.end] for one in resolved.sentences] == [
        one.text for one in resolved.sentences
    ]
    assert [one.citations for one in resolved.sentences] == [(1,), (2,), ()]


def test_a_mark_that_is_still_growing_is_held_back() -> None:
    assert resolve("She found a course. [", HITS, finished=False).text == "She found a course."
    assert resolve("She found a course. [1", HITS, finished=False).text == "She found a course."
    assert resolve("She found a course. [Passage 1", HITS, finished=False).text == "She found a course."
    assert resolve("She found a course.¹", HITS, finished=False).text == "She found a course."
    assert resolve("She found a course. [1]", HITS, finished=False).text == "She found a course. [1]"


def test_a_growing_draft_gives_a_growing_answer() -> None:
    draft = "A baker found a free Python course in 2018. [1] A lawyer learned SQL from a colleague in accounting. [2]"
    texts = [resolve(draft[:size], HITS, finished=False).text for size in range(len(draft) + 1)]
    assert all(later.startswith(earlier.rstrip()) for earlier, later in itertools.pairwise(texts))


@given(st.text(alphabet="ab .!?[]()0123¹²【】“”\n", max_size=120))
def test_every_citation_of_any_draft_holds_and_every_number_shown_is_one(draft: str) -> None:
    resolved = resolve(draft, HITS)
    for citation in resolved.citations:
        passage = citation.passage
        assert passage.start <= citation.quote_start < citation.quote_end <= passage.end
        assert citation.quote == citation.story.text[citation.quote_start : citation.quote_end] != ""
    known = {citation.number for citation in resolved.citations}
    assert {number for sentence in resolved.sentences for number in sentence.citations} == known
    assert all(resolved.text[one.start : one.end] == one.text for one in resolved.sentences)


def test_a_claim_that_spans_two_sentences_is_given_both() -> None:
    story = hit(text="We moved to Leeds. It cost us nine thousand pounds. The rest is history.")
    start, end = locate("Moving to Leeds cost them nine thousand pounds", story)
    assert story.story.text[start:end] == "We moved to Leeds. It cost us nine thousand pounds."
