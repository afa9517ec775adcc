"""The packaged model is computed here, and makes of texts what sentence-transformers would make of them."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from index.bert import Bert
from index.embedding import CODE_UNIT, PACKAGED, Embedder
from index.errors import EmbedderError
from index.weights import find_model

QUESTIONS = [
    "How much did the course cost?",
    "",
    "Ça a pris combien de temps, “naïvely” 🤷 asked — 3½ years?",
    "bread",
    "I was a lawyer, and then a baker; " * 60,
]


@pytest.fixture(scope="module")
def folder() -> Path:
    """The packaged model's."""
    return find_model(PACKAGED).folder


def in_precision(precision: str) -> Embedder:
    """An embedder that computes on the CPU in a precision."""
    embedder = Embedder(device="cpu")
    embedder.__dict__["precision"] = precision
    return embedder


needs_bf16 = pytest.mark.skipif(
    not torch.cpu._is_avx512_bf16_supported(),  # no public check exists
    reason="oneDNN computes in bf16 only where the processor has instructions for it",
)


@pytest.mark.parametrize(
    ("precision", "furthest"), [("float32", 1e-5), pytest.param("bfloat16", 2e-2, marks=needs_bf16)]
)
def test_texts_become_what_sentence_transformers_makes_of_them(precision: str, furthest: float, folder: Path) -> None:
    theirs = SentenceTransformer(str(folder), device="cpu").encode_query(QUESTIONS, normalize_embeddings=True)
    embedder = in_precision(precision)
    at = [place for place, question in enumerate(QUESTIONS) if question]
    for found in (embedder.embed_queries(QUESTIONS), embedder.embed_passages(QUESTIONS)):
        np.testing.assert_allclose(found[at], theirs[at], atol=furthest)


@needs_bf16
def test_a_torch_without_the_fused_product_makes_the_same_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    fused = in_precision("bfloat16").embed_passages(QUESTIONS)
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    np.testing.assert_allclose(in_precision("bfloat16").embed_passages(QUESTIONS), fused, atol=2e-2)


@pytest.mark.parametrize("texts_at_once", [1, 3])
def test_vectors_do_not_depend_on_how_many_batches_are_computed_at_once(
    texts_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{number} loaves " * (number + 1) for number in range(40)]
    alone = Embedder(device="cpu").embed_passages(texts)
    monkeypatch.setattr("index.threads.there", lambda: texts_at_once)
    np.testing.assert_array_equal(Embedder(device="cpu").embed_passages(texts), alone)


def test_a_question_and_a_passage_of_the_same_words_have_the_same_vectors_and_codes() -> None:
    embedder = in_precision("float32")
    spans = [[(0, len(question))] for question in QUESTIONS]
    passages = embedder.embed_with_sentences(QUESTIONS, spans)
    for asked, told in zip(embedder.read_queries(QUESTIONS), passages, strict=True):
        np.testing.assert_allclose(asked.rows, told.rows, atol=1e-5)
        assert [len(own) for own in asked.tokens] == [len(own) for own in told.tokens]
        for own, other in zip(asked.tokens, told.tokens, strict=True):
            np.testing.assert_allclose(own / CODE_UNIT, other / CODE_UNIT, atol=1.5 / CODE_UNIT)


def test_no_text_gets_more_places_than_the_model_has(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = in_precision("float32")
    usual = embedder.embed_passages(QUESTIONS)
    monkeypatch.setattr("index.encoder.PLACES", 1_000)
    np.testing.assert_allclose(embedder.embed_passages(QUESTIONS), usual, atol=1e-5)


def test_a_questions_vector_does_not_depend_on_those_beside_it() -> None:
    embedder = in_precision("float32")
    alone = np.stack([embedder.embed_query(question) for question in QUESTIONS])
    np.testing.assert_allclose(embedder.embed_queries(QUESTIONS), alone, atol=1e-5)


@pytest.mark.parametrize("texts", ["embed_query('bread')", "embed_passages(['bread'])"])
def test_it_needs_nothing_of_sentence_transformers(texts: str) -> None:
    code = (
        f"import sys\nfrom index.embedding import Embedder\nEmbedder(device='cpu').{texts}\n"
        "heavy = {'sentence_transformers', 'transformers', 'sklearn', 'pandas', 'scipy.stats', 'chromadb'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", b"{}"),
        ("config.json", b'{"hidden_size": 384'),
        ("config.json", b'{"hidden_act": "relu"}'),
        ("tokenizer.json", b"{"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1"),
    ],
    ids=["no settings", "broken settings", "another kind of layers", "broken tokenizer", "weights that are none"],
)
def test_a_damaged_installation_is_an_error_that_names_the_setting(
    file: str, content: bytes, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / file).write_bytes(content)
    monkeypatch.setattr("index.weights.find_folder", lambda *_: copy)
    with pytest.raises(EmbedderError, match=r"CROSSROADS_EMBEDDER=.*cannot be loaded"):
        Embedder(device="cpu").embed_query("bread")


def test_weights_that_are_missing_are_told(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "sentence_bert_config.json"):
        shutil.copy(folder / name, tmp_path)
    with pytest.raises(OSError, match="safetensors"):
        Bert(tmp_path, "cpu", "float32")
