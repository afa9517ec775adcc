"""A sentence's vector is read within its passage, where the model's way of pooling allows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from index.embedding import CODE_LENGTH, CODE_UNIT, Embedder, unit
from index.encoder import CONTEXT
from tests.models import MODELS, PROMPTS, TinyModel, in_full_precision


def test_the_sentence_that_answers_is_the_nearest_of_its_passage(embedder: Embedder) -> None:
    sentences = ["It rained in Leeds all winter.", "I paid 4,200 euros for the bootcamp.", "My cat is called Otto."]
    text = " ".join(sentences)
    spans = [(text.index(sentence), text.index(sentence) + len(sentence)) for sentence in sentences]
    found = embedder.embed_with_sentences([text], [spans])[0].rows[1:]
    assert found.shape == (3, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found @ embedder.embed_query("How much did the course cost?")).argmax() == 1


@pytest.mark.parametrize(
    "options", [{}, {"prompts": PROMPTS}, {"padding_side": "left"}], ids=["plain", "prompts", "left"]
)
def test_a_sentences_vector_is_the_mean_of_its_tokens_less_what_its_passage_shares(
    options: dict[str, Any], tmp_path: Path
) -> None:
    folder = TinyModel(**options).save(tmp_path)
    texts = ["I baked bread in Lyon. Then I learned to code.", "bread " * 40]
    found = in_full_precision(folder).embed_with_sentences(texts, [[(0, 22), (23, 46)], []])[0].rows[1:]
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
    reads = embedder.embed_with_sentences(texts, [[(0, 14), (15, 33)], [], [(0, 5)]])
    vectors, sentences = np.stack([read.rows[0] for read in reads]), [read.rows[1:] for read in reads]
    np.testing.assert_allclose(vectors, embedder.embed_passages(texts), atol=1e-6)
    assert [len(own) for own in sentences] == [2, 0, 1]
    alone = embedder.embed_passages(["I baked bread.", "I learned to code.", "bread"])
    np.testing.assert_allclose(np.concatenate(sentences), alone, atol=1e-6)


def test_a_sentence_that_was_cut_off_still_has_a_vector(tiny_model: Path) -> None:
    text = "bread " * 100 + "I learned to code."
    found = Embedder(str(tiny_model), "cpu").embed_with_sentences([text], [[(0, 5), (600, 618)]])[0].rows[1:]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_content_words_of_each_sentence_have_codes_and_stop_words_have_none(embedder: Embedder) -> None:
    text = "I baked bread. Then it was the end."
    codes = embedder.embed_with_sentences([text], [[(0, 14), (15, 35)]])[0].tokens
    assert [own.shape for own in codes] == [(2, CODE_LENGTH), (1, CODE_LENGTH)]
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(codes).astype(float), axis=1), CODE_UNIT, rtol=0.02)


def test_a_word_in_a_question_is_nearest_to_its_like_in_a_passage(embedder: Embedder) -> None:
    text = "I baked bread. My cat slept."
    baked, bread, cat, _ = np.concatenate(
        embedder.embed_with_sentences([text], [[(0, 14), (15, 28)]])[0].tokens
    ).astype(float)
    (asked,) = embedder.read_queries(["kitten"])[0].tokens
    kitten = asked.astype(float).mean(axis=0)
    assert kitten @ cat > max(kitten @ baked, kitten @ bread)
