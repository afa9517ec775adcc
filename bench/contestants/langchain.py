"""What is built with LangChain and Chroma, as LangChain's documentation begins."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.contestants.contestant import SUFFIX, Chunk, Folders, Passages, packaged_model, story_of

COLLECTION = "langchain"


class LangChain:
    """Its retrieval tutorial: RecursiveCharacterTextSplitter of 1,000 characters that overlap by 200, and Chroma."""

    top_k: int = 4
    packages: Sequence[str] = ("langchain-text-splitters", "langchain-huggingface", "langchain-chroma")

    def __init__(self) -> None:
        from langchain_chroma import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings

        self._chroma = Chroma
        self._model = HuggingFaceEmbeddings(model_name=packaged_model())

    def prepare(self, folders: Folders) -> None:
        """The splitter."""
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._document = Document
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)

    def build(self, folders: Folders) -> int:
        """Splits in a Chroma that lies in memory."""
        documents = [
            self._document(
                page_content=file.read_text("utf-8"), metadata={"source": story_of(str(file), folders.texts)}
            )
            for file in sorted(folders.texts.rglob(f"*{SUFFIX}"))
        ]
        splits = self._splitter.split_documents(documents)
        self._made = self._chroma.from_documents(documents=splits, embedding=self._model)
        return len(splits)

    def fill(self, passages: Passages) -> None:
        """A Chroma in memory, with the vectors as they are."""
        import chromadb

        about = [{"source": story, "to": to} for story, to in zip(passages.stories, passages.destinations, strict=True)]
        self._fill(chromadb.EphemeralClient(), list(passages.texts), passages.vectors, about)

    def embedded(self) -> list[str]:
        """The splits."""
        found: list[str] = self._made.get(include=["documents"])["documents"]
        return found

    def keep(self, folder: Path) -> None:
        """A Chroma with a `persist_directory`: what was built is written into it, with the vectors that it has."""
        import chromadb

        made = self._made.get(include=["documents", "embeddings", "metadatas"])
        client = chromadb.PersistentClient(str(folder))
        self._fill(client, made["documents"], made["embeddings"], made["metadatas"])

    def take_up(self, folder: Path) -> None:
        """`Chroma(persist_directory=…)`."""
        self._made = self._chroma(
            collection_name=COLLECTION, embedding_function=self._model, persist_directory=str(folder)
        )

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The splits nearest to the question."""
        found = self._made.similarity_search(words, k=count, filter={"to": to} if to else None)
        return [Chunk(one.metadata["source"], one.page_content, one.metadata.get("start_index")) for one in found]

    def _fill(self, client: Any, texts: Sequence[str], vectors: Any, about: Sequence[Mapping[str, Any]]) -> None:
        """Put chunks that have their vectors into a new collection, as many at once as Chroma takes."""
        collection, most = client.create_collection(COLLECTION), client.get_max_batch_size()
        for first in range(0, len(texts), most):
            part = slice(first, first + most)
            ids = [str(number) for number in range(first, first + len(texts[part]))]
            collection.add(ids, embeddings=vectors[part], documents=list(texts[part]), metadatas=list(about[part]))
        self._made = self._chroma(client=client, collection_name=COLLECTION, embedding_function=self._model)
