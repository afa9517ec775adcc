"""A grounder judges sentences in the place of the comparison of words, but for quotations and made-up numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from index.cross_encoder import PairModel
from index.errors import GrounderError, SettingsError
from index.live import LiveIndex
from index.passages import Passage
from index.search import Hit
from index.settings import Settings
from index.stories import Story
from rag.answer import Answer
from rag.answerers import QuotingAnswerer
from rag.ask import Rag, open_rag
from rag.checking import checked, cited_anew, without_unsupported
from rag.citations import resolve
from rag.grounder import KEPT, UNSEEN_NUMBER, Grounder, judge_from
from rag.grounding import PARTLY, SUPPORTED, VERBATIM, support
from rag.question import understand
from rag.settings import RagSettings
from rag.writing import BY_WORDS, Writing
from tests.models import PLACES, TinyModel, save_cross_encoder
from tests.test_ask import ScriptedAnswerer

NLI = ("contradiction", "entailment", "neutral")
BREAD = "I baked bread in Lyon, then I learned to code."
TRAMS = "My brother drives a tram."
RETOLD = "A baker turned programmer."
"""What a reader would take from `BREAD`, and no comparison of words."""
DENIED = "I baked bread in Lyon and learned to code."
"""What a comparison of words finds in `BREAD`."""


@pytest.fixture(scope="module")
def believing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model to which everything follows."""
    return str(save_cross_encoder(tmp_path_factory.mktemp("believing"), names=NLI, bias=(0.0, 9.0, 0.0)))


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model to which nothing follows."""
    return str(save_cross_encoder(tmp_path_factory.mktemp("doubting"), names=NLI, bias=(9.0, 0.0, 0.0)))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model whose scores depend on what it reads."""
    return str(save_cross_encoder(tmp_path_factory.mktemp("reading"), names=NLI))


class Recorded(PairModel):
    """Finds that the longest premise carries its claim best, and remembers the pairs."""

    def __init__(self, model: PairModel) -> None:
        super().__init__(model.name, model._wanted_device, model.setting)
        self.pairs: list[tuple[str, str]] = []

    def logits(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        self.pairs += pairs
        return np.array([[0.0, len(premise) / 100, 0.0] for premise, _ in pairs], dtype=np.float32)


def recorded(name: str) -> tuple[Grounder, Recorded]:
    grounder = Grounder(name, "cpu")
    grounder._model = model = Recorded(grounder._model)
    return grounder, model


def softmax(logits: Sequence[float]) -> np.ndarray:
    powers = np.exp(np.array(logits, dtype=np.float64))
    return np.asarray(powers / powers.sum())


def test_the_verdict_is_the_models_and_not_that_of_the_words(believing: str, doubting: str) -> None:
    assert support(RETOLD, [BREAD]).verdict == "unsupported"
    assert support(DENIED, [BREAD]).verdict == "supported"
    found = Grounder(believing, "cpu").support(f"{RETOLD} [1]", [BREAD])
    assert (found.verdict, found.reasons) == ("supported", ())
    assert found.score == pytest.approx(softmax([0, 9, 0])[1])
    denied = Grounder(doubting, "cpu").support(f"{DENIED} [1]", [BREAD])
    assert (denied.verdict, denied.reasons) == ("unsupported", ("the cited words do not carry it",))
    assert denied.score == pytest.approx(softmax([9, 0, 0])[1])


def test_what_is_not_supported_has_the_reasons_that_its_words_give(doubting: str) -> None:
    grounder = Grounder(doubting, "cpu")
    assert grounder.support(RETOLD, [BREAD]).reasons == support(RETOLD, [BREAD]).reasons
    assert "few of its words are in the passage" in grounder.support(RETOLD, [BREAD]).reasons


def test_the_score_is_the_models_chance_of_the_passage_and_the_sentence_without_marks(reading: str) -> None:
    expected = CrossEncoder(reading, device="cpu").predict([(BREAD, "Bread in Lyon, query.")])[0]
    found = Grounder(reading, "cpu").support("Bread in Lyon, query. [1]", [BREAD])
    assert found.score == pytest.approx(softmax(expected)[1], abs=1e-5)


@pytest.mark.parametrize(
    ("logit", "verdict"),
    [
        (np.log(SUPPORTED / (1 - SUPPORTED)) + 0.01, "supported"),
        (np.log(SUPPORTED / (1 - SUPPORTED)) - 0.01, "partly"),
        (np.log(PARTLY / (1 - PARTLY)) - 0.01, "unsupported"),
    ],
)
def test_a_single_score_is_taken_as_a_chance_and_the_thresholds_are_the_same(
    logit: float, verdict: str, tmp_path: Path
) -> None:
    found = Grounder(str(save_cross_encoder(tmp_path, bias=[logit])), "cpu").support(RETOLD, [BREAD])
    assert found.verdict == verdict
    assert found.score == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)


@pytest.mark.parametrize(
    ("names", "bias"),
    [
        (("ENTAILMENT", "neutral", "contradiction"), (9.0, 0.0, 0.0)),
        (("entailment", "not_entailment"), (9.0, 0.0)),
        (("refuted", "Supported"), (0.0, 9.0)),
        (("LABEL_0", "LABEL_1"), (0.0, 9.0)),
    ],
)
def test_the_label_that_counts_is_known_by_its_name(
    names: Sequence[str], bias: Sequence[float], tmp_path: Path
) -> None:
    grounder = Grounder(str(save_cross_encoder(tmp_path, names=names, bias=bias)), "cpu")
    assert grounder.support(RETOLD, [BREAD]).score > 0.99


