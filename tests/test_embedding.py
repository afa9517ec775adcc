"""Vectors are unit vectors, in the order asked, a model's own; sentences are read within their passage.

Tiny models made by `tests/models.py` stand for the many that users may name; two CPUs stand for two GPUs.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from index.batches import Item
from index.embedding import Embedder, Vectors, unit
from index.encoder import BATCH_TOKENS, CONTEXT, Encoder, _batch_tokens
from index.errors import EmbedderError, SettingsError
from tests.models import PLACES, WIDTH, TinyModel, save_static_model

TEXTS = ["I baked bread.", "", "I learned to code, then I learned to code in Lyon.", "bread in Lyon", "bread " * 100]
PROMPTS = {"query": "query: ", "document": "passage: "}

MODELS: dict[str, Callable[[Path], Path]] = {
    "mean": TinyModel().save,
    "first token": TinyModel("cls").save,
    "last token": TinyModel("lasttoken").save,
    "with prompts": TinyModel(prompts=PROMPTS).save,
    "prompts left out of the mean": TinyModel(prompts=PROMPTS, include_prompt=False).save,
    "with a layer on top": TinyModel(dense=True).save,
    "padded on the left": TinyModel(padding_side="left").save,
    "no limit known": TinyModel(limit=None).save,
    "no transformer": save_static_model,
}


def in_full_precision(folder: Path) -> Embedder:
    embedder = Embedder(str(folder), "cpu")
    embedder.__dict__["precision"] = "float32"
    return embedder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model whose vectors are means of its tokens'."""
    return TinyModel().save(tmp_path_factory.mktemp("tiny"))


def test_vectors_come_in_the_order_of_the_texts_and_have_length_1(embedder: Embedder) -> None:
    texts = ["short", "I baked bread in Lyon for eleven years. " * 20, "I was a lawyer.", ""]
    vectors = embedder.embed_passages(texts)
    assert vectors.shape == (4, embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert (vectors * alone).sum(axis=1).min() > 0.999


def test_no_texts_have_no_vectors(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)
    vectors, sentences = embedder.embed_with_sentences([], [])
    assert (vectors.shape, sentences) == ((0, embedder.dimension), [])


def test_meaning_counts(embedder: Embedder) -> None:
    question = embedder.embed_query("How much did the course cost?")
    price, weather = embedder.embed_passages(["I paid 4,200 euros for the bootcamp.", "It rained in Leeds all winter."])
    assert question @ price > question @ weather


def test_the_sentence_that_answers_is_the_nearest_of_its_passage(embedder: Embedder) -> None:
    sentences = ["It rained in Leeds all winter.", "I paid 4,200 euros for the bootcamp.", "My cat is called Otto."]
    text = " ".join(sentences)
    spans = [(text.index(sentence), text.index(sentence) + len(sentence)) for sentence in sentences]
    _, (found,) = embedder.embed_with_sentences([text], [spans])
    assert found.shape == (3, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found @ embedder.embed_query("How much did the course cost?")).argmax() == 1


def test_the_precision_in_use_stays_close_to_full_precision(embedder: Embedder) -> None:
    texts = ["I baked bread in Lyon for eleven years.", "My salary fell by a fifth when I became a data analyst. " * 9]
    full = Embedder(device="cpu")
    full.__dict__["precision"] = "float32"
    assert (embedder.embed_passages(texts) * full.embed_passages(texts)).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("save", MODELS.values(), ids=MODELS.keys())
def test_vectors_are_those_of_sentence_transformers_with_the_models_own_prompts(
    save: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = save(tmp_path)
    embedder, theirs = in_full_precision(folder), SentenceTransformer(str(folder), device="cpu")
    np.testing.assert_allclose(
        embedder.embed_passages(TEXTS), theirs.encode_document(TEXTS, normalize_embeddings=True), atol=1e-5
    )
    np.testing.assert_allclose(
        embedder.embed_query(TEXTS[3]), theirs.encode_query(TEXTS[3], normalize_embeddings=True), atol=1e-5
    )
    assert embedder.count_tokens(TEXTS) == [4, 0, 13, 3, 100]


def test_a_prompt_called_passage_is_used_for_passages(tmp_path: Path) -> None:
    folder = TinyModel(prompts={"query": "query: ", "passage": "passage: "}).save(tmp_path)
    theirs = SentenceTransformer(str(folder), device="cpu").encode("passage: I baked bread.", normalize_embeddings=True)
    np.testing.assert_allclose(in_full_precision(folder).embed_passages(["I baked bread."])[0], theirs, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"prompts": PROMPTS}, {"padding_side": "left"}], ids=["plain", "prompts", "left"]
)
def test_a_sentences_vector_is_the_mean_of_its_tokens_less_what_its_passage_shares(
    options: dict[str, Any], tmp_path: Path
) -> None:
    folder = TinyModel(**options).save(tmp_path)
    texts = ["I baked bread in Lyon. Then I learned to code.", "bread " * 40]
    _, (found, _) = in_full_precision(folder).embed_with_sentences(texts, [[(0, 22), (23, 46)], []])
    theirs = SentenceTransformer(str(folder), device="cpu")
    prompt = options.get("prompts", {}).get("document", "")
    with torch.inference_mode():
        features = theirs[0](theirs.preprocess([prompt + text for text in texts]))
    tokens = features["token_embeddings"][0][features["attention_mask"][0] == 1].numpy()
    before = len(theirs.tokenizer.tokenize(prompt)) + 1  # and [CLS]
    passage = unit(tokens.mean(axis=0, keepdims=True))
    expected = [
        unit(unit(tokens[before + first : before + last].mean(axis=0, keepdims=True)) - CONTEXT * passage)[0]
        for first, last in ((0, 6), (6, 12))
    ]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["first token", "no transformer"])
