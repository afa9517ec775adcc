"""Arrays of numbers as strings in a record's metadata, in pieces that every Chroma takes. Pure.

Chroma keeps one vector a record. The sentences' vectors and tokens' codes of a passage go along as base64 of their
bytes; Chroma Cloud takes 4,096 bytes a value and 32 values a record.
"""

import base64
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

PIECE = 4_000
"""Characters of a piece."""


def packed(name: str, array: npt.NDArray[Any]) -> dict[str, str]:
    """An array as metadata: `name.0`, `name.1`, …; none for an empty one."""
    text = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    pieces = (text[start : start + PIECE] for start in range(0, len(text), PIECE))
    return {f"{name}.{number}": piece for number, piece in enumerate(pieces)}


def unpacked(name: str, metadata: Mapping[str, Any], dtype: Any, width: int) -> npt.NDArray[Any]:
    """The array that `packed` was given, as shape (rows, width). Raises `ValueError` where a piece is missing."""
    names = itertools.takewhile(metadata.__contains__, (f"{name}.{number}" for number in itertools.count()))
    data = base64.b64decode("".join(str(metadata[piece]) for piece in names), validate=True)
    return np.frombuffer(data, dtype=dtype).reshape(-1, width)
