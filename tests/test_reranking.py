"""A cross-encoder orders the best hits anew: loaded once, in batches that fit, never by running a stranger's code."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder

from index.cross_encoder import BATCH, precision
from index.errors import RerankerError, SettingsError
from index.live import LiveIndex
from index.query import Sought
from index.reranking import Reranker, Scores
from index.search import _shown
from index.settings import Settings
from tests.models import TinyModel, save_cross_encoder

QUESTION = "Who learned to code?"
TEXTS = [
    "I baked bread.",
    "I learned to code in Lyon, then I learned to code.",
    "",
    "bread",
    "in Lyon, I baked",
    "code " * 99,
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("tiny"))


class Longest(Reranker):
    """Likes long texts; all of the same number of hundreds alike."""

    asked: tuple[str, Sequence[str]] = ("", ())

    def scores(self, question: str, texts: Sequence[str]) -> Scores:
        self.asked = question, texts
        return np.array([len(text) // 100 for text in texts], dtype=np.float32)


def reranked_by(built: LiveIndex, reranker: Reranker) -> LiveIndex:
    return LiveIndex(built.store, built.embedder, reranker)


def test_scores_are_those_of_the_cross_encoder(model: Path) -> None:
    expected = CrossEncoder(str(model), device="cpu").predict(
        [(QUESTION, text) for text in TEXTS], activation_fn=torch.nn.Identity()
    )
    found = Reranker(str(model), "cpu", 30).scores(QUESTION, TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert len({round(float(score), 3) for score in found}) > 4
    assert Reranker(str(model), "cpu", 30).scores(QUESTION, []).shape == (0,)


def test_the_best_hits_are_ordered_by_the_models_scores(built: LiveIndex, model: Path) -> None:
    reranker = Reranker(str(model), "cpu", 30)
    before, after = built.search("bread in Lyon"), reranked_by(built, reranker).search("bread in Lyon")
    expected = reranker.scores("bread in Lyon", [_shown(hit) for hit in before])
    assert [hit.passage for hit in after] == [before[place].passage for place in np.argsort(-expected, kind="stable")]
    assert [hit.passage for hit in after] != [hit.passage for hit in before]
    assert [hit.components["reranker"] for hit in after] == pytest.approx(sorted(expected.tolist(), reverse=True))


def test_only_the_depth_is_ordered_and_the_rest_stays_behind_it(built: LiveIndex) -> None:
    before, after = built.search("the job"), reranked_by(built, Longest("", "cpu", 3)).search("the job")
    assert {hit.passage for hit in after[:3]} == {hit.passage for hit in before[:3]}
    assert [hit.passage for hit in after[3:]] == [hit.passage for hit in before[3:]]
    assert ["reranker" in hit.components for hit in after] == [True] * 3 + [False] * (len(before) - 3)
    assert len(before) > 4


def test_what_is_ordered_does_not_depend_on_how_many_hits_are_wanted(built: LiveIndex) -> None:
    index = reranked_by(built, Longest("", "cpu", 4))
    assert index.search("the job", 2) == index.search("the job")[:2]


def test_equal_scores_keep_the_order_of_the_search(built: LiveIndex) -> None:
    before, after = built.search("the job"), reranked_by(built, Longest("", "cpu", 8)).search("the job")
    for score in {hit.components["reranker"] for hit in after}:
        alike = [hit.passage for hit in after if hit.components["reranker"] == score]
        assert alike == [hit.passage for hit in before if hit.passage in alike]
    assert len({hit.components["reranker"] for hit in after}) < len(after)


def test_scores_still_fall_and_are_the_chances_they_were(built: LiveIndex) -> None:
    before, after = built.search("the job"), reranked_by(built, Longest("", "cpu", 4)).search("the job")
    assert [hit.score for hit in after] == [hit.score for hit in before]


def test_the_model_reads_the_question_and_whose_passage_it_is(built: LiveIndex) -> None:
    reranker = Longest("", "cpu", 30)
    reranked_by(built, reranker).search(Sought("a baker and who baked bread", alone="who baked bread"))
    question, texts = reranker.asked
    assert question == "who baked bread"
    assert any(text.startswith("From bread to back end (baker → backend developer)\nI baked bread") for text in texts)
    assert any(text.startswith("I was a night nurse") or "\nI was a night nurse" in text for text in texts)


def test_the_settings_name_the_reranker_and_none_is_the_default(model: Path) -> None:
    assert LiveIndex.from_settings(Settings.load()).reranker is None
    found = LiveIndex.from_settings(Settings.load(reranker=str(model), rerank_depth=7)).reranker
    assert found is not None
    assert (found.name, found.depth) == (str(model), 7)
    with pytest.raises(SettingsError, match="CROSSROADS_RERANK_DEPTH=0"):
        Settings.load(rerank_depth=0)


def test_it_is_loaded_once_and_by_the_first_who_asks(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index import cross_encoder

    loaded, load = list[Path](), cross_encoder._load

    def counted(folder: Path, device: str) -> CrossEncoder:
        loaded.append(folder)
        return load(folder, device)

    monkeypatch.setattr(cross_encoder, "_load", counted)
    reranker = Reranker(str(model), "cpu", 30)
    assert loaded == []
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: reranker.scores(QUESTION, TEXTS).tolist(), range(16)))
    assert loaded == [model]
    assert found == [found[0]] * 16


def batches_of(reranker: Reranker, monkeypatch: pytest.MonkeyPatch, limit: int, error: RuntimeError) -> list[int]:
    """The sizes of the batches that are tried from now on; those above a limit fail."""
    tried, forward = list[int](), reranker.pairs._model.forward

    def cramped(features: dict[str, torch.Tensor], **options: Any) -> Any:
        tried.append(len(features["input_ids"]))
        if tried[-1] > limit:
            raise error
        return forward(features, **options)

    monkeypatch.setattr(reranker.pairs._model, "forward", cramped)
    return tried


def test_texts_go_in_by_batches(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = Reranker(str(model), "cpu", 30)
    tried = batches_of(reranker, monkeypatch, 99, RuntimeError())
    assert reranker.scores(QUESTION, TEXTS * 3).tolist() == pytest.approx(
        reranker.scores(QUESTION, TEXTS).tolist() * 3, abs=1e-5
    )
    assert tried == [BATCH["cpu"], BATCH["cpu"], 2, 6]


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("MPS backend out of memory")]
)
def test_where_memory_runs_out_smaller_batches_do_from_then_on(
    model: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    reranker = Reranker(str(model), "cpu", 30)
    expected = reranker.scores(QUESTION, TEXTS)
    tried = batches_of(reranker, monkeypatch, 2, error)
    np.testing.assert_allclose(reranker.scores(QUESTION, TEXTS), expected, atol=1e-5)
    assert tried == [6, 4, 2, 2, 2]
    tried.clear()
    reranker.scores(QUESTION, TEXTS)
    assert tried == [2, 2, 2]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "its memory is too small for one passage"),
        (RuntimeError("device-side assert"), "device-side assert"),
    ],
)
def test_a_model_that_cannot_run_is_an_error_that_says_what_to_set(
    model: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError, message: str
) -> None:
    reranker = Reranker(str(model), "cpu", 30)
    batches_of(reranker, monkeypatch, 0, error)
    with pytest.raises(RerankerError, match=rf"CROSSROADS_RERANKER={model}: .*{message}.*CROSSROADS_DEVICE=cpu"):
        reranker.scores(QUESTION, TEXTS)


def test_scores_that_are_no_numbers_are_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = Reranker(str(model), "cpu", 30)
    monkeypatch.setattr(reranker.pairs._model, "predict", lambda pairs, **_: np.full(len(pairs), np.nan))
    with pytest.raises(RerankerError, match="no numbers"):
        reranker.scores(QUESTION, TEXTS)


def test_a_folder_that_is_not_there_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(RerankerError, match=r"CROSSROADS_RERANKER=./none: there is no such folder\. Name a cross-enc"):
        Reranker("./none", "cpu", 30).scores(QUESTION, TEXTS)


def test_a_device_that_is_not_there_is_an_error_that_names_the_setting(model: Path) -> None:
    with pytest.raises(SettingsError, match="CROSSROADS_DEVICE=toaster"):
        Reranker(str(model), "toaster", 30).scores(QUESTION, TEXTS)


def test_a_model_of_another_kind_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(RerankerError, match="it is no cross-encoder"):
        Reranker(str(tiny_model), "cpu", 30).scores(QUESTION, TEXTS)
    TinyModel().save(tmp_path)
    with pytest.raises(RerankerError, match="it is no cross-encoder"):
        Reranker(str(tmp_path / "bert"), "cpu", 30).scores(QUESTION, TEXTS)


def test_a_model_with_several_scores_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RerankerError, match="gives a pair 3 scores"):
        Reranker(str(save_cross_encoder(tmp_path, labels=3)), "cpu", 30).scores(QUESTION, TEXTS)


def test_a_model_as_sentence_transformers_saves_it_is_known(model: Path, tmp_path: Path) -> None:
    CrossEncoder(str(model), device="cpu").save(str(tmp_path / "saved"), create_model_card=False)
    expected = Reranker(str(model), "cpu", 30).scores(QUESTION, TEXTS)
    np.testing.assert_allclose(
        Reranker(str(tmp_path / "saved"), "cpu", 30).scores(QUESTION, TEXTS), expected, atol=1e-5
    )


def test_pickled_weights_and_code_are_never_loaded(tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path)
    (folder / "modules.json").write_text(json.dumps([{"type": "modeling_mine.Ranker"}]))
    with pytest.raises(RerankerError, match="code of its own"):
        Reranker(str(folder), "cpu", 30).scores(QUESTION, TEXTS)
    (folder / "modules.json").unlink()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(RerankerError, match="are pickled"):
        Reranker(str(folder), "cpu", 30).scores(QUESTION, TEXTS)


def test_a_model_whose_files_are_damaged_is_an_error(tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path)
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(RerankerError, match="the model cannot be loaded"):
        Reranker(str(folder), "cpu", 30).scores(QUESTION, TEXTS)


@pytest.mark.parametrize(
    ("device", "settings", "expected"),
    [
        ("cpu", {"dtype": "bfloat16"}, "float32"),
        ("cuda", {}, "float16"),
        ("cuda:1", {"torch_dtype": "bfloat16"}, "bfloat16"),
        ("mps", {}, "float32"),
    ],
)
def test_a_gpu_computes_in_half_precision(device: str, settings: dict[str, str], expected: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings))
    assert precision(tmp_path, device) == expected
