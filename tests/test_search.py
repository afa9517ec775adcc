"""The search finds the passage that answers, says why, and gives the same order every time."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
import pytest
import Stemmer
from bm25s.stopwords import STOPWORDS_EN_PLUS
from hypothesis import example, given
from hypothesis import strategies as st

from index.embedding import Embedder
from index.errors import FilterError
from index.filters import Filters
from index.generation import Generation
from index.lexical import LexicalIndex, Part, Words, terms
from index.live import LiveIndex
from index.query import Sought
from index.rebuild import rebuild
from index.relevance import PASSAGE_WEIGHTS, STORY_WEIGHTS
from index.search import Hit, standardise
from index.shard import Shard
from index.stop_words import STOP_WORDS
from index.store import PassageStore
from index.stories import Story
from tests.shards import contents, publish


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
    best = max(hit.sentences, key=lambda found: found.cosine)
    assert hit.story.text[slice(*best.span)] == "In 2018 I found a free Python course by the University of Helsinki."
    assert best.cosine == pytest.approx(hit.components["sentence"])


def test_sentences_are_those_that_were_embedded_whichever_splitter_is_installed_now(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [hit.texts for hit in built.search("free Python course")]
    monkeypatch.setattr("index.passages.sentence_spans", lambda text: ((0, len(text)),))
    assert [hit.texts for hit in built.search("free Python course")] == before
    assert max(map(len, before)) > 1


def test_the_order_is_the_same_every_time_and_in_every_process(built: LiveIndex) -> None:
    assert built.search("the job") == built.search("the job")
    opened_anew = LiveIndex(built.store, built.embedder).search("the job")
    assert [(hit.passage, hit.score) for hit in opened_anew] == [
        (hit.passage, hit.score) for hit in built.search("the job")
    ]


def test_more_hits_begin_with_the_same_ones(built: LiveIndex) -> None:
    for count in range(4):
        assert built.search("the job", count) == built.search("the job")[:count]


def test_passages_with_equal_evidence_come_in_the_order_of_the_library(tmp_path: Path, embedder: Embedder) -> None:
    for number in (2, 1, 3):
        write_story(tmp_path / "stories" / f"{number}.md", "I baked bread in Lyon for eleven years.")
    store = PassageStore(tmp_path / "index")
    rebuild(tmp_path / "stories", store, embedder)
    hits = LiveIndex(store, embedder).search("bread")
    assert len({hit.score for hit in hits}) == 1
    assert [hit.story.id for hit in hits] == ["1.md", "2.md", "3.md"]


FILTERS = {
    "from": Filters(origins=("baker", "lawyer")),
    "to": Filters(destinations=("developer",)),
    "tags": Filters(tags=("self-taught",)),
    "year": Filters(years=(2010, 2020)),
    "all": Filters(("lawyer",), ("analyst",), ("self-taught",)),
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("words", ["what did they learn from a book", "welding ships", "", "zzzz"])
def test_hits_are_of_stories_that_the_filters_leave_and_of_all_of_them(
    built: LiveIndex, filters: Filters, words: str
) -> None:
    left = {story.id for story in built.generation().stories() if filters.matches(story)}
    assert {hit.story.id for hit in built.search(Sought(words, filters=filters))} == left
    assert 0 < len(left) < 4


def test_what_is_rare_is_told_by_the_whole_library_whatever_filters_leave(built: LiveIndex) -> None:
    def evidence(hits: list[Hit]) -> dict[str, float]:
        return next(hit.components for hit in hits if hit.story.id == "lawyer.md")

    everywhere = evidence(built.search("a course about salery"))
    filtered = evidence(built.search(Sought("a course about salery", filters=Filters(origins=("lawyer",)))))
    assert filtered == pytest.approx(everywhere, abs=1e-4)  # a step of fp16 is a third of it; what is rare tells more
    assert filtered["story_words"] > 0  # the word was mended


def test_filters_that_leave_no_story_are_an_error_that_says_what_there_is(built: LiveIndex) -> None:
    with pytest.raises(FilterError, match="No story here starts from “bakers of cakes”"):
        built.search(Sought("bread", filters=Filters(origins=("bakers of cakes",))))


def test_stories_are_read_once_for_all_filters_of_a_generation(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, records = list[Shard](), Shard.records

    def counted(shard: Shard) -> Sequence[Story]:
        read.append(shard)
        return records(shard)

    monkeypatch.setattr(Shard, "records", counted)
    generation = built.store.open()
    for filters in (*FILTERS.values(), *FILTERS.values()):
        assert generation.matching(filters).tolist()
    assert len(read) == 1


@given(st.sets(st.integers(0, 11), min_size=1), st.integers(1, 12))
def test_of_some_rows_the_nearest_are_found_exactly(sharded: Generation, rows: set[int], count: int) -> None:
    question = np.random.default_rng(7).standard_normal(8).astype(np.float32)
    question /= np.linalg.norm(question)
    among = np.array(sorted(rows))
    cosines = sharded.vectors(among) @ question
    expected = dict(sorted(zip(among.tolist(), cosines.tolist(), strict=True), key=lambda item: -item[1])[:count])
    found = sharded.nearest(question, count, among)
    assert list(found) == list(expected)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Twelve passages in three shards, whose stories take turns in the order of rows."""
    store = PassageStore(tmp_path_factory.mktemp("sharded") / "index")
    every = [contents(f"{letter}.md", [f"{letter} one. ", f"{letter} two."]) for letter in "abcdef"]
    publish(store, every[0::3], every[1::3], every[2::3])
    return store.open()


