"""Reduction: a shard's vectors once more, in the directions in which they differ most, to look there first.

Their first `DIRECTIONS` right singular vectors (truncated SVD, Eckart and Young 1936) hold so much of the vectors that
a passage with one of the largest cosines has one of the largest products there too, at a tenth of the reading: what a
vector has in a direction is kept in eight bits, scaled to the vector's largest (absmax quantization, Dettmers et al.
2022, arXiv:2208.07339). So of a library with more than `EXACT` passages the cosines of `LOOKED_AT` are computed. Knows
nothing of shards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from index.allocation import in_large_pages
from index.embedding import Codes, Vectors

DIRECTIONS = 160
"""Numbers that are kept of a vector."""
EXACT = 10_000
"""Passages up to which every cosine is computed."""
LOOKED_AT = 1_000
"""Else the passages whose cosines are computed for a question: those with the largest products in the directions."""
FILES = ("directions.npy", "codes.npy", "scales.npy")
_LANES = 32
# A code's length is a multiple of this: torch's product reads so many numbers at once, wherever they end.
_LARGEST = 127


@dataclass(frozen=True)
class Reduction:
    """Orthonormal directions and vectors in them: row n is `codes[n]` times `scales[n]`.

    `directions` have shape (dimension, length), `codes` (rows, length), `scales` (rows,); the length is `DIRECTIONS` or
    the dimension, whichever is less, filled up with zeros to a multiple of 32.
    """

    directions: Vectors
    codes: Codes
    scales: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        """Reduce vectors of shape (rows, dimension)."""
        directions = _leading(vectors.T @ vectors)
        return cls(directions, *_quantized(vectors @ directions))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Reductions of one dimension as a single one, row after row, in the directions in which all differ most."""
        size = len(parts[0].directions)
        spread = np.zeros((size, size), dtype=np.float32)
        for part in parts:
            own = part.reduced()
            spread += part.directions @ (own.T @ own) @ part.directions.T
        directions = _leading(spread)
        turned = [_quantized(part.reduced() @ (part.directions.T @ directions)) for part in parts]
        codes, scales = map(np.concatenate, zip(*turned, strict=True))
        return cls(directions, in_large_pages(codes), scales)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(*(np.load(folder / file) for file in FILES))

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        values: tuple[npt.NDArray[Any], ...] = (self.directions, self.codes, self.scales)
        for file, own in zip(FILES, values, strict=True):
            np.save(folder / file, own)

    def products(self, vector: Vectors) -> Vectors:
        """What the directions tell of each row's product with a vector, to about a hundredth, shape (rows,)."""
        own = vector @ self.directions
        if self._multiply is None:
            return np.asarray((self.codes @ own) * self.scales, dtype=np.float32)
        return self._multiply(own)

    def reduced(self) -> Vectors:
        """The vectors in the directions, shape (rows, length): four times as large as the codes."""
        return self.codes * self.scales[:, None]

    @cached_property
    def _multiply(self) -> Callable[[Vectors], Vectors] | None:
        """Torch's product with a layer whose weights are in eight bits; None if this torch has none."""
        import torch

        codes, scales = torch.from_numpy(self.codes), torch.from_numpy(self.scales).bfloat16()
        product: Any = getattr(torch, "_weight_int8pack_mm", None)  # no public name: it may change
        try:
            product(torch.ones(1, codes.shape[1]).bfloat16(), codes[:1], scales[:1])
        except (RuntimeError, TypeError):
            return None

        def multiply(own: Vectors) -> Vectors:
            found: Vectors = product(torch.from_numpy(own)[None].bfloat16(), codes, scales)[0].float().numpy()
            return found

        return multiply


def _leading(spread: Vectors) -> Vectors:
    """The eigenvectors of the largest eigenvalues of a symmetric matrix, as columns, filled up as `Reduction` says."""
    _, found = np.linalg.eigh(spread)  # in ascending order of the eigenvalues
    kept = found[:, ::-1][:, :DIRECTIONS]
    return np.ascontiguousarray(np.pad(kept, [(0, 0), (0, -kept.shape[1] % _LANES)]))


def _quantized(reduced: Vectors) -> tuple[Codes, Vectors]:
    """Codes and scales of vectors in few directions."""
    scales = np.abs(reduced).max(axis=1, initial=0.0) / _LARGEST
    codes = np.rint(reduced / np.where(scales > 0, scales, 1.0)[:, None])
    return codes.astype(np.int8), scales.astype(np.float32)
