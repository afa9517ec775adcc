"""Which devices compute, in which precision and batches, and what becomes of one that cannot.

Two CPUs stand for two GPUs.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from index.batches import Item
from index.devices import find_device
from index.embedding import Embedder, Vectors
from index.encoder import Encoder, Read
from index.errors import EmbedderError, SettingsError
from index.loading import BATCH_TOKENS, tokens_a_batch
from tests.models import TEXTS, in_full_precision


def test_the_precision_in_use_stays_close_to_full_precision(embedder: Embedder) -> None:
    texts = ["I baked bread in Lyon for eleven years.", "My salary fell by a fifth when I became a data analyst. " * 9]
    full = Embedder(device="cpu")
    full.__dict__["precision"] = "float32"
    assert (embedder.embed_passages(texts) * full.embed_passages(texts)).sum(axis=1).min() > 0.999


def test_several_devices_compute_at_the_same_time(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = in_full_precision(tiny_model)
    embedder.__dict__["_devices"] = ["cpu", "cpu"]
    texts = [f"{'bread ' * (number % 7)}lyon" for number in range(40)]
    expected = in_full_precision(tiny_model).embed_passages(texts)
    met, used = threading.Barrier(2, timeout=30), set[int]()
    compute = Encoder.read

    def both(encoder: Encoder, batch: Sequence[Item], kind: str = "passage") -> list[Read]:
        if id(encoder) not in used:
            used.add(id(encoder))
            met.wait()
        return compute(encoder, batch, kind)

    monkeypatch.setattr(Encoder, "read", both)
    embedder._encoder.batch_tokens = 40
    np.testing.assert_allclose(embedder.embed_passages(texts), expected, atol=1e-5)
    assert len(used) == 2


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("MPS backend out of memory")],
    ids=["CUDA", "MPS"],
)
def test_where_memory_runs_out_smaller_batches_do(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    embedder = in_full_precision(tiny_model)
    expected = embedder.embed_passages(TEXTS)
    compute, tried = Encoder.read, list[int]()

    def cramped(encoder: Encoder, batch: Sequence[Item], kind: str = "passage") -> list[Read]:
        tried.append(len(batch))
        if len(batch) > 1:
            raise error
        return compute(encoder, batch, kind)

    before = embedder._encoder.batch_tokens
    monkeypatch.setattr(Encoder, "read", cramped)
    np.testing.assert_allclose(embedder.embed_passages(TEXTS), expected, atol=1e-5)
    assert tried == [5, 3, 2, 1, 1, 1, 2, 1, 1]
    assert embedder._encoder.batch_tokens < before


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "cpu has too little memory for one text of 64 tokens"),
        (RuntimeError("device-side assert"), r"the model failed on cpu \(device-side assert\)"),
    ],
)
def test_a_model_that_cannot_run_is_an_error_that_says_what_to_set(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError, message: str
) -> None:
    def broken(*_: object) -> list[Vectors]:
        raise error

    embedder = Embedder(str(tiny_model), "cpu")
    monkeypatch.setattr(Encoder, "read", broken)
    with pytest.raises(EmbedderError, match=message) as raised:
        embedder.embed_passages(["bread " * 100])
    assert "CROSSROADS_DEVICE=cpu" in str(raised.value)


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "toaster", "cpu:1", "cuda:x"])
def test_a_device_that_is_not_there_is_an_error_that_names_the_setting(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match=f"CROSSROADS_DEVICE={device}"):
        _ = Embedder(device=device).device


def test_of_two_gpus_there_is_no_third(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert find_device("cuda:1") == "cuda:1"
    with pytest.raises(SettingsError, match="CROSSROADS_DEVICE=cuda:2"):
        find_device("cuda:2")


@pytest.mark.parametrize(("device", "used"), [("auto", ["cuda:0", "cuda:1"]), ("cuda:1", ["cuda:1"])])
def test_every_gpu_is_used_unless_one_is_named(device: str, used: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert Embedder(device=device)._devices == used


@pytest.mark.parametrize(("settings", "precision"), [({}, "float16"), ({"dtype": "bfloat16"}, "bfloat16")])
def test_a_gpu_computes_in_half_precision_of_the_kind_the_model_was_made_with(
    settings: dict[str, str], precision: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(str(settings).replace("'", '"'))
    embedder = Embedder(str(tmp_path))
    embedder.__dict__["device"] = "cuda"
    assert embedder.precision == precision


@pytest.mark.parametrize(("supported", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_cpu_computes_in_bf16_where_it_has_instructions_for_it(
    supported: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: supported)
    assert Embedder(device="cpu").precision == precision


def test_batches_on_a_gpu_are_as_large_as_its_free_memory_allows(
    embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tokens(free: int) -> int:
        monkeypatch.setattr("torch.cuda.mem_get_info", lambda _: (free, 2 * free))
        return tokens_a_batch(embedder._encoder._model, "cuda:0", 256)

    assert tokens(100 * 2**30) == BATCH_TOKENS["cuda"]
    assert 5_000 < tokens(2**30) < 20_000
    assert tokens(0) == 256
