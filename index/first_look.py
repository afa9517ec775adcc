"""The first look through a large library: about every passage's product with a question, at a fraction of the reading.

The reductions of all shards (`reduction.py`) are put into the directions in which all differ most, and turned there at
random, so that a vector has about as much in one direction as in another and few bits tell it well (Ashkboos et al.
2024, "QuaRot", arXiv:2404.00456). Where torch multiplies weights of four bits fast that is what is kept, scaled to the
largest of `LANES` numbers; else eight bits, scaled to the vector's largest. Knows nothing of shards.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from index.allocation import in_large_pages
from index.embedding import Codes, Vectors
from index.reduction import LANES, Reduction, leading, quantized

EXACT = 10_000
"""Passages up to which every cosine is computed, without a first look."""
LOOKED_AT = 1_000
"""Else the passages whose cosines are computed for a question: those with the largest products in the first look."""
_FOUR_BITS, _EIGHT_BITS = 7, 127
# The largest code of so many bits.
_ZERO = 8
# How torch writes a code of 0 in four bits.
_BLOCK = 64
# Rows that torch puts side by side in four bits.
_PACKED = 1024 * _BLOCK
# Rows that are packed at once: torch wants to have them in four bytes a code.

Multiply = Callable[[Vectors], Vectors]


class FirstLook:
    """What a few directions tell of each row's product with a vector; the rows are those of the parts, in order."""

    def __init__(self, parts: Sequence[Reduction]) -> None:
        """Put reductions of one dimension into common directions."""
        size = len(parts[0].directions)
        spread = np.zeros((size, size), dtype=np.float32)
        for part in parts:
            own = part.reduced()
            spread += part.directions @ (own.T @ own) @ part.directions.T
        found = leading(spread)
        self._directions = found @ _turn(found.shape[1])
        rows = (part.reduced() @ (part.directions.T @ self._directions) for part in parts)
        self._multiply = _in_four_bits(rows) if _are_four_bits_fast() else _in_eight_bits(rows)

    def products(self, vector: Vectors) -> Vectors:
        """Each row's product with a vector, to about two hundredths of their lengths, shape (rows,)."""
        return self._multiply(vector @ self._directions)


def _turn(length: int) -> Vectors:
    """An orthogonal matrix drawn at random, the same each time."""
    found, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((length, length)))
    return found.astype(np.float32)


def _are_four_bits_fast() -> bool:
    import torch

    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        return False  # what torch has for others is there to compare with
    try:
        packed = _packed(np.zeros((_BLOCK, LANES), dtype=np.int8))
        _four_bits_product(torch.ones(1, LANES).bfloat16(), packed, torch.ones(1, _BLOCK, 2).bfloat16())
    except (RuntimeError, TypeError):
        return False
    return True


def _in_four_bits(rows: Iterable[Vectors]) -> Multiply:
    """Products with codes of four bits, each `LANES` of which have a scale."""
    import torch

    found = [quantized(own.reshape(len(own), own.shape[1] // LANES, LANES), _FOUR_BITS) for own in rows]
    codes, scales = map(np.concatenate, zip(*found, strict=True))
    count = len(codes)
    codes = np.pad(codes.reshape(count, -1), [(0, -count % _BLOCK), (0, 0)])
    scales = np.pad(scales, [(0, -count % _BLOCK), (0, 0)]).T
    packed = _packed(codes)
    # Torch reads on from one to the next, whatever an array says of its order in memory.
    scales_and_zeros = torch.from_numpy(np.stack([scales, np.zeros_like(scales)], axis=-1)).bfloat16().contiguous()

    def multiply(own: Vectors) -> Vectors:
        products = _four_bits_product(torch.from_numpy(own)[None].bfloat16(), packed, scales_and_zeros)
        found: Vectors = products[0].float().numpy()
        return found[:count]

    return multiply


def _in_eight_bits(rows: Iterable[Vectors]) -> Multiply:
    """Products with codes of eight bits, each row of which has a scale: torch's, or numpy's where it has none."""
    import torch

    found = [quantized(own, _EIGHT_BITS) for own in rows]
    codes, scales = map(np.concatenate, zip(*found, strict=True))
    codes = in_large_pages(codes)
    product: Any = getattr(torch, "_weight_int8pack_mm", None)  # no public name: it may change
    weights = torch.from_numpy(codes), torch.from_numpy(scales).bfloat16()

    def multiply(own: Vectors) -> Vectors:
        found: Vectors = product(torch.from_numpy(own)[None].bfloat16(), *weights)[0].float().numpy()
        return found

    try:
        multiply(np.zeros(codes.shape[1], dtype=np.float32))
    except (RuntimeError, TypeError):
        return lambda own: np.asarray((codes @ own) * scales, dtype=np.float32)
    return multiply


def _packed(codes: Codes) -> Any:
    """Codes of four bits as torch multiplies with them."""
    import torch

    pack: Any = getattr(torch, "_convert_weight_to_int4pack_for_cpu", None)  # no public name: it may change
    parts = [
        pack(torch.from_numpy(codes[first : first + _PACKED].astype(np.int32) + _ZERO), 1).numpy()
        for first in range(0, len(codes), _PACKED)
    ]
    return torch.from_numpy(in_large_pages(np.concatenate(parts)))


def _four_bits_product(vector: Any, packed: Any, scales_and_zeros: Any) -> Any:
    import torch

    product: Any = getattr(torch, "_weight_int4pack_mm_for_cpu", None)  # nor is this one
    return product(vector, packed, LANES, scales_and_zeros)
