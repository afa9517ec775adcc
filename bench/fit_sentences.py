"""Fit the weights of `rag/sentences.py`: which features tell the sentence that answers.

    python -m bench.fit_sentences SET.jsonl --stories DIR --index DIR

A conditional logit (McFadden 1974): for every answerable question, the log of the share that the right sentences
have of the softmax over all sentences offered, with an L2 penalty. Prints the weights ready to paste, and how
often the first and one of the first two sentences is right, cross-validated by story. The same output every time.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp

from eval.gold import locate
from eval.reading import read_set
from index.live import LiveIndex
from index.settings import Settings
from rag.followup import standalone
from rag.question import understand
from rag.retrieval import retrieve
from rag.sentences import WEIGHTS, features
from rag.settings import RagSettings

Array = npt.NDArray[np.float64]
Sample = tuple[str, Array, npt.NDArray[np.bool_]]
"""A question's first gold story, its features (sentences, features), and which sentences are right."""

PENALTY = 0.01
FOLDS = 10


def main() -> None:
    """Read the samples, cross-validate, fit on all, print."""
    options = _parser().parse_args()
    samples = read_samples(options.set, Settings.load(stories=options.stories, index=options.index))
    stories = sorted({story for story, *_ in samples})
    first = second = 0.0
    for fold in range(FOLDS):
        held = set(stories[fold::FOLDS])
        weights = fit([sample for sample in samples if sample[0] not in held])
        for story, values, right in samples:
            if story in held:
                order = np.argsort(-(values @ weights), kind="stable")
                first += right[order[0]]
                second += right[order[:2]].any()
    print(f"{len(samples)} questions, {len(stories)} stories; right sentence offered in all of them")
    print(f"first right {first / len(samples):.3f}, one of the first two {second / len(samples):.3f} (cross-validated)")
    now = np.array(list(WEIGHTS.values()))
    kept = [np.argsort(-(values @ now), kind="stable") for _, values, _ in samples]
    in_force = np.mean([right[order[0]] for order, (*_, right) in zip(kept, samples, strict=True)])
    print(f"weights in force: first right {in_force:.3f}")
    print("WEIGHTS = {")
    for name, weight in zip(WEIGHTS, fit(samples), strict=True):
        print(f'    "{name}": {weight:.2f},')
    print("}")


def read_samples(file: Path, settings: Settings) -> list[Sample]:
    """The questions of a set for whose answer a right sentence is among those offered."""
    index = LiveIndex.from_settings(settings)
    generation = index.generation()
    shown = RagSettings().passages
    samples: list[Sample] = []
    for case in read_set(file).cases:
        if not case.answerable:
            continue
        question = understand(case.question, standalone(case.question, case.history))
        hits = retrieve(index, question, generation)[:shown]
        found = features(question, hits)
        golds = [span for places in locate(case, generation, settings.stories) for span in places]
        right = np.array(
            [
                any(
                    gold.story == hit.story.id
                    and min(end, gold.end) - max(start, gold.start) >= 0.5 * min(end - start, gold.end - gold.start)
                    for gold in golds
                )
                for hit in hits
                for start, end in (found.span for found in hit.sentences)
            ]
        )
        if right.any():
            samples.append((golds[0].story, np.stack(list(found.values()), axis=1), right))
    return samples


def fit(samples: list[Sample]) -> Array:
    """The weights with the largest penalised likelihood, shape (features,)."""

    def loss(weights: Array) -> tuple[float, Array]:
        total, slope = PENALTY * len(samples) * float(weights @ weights), 2 * PENALTY * len(samples) * weights
        for _, values, right in samples:
            scores = values @ weights
            everyone, correct = logsumexp(scores), logsumexp(scores[right])
            total += everyone - correct
            slope = slope + values.T @ np.exp(scores - everyone) - values[right].T @ np.exp(scores[right] - correct)
        return total, slope

    return np.asarray(minimize(loss, np.zeros(len(WEIGHTS)), jac=True, method="L-BFGS-B").x)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit the weights of rag/sentences.py.")
    parser.add_argument("set", type=Path, help="eval set with gold quotes")
    parser.add_argument("--stories", type=Path, required=True, help="the stories that it asks about")
    parser.add_argument("--index", type=Path, required=True, help="their index")
    return parser


if __name__ == "__main__":
    main()