def write_story(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"# The same title\n\n{text}", encoding="utf-8")


@pytest.mark.parametrize("words", ["", "the of and", "zzzz qqqq", "🦀", "x" * 5000])
def test_odd_words_find_something_or_nothing_but_never_fail(built: LiveIndex, words: str) -> None:
    assert len(built.search(words, 3)) <= 3


def test_standardised_values_have_mean_0_and_deviation_1_or_are_all_0() -> None:
    assert standardise(np.array([1.0, 2.0, 3.0])).std() == pytest.approx(1)
    assert standardise(np.array([2.0, 2.0])).tolist() == [0, 0]


def lexical_index(passages: list[str], stories: list[str]) -> LexicalIndex:
    """One shard whose passages and stories all have their place."""
    words, places = Words.of(passages, stories), [np.arange(len(texts)) for texts in (passages, stories)]
    return LexicalIndex([Part(words, *places)], len(passages), len(stories))


def scores(index: LexicalIndex, text: str, size: int) -> list[float]:
    found = np.zeros(size, dtype=np.float32)
    for term in terms(text):
        occurrences = index.in_passages(term)
        found[occurrences.places] += occurrences.scores
    return [float(score) for score in found]


def test_words_are_stemmed_and_stop_words_dropped() -> None:
    assert terms("the learning of courses") == terms("it learned a course") == ["learn", "cours"]


def test_bm25_of_a_passage_is_0_where_no_word_is_shared() -> None:
    lexical = lexical_index(["bread and flour", "code and tests", "the and of"], ["bread and flour", "code"])
    found = scores(lexical, "baking bread", 3)
    assert found[0] > 0 == found[1] == found[2]
    assert scores(lexical, "the", 3) == [0, 0, 0]
    assert lexical.is_known(terms("bread")[0])
    assert lexical.idf("unknown") > lexical.idf(terms("bread")[0])


def test_words_that_say_nothing_are_those_that_the_lexical_index_drops() -> None:
    assert frozenset(STOPWORDS_EN_PLUS) == STOP_WORDS
    assert terms(" ".join(STOP_WORDS)) == []


@given(st.text(st.one_of(st.characters(), st.sampled_from("abcdeing'’-_ 19é"))))
@example("She'd been a NURSE, for 11 years; İstanbul's naïve_snake_case co-op’s e-mail. I can't a b cc")
def test_words_are_those_of_bm25s(text: str) -> None:
    theirs = bm25s.tokenize(
        text, stopwords="en_plus", stemmer=Stemmer.Stemmer("english"), return_ids=False, show_progress=False
    )
    assert terms(text) == theirs[0]
    words = Words.of([text], [])
    assert dict(zip(words.vocabulary, words.passages.counts.tolist(), strict=True)) == Counter(theirs[0])


def test_bm25_is_that_of_bm25s_over_however_many_shards() -> None:
    random = np.random.default_rng(7)
    words = ["bread", "flour", "code", "tests", "oven", "night", "school", "loan", "rent", "team"]
    texts = [" ".join(random.choice(words, random.integers(1, 40))) for _ in range(60)]
    theirs = bm25s.BM25()
    theirs.index([terms(text) for text in texts], show_progress=False)
    parts = []
    for number in range(3):  # the texts in turn, and one in each shard that is of no generation any more
        own = np.arange(number, len(texts), 3)
        shard = Words.of([*(texts[place] for place in own), "bread bread loan"], ["bread"])
        parts.append(Part(shard, np.array([*own, -1]), np.array([number])))
    ours = LexicalIndex(parts, len(texts), len(parts))
    for question in ("bread", "night school loan", "rent for the team of the oven"):
        expected = theirs.get_scores(terms(question))
        assert expected.any()
        np.testing.assert_allclose(scores(ours, question, len(texts)), expected, rtol=1e-5)


def test_a_library_without_a_single_word_can_be_indexed() -> None:
    assert scores(lexical_index(["…", "!"], ["…"]), "bread", 2) == [0, 0]


def test_words_and_where_they_stand_are_read_back(tmp_path: Path) -> None:
    words = Words.of(["the baker baked bread", "", "bread é 𝄞 bread"], ["bread and flour"])
    words.save(tmp_path / "words")
    found = Words.load(tmp_path / "words")
    assert found.vocabulary == words.vocabulary
    assert set(found.vocabulary) == {*terms("the baker baked bread"), *terms("bread é 𝄞 bread"), *terms("flour")}
    for one, other in ((words.passages, found.passages), (words.stories, found.stories)):
        for part in ("starts", "places", "counts", "lengths"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
    own = slice(*found.passages.starts[found.vocabulary["bread"] :][:2])
    assert (found.passages.places[own].tolist(), found.passages.counts[own].tolist()) == ([0, 2], [1, 2])
    assert found.passages.lengths.tolist() == [3, 0, len(terms("bread é 𝄞 bread"))]
