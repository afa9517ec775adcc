"""Fit the weights of `index/relevance.py`: what tells the story that is meant, and the passage in it that answers.

    python -m bench.fit_search bench/questions/tune.jsonl --stories DIR --index DIR

Two conditional logits (McFadden 1974), each the log of the share that what is right has of a softmax, with an L2
penalty on weights per standard deviation: one over the stories weighed for a question, one over the passages of the
right story. Prints how the whole ranking does, cross-validated by story, with each piece of evidence left out in
turn; then the weights ready to paste. The same output every time. The candidates are chosen with the weights in
force, so a large change is fitted twice.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from eval.cases import Case
from eval.gold import Span, locate
from eval.reading import read_set
from index.generation import Generation
from index.live import LiveIndex
from index.query import Sought
from index.relevance import PASSAGE_WEIGHTS, STORY_WEIGHTS, Evidence, rank
from index.search import gather
from index.settings import Settings
from rag.followup import standalone
from rag.question import understand

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Weights = Mapping[str, float]
Choice = tuple[Array, Flags]
"""Evidence (options, features) of the options of one choice, and which of them are right."""

PENALTY = 0.03
FOLDS = 13
WORDS = 600
METRICS = ("hit@1", "hit@5", "hit@10", "hit@50", "600 words", "story@1", "story@5")


@dataclass(frozen=True)
class Sample:
    """A question: its gold's story, the evidence, which rows are right, and how many words each row has."""

    story: str
    evidence: Evidence
    right: Flags
    words: npt.NDArray[np.int64]

    @property
    def right_stories(self) -> Flags:
        """Which of the stories weighed hold a right passage."""
        return np.isin(np.arange(len(self.evidence.stories["story_length"])), self.evidence.group[self.right])


def main() -> None:
    """Read the samples, cross-validate, fit on all, print."""
    options = _parser().parse_args()
    if not options.stories.is_dir():
        sys.exit(
            f"{options.stories}: the stories that the set was written on are not here, so there is nothing to fit."
        )
    samples = read_samples(options.set, Settings.load(stories=options.stories, index=options.index))
    print(f"{len(samples)} questions; a right passage is among the candidates of {_share(samples)}")
    print(f"{'':24}" + "".join(f"{name:>10}" for name in METRICS))
    _tell("in force", [scores(sample, STORY_WEIGHTS, PASSAGE_WEIGHTS) for sample in samples], samples)
    _tell("cross-validated", cross_validated(samples), samples)
    for name in [*STORY_WEIGHTS, *PASSAGE_WEIGHTS] if options.ablate else []:
        _tell(f"  without {name}", cross_validated(samples, without=name), samples)
    stories, passages = fit(samples, STORY_WEIGHTS, PASSAGE_WEIGHTS)
    print(_pasteable("STORY_WEIGHTS", stories))
    print(_pasteable("PASSAGE_WEIGHTS", passages))


def read_samples(file: Path, settings: Settings) -> list[Sample]:
    """The answerable questions of a set with the evidence of their candidates."""
    index = LiveIndex.from_settings(settings)
    generation = index.generation()
    samples = []
    for case in read_set(file).cases:
        golds = [span for places in locate(case, generation, settings.stories) for span in places]
        if case.answerable and golds:
            samples.append(_sample(case, golds, index, generation))
    return samples


def cross_validated(samples: Sequence[Sample], without: str = "") -> list[Array]:
    """Each sample's candidates scored with weights fitted on the questions about other stories."""
    stories = sorted({sample.story for sample in samples})
    scored: dict[int, Array] = {}
    of_stories = [name for name in STORY_WEIGHTS if name != without]
    of_passages = [name for name in PASSAGE_WEIGHTS if name != without]
    for fold in range(FOLDS):
        held = set(stories[fold::FOLDS])
        weights = fit([sample for sample in samples if sample.story not in held], of_stories, of_passages)
        scored |= {place: scores(sample, *weights) for place, sample in enumerate(samples) if sample.story in held}
    return [scored[place] for place in range(len(samples))]


def scores(sample: Sample, stories: Weights, passages: Weights) -> Array:
    """The candidates' scores with some weights, shape (rows,)."""
    return rank(sample.evidence, stories, passages)


