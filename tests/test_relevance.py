"""A passage's chance is its story's times its own within the story, from evidence that can be read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.embedding import Embedder
from index.live import LiveIndex
from index.query import Sought
from index.relevance import PASSAGE_WEIGHTS, STORY_WEIGHTS, Evidence, rank
from index.search import gather


def evidence(group: list[int], story: list[float], passage: list[float]) -> Evidence:
    rows = np.arange(len(group))
    stories = {name: np.array(story) for name in STORY_WEIGHTS}
    passages = {name: np.array(passage) for name in PASSAGE_WEIGHTS}
    return Evidence(rows, np.array(group), stories, passages, [], [], np.zeros(len(group)))


@given(arrays(np.float64, 3, elements=st.floats(-1, 1)), arrays(np.float64, 5, elements=st.floats(-1, 1)))
def test_chances_add_up_to_1(story: np.ndarray, passage: np.ndarray) -> None:
    found = rank(evidence([0, 0, 1, 2, 2], story.tolist(), passage.tolist()))
    assert np.exp(found).sum() == pytest.approx(1)


def test_a_story_with_more_evidence_lifts_all_its_passages() -> None:
    found = rank(evidence([0, 0, 1, 1], [0.1, 0.5], [0.2, 0.1, 0.2, 0.1]))
    assert found[2] > found[0]
    assert found[3] > found[1]


def test_a_passage_with_more_evidence_comes_first_in_its_story() -> None:
    assert np.argmax(rank(evidence([0, 0, 0], [0.3], [0.1, 0.4, 0.2]))) == 1


@pytest.mark.parametrize("words", ["what did the baker pay for the bootcamp", "uni", "", "zzzz"])
def test_all_evidence_is_bounded(built: LiveIndex, embedder: Embedder, words: str) -> None:
    found, _ = gather(built.generation(), embedder, words)
    for values in (*found.stories.values(), *found.passages.values()):
        assert np.isfinite(values).all()
    assert set(found.stories) == set(STORY_WEIGHTS)
    assert set(found.passages) == set(PASSAGE_WEIGHTS)
    assert (found.stories["story_words"] <= 1 + 1e-6).all()
    assert (np.abs(found.passages["own"]) <= 1 + 1e-3).all()


def test_the_focus_finds_the_passage_and_the_words_the_story(built: LiveIndex) -> None:
    sought = Sought("what did the baker say about forty applications", asked="how many interviews", focus="interviews")
    best = built.search(sought)[0]
    assert best.story.id == "baker.md"
    assert "interviews" in best.passage.text


def test_a_synonym_finds_what_the_words_do_not(built: LiveIndex) -> None:
    found, _ = gather(built.generation(), built.embedder, "attorney")
    assert found.stories["story_words"].max() == 0
    assert found.stories["story_synonyms"].max() > 0
