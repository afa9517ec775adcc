"""Vectors that are there are used again where the same text stood with the same sentences, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest

from index.passages import Span, sentences_within
from index.rebuild import rebuild
from index.store import PassageStore
from tests.builders import TextEmbedder


def test_with_another_splitter_only_passages_with_other_sentences_are_embedded(
    stories_folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stories_folder / "diver.md").write_text("I dived. Then I coded.")
    embedder = TextEmbedder()
    rebuild(stories_folder, store, embedder)
    before = store.open()
    row = before.first_rows[[before.story_ids.index("diver.md")]]
    assert before.sentence_spans(row) == [[(0, 8), (9, 22)]]

    def parted_no_more(text: str, start: int, end: int) -> list[Span]:
        return [(start, end)] if text.startswith("I dived") else sentences_within(text, start, end)

    monkeypatch.setattr("index.drafts.sentences_within", parted_no_more)
    monkeypatch.setattr("index.rebuild.version", lambda _: "99")
    report = rebuild(stories_folder, store, embedder)
    assert "sentencex 99" in report.plan.whole
    assert report.embedded == 1
    after = store.open()
    assert after.sentence_spans(row) == [[(0, 22)]]
    own = embedder.embed_query("I dived. Then I coded.")
    np.testing.assert_allclose(after.sentence_vectors(row)[0], [own], atol=1e-3)
    others = np.delete(np.arange(len(after)), row)
    assert after.sentence_spans(others) == before.sentence_spans(others)
    assert not rebuild(stories_folder, store, embedder).published