def test_where_tokens_have_no_mean_a_sentence_is_read_by_itself(name: str, tmp_path: Path) -> None:
    embedder = in_full_precision(MODELS[name](tmp_path))
    texts = ["I baked bread. I learned to code.", "", "bread in Lyon"]
    vectors, sentences = embedder.embed_with_sentences(texts, [[(0, 14), (15, 33)], [], [(0, 5)]])
    np.testing.assert_allclose(vectors, embedder.embed_passages(texts), atol=1e-6)
    assert [len(own) for own in sentences] == [2, 0, 1]
    alone = embedder.embed_passages(["I baked bread.", "I learned to code.", "bread"])
    np.testing.assert_allclose(np.concatenate(sentences), alone, atol=1e-6)


def test_a_sentence_that_was_cut_off_still_has_a_vector(tiny: Path) -> None:
    text = "bread " * 100 + "I learned to code."
    _, (found,) = Embedder(str(tiny), "cpu").embed_with_sentences([text], [[(0, 5), (600, 618)]])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_tokens_are_counted_without_cutting(embedder: Embedder) -> None:
    assert embedder.count_tokens([]) == []
    short, long = embedder.count_tokens(["bread", "bread " * 1000])
    assert (short, long) == (1, 1000)


@pytest.mark.parametrize(
    ("name", "tokens"),
    [("mean", PLACES), ("with prompts", PLACES - 2), ("no limit known", PLACES), ("no transformer", 512)],
)
def test_the_limit_is_what_the_model_has_places_for_less_its_prompt(name: str, tokens: int, tmp_path: Path) -> None:
    assert Embedder(str(MODELS[name](tmp_path)), "cpu").max_tokens == tokens


def test_the_dimension_is_read_from_the_model(embedder: Embedder, tmp_path: Path) -> None:
    assert (embedder.dimension, embedder.max_tokens) == (384, 256)
    assert Embedder(str(MODELS["with a layer on top"](tmp_path)), "cpu").dimension == WIDTH // 2


