"""A case's result → its line of `results.jsonl`: all that a report, a comparison or an export needs, in plain JSON.

Knows nothing of asking and of reports.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from eval.folder import Row
from eval.gold import IndexedStories, Span
from eval.result import CaseResult, IndexedPassages
from eval.scoring.citing import is_valid, place_of
from eval.scoring.judging import Opinion, supported_share
from eval.scoring.matching import cites, holds
from eval.scoring.ranking import relevant
from eval.scoring.scores import outcome, score
from rag.answer import Answer
from rag.grounding import Judge, support


def as_row(
    result: CaseResult, stories: IndexedPassages, judge: Judge = support, opinions: Sequence[Opinion] | None = None
) -> Row:
    """A case's line. `judge` says what supports a claim; `opinions` are a language model's, where one was asked."""
    case, answer = result.case, result.answer or Answer(result.case.question)
    told = answer.to_json()
    scores = score(result, stories, judge, supported_share(opinions))
    return {
        "id": case.id,
        "set": result.of_set,
        "type": case.type,
        "group": case.group,
        "question": case.question,
        "history": [{"role": turn.role, "content": turn.text} for turn in case.history],
        "filters": case.filters.told(),
        "answerable": case.answerable,
        "gold": [[{**asdict(span), "text": _words(span, stories)} for span in spans] for spans in result.gold],
        "relevant": [asdict(place) for place in relevant(result.spans, stories)],
        "reference": case.reference,
        **{key: value for key, value in told.items() if key != "question"},
        "citations": _citations(told["citations"], answer, result.spans, stories),
        "retrieved": [_retrieved(hit, result.spans) for hit in told["retrieved"]],
        "judge": None if opinions is None else [one.to_json() for one in opinions],
        "seconds": {"retrieve": None, "answer": None, **told["seconds"], "total": round(result.seconds, 4)},
        "error": result.error or None,
        "outcome": outcome(result, scores),
        "scores": {name: None if value is None else round(value, 6) for name, value in scores.items()},
    }


def _citations(
    told: Sequence[Mapping[str, Any]], answer: Answer, gold: Sequence[Span], stories: IndexedStories
) -> list[Row]:
    return [
        {**row, "valid": is_valid(citation, stories), "cites_gold": cites(place_of(citation), gold)}
        for row, citation in zip(told, answer.citations, strict=True)
    ]


def _retrieved(hit: Mapping[str, Any], gold: Sequence[Span]) -> Row:
    place = Span(hit["story"], hit["start"], hit["end"])
    return {**hit, "holds_gold": any(holds(span, place) for span in gold)}


def _words(span: Span, stories: IndexedStories) -> str:
    return stories.story(span.story).text[span.start : span.end]
