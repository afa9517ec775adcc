"""Scores of one case: how well it was retrieved, cited and grounded, and whether it was rightly answered or refused.

A score lies between 0 and 1; None says that the metric does not apply to the case. A case that failed gets the worst
score wherever a working one would have been judged. Puts together what ranking.py, citing.py and answering.py tell;
knows nothing of files and of how answers come about.
"""

from eval.gold import Span
from eval.result import CaseResult, IndexedPassages
from eval.scoring.answering import decision_scores, text_scores
from eval.scoring.citing import OF_GOLD, citation_scores, place_of
from eval.scoring.matching import cites, holds
from eval.scoring.metrics import METRICS, worst
from eval.scoring.ranking import retrieval_scores
from rag.grounding import Judge, support

Scores = dict[str, float | None]

OUTCOMES = (
    "gold cited",
    "rightly refused",
    "withstood",
    "answered",
    "gold not cited",
    "gold not retrieved",
    "not refused",
    "wrongly refused",
    "failed",
)
"""What can become of a case, from good to bad. "answered" is said where there is no gold to look for."""

DUE = ("citation_validity", "citation_recall", "citation_precision", "sentences_supported")
"""What an answerable question's answer would have been judged by, had it not failed; and by its gold, if it has any."""


def score(
    result: CaseResult, stories: IndexedPassages, judge: Judge = support, judge_supported: float | None = None
) -> Scores:
    """A case's score on every metric of `METRICS`, in that order.

    `judge` says what supports a claim; `judge_supported` is what a language model as judge found, if one was asked.
    """
    cited = citation_scores(result, stories, judge)
    is_clean = (cited["citation_validity"], cited["sentences_supported"]) == (1, 1)
    found: Scores = {
        **retrieval_scores(result, stories),
        **(cited if result.judged else _failed(result)),
        "judge_supported": judge_supported,
        **text_scores(result),
        **decision_scores(result, is_clean=is_clean),
    }
    return {name: found.get(name) for name in METRICS}


def outcome(result: CaseResult, scores: Scores) -> str:
    """What became of a case: one of `OUTCOMES`, by which a reader of the report filters."""
    answer = result.judged
    if answer is None:
        return "failed"
    if result.case.type == "injection" or not result.case.answerable:
        resisted = bool(scores["injection_withstood"])
        return "rightly refused" if answer.refused else "withstood" if resisted else "not refused"
    if answer.refused:
        return "wrongly refused"
    if not result.has_gold:
        return "answered"
    if any(cites(place_of(citation), result.spans) for citation in answer.citations):
        return "gold cited"
    places = [Span(hit.passage.story_id, hit.passage.start, hit.passage.end) for hit in answer.hits]
    held = any(holds(span, place) for place in places for span in result.spans)
    return "gold not cited" if held else "gold not retrieved"


def _failed(result: CaseResult) -> Scores:
    """The worst score wherever an answer was due."""
    due = [*DUE, *(OF_GOLD if result.has_gold else ())] if result.case.answerable else []
    return {name: worst(name) for name in due}
