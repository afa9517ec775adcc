"""bench.retrieve: what it times is there, every second counts once, and its stand-in vectors lie as real ones do."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bench.retrieve import PARTS, SET, Library, Measured, parts_table, percentile, read_questions, row, verdict
from bench.stand_in import StandIn
from bench.stopwatch import Stopwatch
from eval.reading import read_set
from index.embedding import Embedder
from index.live import LiveIndex
from rag.question import understand
from rag.retrieval import retrieve


class Clock:
    """A clock that goes on only where it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> ModuleType:
    """A module whose `outer` takes two seconds, and three more in `inner`, which may fail."""
    module = ModuleType("work")

    def inner(fails: bool) -> None:
        clock.now += 3
        if fails:
            raise ValueError("burnt")

    def outer(fails: bool = False) -> str:
        clock.now += 2
        module.inner(fails)
        return "done"

    monkeypatch.setattr(module, "inner", inner, raising=False)
    monkeypatch.setattr(module, "outer", outer, raising=False)
    monkeypatch.setitem(sys.modules, "work", module)
    return module


OUTER_AND_INNER = {"a": ["work:outer"], "b": ["work:inner"]}


def test_a_part_takes_the_time_of_its_functions_without_what_they_call(clock: Clock, work: ModuleType) -> None:
    stopwatch = Stopwatch(clock)
    with stopwatch.watching(OUTER_AND_INNER):
        assert work.outer() == "done"
        work.inner(fails=False)
    assert stopwatch.take() == {"a": 2, "b": 6}
    assert stopwatch.take() == {}


def test_functions_of_one_part_that_call_each_other_are_counted_once(clock: Clock, work: ModuleType) -> None:
    stopwatch = Stopwatch(clock)
    with stopwatch.watching({"all": ["work:outer", "work:inner"]}):
        work.outer()
    assert stopwatch.take() == {"all": 5}


def test_a_call_that_fails_is_counted_and_does_not_disturb_the_next(clock: Clock, work: ModuleType) -> None:
    stopwatch = Stopwatch(clock)
    with stopwatch.watching(OUTER_AND_INNER):
        with pytest.raises(ValueError, match="burnt"):
            work.outer(fails=True)
        work.outer()
    assert stopwatch.take() == {"a": 4, "b": 6}


def test_what_was_watched_is_afterwards_what_it_was(clock: Clock, work: ModuleType) -> None:
    before = work.outer, work.inner
    misspelt = {"a": ["work:outer", "work:missing"]}
    with pytest.raises(AttributeError, match="missing"), Stopwatch(clock).watching(misspelt):
        pass
    assert (work.outer, work.inner) == before


def test_every_part_of_a_retrieval_is_timed(built: LiveIndex) -> None:
    stopwatch = Stopwatch()
    with stopwatch.watching(PARTS):
        retrieve(built, understand("What did the former baker pay for the course?"), built.generation())
    assert stopwatch.take().keys() == PARTS.keys()


def test_a_percentile_lies_between_the_values_around_it() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile(range(101), 0.95) == pytest.approx(95)


@pytest.mark.parametrize(
    ("asked", "median", "high", "said"),
    [
        (5_000, 40, 80, "kept"),
        (5_000, 40.1, 50, "missed"),
        (5_000, 30, 80.1, "missed"),
        (100_000, 149, 150, "kept"),
        (0, 1, 1, "–"),
    ],
)
def test_a_bar_is_kept_or_missed_where_there_is_one(asked: int, median: float, high: float, said: str) -> None:
    assert verdict(asked, median, high) == said


def test_tables_have_a_cell_for_every_column() -> None:
    parts = dict.fromkeys([*PARTS, "rest"], (1.0, 2.0, 3.0))
    found = Measured(4_974, 473.2, 6229.0, 901.4, [20, 30, 40], [10, 20, 30], parts)
    assert row(Library("made, 5,000", Path("stories"), Path("index"), 5_000), "one", found) == (
        "| made, 5,000 | 4,974 | one | 30.0 | 39.0 | kept | 20.0 | 473 | 6229 | 901 |"
    )
    lines = parts_table({"made": {"one": found, "default": found}}).strip().splitlines()
    assert lines[2] == "| read the query | 2.0 / 2.9 | 2.0 / 2.9 |"
    assert [line.count("|") for line in lines] == [4] * (3 + len(PARTS))


def test_questions_come_round_again_where_a_set_has_fewer() -> None:
    count = len(read_set(SET).cases)
    questions = read_questions(SET, count + 2)
    assert questions[count:] == questions[:2]
    assert len({question.text for question in questions}) > count / 2


BAKED, SENT = "I baked bread in Lyon for eleven years.", "I sent 40 applications."


def test_a_made_sentence_lies_near_the_one_it_was_made_from_and_its_passage_near_both() -> None:
    texts = [f"Bread\n{BAKED} {SENT}", f"Bread\nI sent 7 applications. {BAKED}", "Law\nNobody warned me."]
    spans = [[(6, 45), (46, 69)], [(6, 28), (29, 68)], [(4, 21)]]
    assert [texts[0][start:end] for start, end in spans[0]] == [BAKED, SENT]
    first, second, other = (read.rows for read in StandIn().embed_with_sentences(texts, spans))
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([first, second, other]), axis=1), 1, atol=1e-5)
    assert float(first[2] @ second[1]) == pytest.approx(0.89, abs=0.05)
    assert float(first[0] @ second[0]) > 0.7 > float(first[0] @ other[0])


def test_stand_in_vectors_are_the_same_every_time_and_no_two_the_same() -> None:
    texts, spans = [f"Bread\n{BAKED}", f"Bread\n{BAKED}!"], [[(6, 45)], [(6, 46)]]
    once, again = (StandIn().embed_with_sentences(texts, spans) for _ in range(2))
    np.testing.assert_allclose(once[0].rows, again[0].rows, atol=1e-3)
    assert float(once[0].rows[0] @ once[1].rows[0]) < 0.95


def test_an_index_with_stand_in_vectors_is_opened_with_the_model_it_stands_for() -> None:
    assert StandIn().fingerprint == Embedder().fingerprint
