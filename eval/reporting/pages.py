"""What the evaluation's HTML pages have in common: their templates, and texts cut into the pieces that a page marks.

Every text in a page is escaped, but for the plots, which are the project's own. Knows nothing of what is shown.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent.parent
"""Pages include each other's parts, so all are named from here."""

_MARK = re.compile(r"(\[\d{1,3}\])")


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A template, named by its path inside `eval/`, with what it is to show."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(context)


def with_marks(text: str) -> list[tuple[str, int | None]]:
    """An answer's text in pieces: words with None, and each `[n]` with its n."""
    pieces = _MARK.split(text)
    return [(piece, int(piece[1:-1]) if place % 2 else None) for place, piece in enumerate(pieces) if piece]


def highlighted(passage: Mapping[str, Any], gold: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[str, bool]]:
    """A passage's text in pieces, each with whether it is gold. `passage` and `gold` as a row holds them."""
    text, start = passage["text"].rstrip(), passage["start"]
    is_gold = np.zeros(len(text), dtype=bool)
    for spans in gold:
        for span in spans:
            if span["story"] == passage["story"]:
                is_gold[max(span["start"] - start, 0) : max(span["end"] - start, 0)] = True
    cuts = [0, *(np.flatnonzero(is_gold[1:] != is_gold[:-1]) + 1).tolist(), len(text)]
    return [(text[a:b], bool(is_gold[a])) for a, b in pairwise(cuts) if b > a]
