"""What is built with LlamaIndex, as its documentation begins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contestants.contestant import SUFFIX, Chunk, Folders, Passages, packaged_model
from bench.contestants.warm_up import made_up

CHUNK, OVERLAP = 200, 20
"""Tokens as LlamaIndex counts them, of which the model makes more."""


class LlamaIndex:
    """Its starter tutorial: SimpleDirectoryReader, VectorStoreIndex.from_documents, and its retriever."""

    is_kept_when_built: bool = False
    top_k: int = 2
    packages: Sequence[str] = ("llama-index-core", "llama-index-embeddings-huggingface")
    splitting: str = "sentences up to 1,024 tokens, 20 overlapping"
    store: str = "SimpleVectorStore, in memory; exact"

    def __init__(self) -> None:
        from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._reader, self._index = SimpleDirectoryReader, VectorStoreIndex
        self._cutting: dict[str, Any] = {}
        self._model = HuggingFaceEmbedding(model_name=packaged_model())

    def prepare(self, folders: Folders) -> None:
        """An index of a made-up story, another object than what is built then."""
        with made_up() as warm_up:
            self.build(warm_up)

    def build(self, folders: Folders) -> int:
        """Nodes, embedded with their file's path, in memory.

        Of the path what lies below the folder: the rest is a temporary folder's, another every time.
        """

        def metadata(file: str) -> dict[str, str]:
            return {"file_path": Path(file).relative_to(folders.texts).as_posix()}

        documents = self._reader(str(folders.texts), recursive=True, file_metadata=metadata).load_data()
        self._made = self._index.from_documents(documents, embed_model=self._model, **self._cutting)
        return len(self._made.docstore.docs)

    def fill(self, passages: Passages) -> None:
        """Nodes that have an embedding already."""
        from llama_index.core.schema import TextNode

        nodes = [
            TextNode(text=text, embedding=vector, metadata={"file_path": story + SUFFIX, "to": to})
            for story, text, to, vector in zip(
                passages.stories, passages.texts, passages.destinations, passages.vectors.tolist(), strict=True
            )
        ]
        self._made = self._index(nodes=nodes, embed_model=self._model)

    def embedded(self) -> list[str]:
        """The nodes with their file's path."""
        from llama_index.core.schema import MetadataMode

        return [node.get_content(MetadataMode.EMBED) for node in self._made.docstore.docs.values()]

    def keep(self, folder: Path) -> None:
        """`storage_context.persist`."""
        self._made.storage_context.persist(str(folder))

    def take_up(self, folder: Path) -> None:
        """`load_index_from_storage`."""
        from llama_index.core import StorageContext, load_index_from_storage

        context = StorageContext.from_defaults(persist_dir=str(folder))
        self._made = load_index_from_storage(context, embed_model=self._model)

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The nodes nearest to the question."""
        from llama_index.core.vector_stores import MetadataFilter, MetadataFilters

        filters = MetadataFilters(filters=[MetadataFilter(key="to", value=to)]) if to else None
        found = self._made.as_retriever(similarity_top_k=count, filters=filters).retrieve(words)
        return [
            Chunk(one.node.metadata["file_path"].removesuffix(SUFFIX), one.node.text, one.node.start_char_idx)
            for one in found
        ]


class LlamaIndexReadingAll(LlamaIndex):
    """The same, but for its splitter: told to cut where the model, which reads 254 tokens, has not stopped reading."""

    splitting: str = f"sentences up to {CHUNK} tokens, {OVERLAP} overlapping"

    def __init__(self) -> None:
        from llama_index.core.node_parser import SentenceSplitter

        super().__init__()
        self._cutting = {"transformations": [SentenceSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)]}
