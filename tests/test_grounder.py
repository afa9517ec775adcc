"""A grounder judges sentences in the place of the comparison of words, but for quotations and made-up numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from index.errors import GrounderError, SettingsError
from index.settings import Settings
from rag.ask import open_rag
from rag.grounder import KEPT, Grounder, judge_from
from rag.grounding import PARTLY, SUPPORTED, UNSEEN, VERBATIM, support
from rag.settings import RagSettings
from tests.grounders import (
    BREAD,
    DENIED,
    NLI,
    RETOLD,
    TRAMS,
    reading_model,
    recorded,
)
from tests.models import PLACES, TinyModel, save_cross_encoder


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> str:
    return reading_model(tmp_path_factory.mktemp("reading"))


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
    assert (made_up.verdict, made_up.score) == ("partly", UNSEEN)
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
