"""Reranker: how well texts answer a question, by a cross-encoder that reads both together.

The model and its loading are `cross_encoder.py`'s. Knows nothing of hits, stories or an index.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from index.cross_encoder import PairModel
from index.weights import RERANKER

Scores = npt.NDArray[np.float32]


class Reranker:
    """A cross-encoder with one score a pair, loaded when it is first needed. Safe to use from several threads.

    `name` is a model's name or folder, `device` as in `Settings.device` (of several GPUs the first is used), `depth`
    how many hits of a search it orders.
    """

    def __init__(self, name: str, device: str, depth: int) -> None:
        self.name = name
        self.depth = depth
        self.pairs = PairModel(name, device, RERANKER)

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        """How well each text answers the question, shape (texts,); higher is better, and may be below 0.

        Raises `RerankerError` if the model cannot be loaded or fails, `SettingsError` for a device that is not there.
        """
        labels = self.pairs.labels
        if len(labels) != 1:
            raise self.pairs.fault(f"the model gives a pair {len(labels)} scores; one is wanted.")
        return self.pairs.logits([(question, text) for text in texts])[:, 0]