def fit(
    samples: Sequence[Sample], of_stories: Sequence[str] | Weights, of_passages: Sequence[str] | Weights
) -> tuple[dict[str, float], dict[str, float]]:
    """The weights, by name, of stories and of passages, with the largest penalised likelihood."""
    usable = [sample for sample in samples if sample.right.any()]
    stories = [(_stack(sample.evidence.stories, of_stories), sample.right_stories) for sample in usable]
    passages = [_within_right_stories(sample, of_passages) for sample in usable]
    return (
        dict(zip(of_stories, _logit(stories).tolist(), strict=True)),
        dict(zip(of_passages, _logit(passages).tolist(), strict=True)),
    )


def metrics(sample: Sample, values: Array) -> dict[str, float]:
    """How a ranking of a sample's candidates does, by the names of `METRICS`."""
    order = np.lexsort((sample.evidence.rows, -values))
    right, words = sample.right[order], sample.words[order]
    stories = list(dict.fromkeys(sample.evidence.group[order].tolist()))
    good = set(np.flatnonzero(sample.right_stories).tolist())
    hits = {f"hit@{depth}": float(right[:depth].any()) for depth in (1, 5, 10, 50)}
    within = np.cumsum(words) - words < WORDS
    return {
        **hits,
        f"{WORDS} words": float((right & within).any()),
        "story@1": float(bool(good & set(stories[:1]))),
        "story@5": float(bool(good & set(stories[:5]))),
    }


def _sample(case: Case, golds: Sequence[Span], index: LiveIndex, generation: Generation) -> Sample:
    question = understand(case.question, standalone(case.question, case.history))
    evidence, _ = gather(generation, index.embedder, Sought(question.text, question.asked, question.focus))
    passages = generation.passages(evidence.rows.tolist())
    right = [
        any(
            gold.story == passage.story_id
            and min(passage.end, gold.end) - max(passage.start, gold.start) >= 0.5 * (gold.end - gold.start)
            for gold in golds
        )
        for passage in passages
    ]
    words = np.array([len(passage.text.split()) for passage in passages])
    return Sample(golds[0].story, replace(evidence, sentences=()), np.array(right), words)


def _within_right_stories(sample: Sample, names: Sequence[str] | Weights) -> Choice:
    own = sample.right_stories[sample.evidence.group]
    return _stack(sample.evidence.passages, names)[own], sample.right[own]


def _stack(evidence: Mapping[str, Array], names: Sequence[str] | Weights) -> Array:
    return np.stack([evidence[name] for name in names], axis=1)


def _logit(choices: Sequence[Choice]) -> Array:
    """The weights of a conditional logit; the penalty is on those of evidence divided by its standard deviation."""
    deviation = np.concatenate([values for values, _ in choices]).std(axis=0)
    scaled = [(values / deviation, right) for values, right in choices]
    found = minimize(_loss(scaled), np.zeros(len(deviation)), jac=True, method="L-BFGS-B").x
    return np.asarray(found / deviation)


def _loss(choices: Sequence[Choice]) -> Callable[[Array], tuple[float, Array]]:
    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = PENALTY * len(choices) * float(weights @ weights), 2 * PENALTY * len(choices) * weights
        for values, right in choices:
            scored = values @ weights
            every, correct = logsumexp(scored), logsumexp(scored[right])
            total += every - correct
            slope = slope + values.T @ np.exp(scored - every) - values[right].T @ np.exp(scored[right] - correct)
        return total, slope

    return loss


def _tell(label: str, ranked: Sequence[Array], samples: Sequence[Sample]) -> None:
    found = [metrics(sample, values) for sample, values in zip(samples, ranked, strict=True)]
    print(f"{label:24}" + "".join(f"{np.mean([one[name] for one in found]):10.3f}" for name in METRICS))


def _share(samples: Sequence[Sample]) -> str:
    return f"{np.mean([sample.right.any() for sample in samples]):.3f}"


def _pasteable(name: str, weights: Weights) -> str:
    inner = ", ".join(f'"{key}": {value:.1f}' for key, value in weights.items())
    return f"{name} = {{{inner}}}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit the weights of index/relevance.py.")
    parser.add_argument("set", type=Path, help="eval set with gold quotes")
    parser.add_argument("--stories", type=Path, required=True, help="the stories that it asks about")
    parser.add_argument("--index", type=Path, required=True, help="their index")
    parser.add_argument("--ablate", action="store_true", help="also leave out each piece of evidence in turn")
    return parser


if __name__ == "__main__":
    main()
