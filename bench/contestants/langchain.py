"""What is built with LangChain and Chroma, as LangChain's documentation begins."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.contestants.contestant import SUFFIX, Chunk, Folders, Passages, packaged_model, story_of
from bench.contestants.warm_up import made_up

COLLECTION, STORE = "langchain", "chroma"


class LangChain:
    """Its retrieval tutorial: RecursiveCharacterTextSplitter of 1,000 characters that overlap by 200, and Chroma."""

    is_kept_when_built: bool = True
    top_k: int = 4
    packages: Sequence[str] = ("langchain-text-splitters", "langchain-huggingface", "langchain-chroma")
    splitting: str = "1,000 characters, 200 overlapping"
    store: str = "Chroma, in the same process; HNSW, approximate"

    def __init__(self) -> None:
        from langchain_chroma import Chroma
        from langchain_huggingface import HuggingFaceEmbeddings

        self._chroma = Chroma
        self._model = HuggingFaceEmbeddings(model_name=packaged_model())

    def prepare(self, folders: Folders) -> None:
        """The splitter; and a Chroma of a made-up story, in a folder of its own."""
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        self._document = Document
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
        with made_up() as warm_up:
            self.build(warm_up)

    def build(self, folders: Folders) -> int:
        """Splits in a Chroma that lies on the disk."""
        documents = [
            self._document(
                page_content=file.read_text("utf-8"), metadata={"source": story_of(str(file), folders.texts)}
            )
            for file in sorted(folders.texts.rglob(f"*{SUFFIX}"))
        ]
        splits = self._splitter.split_documents(documents)
        self._folder = folders.scratch / STORE
        self._made = self._chroma.from_documents(
            documents=splits,
            embedding=self._model,
            collection_name=COLLECTION,
            persist_directory=str(self._folder),
        )
        return len(splits)

    def fill(self, passages: Passages) -> None:
        """A Chroma in memory, with the vectors as they are."""
        import chromadb

        client = chromadb.EphemeralClient()
        collection, most = client.create_collection(COLLECTION), client.get_max_batch_size()
        about = [{"source": story, "to": to} for story, to in zip(passages.stories, passages.destinations, strict=True)]
        for first in range(0, len(about), most):  # as many at once as Chroma takes
            part = slice(first, first + most)
            ids = [str(number) for number in range(len(about))[part]]
            collection.add(
                ids, embeddings=passages.vectors[part], documents=passages.texts[part], metadatas=about[part]
            )
        self._made = self._chroma(client=client, collection_name=COLLECTION, embedding_function=self._model)

    def embedded(self) -> list[str]:
        """The splits."""
        found: list[str] = self._made.get(include=["documents"])["documents"]
        return found

    def keep(self, folder: Path) -> None:
        """A copy of the `persist_directory`, which is on the disk as soon as it is built."""
        shutil.copytree(self._folder, folder / STORE)

    def take_up(self, folder: Path) -> None:
        """`Chroma(persist_directory=…)`."""
        self._made = self._chroma(
            collection_name=COLLECTION, embedding_function=self._model, persist_directory=str(folder / STORE)
        )

    def find(self, words: str, asked: str, count: int, to: str = "") -> list[Chunk]:
        """The splits nearest to the question."""
        found = self._made.similarity_search(words, k=count, filter={"to": to} if to else None)
        return [Chunk(one.metadata["source"], one.page_content, one.metadata.get("start_index")) for one in found]
