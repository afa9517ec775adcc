"""A case that is ready to be asked, and what became of one. Data alone; knows nothing of scores and of asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.cases import Case
from eval.gold import IndexedStories, Span
from index.passages import Passage
from rag.answer import Answer

GoldSpans = tuple[tuple[Span, ...], ...]
"""For each gold of a case the places where it stands, as `eval.gold.locate` gives them."""


class IndexedPassages(IndexedStories, Protocol):
    """What is needed of an index's generation to judge an answer: its stories, and how they are cut."""

    def story_passages(self, identity: str) -> Sequence[Passage]:
        """The passages of a story, in order."""


@dataclass(frozen=True)
class Task:
    """A case that is ready to be asked: its set's name, and where its gold lies in the index."""

    of_set: str
    case: Case
    gold: GoldSpans


@dataclass(frozen=True)
class CaseResult:
    """What became of a case. `gold` as `eval.gold.locate` gives it; `seconds` by the wall clock, question to end.

    With an `error` the case has failed, even if there is the part of an answer that was written before it.
    """

    case: Case
    gold: GoldSpans = ()
    answer: Answer | None = None
    error: str = ""
    seconds: float = 0.0
    of_set: str = ""

    @property
    def judged(self) -> Answer | None:
        """The answer that is judged: none where the case failed."""
        return None if self.error else self.answer

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every place where a gold of the case stands."""
        return tuple(span for spans in self.gold for span in spans)

    @property
    def has_gold(self) -> bool:
        """Whether there is gold to be found and cited: only answerable questions have any."""
        return self.case.answerable and bool(self.gold)
