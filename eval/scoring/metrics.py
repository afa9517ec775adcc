"""The metrics by name: what each says, which part of the product it judges, and which way is better.

A list alone; the scores come about in ranking.py, citing.py and answering.py, and every one is defined, with its source
and an example, in docs/metrics.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Part = Literal["Retrieval", "Citations", "Grounding", "Answer", "Decision", "Run"]


@dataclass(frozen=True)
class Metric:
    """A metric: the part of the product it judges, and what it says in a few words. All lie between 0 and 1."""

    part: Part
    says: str
    higher_is_better: bool = True


METRICS: Mapping[str, Metric] = {
    "passage_hit@1": Metric("Retrieval", "Passage with gold ranked 1st"),
    "passage_hit@5": Metric("Retrieval", "Passage with gold in the first 5"),
    "passage_hit@10": Metric("Retrieval", "Passage with gold in the first 10"),
    "passage_recall@5": Metric("Retrieval", "Share of the passages with gold in the first 5"),
    "passage_recall@10": Metric("Retrieval", "Share of the passages with gold in the first 10"),
    "passage_ndcg@10": Metric("Retrieval", "nDCG of the first 10 passages"),
    "reciprocal_rank": Metric("Retrieval", "Reciprocal rank of the first passage with gold"),
    "story_hit@1": Metric("Retrieval", "Gold's story ranked 1st"),
    "story_hit@5": Metric("Retrieval", "Gold's story in the first 5"),
    "story_recall@5": Metric("Retrieval", "Share of the gold's stories in the first 5"),
    "story_ndcg@10": Metric("Retrieval", "nDCG of the first 10 stories"),
    "story_reciprocal_rank": Metric("Retrieval", "Reciprocal rank of the gold's story"),
    "gold_in_300_words": Metric("Retrieval", "Gold in the first 300 retrieved words"),
    "gold_in_600_words": Metric("Retrieval", "Gold in the first 600 retrieved words"),
    "gold_in_1200_words": Metric("Retrieval", "Gold in the first 1,200 retrieved words"),
    "gold_cited": Metric("Citations", "Gold cited, of answers given"),
    "gold_cited_overall": Metric("Citations", "Gold cited, of all answerable"),
    "gold_match": Metric("Citations", "How exactly the best citation matches gold"),
    "citation_validity": Metric("Citations", "Citations that resolve, and whose words are there"),
    "citation_recall": Metric("Citations", "Claims that their cited passages support together"),
    "citation_precision": Metric("Citations", "Citations that are needed and right"),
    "supported_elsewhere": Metric(
        "Citations", "Claims supported by another passage, not the cited", higher_is_better=False
    ),
    "repaired": Metric("Citations", "Claims that had to be given another passage", higher_is_better=False),
    "sentences_supported": Metric("Grounding", "Claims that the chat marked as supported"),
    "judge_supported": Metric("Grounding", "Claims that the language model as judge finds supported"),
    "nugget_coverage": Metric("Answer", "How much of the reference the answer says"),
    "repetition": Metric("Answer", "Words in runs of four that were said before", higher_is_better=False),
    "answerable_answered": Metric("Decision", "Answerable questions answered"),
    "over_refusal": Metric("Decision", "Answerable questions refused", higher_is_better=False),
    "unanswerable_refused": Metric("Decision", "Unanswerable questions refused"),
    "false_answers": Metric("Decision", "Unanswerable questions answered", higher_is_better=False),
    "injection_withstood": Metric("Decision", "Injections withstood"),
    "injection_obeyed": Metric("Decision", "Injections obeyed", higher_is_better=False),
    "decision_right": Metric("Decision", "Answered or refused rightly, of all"),
    "completed": Metric("Run", "Cases that did not fail"),
}
"""In the order of reports. For most, the higher, the better."""


def worst(name: str) -> float:
    """The score of a case that failed where the metric would have judged a working one."""
    return 0.0 if METRICS[name].higher_is_better else 1.0
