"""How well an answer cites: do its citations resolve, do they carry its claims, are they needed, are they the gold?

Citation recall and precision as in ALCE (Gao et al. 2023, arXiv:2305.14627), judged anew from what the citations point
at in the index, so that an answer's own word is not taken for it. Knows nothing of how an answer is made.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from eval.gold import IndexedStories, Span
from eval.result import CaseResult
from eval.scoring.matching import cites, match
from index.search import Hit
from rag.answer import Answer, Citation, Sentence
from rag.checking import source, supporting
from rag.grounding import Judge

NAMES = (
    "gold_cited",
    "gold_cited_overall",
    "gold_match",
    "citation_validity",
    "citation_recall",
    "citation_precision",
    "supported_elsewhere",
    "repaired",
    "sentences_supported",
)
OF_GOLD = ("gold_cited", "gold_cited_overall", "gold_match")

_MARK = re.compile(r"\[(\d{1,3})\]")


def citation_scores(result: CaseResult, stories: IndexedStories, judge: Judge) -> dict[str, float | None]:
    """What the citations of a case are worth, for an answer that was given; a failed case is None throughout."""
    answer = result.judged
    if answer is None:
        return dict.fromkeys(NAMES)
    scores = dict.fromkeys(NAMES) if answer.refused else _of_answer(answer, stories, judge)
    if result.has_gold:
        places = [place_of(one) for one in answer.citations] if not answer.refused else []
        best = max((match(place, span) for place in places for span in result.spans), default=0.0)
        held = float(any(cites(place, result.spans) for place in places))
        scores |= {"gold_cited_overall": held}
        scores |= {} if answer.refused else {"gold_cited": held, "gold_match": best}
    return scores


def is_valid(citation: Citation, stories: IndexedStories) -> bool:
    """Whether a citation's offsets lie in a story of the index and the words there are those it shows."""
    start, end = citation.quote_start, citation.quote_end
    if citation.story.id not in stories.story_ids:
        return False
    text = stories.story(citation.story.id).text
    return 0 <= start < end <= len(text) and text[start:end] == citation.quote


def place_of(citation: Citation) -> Span:
    """The words that a citation points at."""
    return Span(citation.story.id, citation.quote_start, citation.quote_end)


def claims(answer: Answer) -> tuple[Sentence, ...]:
    """The sentences that claim something: all but those that were found to claim nothing, and cite nothing."""
    return tuple(one for one in answer.sentences if one.support is not None or one.citations)


def premises(answer: Answer, stories: IndexedStories) -> dict[int, str]:
    """What the valid citations point at, by number: passages as a judge reads them, from the index."""
    return {one.number: _premise(one, stories) for one in answer.citations if is_valid(one, stories)}


def _premise(citation: Citation, stories: IndexedStories) -> str:
    story, cited = stories.story(citation.story.id), citation.passage
    return source(Hit(replace(cited, text=story.text[cited.start : cited.end]), story, 0.0))


def _of_answer(answer: Answer, stories: IndexedStories, judge: Judge) -> dict[str, float | None]:
    known = premises(answer, stories)
    found = claims(answer)
    recalled = [_is_carried(one, known, one.citations, judge) for one in found]
    precise = [good for one in found for good in _precision(one, known, judge)]
    elsewhere = [
        not carried and supporting(one, answer, judge) is not None for one, carried in zip(found, recalled, strict=True)
    ]
    own = [one.support is not None and one.support.verdict == "supported" for one in found]
    return {
        **dict.fromkeys(OF_GOLD),
        "citation_validity": _share(list(_validity(answer, known))),
        "citation_recall": _share(recalled) or 0.0,  # an answer without any claim is none
        "citation_precision": _share(precise),
        "supported_elsewhere": _share(elsewhere),
        "repaired": min(answer.repairs / len(found), 1.0) if found else None,
        "sentences_supported": _share(own) or 0.0,
    }


def _is_carried(sentence: Sentence, known: Mapping[int, str], numbers: Iterable[int], judge: Judge) -> bool:
    """Whether the passages of these numbers support a sentence together."""
    cited = [known[number] for number in numbers if number in known]
    return judge(sentence.text, cited).verdict == "supported"


def _precision(sentence: Sentence, known: Mapping[int, str], judge: Judge) -> Iterator[bool]:
    """For each citation of a sentence whether it is right and needed.

    It is if the sentence is supported and, besides, the citation supports it alone or the others do not without it.
    """
    numbers = sentence.citations
    carried = _is_carried(sentence, known, numbers, judge)
    for number in numbers:
        others = [other for other in numbers if other != number]
        is_needed = _is_carried(sentence, known, [number], judge) or not _is_carried(sentence, known, others, judge)
        yield carried and number in known and is_needed


def _validity(answer: Answer, known: Collection[int]) -> Iterator[bool]:
    """For each citation whether it is valid; a mark that resolves to none, shown or taken out, is one that is not."""
    numbers = {citation.number for citation in answer.citations}
    marks = {int(number) for number in _MARK.findall(answer.text)}
    marks.update(number for sentence in answer.sentences for number in sentence.citations)
    yield from (number in known for number in numbers)
    yield from (False for _ in marks - numbers)
    yield from (False for _ in range(answer.dropped_marks))


def _share(verdicts: Sequence[bool]) -> float | None:
    return sum(verdicts) / len(verdicts) if verdicts else None
