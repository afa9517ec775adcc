"""An answer's sentences are marked, left out and cited anew by a grounder; one that fails midway loses no answer."""

from pathlib import Path

import pytest

from index.live import LiveIndex
from index.passages import Passage
from index.search import Hit
from index.stories import Story
from rag.answer import Answer
from rag.answerers import QuotingAnswerer
from rag.ask import Rag
from rag.checking import checked, cited_anew, without_unsupported
from rag.citations import resolve
from rag.grounder import Grounder, judge_from
from rag.question import understand
from rag.settings import RagSettings
from rag.writing import BY_WORDS, Writing
from tests.grounders import BREAD, DENIED, NLI, RETOLD, TRAMS
from tests.models import save_cross_encoder
from tests.test_ask import ScriptedAnswerer


def hit(identity: str, text: str) -> Hit:
    return Hit(Passage(identity, 0, 0, len(text), text), Story(identity, identity, "", {}, text, ""), 1.0)


HITS = (hit("bread.md", BREAD), hit("tram.md", TRAMS))


def answer(draft: str, judge: Grounder) -> Answer:
    resolved = resolve(draft, HITS)
    made = Answer("Who?", resolved.text, resolved.sentences, resolved.citations, HITS)
    return checked(made, judge.support)


def verdicts(of: Answer) -> list[str | None]:
    return [sentence.support.verdict if sentence.support else None for sentence in of.sentences]


def test_sentences_of_an_answer_are_marked_and_left_out_by_the_grounder(believing: str, doubting: str) -> None:
    believer, doubter = Grounder(believing, "cpu"), Grounder(doubting, "cpu")
    assert verdicts(answer(f"{RETOLD} [1] I baked bread in Lyon. [1]", believer)) == ["supported", "supported"]
    assert verdicts(answer(f"{DENIED} [1] I baked bread in Lyon [1]", doubter)) == ["unsupported", "supported"]
    strict = without_unsupported(answer(f"{DENIED} [1] I baked bread in Lyon [1]", doubter), doubter.support)
    assert strict.text == "I baked bread in Lyon [1]"


def test_a_sentence_is_cited_anew_where_its_words_stand_and_the_grounder_agrees(believing: str, doubting: str) -> None:
    believer, doubter = Grounder(believing, "cpu"), Grounder(doubting, "cpu")
    assert [one.story.id for one in cited_anew(answer(DENIED, believer), believer.support).citations] == ["bread.md"]
    assert cited_anew(answer(RETOLD, believer), believer.support).citations == ()
    assert cited_anew(answer(DENIED, doubter), doubter.support).citations == ()


ASKED = "How much did the baker pay for the bootcamp?"


def test_an_answer_of_rag_carries_the_grounders_verdict(built: LiveIndex, believing: str, doubting: str) -> None:
    for name, verdict in ((believing, "supported"), (doubting, "unsupported")):
        judge = judge_from(RagSettings.load(grounder=name))
        found = Rag(built, ScriptedAnswerer("The baker felt proud of the bootcamp. [1]"), judge=judge).ask(ASKED)
        assert (verdicts(found), found.notice) == ([verdict], "")


def broken(name: str) -> Grounder:
    """A grounder whose weights turn out to be damaged once they are needed."""
    grounder = Grounder(name, "cpu")
    grounder.check()
    (Path(name) / "model.safetensors").write_bytes(b"nonsense")
    return grounder


@pytest.mark.parametrize("strict", [False, True])
def test_a_grounder_that_fails_midway_loses_no_answer(built: LiveIndex, strict: bool, tmp_path: Path) -> None:
    judge = broken(str(save_cross_encoder(tmp_path, names=NLI))).support
    draft = "The baker paid 4,200 euros for a bootcamp in Lyon. [1] Pilots rent yachts. [1]"
    found = Rag(built, ScriptedAnswerer(draft), judge=judge, strict=strict).ask(ASKED)
    words = Rag(built, ScriptedAnswerer(draft), strict=strict).ask(ASKED)
    assert (found.text, found.sentences, words.notice) == (words.text, words.sentences, "")
    assert found.notice.startswith("CROSSROADS_GROUNDER=")
    assert "the model cannot be loaded" in found.notice
    assert found.notice.count(BY_WORDS) == 1


def test_a_language_model_and_a_grounder_that_both_fail_are_both_told(built: LiveIndex, tmp_path: Path) -> None:
    judge = broken(str(save_cross_encoder(tmp_path, names=NLI))).support
    hits = built.search(ASKED)
    writing = Writing(ScriptedAnswerer(fails=True), understand(ASKED, ASKED), hits, (), judge=judge)
    *_, last = writing.stream(Answer(ASKED, hits=tuple(hits)))
    assert last.finished
    assert last.notice.startswith("The service went away.")
    assert (last.notice.count(BY_WORDS), last.answerer) == (1, QuotingAnswerer.name)
