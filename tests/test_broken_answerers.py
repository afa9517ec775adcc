"""Answerers that are broken on purpose are found out by the metric that should find them, and by name.

Each goes through the product itself, which mends or marks what it can; what readers do not see, the evaluation tells.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from eval.asking import Asker
from eval.cases import Case, EvalSet, Gold
from eval.folder import Row
from eval.reporting.figures import Report
from eval.reporting.findings import findings
from eval.reporting.summary import summarise
from eval.run import prepare
from eval.scoring.metrics import METRICS
from index.live import LiveIndex
from index.passages import sentence_spans
from index.search import Hit
from rag.answer import Turn
from rag.answerers import Answerer, QuotingAnswerer
from rag.ask import Rag
from rag.question import Question

ASKED = {
    "How long did the baker's free Python course take?": ("baker.md", "It took me seven months."),
    "How much did the baker pay for the bootcamp?": ("baker.md", "Then I paid 4,200 euros for a bootcamp."),
    "What happened to the lawyer's salary?": ("lawyer.md", "My salary fell by a fifth when I became a data analyst."),
    "What did the ex welder learn from a library book?": ("welder.md", "There I taught myself C from a library book"),
}
CASES = [
    *(
        Case(f"c{number}", "single", question, answerable=True, gold=(Gold(*gold),), group=f"c{number}")
        for number, (question, gold) in enumerate(ASKED.items())
    ),
    Case("n1", "unanswerable", "How old was the baker's dog in Lyon?", answerable=False, group="n1"),
]

NOWHERE = Path("nowhere")
"""Of quotes, no file is read."""


def first_sentences(hits: Sequence[Hit]) -> list[str]:
    """The first sentence with a few words of each passage."""
    cut = ([hit.passage.text[start:end].strip() for start, end in sentence_spans(hit.passage.text)] for hit in hits)
    return [next((one for one in sentences if len(one.split()) > 6), sentences[0]) for sentences in cut]


def faithful(sentences: Sequence[str]) -> Iterator[str]:
    return (f"{sentence} [{place}]" for place, sentence in enumerate(sentences, start=1))


def wrong_marks(sentences: Sequence[str]) -> Iterator[str]:
    return (f"{sentence} [{place + 40}]" for place, sentence in enumerate(sentences))


def shuffled_citations(sentences: Sequence[str]) -> Iterator[str]:
    return (f"{sentence} [{place % len(sentences) + 1}]" for place, sentence in enumerate(sentences, start=1))


def padded_citations(sentences: Sequence[str]) -> Iterator[str]:
    count = len(sentences)
    return (f"{sentence} [{place}] [{place % count + 1}]" for place, sentence in enumerate(sentences, start=1))


def made_up_numbers(sentences: Sequence[str]) -> Iterator[str]:
    return (f"After 417 applications, {sentence} [{place}]" for place, sentence in enumerate(sentences, start=1))


def made_up_names(sentences: Sequence[str]) -> Iterator[str]:
    return (f"As Bartholomew said, {sentence} [{place}]" for place, sentence in enumerate(sentences, start=1))


def half_without_marks(sentences: Sequence[str]) -> Iterator[str]:
    yield f"{sentences[0]} [1]"
    yield "Everybody in Oslo agrees that penguins make the finest colleagues of all."


def repeating(sentences: Sequence[str]) -> Iterator[str]:
    return itertools.chain.from_iterable(itertools.repeat([f"{sentences[0]} [1]"], 4))


class Broken:
    """An answerer that writes something else than the first sentences of its passages."""

    name = "broken"
    notice = ""

    def __init__(self, spoil: Callable[[Sequence[str]], Iterator[str]]) -> None:
        self._spoil = spoil

    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        sentences = [re.sub(r"\s+", " ", sentence) for sentence in first_sentences(hits[:3])]
        yield " ".join(self._spoil(sentences))

    def repair(self, *_: object) -> Iterator[str]:
        return iter(())


def run(built: LiveIndex, answerer: Answerer) -> tuple[Report, list[Row]]:
    rag = Rag(built, answerer)
    stories = rag.generation()
    whole = EvalSet("set", NOWHERE, "", tuple(CASES))
    rows = list(Asker(rag, stories).rows(prepare([(whole, case) for case in CASES], stories, NOWHERE)))
    return summarise(rows), rows


@pytest.fixture(scope="module")
def good(built: LiveIndex) -> Report:
    return run(built, Broken(faithful))[0]


@pytest.mark.parametrize(
    ("spoil", "metric", "says"),
    [
        (wrong_marks, "citation_validity", "a mark that points at nothing"),
        (shuffled_citations, "repaired", "claims with the wrong passage"),
        (padded_citations, "citation_precision", "cite a passage that is not needed"),
        (made_up_numbers, "sentences_supported", "claim a number that no cited passage has"),
        (made_up_names, "sentences_supported", "claim a name that no cited passage has"),
        (half_without_marks, "sentences_supported", "have a claim that cites nothing"),
        (repeating, "repetition", "say the same words again"),
    ],
)
def test_a_broken_answerer_is_found_out_by_its_metric_and_named(
    built: LiveIndex,
    good: Report,
    spoil: Callable[[Sequence[str]], Iterator[str]],
    metric: str,
    says: str,
) -> None:
    report, rows = run(built, Broken(spoil))
    before, after = good.metrics[metric].value, report.metrics[metric].value
    assert before is not None
    assert after is not None
    sign = 1 if METRICS[metric].higher_is_better else -1
    assert sign * (before - after) >= 0.25
    [found] = [one for one in findings(rows) if one.metric == metric and says in one.says]
    assert found.share >= 0.5


def test_a_sound_answerer_has_none_of_these_faults(good: Report, built: LiveIndex) -> None:
    faults = {"citation_validity", "repaired", "citation_precision", "sentences_supported", "repetition"}
    rows = run(built, Broken(faithful))[1]
    assert [one for one in findings(rows) if one.metric in faults] == []
    assert good.metrics["citation_recall"].value == 1


class Refusing(Broken):
    def draft(self, question: Question, hits: Sequence[Hit], history: Sequence[Turn]) -> Iterator[str]:
        yield "The stories here do not tell."


def test_an_answerer_that_refuses_everything_is_found_out_by_over_refusal(built: LiveIndex) -> None:
    report, rows = run(built, Refusing(faithful))
    assert report.metrics["over_refusal"].value == 1
    assert "over_refusal" in [found.metric for found in findings(rows)]


def test_the_default_answerer_is_sound(built: LiveIndex) -> None:
    report, rows = run(built, QuotingAnswerer())
    assert report.metrics["gold_cited"].value == 1
    assert findings(rows) == []
