"""Vectors are unit vectors, in the order asked, and a model's own, whatever model a user names.

Tiny models made by `tests/models.py` stand for the many that users may name.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from index.embedding import Embedder, Vectors, unit
from index.errors import EmbedderError
from tests.models import MODELS, PLACES, TEXTS, WIDTH, TinyModel, in_full_precision


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
    assert embedder.embed_with_sentences([], []) == []


def test_meaning_counts(embedder: Embedder) -> None:
    question = embedder.embed_query("How much did the course cost?")
    price, weather = embedder.embed_passages(["I paid 4,200 euros for the bootcamp.", "It rained in Leeds all winter."])
    assert question @ price > question @ weather


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
    embedder._encoder.at_once = 1  # one batch, as theirs is: what is padded on the left depends on those beside it
    np.testing.assert_allclose(
        embedder.embed_queries(TEXTS), theirs.encode_query(TEXTS, normalize_embeddings=True), atol=1e-5
    )
    assert embedder.embed_queries([]).shape == (0, embedder.dimension)
    assert embedder.count_tokens(TEXTS) == [4, 0, 13, 3, 100]


def test_a_prompt_called_passage_is_used_for_passages(tmp_path: Path) -> None:
    folder = TinyModel(prompts={"query": "query: ", "passage": "passage: "}).save(tmp_path)
    theirs = SentenceTransformer(str(folder), device="cpu").encode("passage: I baked bread.", normalize_embeddings=True)
    np.testing.assert_allclose(in_full_precision(folder).embed_passages(["I baked bread."])[0], theirs, atol=1e-5)


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


def test_progress_counts_every_text_once(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.WINDOW", 7)
    told: list[int] = []
    Embedder(str(tiny_model), "cpu").embed_with_sentences(["bread"] * 20, [[(0, 5)]] * 20, told.append)
    assert sum(told) == 20
    assert len(told) == 3


def test_order_holds_across_windows_and_batches(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [" ".join(["bread", "code", "lyon"][number % 3 :]) * (number % 5 + 1) for number in range(50)]
    embedder = in_full_precision(tiny_model)
    together = embedder.embed_passages(texts)
    monkeypatch.setattr("index.embedding.WINDOW", 7)
    embedder._encoder.batch_tokens = 20
    np.testing.assert_allclose(embedder.embed_passages(texts), together, atol=1e-5)


@pytest.mark.parametrize("name", ["packaged", "first token"])
def test_groups_embedded_in_turn_are_what_each_is_by_itself(name: str, embedder: Embedder, tmp_path: Path) -> None:
    chosen = embedder if name == "packaged" else Embedder(str(MODELS[name](tmp_path)), "cpu")
    texts = [" ".join(["bread", "code", "lyon"][number % 3 :]) * (number % 5 + 1) for number in range(12)]
    groups = [texts[:5], [], texts[5:6], texts[6:], []]
    told: list[int] = []
    found = list(chosen.embed_in_turn(((group, [[(0, 5)]] * len(group)) for group in groups), told.append))
    assert [len(reads) for reads in found] == [5, 0, 1, 6, 0]
    for group, reads in zip(groups, found, strict=True):
        alone = chosen.embed_with_sentences(group, [[(0, 5)]] * len(group))
        for one, other in zip(reads, alone, strict=True):
            np.testing.assert_array_equal(one.rows, other.rows)
    assert sum(told) == 12


def test_what_a_source_of_groups_raises_is_raised(embedder: Embedder) -> None:
    def groups() -> Iterator[tuple[list[str], list[list[tuple[int, int]]]]]:
        yield ["bread"], [[]]
        raise OSError("the disk is gone")

    found = embedder.embed_in_turn(groups())
    with pytest.raises(OSError, match="gone"):
        list(found)


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


def test_vectors_that_are_no_numbers_are_an_error(tiny_model: Path) -> None:
    embedder = Embedder(str(tiny_model), "cpu")
    with torch.no_grad():
        next(embedder._encoder._model.parameters()).fill_(float("nan"))
    with pytest.raises(EmbedderError, match="made vectors that are no numbers"):
        embedder.embed_query("bread")


def test_a_model_folder_that_is_none_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="CROSSROADS_EMBEDDER="):
        Embedder(str(tmp_path)).embed_query("bread")


def test_a_model_that_cannot_be_loaded_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=.*cannot be loaded"):
        Embedder(str(tmp_path), "cpu").embed_query("bread")


def test_damaged_weights_are_an_error_that_names_the_setting(tmp_path: Path) -> None:
    folder = TinyModel().save(tmp_path)
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=.*cannot be loaded"):
        Embedder(str(folder), "cpu").embed_query("bread")


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    folder = TinyModel().save(tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(EmbedderError, match="pickled"):
        Embedder(str(folder), "cpu").embed_query("bread")


def test_a_fingerprint_tells_models_and_methods_apart_but_not_devices(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Embedder(str(tiny_model), "cpu").fingerprint
    assert found.startswith("model:")
    assert Embedder(str(tiny_model), "cuda").fingerprint == found
    assert Embedder(str(TinyModel("cls").save(tmp_path))).fingerprint != found
    monkeypatch.setattr("index.embedding.METHOD", 99)
    assert Embedder(str(tiny_model)).fingerprint != found


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
