"""What words tell of a candidate is what counting them one by one tells, whichever stories are candidates."""

import numpy as np
import pytest

from index.live import LiveIndex
from index.query import Sought, read_query
from index.relevance import Array, Evidence
from index.search import gather

WORDS = "what did the baker's course and the attorney's salary cost?"


@pytest.fixture(params=[1, 3, 40])
def gathered(request: pytest.FixtureRequest, built: LiveIndex, monkeypatch: pytest.MonkeyPatch) -> Evidence:
    """The evidence for a question, where so many stories are weighed."""
    monkeypatch.setattr("index.gathering.STORIES", request.param)
    return gather(built.generation(), built.embedder, WORDS)[0]


def counted(built: LiveIndex, evidence: Evidence) -> tuple[Array, Array]:
    """For each candidate BM25 with rarity counted within its story, and that of the synonyms, term by term."""
    generation = built.generation()
    lexical, stories = generation.lexical, generation.story_of_row
    query = read_query(Sought(WORDS), lexical.is_known)
    most = sum(count * lexical.idf(term) for term, count in query.terms.items())
    local, synonyms = np.zeros((2, len(evidence.rows)))
    for place, row in enumerate(evidence.rows.tolist()):
        own = np.flatnonzero(stories == stories[row]).tolist()
        for term, weight in query.weighted.items():
            found = lexical.in_passages(term)
            scores = dict(zip(found.places.tolist(), found.scores.tolist(), strict=True))
            having = sum(one in scores for one in own)
            rarity = np.log(1 + (len(own) - having + 0.5) / (having + 0.5))
            local[place] += weight * rarity * scores.get(row, 0.0) / found.idf
        for term, weight in query.synonyms.items():
            found = lexical.in_passages(term)
            synonyms[place] += weight * dict(zip(found.places.tolist(), found.scores.tolist(), strict=True)).get(row, 0)
    return local / most, synonyms / most


def test_words_of_candidates_are_weighed_as_one_by_one(built: LiveIndex, gathered: Evidence) -> None:
    local, synonyms = counted(built, gathered)
    assert local.any()
    assert synonyms.any()
    np.testing.assert_allclose(gathered.passages["local"], local, atol=1e-6)
    np.testing.assert_allclose(gathered.passages["synonyms"], synonyms, atol=1e-6)


def test_the_stories_weighed_are_those_with_the_best_evidence(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = []
    for count in (1, 3, 40):
        monkeypatch.setattr("index.gathering.STORIES", count)
        found = gather(built.generation(), built.embedder, WORDS)[0]
        chosen.append(set(built.generation().story_of_row[found.rows].tolist()))
        assert len(chosen[-1]) == min(count, len(built.generation().story_ids))
    assert chosen[0] < chosen[1] <= chosen[2]


def test_what_tokens_tell_does_not_depend_on_how_many_are_looked_at_at_a_time(
    built: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = gather(built.generation(), built.embedder, WORDS)[0]
    monkeypatch.setattr("index.gathering.AT_A_TIME", 7)
    found = gather(built.generation(), built.embedder, WORDS)[0]
    assert usual.passages["matches"].any()
    np.testing.assert_allclose(found.passages["matches"], usual.passages["matches"], atol=1e-6)
    np.testing.assert_allclose(found.stories["story_matches"], usual.stories["story_matches"], atol=1e-6)
    for own, before in zip(found.matches, usual.matches, strict=True):
        np.testing.assert_allclose(own, before, atol=1e-6)
