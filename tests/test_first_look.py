"""A large library is looked through in few directions and bits first; that finds what looking at everything finds."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

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
WAYS = {"four bits": 0.03, "eight bits": 0.01, "floats": 0.01}
"""How products are computed, and by how much they may be wrong for unit vectors of as many directions as are kept."""
PRODUCTS = {"four bits": "_weight_int4pack_mm_for_cpu", "eight bits": "_weight_int8pack_mm"}
"""What torch computes them with."""


def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Mock]:
    """Torch's products, which tell whether they were called."""
    used = {one: Mock(wraps=getattr(torch, name)) for one, name in PRODUCTS.items()}
    for one, name in PRODUCTS.items():
        monkeypatch.setattr(torch, name, used[one])
    return used


@pytest.fixture(params=WAYS)
def error(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """Products computed in one of the ways and no other, and how exact they are."""
    way: str = request.param
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2" if way == "four bits" else "DEFAULT")
    used = watched(monkeypatch)
    if way == "floats":
        monkeypatch.delattr(torch, PRODUCTS["eight bits"])
    yield WAYS[way]
    assert [one for one in PRODUCTS if used[one].called] == [one for one in PRODUCTS if one == way]


@pytest.mark.parametrize("rows", [1, 40, 64, 129])
@pytest.mark.parametrize("dimension", [8, 32, DIRECTIONS])
def test_in_all_directions_products_are_nearly_whole(rows: int, dimension: int, error: float) -> None:
    vectors = unit(CHANCE.standard_normal((rows, dimension), dtype=np.float32))
    question = unit(CHANCE.standard_normal((1, dimension), dtype=np.float32))[0]
    found = FirstLook([Reduction.of(vectors)]).products(question)
    np.testing.assert_allclose(found, vectors @ question, atol=error * (DIRECTIONS / dimension) ** 0.5)


def test_what_is_small_beside_one_large_direction_is_told_too() -> None:
    vectors = 0.05 * CHANCE.standard_normal((60, DIRECTIONS), dtype=np.float32)
    vectors[:, 7] = 1
    question = unit(CHANCE.standard_normal((1, DIRECTIONS), dtype=np.float32))[0]
    question[7] = 0
    found = FirstLook([Reduction.of(vectors)]).products(question)
    assert np.corrcoef(found, vectors @ question)[0, 1] > 0.9


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


def test_many_rows_are_multiplied_slice_by_slice(error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [unit(CHANCE.standard_normal((rows, 32), dtype=np.float32)) for rows in (70, 0, 30, 5, 99)]
    question = parts[0][3]
    at_once = FirstLook([Reduction.of(part) for part in parts])
    monkeypatch.setattr("index.first_look.SLICE", 90)
    by_slice = FirstLook([Reduction.of(part) for part in parts])
    assert len(by_slice._slices) == 3
    np.testing.assert_allclose(by_slice.products(question), at_once.products(question), atol=1e-6)
    np.testing.assert_allclose(at_once.products(question), np.concatenate(parts) @ question, atol=3 * error)


@pytest.mark.parametrize("lacking", ["_convert_weight_to_int4pack_for_cpu", "_weight_int4pack_mm_for_cpu"])
@pytest.mark.parametrize("way", [None, lambda *_: torch.zeros(1, 64)])
def test_a_torch_without_products_of_four_bits_or_with_wrong_ones_has_them_of_eight(
    lacking: str, way: Callable[..., torch.Tensor] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(torch, lacking, way)
    vectors = unit(CHANCE.standard_normal((40, 50), dtype=np.float32))
    found = FirstLook([Reduction.of(vectors)]).products(vectors[3])
    np.testing.assert_allclose(found, vectors @ vectors[3], atol=WAYS["eight bits"])


def test_on_windows_products_are_of_eight_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(sys, "platform", "win32")
    used = watched(monkeypatch)
    FirstLook([Reduction.of(np.eye(4, dtype=np.float32))]).products(np.ones(4, dtype=np.float32))
    assert used["eight bits"].called
    assert not used["four bits"].called


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generation:
    """A library of 60 passages in two shards, which is a large one: six directions of eight, and 12 are looked at."""
    monkeypatch.setattr("index.reduction.DIRECTIONS", 6)
    monkeypatch.setattr("index.generation.EXACT_UP_TO", 20)
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
