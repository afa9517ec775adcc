"""A large library is looked through in few directions and bits first; that finds what looking at everything finds."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from index.embedding import unit
from index.first_look import FirstLook
from index.generation import Generation
from index.reduction import DIRECTIONS, Reduction
from index.store import PassageStore
from tests.shards import BUILT, MADE, contents, publish

CHANCE = np.random.default_rng(0)
WAYS = {"four bits": 0.03, "eight bits": 0.01, "eight bits by numpy": 0.01}
"""How products are computed, and by how much they may be wrong for unit vectors of as many directions as are kept."""


@pytest.fixture(params=WAYS)
def error(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Products computed in one of the ways, and how exact they are."""
    way: str = request.param
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2" if way == "four bits" else "DEFAULT")
    if way != "eight bits":
        monkeypatch.delattr(torch, "_weight_int8pack_mm")
    if way != "four bits":
        monkeypatch.delattr(torch, "_weight_int4pack_mm_for_cpu")
    return WAYS[way]


@pytest.mark.parametrize("rows", [1, 40, 64, 129])
@pytest.mark.parametrize("dimension", [8, 32, DIRECTIONS])
def test_in_all_directions_products_are_nearly_whole(rows: int, dimension: int, error: float) -> None:
    vectors = unit(CHANCE.standard_normal((rows, dimension), dtype=np.float32))
    question = unit(CHANCE.standard_normal((1, dimension), dtype=np.float32))[0]
    found = FirstLook([Reduction.of(vectors)]).products(question)
    np.testing.assert_allclose(found, vectors @ question, atol=error * (DIRECTIONS / dimension) ** 0.5)


def test_what_differs_in_one_direction_alone_is_told_as_well(error: float) -> None:
    sizes = np.array([1, 2, 3, 4], dtype=np.float32)
    vectors = sizes[:, None] * np.eye(32, dtype=np.float32)[7]
    found = FirstLook([Reduction.of(vectors)]).products(np.eye(32, dtype=np.float32)[7])
    np.testing.assert_allclose(found / sizes, 1, atol=error)


def test_a_vector_of_zeros_has_a_product_of_zero(error: float) -> None:
    vectors = np.array([[0, 0], [1, 2]], dtype=np.float32)
    found = FirstLook([Reduction.of(vectors)]).products(np.ones(2, dtype=np.float32))
    assert found.tolist() == pytest.approx([0, 3], rel=2 * error)


def test_in_the_directions_of_all_products_are_those_of_each(error: float) -> None:
    width = DIRECTIONS // 2
    parts = [CHANCE.standard_normal((rows, width), dtype=np.float32) for rows in (5, 0, 9)]
    spread = [unit(np.pad(part, [(0, 0), (n * width, (3 - n) * width)])) for n, part in enumerate(parts)]
    question = unit(np.ones((1, 4 * width), dtype=np.float32))[0]
    found = FirstLook([Reduction.of(part) for part in spread]).products(question)
    np.testing.assert_allclose(found, np.concatenate(spread) @ question, atol=2 * error)


def test_rows_that_are_packed_in_parts_are_as_those_packed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    vectors = unit(CHANCE.standard_normal((300, 32), dtype=np.float32))
    at_once = FirstLook([Reduction.of(vectors)]).products(vectors[3])
    monkeypatch.setattr("index.first_look._PACKED", 128)
    np.testing.assert_array_equal(FirstLook([Reduction.of(vectors)]).products(vectors[3]), at_once)


@pytest.mark.parametrize("lacking", ["_convert_weight_to_int4pack_for_cpu", "_weight_int4pack_mm_for_cpu"])
def test_a_torch_without_products_of_four_bits_has_them_of_eight(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.delattr(torch, lacking)
    vectors = unit(CHANCE.standard_normal((40, 50), dtype=np.float32))
    np.testing.assert_allclose(
        FirstLook([Reduction.of(vectors)]).products(vectors[3]), vectors @ vectors[3], atol=WAYS["eight bits"]
    )


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
    products[np.concatenate(rows)] = FirstLook([Reduction.of(vectors[own]) for own in rows]).products(question)
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
