"""What differs most between the vectors of a shard is kept of them, in eight bits."""

from pathlib import Path

import numpy as np
import pytest

from index.embedding import unit
from index.reduction import DIRECTIONS, LANES, Reduction

CHANCE = np.random.default_rng(0)


def test_directions_are_orthonormal_and_hold_more_than_any_others_do() -> None:
    vectors = CHANCE.standard_normal((400, 2 * DIRECTIONS), dtype=np.float32)
    vectors *= np.linspace(2, 0.1, 2 * DIRECTIONS, dtype=np.float32)
    found = Reduction.of(vectors).directions
    np.testing.assert_allclose(found.T @ found, np.eye(DIRECTIONS), atol=1e-4)
    singular = np.linalg.svd(vectors, compute_uv=False)
    assert np.isclose(np.linalg.norm(vectors @ found) ** 2, (singular[:DIRECTIONS] ** 2).sum(), rtol=1e-4)


@pytest.mark.parametrize("dimension", [1, 8, 33, DIRECTIONS, 2 * DIRECTIONS])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_whatever_the_vectors_the_length_is_one_that_products_read_to_its_end(dimension: int, rows: int) -> None:
    vectors = unit(CHANCE.standard_normal((rows, dimension), dtype=np.float32))
    found = Reduction.of(vectors)
    assert found.codes.shape == (rows, min(dimension + -dimension % LANES, DIRECTIONS))
    assert found.codes.shape[1] % LANES == 0
    np.testing.assert_allclose(found.reduced() @ found.directions.T, vectors, atol=0.01)


def test_a_vector_of_zeros_is_one_of_zeros() -> None:
    found = Reduction.of(np.array([[0, 0], [1, 2]], dtype=np.float32))
    assert not found.reduced()[0].any()
    assert np.linalg.norm(found.reduced()[1]) == pytest.approx(5**0.5, rel=0.01)


def test_a_reduction_is_what_it_was_when_read_again(tmp_path: Path) -> None:
    found = Reduction.of(CHANCE.standard_normal((9, 2 * DIRECTIONS), dtype=np.float32))
    found.save(tmp_path)
    again = Reduction.load(tmp_path)
    np.testing.assert_array_equal(again.codes, found.codes)
    np.testing.assert_array_equal(again.scales, found.scales)
    np.testing.assert_array_equal(again.directions, found.directions)
