"""Grounders for tests: tiny models that believe everything, or nothing, or go by what they read."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.cross_encoder import PairModel
from rag.grounder import Grounder
from tests.models import save_cross_encoder

NLI = ("contradiction", "entailment", "neutral")
BREAD = "I baked bread in Lyon, then I learned to code."
TRAMS = "My brother drives a tram."
RETOLD = "A baker turned programmer."
"""What a reader would take from `BREAD`, and no comparison of words."""
DENIED = "I baked bread in Lyon and learned to code."
"""What a comparison of words finds in `BREAD`."""


def believing_model(folder: Path) -> str:
    """A model to which everything follows."""
    return str(save_cross_encoder(folder, names=NLI, bias=(0.0, 9.0, 0.0)))


def doubting_model(folder: Path) -> str:
    """A model to which nothing follows."""
    return str(save_cross_encoder(folder, names=NLI, bias=(9.0, 0.0, 0.0)))


def reading_model(folder: Path) -> str:
    """A model whose scores depend on what it reads."""
    return str(save_cross_encoder(folder, names=NLI))


class Recorded(PairModel):
    """Finds that the longest premise carries its claim best, and remembers the pairs."""

    def __init__(self, model: PairModel) -> None:
        super().__init__(model.name, model._wanted_device, model.setting)
        self.pairs: list[tuple[str, str]] = []

    def logits(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        self.pairs += pairs
        return np.array([[0.0, len(premise) / 100, 0.0] for premise, _ in pairs], dtype=np.float32)


def recorded(name: str) -> tuple[Grounder, Recorded]:
    """A grounder with a model that remembers what it was asked, and that model."""
    grounder = Grounder(name, "cpu")
    grounder._model = model = Recorded(grounder._model)
    return grounder, model