@pytest.mark.parametrize("names", [("LABEL_0", "LABEL_1", "LABEL_2"), ("good", "bad"), ("entailment", "yes", "no")])
def test_labels_that_do_not_tell_are_an_error_that_names_them(names: Sequence[str], tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path, names=names)
    with pytest.raises(GrounderError, match=rf"CROSSROADS_GROUNDER={folder}: .* {', '.join(names)}\. .*unset it"):
        judge_from(RagSettings.load(grounder=str(folder)))


def test_what_stands_in_a_passage_word_for_word_is_supported_and_the_model_not_asked(doubting: str) -> None:
    grounder, model = recorded(doubting)
    found = grounder.support("“I baked bread in Lyon” [2]", [TRAMS, BREAD])
    assert (found.verdict, found.score >= VERBATIM, model.pairs) == ("supported", True, [])


@pytest.mark.parametrize(("sentence", "passages"), [(RETOLD, []), (RETOLD, [" "]), ("[1] …", [BREAD])])
def test_what_cites_nothing_or_says_nothing_is_unsupported_and_the_model_not_asked(
    sentence: str, passages: Sequence[str], believing: str
) -> None:
    grounder, model = recorded(believing)
    assert grounder.support(sentence, passages) == support(sentence, passages)
    assert (grounder.support(sentence, passages).score, model.pairs) == (0.0, [])


def test_a_number_that_no_passage_has_is_never_supported(believing: str) -> None:
    grounder = Grounder(believing, "cpu")
    made_up = grounder.support("A baker turned programmer in 9 weeks. [1]", [BREAD])
    assert (made_up.verdict, made_up.score) == ("partly", UNSEEN_NUMBER)
    assert "the number 9 is not in the passage" in made_up.reasons
    assert grounder.support("A baker turned programmer in 9 weeks. [1]", [BREAD, "It took nine weeks."]).reasons == ()


def test_several_passages_are_read_alone_and_together_and_the_best_counts(reading: str) -> None:
    grounder, model = recorded(reading)
    found = grounder.support(RETOLD, [BREAD, "bread"])
    both = f"{BREAD}\n\nbread"
    assert model.pairs == [(BREAD, RETOLD), ("bread", RETOLD), (both, RETOLD)]
    assert found.score == pytest.approx(softmax([0, len(both) / 100, 0])[1])


def test_a_passage_that_is_too_long_is_read_in_windows_of_whole_sentences(reading: str) -> None:
    sentences = [f"I baked bread in Lyon{', bread' * count}." for count in (0, 1, 2, 3, 4, 5, 6, 7)]
    grounder, model = recorded(reading)
    grounder.support(RETOLD, [" ".join(sentences)])
    windows = [premise for premise, _ in model.pairs]
    assert " ".join(windows) == " ".join(sentences)
    assert len(windows) > 1
    for window in windows:
        assert sum(model.tokens([window, RETOLD])) <= model.limit == PLACES
        assert window.endswith(".")


@pytest.mark.parametrize("long", ["bread " * 300, f"{'bread ' * 300}. {BREAD}", "\n" * 3 + "bread, " * 300])
def test_a_sentence_too_long_for_the_model_is_judged_all_the_same(long: str, believing: str) -> None:
    assert Grounder(believing, "cpu").support(RETOLD, [long]).verdict == "supported"
    assert Grounder(believing, "cpu").support("baker " * 300, [BREAD]).verdict == "supported"


def test_a_sentence_is_not_judged_twice(reading: str) -> None:
    grounder, model = recorded(reading)
    assert grounder.support(RETOLD, [BREAD]) == grounder.support(f"{RETOLD} [1]", [BREAD])
    assert len(model.pairs) == 1 < KEPT


def test_a_grounder_is_off_by_default_and_named_by_its_setting(
    believing: str, doubting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judge_from(RagSettings.load()) is support
    assert judge_from(RagSettings.load(grounder=believing))(RETOLD, [BREAD]).verdict == "supported"
    monkeypatch.setenv("CROSSROADS_GROUNDER", doubting)
    assert judge_from(RagSettings.load())(DENIED, [BREAD]).verdict == "unsupported"
    Settings.load()  # the index's commands do not refuse it


def test_a_folder_that_is_not_there_is_an_error_before_any_question() -> None:
    with pytest.raises(GrounderError, match=r"CROSSROADS_GROUNDER=./none: there is no such folder\. .*unset it"):
        open_rag(RagSettings.load(grounder="./none"))


def test_a_model_of_another_kind_is_an_error_before_any_question(tiny_model: Path, tmp_path: Path) -> None:
    TinyModel().save(tmp_path)
    for folder in (tiny_model, tmp_path / "bert"):
        with pytest.raises(GrounderError, match="it is no cross-encoder"):
            open_rag(RagSettings.load(grounder=str(folder)))
    folder = save_cross_encoder(tmp_path, names=NLI)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(GrounderError, match="are pickled"):
        open_rag(RagSettings.load(grounder=str(folder)))


@pytest.mark.parametrize("said", ['"id2label": {"first": "entailment"}', '"id2label": ["entailment"]'])
def test_labels_that_cannot_be_read_are_an_error(said: str, tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path)
    (folder / "config.json").write_text(f'{{"architectures": ["BertForSequenceClassification"], {said}}}')
    with pytest.raises(GrounderError, match=r"the labels in its config\.json cannot be read"):
        Grounder(str(folder), "cpu").check()


def test_a_device_that_is_not_there_is_an_error_that_names_the_setting(believing: str) -> None:
    with pytest.raises(SettingsError, match="CROSSROADS_DEVICE=toaster"):
        Grounder(believing, "toaster").support(RETOLD, [BREAD])


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
