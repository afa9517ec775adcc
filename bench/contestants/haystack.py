"""What is built with Haystack, as its documentation begins."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.contestants.contestant import SUFFIX, Chunk, Folders, Passages, packaged_model, story_of
from bench.contestants.warm_up import made_up

STORE = "documents.json"


class Haystack:
    """Its tutorials' pipelines: converter, splitter, embedder and writer; then embedder and retriever."""

    is_kept_when_built: bool = False
    top_k: int = 10
    packages: Sequence[str] = ("haystack-ai", "sentence-transformers-haystack")
    splitting: str = "200 words"
    store: str = "InMemoryDocumentStore; exact"

    def __init__(self) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

        self._texts = Path()
        self._asker = SentenceTransformersTextEmbedder(model=packaged_model(), progress_bar=False)
        self._asker.warm_up()
        self._store = InMemoryDocumentStore()

    def prepare(self, folders: Folders) -> None:
        """The pipeline that builds, with a model of its own; a made-up story goes through it into another store."""
        from haystack import Pipeline
        from haystack.components.converters import TextFileToDocument
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.writers import DocumentWriter
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        self._indexing, writer = Pipeline(), DocumentWriter(InMemoryDocumentStore())
        for name, part in (
            ("converter", TextFileToDocument(store_full_path=True)),
            ("splitter", DocumentSplitter()),
            ("embedder", SentenceTransformersDocumentEmbedder(model=packaged_model(), progress_bar=False)),
            ("writer", writer),
        ):
            self._indexing.add_component(name, part)
        self._indexing.connect("converter", "splitter")
        self._indexing.connect("splitter", "embedder")
        self._indexing.connect("embedder", "writer")
        self._indexing.warm_up()
        with made_up() as warm_up:
            self.build(warm_up)
        writer.document_store = self._store

    def build(self, folders: Folders) -> int:
        """Documents of 200 words, in memory."""
        self._indexing.run({"converter": {"sources": sorted(folders.texts.rglob(f"*{SUFFIX}"))}})
        self._texts = folders.texts
        return int(self._store.count_documents())

    def fill(self, passages: Passages) -> None:
        """Documents that have an embedding already."""
        from haystack import Document

        self._store.write_documents(
            [
                Document(content=text, embedding=vector, meta={"file_path": story + SUFFIX, "to": to})
                for story, text, to, vector in zip(
                    passages.stories, passages.texts, passages.destinations, passages.vectors.tolist(), strict=True
                )
            ]
        )

    def embedded(self) -> list[str]:
        """The documents."""
        return [one.content for one in self._store.filter_documents()]

    def keep(self, folder: Path) -> None:
        """`document_store.save_to_disk`."""
        self._store.save_to_disk(str(folder / STORE))

    def take_up(self, folder: Path) -> None:
        """`load_from_disk`."""
        self._store = self._store.load_from_disk(str(folder / STORE))

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The documents nearest to the question."""
        filters = {"field": "meta.to", "operator": "==", "value": to} if to else None
        given = {"embedder": {"text": words}, "retriever": {"top_k": count, "filters": filters}}
        found = self._asking.run(given)["retriever"]["documents"]
        return [
            Chunk(story_of(one.meta["file_path"], self._texts), one.content, one.meta.get("split_idx_start"))
            for one in found
        ]

    @cached_property
    def _asking(self) -> Any:
        """The pipeline that asks the store there is."""
        from haystack import Pipeline
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever

        asking = Pipeline()
        asking.add_component("embedder", self._asker)
        asking.add_component("retriever", InMemoryEmbeddingRetriever(self._store))
        asking.connect("embedder.embedding", "retriever.query_embedding")
        return asking
