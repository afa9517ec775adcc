"""Vectors are unit vectors, in the order asked, the same every time; models that could run code are refused."""

from pathlib import Path

import numpy as np
import pytest

from index.embedding import Embedder, _batches, unit
from index.errors import EmbedderError, SettingsError


def test_vectors_come_in_the_order_of_the_texts_and_have_length_1(embedder: Embedder) -> None:
    texts = ["short", "I baked bread in Lyon for eleven years. " * 20, "I was a lawyer.", ""]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (4, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert (vectors * alone).sum(axis=1).min() > 0.99


def test_meaning_counts(embedder: Embedder) -> None:
    question = embedder.embed_query("How much did the course cost?")
    price, weather = embedder.embed_passages(["I paid 4,200 euros for the bootcamp.", "It rained in Leeds all winter."])
    assert question @ price > question @ weather


def test_the_precision_in_use_stays_close_to_full_precision(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["I baked bread in Lyon for eleven years.", "My salary fell by a fifth when I became a data analyst."]
    full = Embedder(device="cpu")
    monkeypatch.setitem(full.__dict__, "precision", "float32")
    assert (embedder.embed_passages(texts) * full.embed_passages(texts)).sum(axis=1).min() > 0.99


def test_tokens_are_counted_without_cutting(embedder: Embedder) -> None:
    assert embedder.count_tokens([]) == []
    short, long = embedder.count_tokens(["bread", "bread " * 1000])
    assert (short, long) == (1, 1000)
    assert embedder.max_tokens == 256


def test_batches_hold_texts_of_like_length_within_the_limit() -> None:
    assert list(_batches([1, 9, 3, 2], 9)) == [[1], [2, 3, 0]]
    assert list(_batches([20], 9)) == [[0]]
    assert list(_batches([], 9)) == []


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "toaster", "cpu:1", "cuda:x"])
def test_a_device_that_is_not_there_is_an_error_that_names_the_setting(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match=f"CROSSROADS_DEVICE={device}"):
        _ = Embedder(device=device).device


def test_a_model_folder_that_is_none_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="CROSSROADS_EMBEDDER="):
        Embedder(str(tmp_path)).embed_query("bread")


def test_a_model_folder_is_known_by_its_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = Embedder(str(tmp_path)).fingerprint
    (tmp_path / "model.safetensors").write_bytes(b"two")
    assert Embedder(str(tmp_path)).fingerprint != first
    assert first.startswith(f"{tmp_path.name}:")


def test_zero_vectors_stay_zero() -> None:
    assert unit(np.zeros((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]
