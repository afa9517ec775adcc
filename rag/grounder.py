"""Grounder: do these passages support this sentence, by a model that reads both? In the place of `grounding.support`.

Any cross-encoder that tells entailment (natural language inference), or one with a single score that was trained to
tell what a text supports. Owns which of its labels is meant and what it is shown. `grounding.py` has the thresholds,
the reasons, and what it may not overrule: words that stand in a passage are supported, and a number that stands in none
is never. Loading is `index/cross_encoder.py`'s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from index.cross_encoder import PairModel
from index.passages import sentence_spans
from index.weights import GROUNDER
from rag.comparison import Comparison
from rag.grounding import Judge, Support, judged, support
from rag.settings import RagSettings

ENTAILMENT = frozenset({"entailment", "entailed", "supported", "support", "consistent", "yes"})
"""What models call the label of a sentence that follows from a text; of two without names, the second is taken."""
UNNAMED = ("label_0", "label_1")
KEPT = 1024
"""Chances remembered: an answer's sentences are judged again each time one of them is edited."""


class Grounder:
    """A cross-encoder that judges sentences, loaded when it is first needed. Safe to use from several threads.

    `name` is a model's name or folder, `device` as in `Settings.device`.
    """

    def __init__(self, name: str, device: str) -> None:
        self.name = name
        self._model = PairModel(name, device, GROUNDER)
        self._chance = lru_cache(KEPT)(self._computed)

    def support(self, sentence: str, passages: Sequence[str]) -> Support:
        """How well passages carry a sentence, as `grounding.support` has it; the score is the model's chance.

        Raises `GrounderError` if the model cannot be loaded or fails, `SettingsError` for a device that is not there.
        """
        found = judged(sentence, passages, self._asked)
        return replace(found, reasons=()) if found.verdict == "supported" else found

    def check(self) -> None:
        """Raise `GrounderError` for what can be told without loading it: files that are missing, or unknown labels."""
        _ = self._entailment

    @cached_property
    def _entailment(self) -> int:
        """The place of the label that counts."""
        names = tuple(label.casefold() for label in self._model.labels)
        if len(names) == 1 or names == UNNAMED:
            return len(names) - 1
        meant = [place for place, name in enumerate(names) if name in ENTAILMENT]
        if len(meant) != 1:
            raise self._model.fault(
                f"which of its labels is entailment cannot be told: they are {', '.join(self._model.labels)}."
            )
        return meant[0]

    def _asked(self, claim: str, cited: Sequence[str], _: Comparison) -> float:
        return self._chance(claim, tuple(cited))

    def _computed(self, claim: str, cited: tuple[str, ...]) -> float:
        """The best chance by a passage alone, or by all together: a claim may need two."""
        claim = claim.strip()
        premises = [*cited, "\n\n".join(cited)] if len(cited) > 1 else cited
        pairs = [(window, claim) for premise in premises for window in self._windows(premise, claim)]
        return float(_chances(self._model.logits(pairs))[:, self._entailment].max())

    def _windows(self, premise: str, claim: str) -> Iterator[str]:
        """The premise, or stretches of whole sentences that the model can read beside the claim.

        A sentence that is too long by itself loses its end, in the model.
        """
        whole, asked = self._model.tokens([premise, claim])
        room = self._model.limit - asked
        if whole <= room:
            yield premise
            return
        spans = sentence_spans(premise)
        start, held = spans[0][0] if spans else 0, 0
        end = len(premise)
        for (begin, stop), size in zip(spans, self._model.tokens([premise[a:b] for a, b in spans]), strict=True):
            if held and held + size > room:
                yield premise[start:end]
                start, held = begin, 0
            end, held = stop, held + size
        yield premise[start:end]


def judge_from(settings: RagSettings) -> Judge:
    """Who judges sentences: the grounder that the settings name, or else the comparison of words.

    Raises `GrounderError` for a grounder whose files are missing or of another kind; they are not loaded yet.
    """
    if not settings.grounder:
        return support
    return _grounder(settings.grounder, settings.device).support


@lru_cache(1)
def _grounder(name: str, device: str) -> Grounder:
    """The same one for answers and for evaluating them, since its weights are large."""
    grounder = Grounder(name, device)
    grounder.check()
    return grounder


def _chances(logits: np.typing.NDArray[np.float32]) -> np.typing.NDArray[np.float64]:
    """Logits as chances, by a softmax over the labels; by a sigmoid where there is one."""
    wide = logits.astype(np.float64)
    if wide.shape[1] == 1:
        wide = np.concatenate([np.zeros_like(wide), wide], axis=1)  # a sigmoid is the softmax of 0 and the score
        return _softmax(wide)[:, 1:]
    return _softmax(wide)


def _softmax(logits: np.typing.NDArray[np.float64]) -> np.typing.NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