def test_progress_counts_every_text_once(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.WINDOW", 7)
    told: list[int] = []
    Embedder(str(tiny), "cpu").embed_with_sentences(["bread"] * 20, [[(0, 5)]] * 20, told.append)
    assert sum(told) == 20
    assert len(told) == 3


def test_order_holds_across_windows_and_batches(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [" ".join(["bread", "code", "lyon"][number % 3 :]) * (number % 5 + 1) for number in range(50)]
    embedder = in_full_precision(tiny)
    together = embedder.embed_passages(texts)
    monkeypatch.setattr("index.embedding.WINDOW", 7)
    embedder._encoder.batch_tokens = 20
    np.testing.assert_allclose(embedder.embed_passages(texts), together, atol=1e-5)


def test_several_devices_compute_at_the_same_time(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = in_full_precision(tiny)
    embedder.__dict__["_devices"] = ["cpu", "cpu"]
    texts = [f"{'bread ' * (number % 7)}lyon" for number in range(40)]
    expected = in_full_precision(tiny).embed_passages(texts)
    met, used = threading.Barrier(2, timeout=30), set[int]()
    compute = Encoder.vectors

    def both(encoder: Encoder, batch: Sequence[Item], kind: str = "passage") -> list[Vectors]:
        if id(encoder) not in used:
            used.add(id(encoder))
            met.wait()
        return compute(encoder, batch, kind)

    monkeypatch.setattr(Encoder, "vectors", both)
    embedder._encoder.batch_tokens = 40
    np.testing.assert_allclose(embedder.embed_passages(texts), expected, atol=1e-5)
    assert len(used) == 2


def test_questions_are_embedded_while_passages_are(embedder: Embedder) -> None:
    expected = embedder.embed_query("How did she learn to code?")
    texts = ["I baked bread in Lyon for eleven years. " * (number % 9 + 1) for number in range(60)]
    found: list[Vectors] = []
    threads = [
        threading.Thread(target=lambda: found.append(embedder.embed_query("How did she learn to code?")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    embedder.embed_passages(texts)
    for thread in threads:
        thread.join()
    assert len(found) == 4
    np.testing.assert_allclose(found, [expected] * 4, atol=1e-6)


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory."), RuntimeError("MPS backend out of memory")],
    ids=["CUDA", "MPS"],
)
def test_where_memory_runs_out_smaller_batches_do(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    embedder = in_full_precision(tiny)
    expected = embedder.embed_passages(TEXTS)
    compute, tried = Encoder.vectors, list[int]()

    def cramped(encoder: Encoder, batch: Sequence[Item], kind: str = "passage") -> list[Vectors]:
        tried.append(len(batch))
        if len(batch) > 1:
            raise error
        return compute(encoder, batch, kind)

    before = embedder._encoder.batch_tokens
    monkeypatch.setattr(Encoder, "vectors", cramped)
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
    tiny: Path, monkeypatch: pytest.MonkeyPatch, error: RuntimeError, message: str
) -> None:
    def broken(*_: object) -> list[Vectors]:
        raise error

    embedder = Embedder(str(tiny), "cpu")
    monkeypatch.setattr(Encoder, "vectors", broken)
    with pytest.raises(EmbedderError, match=message) as raised:
        embedder.embed_passages(["bread " * 100])
    assert "CROSSROADS_DEVICE=cpu" in str(raised.value)


def test_vectors_that_are_no_numbers_are_an_error(tiny: Path) -> None:
    embedder = Embedder(str(tiny), "cpu")
    with torch.no_grad():
        next(embedder._encoder._model.parameters()).fill_(float("nan"))
    with pytest.raises(EmbedderError, match="made vectors that are no numbers"):
        embedder.embed_query("bread")


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "toaster", "cpu:1", "cuda:x"])
def test_a_device_that_is_not_there_is_an_error_that_names_the_setting(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(SettingsError, match=f"CROSSROADS_DEVICE={device}"):
        _ = Embedder(device=device).device


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
        return _batch_tokens(embedder._encoder._model, "cuda:0", 256)

    assert tokens(100 * 2**30) == BATCH_TOKENS["cuda"]
    assert 5_000 < tokens(2**30) < 20_000
    assert tokens(0) == 256


def test_a_model_folder_that_is_none_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="CROSSROADS_EMBEDDER="):
        Embedder(str(tmp_path)).embed_query("bread")


def test_a_model_that_cannot_be_loaded_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=.*cannot be loaded"):
        Embedder(str(tmp_path), "cpu").embed_query("bread")


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    folder = TinyModel().save(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EmbedderError, match="pickled"):
        Embedder(str(folder), "cpu").embed_query("bread")


def test_a_fingerprint_tells_models_and_methods_apart_but_not_devices(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Embedder(str(tiny), "cpu").fingerprint
    assert found.startswith("model:")
    assert Embedder(str(tiny), "cuda").fingerprint == found
    assert Embedder(str(TinyModel("cls").save(tmp_path))).fingerprint != found
    monkeypatch.setattr("index.embedding.METHOD", 99)
    assert Embedder(str(tiny)).fingerprint != found


def test_a_fingerprint_and_the_module_itself_need_nothing_heavy() -> None:
    code = (
        "import sys\nfrom index.embedding import Embedder\nEmbedder().fingerprint\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'chromadb', 'langchain', 'langchain_core'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert run.stdout.strip() == "[]"


def test_zero_vectors_stay_zero() -> None:
    assert unit(np.zeros((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]
