"""The search finds the passage that answers, says why, and gives the same order every time."""

from pathlib import Path

import numpy as np
import pytest

from index.lexical import LexicalIndex, Words, terms
from index.live import LiveIndex
from index.relevance import PASSAGE_WEIGHTS, STORY_WEIGHTS
from index.search import standardise


@pytest.mark.parametrize(
    ("words", "story", "sentence"),
    [
        ("what did the former baker pay for the bootcamp", "baker.md", "4,200 euros"),
        ("how much less did the ex lawyer earn", "lawyer.md", "fell by a fifth"),
        ("who learned C programming in winter", "welder.md", "taught myself C"),
        ("what annoyed the nurse about the hospital software", "nurse.txt", "nine clicks"),
    ],
)
def test_the_passage_that_answers_comes_first(built: LiveIndex, words: str, story: str, sentence: str) -> None:
    best = built.search(words)[0]
    assert best.story.id == story
    assert sentence in best.passage.text


def test_hits_say_what_their_score_is_made_of(built: LiveIndex) -> None:
    hits = built.search("free Python course")
    assert all(set(hit.components) == {"dense", "sentence", *STORY_WEIGHTS, *PASSAGE_WEIGHTS} for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_hits_hold_their_sentences_with_cosines(built: LiveIndex) -> None:
    hit = built.search("free Python course by a university")[0]
    (start, end), _ = max(hit.sentences, key=lambda item: item[1])
    assert hit.story.text[start:end] == "In 2018 I found a free Python course by the University of Helsinki."
    assert max(cosine for _, cosine in hit.sentences) == pytest.approx(hit.components["sentence"])


def test_the_order_is_the_same_every_time(built: LiveIndex) -> None:
    assert built.search("the job") == built.search("the job")


@pytest.mark.parametrize("words", ["", "the of and", "zzzz qqqq", "🦀", "x" * 5000])
def test_odd_words_find_something_or_nothing_but_never_fail(built: LiveIndex, words: str) -> None:
    assert len(built.search(words, 3)) <= 3


def test_standardised_values_have_mean_0_and_deviation_1_or_are_all_0() -> None:
    assert standardise(np.array([1.0, 2.0, 3.0])).std() == pytest.approx(1)
    assert standardise(np.array([2.0, 2.0])).tolist() == [0, 0]


def lexical_index(passages: list[str], stories: list[str]) -> LexicalIndex:
    vocabulary: dict[str, int] = {}
    of_passages, of_stories = (list(Words.of(texts).renumbered(vocabulary)) for texts in (passages, stories))
    return LexicalIndex.build(of_passages, of_stories, vocabulary)


def test_words_are_stemmed_and_stop_words_dropped() -> None:
    assert terms("the learning of courses") == terms("it learned a course") == ["learn", "cours"]


def test_bm25_of_a_passage_is_0_where_no_word_is_shared_and_stays_so_after_saving(tmp_path: Path) -> None:
    index = lexical_index(["bread and flour", "code and tests", "the and of"], ["bread and flour", "code"])
    folder = tmp_path / "lexical"
    index.save(folder)
    for lexical in (index, LexicalIndex.load(folder)):
        scores = lexical.passage_scores("baking bread")
        assert scores[0] > 0 == scores[1] == scores[2]
        assert lexical.passage_scores("the").tolist() == [0, 0, 0]
        assert lexical.is_known(terms("bread")[0])
        assert lexical.idf("unknown") > lexical.idf(terms("bread")[0])


def test_a_library_without_a_single_word_can_be_indexed() -> None:
    assert lexical_index(["…", "!"], ["…"]).passage_scores("bread").tolist() == [0, 0]


def test_words_are_kept_as_numbers_and_read_back(tmp_path: Path) -> None:
    words = Words.of(["the baker baked bread", "", "bread é 𝄞"])
    words.save(tmp_path / "words.npz")
    found = Words.load(tmp_path / "words.npz")
    spelt = [[found.vocabulary[number] for number in text] for text in found]
    assert spelt == [terms("the baker baked bread"), [], terms("bread é 𝄞")]
    larger = {"flour": 0, "bread": 1}
    assert [1 in text for text in found.renumbered(larger)] == [True, False, True]
    assert len(found) == 3
    assert set(larger) >= set(found.vocabulary)
