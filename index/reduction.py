"""Reduction: a shard's vectors once more, in the directions in which they differ most, to look there first.

Their first `DIRECTIONS` right singular vectors (truncated SVD, Eckart and Young 1936) hold so much of the vectors that
a passage with one of the largest cosines has one of the largest products there too, at a quarter of the reading. So of
a library with more than `EXACT` passages the cosines of `LOOKED_AT` are computed. Knows nothing of shards.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from index.embedding import Vectors

DIRECTIONS = 96
"""Numbers that are kept of a vector."""
EXACT = 10_000
"""Passages up to which every cosine is computed."""
LOOKED_AT = 2_000
"""Else the passages whose cosines are computed for a question: those with the largest products in the directions."""


@dataclass(frozen=True)
class Reduction:
    """Orthonormal directions, shape (dimension, directions), and vectors in them, shape (rows, directions)."""

    directions: Vectors
    vectors: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        """Reduce vectors of shape (rows, dimension)."""
        _, found = np.linalg.eigh(vectors.T @ vectors)  # in ascending order of what they hold
        directions = np.ascontiguousarray(found[:, ::-1][:, :DIRECTIONS])
        return cls(directions, vectors @ directions)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; of the vectors, only what is used comes into memory."""
        return cls(np.load(folder / "directions.npy"), np.asarray(np.load(folder / "reduced.npy", mmap_mode="r")))

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        np.save(folder / "directions.npy", self.directions)
        np.save(folder / "reduced.npy", self.vectors)

    def products(self, vector: Vectors) -> Vectors:
        """What the directions tell of each row's product with a vector, shape (rows,)."""
        found: Vectors = self.vectors @ (vector @ self.directions)
        return found
