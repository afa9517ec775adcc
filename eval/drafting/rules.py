"""Drafting: an eval set proposed from the user's own stories, for a person to review.

Owns how many drafts of which type, and of which story. Rules draft all of them (span_questions.py, clozes.py,
unanswered.py), or all but the natural questions, which a language model then writes (natural.py).
"""

from collections import Counter
from collections.abc import Sequence

from eval.drafting.clozes import cloze_drafts
from eval.drafting.drafts import Draft, spread, without_duplicates
from eval.drafting.span_questions import span_drafts
from eval.drafting.tellers import tellers
from eval.drafting.unanswered import unanswered_drafts
from index.stories import Story

COUNT = 40
"""Drafts unless --count says otherwise."""
PART = 4
"""One draft in so many is a cloze, and one has no answer."""


def drafts_by_rules(stories: Sequence[Story], count: int = COUNT) -> list[Draft]:
    """At most `count` drafts: half of them span questions, a quarter clozes, a quarter questions without an answer.

    The same stories give the same drafts. Where too few can be made of a type, there are fewer.
    """
    share = share_of(count)
    spans = spans_of(stories, count - 2 * share)
    asked_about = {gold for draft in spans for gold in draft.gold}
    clozes = [draft for draft in _clozes(stories) if not asked_about & set(draft.gold)]
    return [*spans, *clozes[:share], *unanswered_of(stories, share)]


def share_of(count: int) -> int:
    """How many of so many drafts are clozes, and how many have no answer."""
    return count // PART


def spans_of(stories: Sequence[Story], count: int) -> list[Draft]:
    """At most `count` span questions, spread over the stories."""
    known = tellers(stories)
    by_story = [span_drafts(story, known[story.id]) for story in stories if story.id in known]
    return without_duplicates(spread(by_story))[:count]


def unanswered_of(stories: Sequence[Story], count: int) -> list[Draft]:
    """At most `count` questions without an answer: of each story in turn the one that was asked least before."""
    known = tellers(stories)
    left = [unanswered_drafts(story, known[story.id]) for story in stories if story.id in known]
    chosen: list[Draft] = []
    asked: Counter[str] = Counter()
    while any(left) and len(chosen) < count:
        for drafts in filter(None, left):
            rarest = min(drafts, key=lambda draft: asked[draft.asked])
            drafts.remove(rarest)
            asked[rarest.asked] += 1
            chosen.append(rarest)
    return chosen[:count]


def _clozes(stories: Sequence[Story]) -> list[Draft]:
    known = tellers(stories)
    return without_duplicates(spread([cloze_drafts(story, known[story.id]) for story in stories if story.id in known]))
