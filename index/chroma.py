"""Chroma, embedded: the collections of one folder, written once and then only read. The one owner of chromadb.

Knows nothing of stories and passages: a record is what Chroma takes (`ids`, `embeddings`, `documents`, `metadatas`).
"""

import itertools
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ADD_BATCH = 1000
HNSW = {
    "space": "cosine",
    "ef_construction": 200,
    "ef_search": 200,
    "max_neighbors": 32,
    "batch_size": 2,  # with this and the next a graph is on the disk when it is complete, and no reader writes to it
    "sync_threshold": 2,
}
FILLER = "#"
"""The id of a record that means nothing, beside a single other one. No story and no passage is called so."""
HNSW_COUNT = struct.Struct("<QQ")
# How many elements a graph has, and how many bytes each takes: at byte 20 of its header.

Record = Mapping[str, Any]
Collection = Any
"""Chroma's; its own type asks for types of vectors and metadata that numpy and JSON do not meet."""


@contextmanager
def opened(folder: Path) -> Iterator[Callable[[str], Collection]]:
    """While a folder is open for reading: its collections, by name."""
    with closing(_client(folder)) as client:
        yield lambda name: client.get_collection(name, embedding_function=None)


@contextmanager
def created(folder: Path) -> Iterator[Callable[[str, Iterator[Record]], None]]:
    """While a folder is made: takes a collection's name and its records. Raises one of `disk_errors`."""
    with closing(_client(folder)) as client:

        def add(name: str, records: Iterator[Record]) -> None:
            collection = client.create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
            for batch in _batches(records):
                collection.add(**batch)
            if collection.count() == 1:
                _fill(collection)

        yield add
    for header in folder.glob("*/header.bin"):
        _blank_unused(header)


def count(collection: Collection) -> int:
    """How many records a collection has, a filler not counted."""
    return int(collection.count()) - len(collection.get(ids=[FILLER], include=[])["ids"])


def disk_errors() -> tuple[type[Exception], ...]:
    """What reading and writing raise where the disk refuses."""
    from chromadb.errors import ChromaError

    return (OSError, ChromaError, sqlite3.Error)


def _client(folder: Path) -> Any:
    """An embedded Chroma that sends nothing anywhere."""
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def _fill(collection: Collection) -> None:
    """Add a second record to a single one.

    Of one vector no graph is written; each reader would make it anew, and write it with whatever was in its memory.
    """
    size = len(collection.get(limit=1, include=["embeddings"])["embeddings"][0])
    collection.add(ids=[FILLER], embeddings=[[1.0] + [0.0] * (size - 1)], metadatas=[{"filler": True}])


def _batches(records: Iterator[Record]) -> Iterator[dict[str, list[Any]]]:
    """Records one by one to the column lists Chroma adds, `ADD_BATCH` at a time."""
    while batch := list(itertools.islice(records, ADD_BATCH)):
        yield {key: [item[key] for item in batch] for key in batch[0]}


def _blank_unused(header: Path) -> None:
    """Overwrite what lies in a graph's files behind its elements: memory of this process, whatever was in it.

    hnswlib writes its arrays at the size it reserved, a hundred elements at least, without ever filling them.
    """
    count, size = HNSW_COUNT.unpack_from(header.read_bytes(), 20)
    for name, width in (("data_level0.bin", size), ("length.bin", 4)):
        file = header.with_name(name)
        with file.open("r+b") as data:
            data.seek(count * width)
            data.write(bytes(max(file.stat().st_size - count * width, 0)))
