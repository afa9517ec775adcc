"""Vectors that cost next to nothing and lie as real ones do: for indexes of a hundred thousand passages.

Each sentence of the starter library, and each heading that made stories have, is embedded once. A sentence of a made
story (`library.py`) gets the vector of the one it was made from, and a passage the mean of those of its heading and its
sentences, which is near what a model that pools tokens by their mean would make of it; then every vector is moved a
little at random, so that no two are alike. The cosines are those of real text: between passages of such stories .525 on
average, where the model itself gives .520; of a question and its nearest passage .46 to .58, where it gives .46 to .55.
The codes of tokens are drawn at random: they cost as much as real ones, and match nothing.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from index.batches import Span
from index.embedding import CODE_LENGTH, Codes, Embedder, Progress, Read, Spanned, Vectors, unit

MOVED = 0.35
"""Length of what is added at random to a vector of length 1: two made from the same sentence have a cosine of .89."""
TELLING_WORDS = 5
# So many at its end tell a sentence; what stands before them may be another, where an end was not seen.
CONTENT_TOKENS = 10
# Of a sentence, on the average.


class StandIn(Embedder):
    """The packaged model for all but the passages of made stories, which get made vectors.

    It says that it is the packaged model, so that an index made with it is opened with that.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Vectors] = {}

    def embed_in_turn(self, groups: Iterable[Spanned], progress: Progress | None = None) -> Iterator[list[Read]]:
        """As `Embedder` has it, out of the vectors of the sentences."""
        for texts, spans in groups:
            parts = [_parts(text, own) for text, own in zip(texts, spans, strict=True)]
            self._learn({_key(part): part for own in parts for part in own})
            reads = []
            for text, own in zip(texts, parts, strict=True):
                found = np.stack([self._known[_key(part)] for part in own])
                whole, sentences = _moved(found.mean(axis=0, keepdims=True), text), _moved(found[1:], text[::-1])
                reads.append(Read(np.concatenate([whole, sentences]), _codes(text, len(own) - 1)))
            if progress is not None:
                progress(len(texts))
            yield reads

    def _learn(self, parts: Mapping[str, str]) -> None:
        """Embed what was not met before."""
        new = sorted(parts.keys() - self._known.keys())
        if new:
            (reads,) = super().embed_in_turn([([parts[key] for key in new], [()] * len(new))])
            self._known.update((key, read.rows[0]) for key, read in zip(new, reads, strict=True))


def _parts(text: str, spans: Sequence[Span]) -> list[str]:
    """A passage's heading and sentences."""
    return [text.partition("\n")[0], *(text[start:end] for start, end in spans)]


def _key(part: str) -> str:
    """What tells a sentence, without the numbers that those made from it differ in."""
    return " ".join(re.sub(r"\d+", "0", part).split()[-TELLING_WORDS:])


def _codes(text: str, sentences: int) -> list[Codes]:
    """Codes of as many tokens as a sentence has on the average."""
    chance = np.random.default_rng(zlib.crc32(text.encode()))
    return list(chance.integers(-20, 21, (sentences, CONTENT_TOKENS, CODE_LENGTH), dtype=np.int8))


def _moved(vectors: Vectors, text: str) -> Vectors:
    """Unit vectors near some vectors, the same for the same text every time."""
    chance = np.random.default_rng(zlib.crc32(text.encode()))
    added = chance.standard_normal(vectors.shape, dtype=np.float32)
    return unit(unit(vectors) + MOVED * unit(added))
