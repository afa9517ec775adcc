"""Reduction: a shard's vectors in the directions in which they differ most, as they lie on the disk beside the whole.

Their first `DIRECTIONS` right singular vectors (truncated SVD, Eckart and Young 1936) hold so much of the vectors that
a passage with one of the largest cosines has one of the largest products there too. What a vector has in a direction is
kept in eight bits, scaled to the vector's largest (absmax quantization, Dettmers et al. 2022, arXiv:2208.07339). Of the
reductions of all shards `first_look.py` makes what is looked through.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.embedding import Codes, Vectors

DIRECTIONS = 160
"""Numbers that are kept of a vector."""
LANES = 32
"""A code's length is a multiple of this: torch's products read so many numbers at once, wherever they end."""
FILES = ("directions.npy", "codes.npy", "scales.npy")
_LARGEST = 127


@dataclass(frozen=True)
class Reduction:
    """Orthonormal directions and vectors in them: row n is `codes[n]` times `scales[n]`.

    `directions` have shape (dimension, length), `codes` (rows, length), `scales` (rows,); the length is `DIRECTIONS` or
    the dimension, whichever is less, filled up with zeros to a multiple of `LANES`.
    """

    directions: Vectors
    codes: Codes
    scales: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        """Reduce vectors of shape (rows, dimension)."""
        directions = leading(vectors.T @ vectors)
        return cls(directions, *quantized(vectors @ directions, _LARGEST))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(*(np.load(folder / file) for file in FILES))

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        values: tuple[npt.NDArray[Any], ...] = (self.directions, self.codes, self.scales)
        for file, own in zip(FILES, values, strict=True):
            np.save(folder / file, own)

    def __len__(self) -> int:
        """How many vectors there are."""
        return len(self.codes)

    def reduced(self) -> Vectors:
        """The vectors in the directions, shape (rows, length): four times as large as the codes."""
        return self.codes * self.scales[:, None]


def leading(spread: Vectors) -> Vectors:
    """The eigenvectors of the largest eigenvalues of a symmetric matrix, as columns, filled up as `Reduction` says."""
    _, found = np.linalg.eigh(spread)  # in ascending order of the eigenvalues
    kept = found[:, ::-1][:, :DIRECTIONS]
    return np.ascontiguousarray(np.pad(kept, [(0, 0), (0, -kept.shape[1] % LANES)]))


def quantized(values: Vectors, largest: int) -> tuple[Codes, Vectors]:
    """Codes from -`largest` to it, and the scale of each row along the last axis: codes times scales are the values."""
    scales = np.abs(values).max(axis=-1, initial=0.0) / largest
    codes = np.rint(values / np.where(scales > 0, scales, 1.0)[..., None])
    return codes.astype(np.int8), scales.astype(np.float32)
