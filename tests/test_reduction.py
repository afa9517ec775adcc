"""A large library is searched first in few directions, and what is found is what looking at everything finds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from index.embedding import unit
from index.generation import Generation
from index.reduction import DIRECTIONS, Reduction
from index.store import PassageStore
from tests.shards import BUILT, MADE, contents, publish

CHANCE = np.random.default_rng(0)


def test_in_all_directions_products_are_whole_to_a_hundredth() -> None:
    vectors = unit(CHANCE.standard_normal((40, DIRECTIONS), dtype=np.float32))
    np.testing.assert_allclose(Reduction.of(vectors).products(vectors[3]), vectors @ vectors[3], atol=0.01)


def test_directions_are_orthonormal_and_hold_more_than_any_others_do() -> None:
    vectors = CHANCE.standard_normal((400, 2 * DIRECTIONS), dtype=np.float32)
    vectors *= np.linspace(2, 0.1, 2 * DIRECTIONS, dtype=np.float32)
    found = Reduction.of(vectors).directions
    np.testing.assert_allclose(found.T @ found, np.eye(DIRECTIONS), atol=1e-4)
    singular = np.linalg.svd(vectors, compute_uv=False)
    assert np.isclose(np.linalg.norm(vectors @ found) ** 2, (singular[:DIRECTIONS] ** 2).sum(), rtol=1e-4)


@pytest.mark.parametrize("dimension", [1, 8, 33, DIRECTIONS, 2 * DIRECTIONS])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_whatever_the_vectors_the_length_is_one_that_the_product_reads_to_its_end(dimension: int, rows: int) -> None:
    vectors = CHANCE.standard_normal((rows, dimension), dtype=np.float32)
    found = Reduction.of(vectors)
    assert found.codes.shape[1] % 32 == 0
    np.testing.assert_allclose(found.products(np.ones(dimension, dtype=np.float32)), vectors.sum(axis=1), atol=0.5)


def test_a_vector_of_zeros_has_products_of_zero() -> None:
    vectors = np.array([[0, 0], [1, 2]], dtype=np.float32)
    assert Reduction.of(vectors).products(np.ones(2, dtype=np.float32)).tolist() == pytest.approx([0, 3], rel=0.01)


def test_joined_in_the_directions_of_all_products_are_those_of_each() -> None:
    width = DIRECTIONS // 2
    parts = [CHANCE.standard_normal((rows, width), dtype=np.float32) for rows in (5, 0, 9)]
    spread = [unit(np.pad(part, [(0, 0), (n * width, (3 - n) * width)])) for n, part in enumerate(parts)]
    joined = Reduction.joined([Reduction.of(part) for part in spread])
    question = np.ones(4 * width, dtype=np.float32)
    for n, part in ((0, spread[0]), (2, spread[2])):
        own = slice(0, 5) if n == 0 else slice(5, 14)
        np.testing.assert_allclose(joined.products(question)[own], part @ question, atol=0.2)
    assert joined.codes.shape == (14, DIRECTIONS)


def test_without_torch_s_product_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit(CHANCE.standard_normal((40, 50), dtype=np.float32))
    by_torch = Reduction.of(vectors).products(vectors[3])
    monkeypatch.delattr(torch, "_weight_int8pack_mm")
    np.testing.assert_allclose(Reduction.of(vectors).products(vectors[3]), by_torch, atol=0.01)


def test_a_reduction_is_what_it_was_when_read_again(tmp_path: Path) -> None:
    found = Reduction.of(CHANCE.standard_normal((9, 2 * DIRECTIONS), dtype=np.float32))
    found.save(tmp_path)
    again = Reduction.load(tmp_path)
    np.testing.assert_array_equal(again.codes, found.codes)
    np.testing.assert_array_equal(again.scales, found.scales)
    np.testing.assert_array_equal(again.directions, found.directions)


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generation:
    """A library of 60 passages in two shards, which is a large one: six directions of eight, and 12 are looked at."""
    monkeypatch.setattr("index.reduction.DIRECTIONS", 6)
    monkeypatch.setattr("index.generation.EXACT", 20)
    monkeypatch.setattr("index.generation.LOOKED_AT", 12)
    store = PassageStore(tmp_path / "index")
    texts = [f"{number}." for number in range(10)]
    shards = [[contents(f"{number}.md", texts, seed) for number in numbers] for seed, numbers in enumerate(SHARDS)]
    publish(store, *shards)
    return store.open()


SHARDS = ((0, 2, 4), (1, 3, 5))


def test_of_a_large_library_those_are_compared_whose_products_are_largest(large: Generation) -> None:
    vectors = large.vectors(np.arange(len(large)))
    question = unit(CHANCE.standard_normal((1, 8), dtype=np.float32))[0]
    rows = [np.concatenate([np.arange(10 * number, 10 * number + 10) for number in numbers]) for numbers in SHARDS]
    products = np.empty(len(large))
    products[np.concatenate(rows)] = Reduction.joined([Reduction.of(vectors[own]) for own in rows]).products(question)
    looked_at = np.argsort(-products)[:12]
    found = large.nearest(question, 5)
    expected = looked_at[np.argsort(-(vectors[looked_at] @ question))[:5]]
    assert list(found) == expected.tolist()
    assert list(found.values()) == pytest.approx((vectors[expected] @ question).tolist(), abs=1e-5)


def test_a_passage_of_a_large_library_finds_itself(large: Generation) -> None:
    for row, vector in enumerate(large.vectors(np.arange(len(large)))):
        assert next(iter(large.nearest(vector, 3))) == row


def test_among_few_rows_of_a_large_library_every_cosine_is_computed(large: Generation) -> None:
    among = np.arange(3, 60, 3)
    question = unit(CHANCE.standard_normal((1, 8), dtype=np.float32))[0]
    cosines = large.vectors(among) @ question
    assert list(large.nearest(question, len(among), among)) == among[np.argsort(-cosines)].tolist()


def test_of_a_large_library_no_more_rows_are_found_than_were_looked_at(large: Generation) -> None:
    assert len(large.nearest(np.ones(8, dtype=np.float32), 40)) == 12


def test_what_was_superseded_in_a_large_library_is_not_looked_at(large: Generation, tmp_path: Path) -> None:
    store = PassageStore(tmp_path / "index")
    gone = large.vectors(np.arange(20, 30))  # of 2.md
    first, second = large.pointer.shards
    left = {identity: sha256 for identity, sha256 in first.stories.items() if identity != "2.md"}
    with store.building() as building:
        building.publish([replace(first, passages=20, stories=left, superseded={"2.md": "sha-0"}), second], MADE, BUILT)
    smaller = store.open()
    assert len(smaller) == 50
    among = np.arange(0, 50, 2)
    for vector in gone:
        assert len(smaller.nearest(vector, 40)) == 12
        assert set(smaller.nearest(vector, 40, among)) <= set(among.tolist())
    for rows in (np.arange(50), among):
        for row, vector in zip(rows.tolist(), smaller.vectors(rows), strict=True):
            assert next(iter(smaller.nearest(vector, 3, rows))) == row
