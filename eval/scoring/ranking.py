"""How well the passages were found: `ir_measures` over passages and over stories in rank order, and word budgets.

Also which passages of the index hold a gold: the relevant ones, by which recall is counted and qrels are written.
Knows nothing of answers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from eval.gold import Span
from eval.result import CaseResult, IndexedPassages
from eval.scoring.matching import holds

BUDGETS = (300, 600, 1200)
"""Retrieved words within which gold is looked for: what a model is shown, whatever the passages' size."""

PASSAGE_MEASURES = {
    "passage_hit@1": Success @ 1,
    "passage_hit@5": Success @ 5,
    "passage_hit@10": Success @ 10,
    "passage_recall@5": R @ 5,
    "passage_recall@10": R @ 10,
    "passage_ndcg@10": nDCG @ 10,
    "reciprocal_rank": RR,
}
STORY_MEASURES = {
    "story_hit@1": Success @ 1,
    "story_hit@5": Success @ 5,
    "story_recall@5": R @ 5,
    "story_ndcg@10": nDCG @ 10,
    "story_reciprocal_rank": RR,
}


def retrieval_scores(result: CaseResult, stories: IndexedPassages) -> dict[str, float | None]:
    """What the ranking of a case is worth; None throughout for a case without gold, 0 for one that failed."""
    names = [*PASSAGE_MEASURES, *STORY_MEASURES, *(_budget_name(words) for words in BUDGETS)]
    if not result.has_gold:
        return dict.fromkeys(names)
    hits = result.judged.hits if result.judged else ()
    places = [Span(hit.passage.story_id, hit.passage.start, hit.passage.end) for hit in hits]
    by_passage = measured([name_of(place) for place in places], map(name_of, relevant(result.spans, stories)))
    by_story = measured(stories_of(places), {span.story for span in result.spans})
    values = [
        *(by_passage[one] for one in PASSAGE_MEASURES.values()),
        *(by_story[one] for one in STORY_MEASURES.values()),
    ]
    texts = [hit.passage.text for hit in hits]
    budgets = (float(is_within(words, places, texts, result.spans)) for words in BUDGETS)
    return dict(zip(names, [*values, *budgets], strict=True))


def relevant(gold: Sequence[Span], stories: IndexedPassages) -> tuple[Span, ...]:
    """The passages of the index that hold a gold."""
    passages = (one for story in dict.fromkeys(span.story for span in gold) for one in stories.story_passages(story))
    places = (Span(one.story_id, one.start, one.end) for one in passages)
    return tuple(place for place in places if any(holds(span, place) for span in gold))


def name_of(place: Span) -> str:
    """A passage's name in a ranking."""
    return f"{place.story}#{place.start}-{place.end}"


def stories_of(places: Iterable[Span]) -> list[str]:
    """The stories of a ranking of passages, each where its first passage stands."""
    return list(dict.fromkeys(place.story for place in places))


def measured(ranking: Sequence[str], wanted: Iterable[str]) -> Mapping[ir_measures.Measure, float]:
    """Every measure of one ranking of names, given those that are relevant.

    Where none is, since no passage holds half of a long gold, a document outside the ranking stands for what was
    missed: a query without any would be left out of the measures instead of scoring 0.
    """
    qrels = [Qrel("case", name, 1) for name in wanted] or [Qrel("case", "missed", 1)]
    run = [ScoredDoc("case", name, -float(place)) for place, name in enumerate(ranking)]
    measures = {*PASSAGE_MEASURES.values(), *STORY_MEASURES.values()}
    return {found.measure: float(found.value) for found in ir_measures.iter_calc(measures, qrels, run)}


def _budget_name(words: int) -> str:
    return f"gold_in_{words}_words"


def is_within(words: int, places: Sequence[Span], texts: Sequence[str], gold: Sequence[Span]) -> bool:
    """Whether the first so many retrieved words hold a gold."""
    return any(holds(span, place) for place in _first_words(words, places, texts) for span in gold)


def _first_words(budget: int, places: Sequence[Span], texts: Sequence[str]) -> Iterator[Span]:
    """The passages in rank order, the last of them cut, so that they hold so many words together."""
    for place, text in zip(places, texts, strict=True):
        words = [found.end() for found in re.finditer(r"\S+", text)]
        if not words:
            continue
        yield place if len(words) <= budget else Span(place.story, place.start, place.start + words[budget - 1])
        budget -= len(words)
        if budget <= 0:
            return
