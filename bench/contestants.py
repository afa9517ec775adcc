"""Crossroads, and what others would build in its place with LlamaIndex, Haystack and LangChain, as these show it.

Each reads a folder of stories, cuts, embeds and stores them with its own defaults, and finds chunks for a question.
Only the model is not theirs: all have the packaged one. Knows nothing of gold, of scores or of clocks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from index.embedding import PACKAGED, Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from index.weights import find_model
from rag.question import understand
from rag.retrieval import retrieve
from rag.settings import RagSettings

SUFFIX = ".txt"
"""What is put behind a story's id to name the file of its clean text."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of a story that was found; `start` is its place in the clean text, None where that is not told."""

    story: str
    text: str
    start: int | None


@dataclass(frozen=True)
class Folders:
    """`stories` as users have them, `texts` the clean text of each, `scratch` an empty folder to write into."""

    stories: Path
    texts: Path
    scratch: Path


class Contestant(Protocol):
    """Something that finds chunks of stories. Making one imports it and loads its model."""

    top_k: int
    """How many chunks it hands to a language model by default."""
    packages: Sequence[str]
    """The packages that it stands for."""

    def build(self, folders: Folders) -> int:
        """From files to what can be asked; how many chunks there are."""

    def find(self, words: str, asked: str, count: int) -> list[Chunk]:
        """The best chunks, best first. `words` is the question made to stand alone, `asked` as it was put."""


class Crossroads:
    """This project, from the stories as they are to a published index on the disk."""

    top_k: int = RagSettings.model_fields["passages"].default
    packages: Sequence[str] = ("crossroads",)

    def __init__(self) -> None:
        self._embedder = Embedder()
        self._embedder.embed_query("")

    def build(self, folders: Folders) -> int:
        """`python -m index build`, and the index opened."""
        store = PassageStore(folders.scratch / "index")
        passages = rebuild(folders.stories, store, self._embedder).passages
        self.live = LiveIndex(store, self._embedder)
        self.generation = self.live.generation()
        return passages

    def find(self, words: str, asked: str, count: int) -> list[Chunk]:
        """As the chat does it."""
        hits = retrieve(self.live, understand(asked, words), self.generation, count)
        return [Chunk(hit.passage.story_id, hit.passage.text, hit.passage.start) for hit in hits]


class LlamaIndex:
    """Its starter tutorial: SimpleDirectoryReader, VectorStoreIndex.from_documents, and its retriever."""

    top_k: int = 2
    packages: Sequence[str] = ("llama-index-core", "llama-index-embeddings-huggingface")

    def __init__(self) -> None:
        from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._reader, self._index = SimpleDirectoryReader, VectorStoreIndex
        self._model = HuggingFaceEmbedding(model_name=_model())

    def build(self, folders: Folders) -> int:
        """Nodes of 1,024 tokens that overlap by 20, embedded with their file's path, in memory.

        Of the path what lies below the folder: the rest is a temporary folder's, another every time.
        """

        def metadata(file: str) -> dict[str, str]:
            return {"file_path": Path(file).relative_to(folders.texts).as_posix()}

        documents = self._reader(str(folders.texts), recursive=True, file_metadata=metadata).load_data()
        self._made = self._index.from_documents(documents, embed_model=self._model)
        return len(self._made.docstore.docs)

    def find(self, words: str, asked: str, count: int) -> list[Chunk]:
        """The nodes nearest to the question."""
        found = self._made.as_retriever(similarity_top_k=count).retrieve(words)
        return [
            Chunk(one.node.metadata["file_path"].removesuffix(SUFFIX), one.node.text, one.node.start_char_idx)
            for one in found
        ]


class Haystack:
    """Its tutorials' pipelines: converter, splitter, embedder and writer; then embedder and retriever."""

    top_k: int = 10
    packages: Sequence[str] = ("haystack-ai", "sentence-transformers-haystack")

    def __init__(self) -> None:
        from haystack import Pipeline
        from haystack.components.converters import TextFileToDocument
        from haystack.components.preprocessors import DocumentSplitter
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.components.writers import DocumentWriter
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        self._store = InMemoryDocumentStore()
        self._indexing, self._asking = Pipeline(), Pipeline()
        for name, part in (
            ("converter", TextFileToDocument(store_full_path=True)),
            ("splitter", DocumentSplitter()),
            ("embedder", SentenceTransformersDocumentEmbedder(model=_model(), progress_bar=False)),
            ("writer", DocumentWriter(self._store)),
        ):
            self._indexing.add_component(name, part)
        self._indexing.connect("converter", "splitter")
        self._indexing.connect("splitter", "embedder")
        self._indexing.connect("embedder", "writer")
        self._asking.add_component("embedder", SentenceTransformersTextEmbedder(model=_model(), progress_bar=False))
        self._asking.add_component("retriever", InMemoryEmbeddingRetriever(self._store))
        self._asking.connect("embedder.embedding", "retriever.query_embedding")
        self._indexing.warm_up()
        self._asking.warm_up()

    def build(self, folders: Folders) -> int:
        """Documents of 200 words, in memory."""
        self._indexing.run({"converter": {"sources": sorted(folders.texts.rglob(f"*{SUFFIX}"))}})
        self._texts = folders.texts
        return int(self._store.count_documents())

    def find(self, words: str, asked: str, count: int) -> list[Chunk]:
        """The documents nearest to the question."""
        found = self._asking.run({"embedder": {"text": words}, "retriever": {"top_k": count}})["retriever"]["documents"]
        return [
            Chunk(_story(one.meta["file_path"], self._texts), one.content, one.meta["split_idx_start"]) for one in found
        ]


class LangChain:
    """Its retrieval tutorial: RecursiveCharacterTextSplitter of 1,000 characters that overlap by 200, and Chroma."""

    top_k: int = 4
    packages: Sequence[str] = ("langchain-text-splitters", "langchain-huggingface", "langchain-chroma")

    def __init__(self) -> None:
        from langchain_chroma import Chroma
        from langchain_core.documents import Document
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._document, self._chroma = Document, Chroma
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        self._model = HuggingFaceEmbeddings(model_name=_model())

    def build(self, folders: Folders) -> int:
        """Splits in a Chroma that lies in memory."""
        documents = [
            self._document(page_content=file.read_text("utf-8"), metadata={"source": _story(str(file), folders.texts)})
            for file in sorted(folders.texts.rglob(f"*{SUFFIX}"))
        ]
        splits = self._splitter.split_documents(documents)
        self._made = self._chroma.from_documents(documents=splits, embedding=self._model)
        return len(splits)

    def find(self, words: str, asked: str, count: int) -> list[Chunk]:
        """The splits nearest to the question."""
        found = self._made.similarity_search(words, k=count)
        return [Chunk(one.metadata["source"], one.page_content, one.metadata["start_index"]) for one in found]


CONTESTANTS: dict[str, Callable[[], Contestant]] = {
    "Crossroads": Crossroads,
    "LlamaIndex": LlamaIndex,
    "Haystack": Haystack,
    "LangChain": LangChain,
}


def _model() -> str:
    return str(find_model(PACKAGED).folder)


def _story(file: Any, texts: Path) -> str:
    """The id of the story whose clean text is in a file."""
    return Path(file).relative_to(texts).as_posix().removesuffix(SUFFIX)
