"""The first look through a large library: about every passage's product with a question, at a fraction of the reading.

Reductions (`reduction.py`) are put into the directions in which all of them differ most, and turned there at random, so
that a vector has about as much in one direction as in another and few bits tell it well (Ashkboos et al. 2024,
"QuaRot", arXiv:2404.00456). Where torch multiplies codes of four bits fast that is what is kept, scaled to the largest
of `GROUP` numbers; else eight bits, scaled to the vector's largest. Knows nothing of shards.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from index.allocation import in_large_pages
from index.embedding import Vectors
from index.reduction import Reduction, leading, quantized

if TYPE_CHECKING:
    from torch import Tensor

EXACT_UP_TO = 10_000
"""Passages up to which every cosine is computed, without a first look."""
LOOKED_AT = 1_000
"""Else the passages whose cosines are computed for a question: those with the largest products in the first look."""
GROUP = 32
"""Numbers of four bits that share a scale: torch takes 32, 64, 128 or 256 of them. `LANES` is a multiple."""
SLICE = 1 << 18
"""Rows that are multiplied at once, about: torch counts their codes in 32 bits, and wants four bytes each to pack."""
_FOUR_BITS, _EIGHT_BITS = 7, 127
# The largest code of so many bits.
_CODE_OF_ZERO = 8
# As torch writes four bits.
_BLOCK = 64
# Rows that torch puts side by side in four bits, at most.

Multiply = Callable[["Tensor"], "Tensor"]
"""A vector's product with each row, from shape (1, length) to (rows,) or more."""
Way = Callable[[Sequence[Reduction], Vectors], Multiply]
"""From reductions and directions, shape (dimension, length), to products with the reductions in these directions."""


class FirstLook:
    """What a few directions tell of each row's product with a vector; rows are the reductions', in order."""

    def __init__(self, reductions: Sequence[Reduction]) -> None:
        """Put reductions of one dimension into common directions."""
        size = len(reductions[0].directions)
        spread = np.zeros((size, size), dtype=np.float32)
        for one in reductions:
            own = one.reduced()
            spread += one.directions @ (own.T @ own) @ one.directions.T
        found = leading(spread)
        self._directions = found @ _turn(found.shape[1])
        way = next(filter(_tells, _ways()), _in_floats)
        self._slices = [(sum(map(len, some)), way(some, self._directions)) for some in _slices(reductions)]

    def products(self, vector: Vectors) -> Vectors:
        """What the directions tell of each row's product with a vector, to two hundredths of their lengths, (rows,)."""
        import torch

        own = torch.from_numpy(vector @ self._directions)[None].bfloat16()
        found = np.empty(sum(rows for rows, _ in self._slices), dtype=np.float32)
        first = 0
        for rows, multiply in self._slices:
            torch.from_numpy(found[first : first + rows]).copy_(multiply(own)[:rows])
            first += rows
        return found


def _turn(length: int) -> Vectors:
    """An orthogonal matrix drawn at random, the same each time."""
    found, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((length, length)))
    return found.astype(np.float32)


def _slices(reductions: Sequence[Reduction]) -> Iterator[list[Reduction]]:
    """Reductions that follow each other, about `SLICE` rows together."""
    ends = accumulate(map(len, reductions))
    for _, own in groupby(zip(ends, reductions, strict=True), key=lambda pair: pair[0] // SLICE):
        yield [one for _, one in own]


def _placed(reductions: Sequence[Reduction], directions: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Each reduction in other directions, and which rows it has among all."""
    for end, one in zip(accumulate(map(len, reductions)), reductions, strict=True):
        yield slice(end - len(one), end), one.reduced() @ (one.directions.T @ directions)


def _ways() -> Iterator[Way]:
    """What is fast here if torch has it, best first."""
    import torch

    # Elsewhere four bits were not measured; on Windows torch has but loops for them.
    if torch.backends.cpu.get_cpu_capability().startswith("AVX") and sys.platform != "win32":
        yield _in_four_bits
    yield _in_eight_bits


def _tells(way: Way) -> bool:
    """Whether products are right in a way whose names are not public: a torch may lack them, or mean something else."""
    import torch

    rows = np.random.default_rng(0).standard_normal((3, 2 * GROUP)).astype(np.float32)
    try:
        found = way([Reduction.of(rows)], np.eye(2 * GROUP, dtype=np.float32))(torch.from_numpy(rows[:1]).bfloat16())
    except (RuntimeError, TypeError):
        return False
    lengths = np.linalg.norm(rows, axis=1)
    return bool((np.abs(found[:3].float().numpy() - rows @ rows[0]) < 0.1 * lengths * lengths[0]).all())


def _in_four_bits(reductions: Sequence[Reduction], directions: Vectors) -> Multiply:
    import torch

    pack: Any = getattr(torch, "_convert_weight_to_int4pack_for_cpu", None)
    product: Any = getattr(torch, "_weight_int4pack_mm_for_cpu", None)
    count, groups = sum(map(len, reductions)), directions.shape[1] // GROUP
    whole = count + -count % _BLOCK
    codes = np.zeros((whole, groups, GROUP), dtype=np.int32)
    scales_and_zeros = np.zeros((groups, whole, 2), dtype=np.float32)
    for own, rows in _placed(reductions, directions):
        found, scales = quantized(rows.reshape(len(rows), groups, GROUP), _FOUR_BITS)
        codes[own] = found + _CODE_OF_ZERO
        scales_and_zeros[:, own, 0] = scales.T
    packed = torch.from_numpy(in_large_pages(pack(torch.from_numpy(codes.reshape(whole, -1)), 1).numpy()))
    scaled = torch.from_numpy(scales_and_zeros).bfloat16()
    return lambda vector: product(vector, packed, GROUP, scaled)[0]


def _in_eight_bits(reductions: Sequence[Reduction], directions: Vectors) -> Multiply:
    import torch

    product: Any = getattr(torch, "_weight_int8pack_mm", None)
    codes, scales = _eight_bits(reductions, directions)
    scaled = scales.bfloat16()
    return lambda vector: product(vector, codes, scaled)[0]


def _in_floats(reductions: Sequence[Reduction], directions: Vectors) -> Multiply:
    """Kept in eight bits all the same, which takes a quarter of the memory."""
    codes, scales = _eight_bits(reductions, directions)
    return lambda vector: (codes.float() @ vector[0].float()) * scales


def _eight_bits(reductions: Sequence[Reduction], directions: Vectors) -> "tuple[Tensor, Tensor]":
    """Codes, shape (rows, length), and the scale of each row."""
    import torch

    count = sum(map(len, reductions))
    codes, scales = np.empty((count, directions.shape[1]), dtype=np.int8), np.empty(count, dtype=np.float32)
    for own, rows in _placed(reductions, directions):
        codes[own], scales[own] = quantized(rows, _EIGHT_BITS)
    return torch.from_numpy(in_large_pages(codes)), torch.from_numpy(scales)
