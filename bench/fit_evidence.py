"""Fit the coefficients of `rag/evidence.py`: is there enough evidence to answer?

    python -m bench.fit_evidence SET.jsonl … --stories DIR --index DIR

Logistic regression on a set's answerable and unanswerable questions. Prints coefficients ready to paste and,
cross-validated over ten folds, how many unanswerable questions are refused at 3, 5, 7 and 10 % of answerable ones
refused, and how far the chance is from the truth (expected calibration error). The same output every time.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from eval.reading import read_set
from index.live import LiveIndex
from index.settings import Settings
from rag.evidence import COEFFICIENTS, weigh
from rag.followup import standalone
from rag.question import understand
from rag.retrieval import retrieve
from rag.scope import Scope

Array = npt.NDArray[np.float64]
STRENGTH = 5.0
# Inverse of the L2 penalty.


def main() -> None:
    """Read the questions' evidence, cross-validate, fit on all, print."""
    options = _parser().parse_args()
    values, answerable = read_samples(options.set, Settings.load(stories=options.stories, index=options.index))
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    chances = cross_val_predict(model, values, answerable, cv=folds, method="predict_proba")[:, 1]
    print(
        f"{answerable.sum()} answerable, {(~answerable).sum()} not; "
        f"AUC {roc_auc_score(answerable, chances):.3f} (cross-validated)"
    )
    for share in (0.03, 0.05, 0.07, 0.10):
        threshold = np.quantile(chances[answerable], share)
        refused = (chances[~answerable] < threshold).mean()
        print(f"refusing {share:.0%} of the answerable (chance below {threshold:.2f}): {refused:.0%} of the others")
    model.fit(values, answerable)
    print("COEFFICIENTS = {")
    for name, weight in zip(COEFFICIENTS, model.coef_[0], strict=True):
        print(f'    "{name}": {weight:.2f},')
    print(f"}}\nINTERCEPT = {model.intercept_[0]:.2f}")


def read_samples(files: list[Path], settings: Settings) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Features, shape (questions, features), and which questions can be answered."""
    index = LiveIndex.from_settings(settings)
    generation, scope = index.generation(), Scope(index.embedder)
    values, answerable = [], []
    for case in [case for file in files for case in read_set(file).cases]:
        question = understand(case.question, standalone(case.question, case.history))
        hits = retrieve(index, question, generation)
        evidence = weigh(question, hits, generation.lexical, scope.strangeness(case.question))
        values.append([evidence.features[name] for name in COEFFICIENTS])
        answerable.append(case.answerable)
    return np.array(values), np.array(answerable)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Fit the coefficients of rag/evidence.py.")
    parser.add_argument("set", type=Path, nargs="+", help="eval set with answerable and unanswerable questions")
    parser.add_argument("--stories", type=Path, required=True, help="the stories that it asks about")
    parser.add_argument("--index", type=Path, required=True, help="their index")
    return parser


if __name__ == "__main__":
    main()
