"""Chroma, embedded: the collections of one folder, written once and then only read. The one owner of chromadb.

Knows nothing of stories and passages: a record is what Chroma takes (`ids`, `embeddings`, `documents`, `metadatas`).
"""

import itertools
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index.seal import DATABASE

ADD_BATCH = 1000
HNSW = {
    "space": "cosine",
    "ef_search": 200,  # Chroma's 100 finds .96 of the nearest 20, this .99
    "batch_size": 2,  # with this and the next a graph is on the disk when it is complete, and no reader writes to it
    "sync_threshold": 2,
}
FILLER = "#"
"""The id of a record that means nothing, beside a single other one. No story and no passage is called so."""
HNSW_COUNT = struct.Struct("<QQ")
# How many elements a graph has, and how many bytes each takes: at byte 20 of its header.
FULL_TEXT_INDEX = "CREATE VIRTUAL TABLE embedding_fulltext_search USING fts5(string_value, tokenize='trigram')"
# How Chroma makes its table of documents. That of a Chroma that makes another is left as it is.
SET_ASIDE = (
    "BEGIN",
    "DROP TABLE embedding_fulltext_search",
    "CREATE TABLE embedding_fulltext_search (string_value)",
    "COMMIT",
)
MAKE_INDEX = (
    "BEGIN",
    "ALTER TABLE embedding_fulltext_search RENAME TO documents_as_added",
    FULL_TEXT_INDEX,
    "INSERT INTO embedding_fulltext_search (rowid, string_value) SELECT rowid, string_value FROM documents_as_added",
    "DROP TABLE documents_as_added",
    "COMMIT",
    "VACUUM",
)

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
        set_aside = _set_aside_index(folder / DATABASE)

        def add(name: str, records: Iterator[Record]) -> None:
            collection = client.create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
            added = 0
            for batch in _batches(records):
                collection.add(**batch)
                added += len(batch["ids"])
            if added == 1:
                _fill(collection, len(batch["embeddings"][0]))
            collection.count()  # answered when what was added, or is superfluous now, has been written

        yield add
    if set_aside:
        _make_index(folder / DATABASE)
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


def _set_aside_index(database: Path) -> bool:
    """Put a plain table in the place of Chroma's full-text index; False where that is not possible.

    What Chroma does with each record makes SQLite write the index out, which takes four times as long as making it of
    all records at once. Where Chroma has another index, or this Python's SQLite none, it is left to Chroma.
    """
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'embedding_fulltext_search'").fetchone()
        if found != (FULL_TEXT_INDEX,):
            return False
        try:
            with closing(sqlite3.connect(":memory:")) as trial:
                trial.execute(FULL_TEXT_INDEX)
        except sqlite3.OperationalError:
            return False
    _run(database, SET_ASIDE)
    return True


def _make_index(database: Path) -> None:
    """Make the full-text index that was set aside, and leave no free pages."""
    _run(database, MAKE_INDEX)


def _run(database: Path, statements: Sequence[str]) -> None:
    """Run some statements; nothing of them is certain to be on the disk then, nor written anywhere else."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in ("PRAGMA synchronous = OFF", "PRAGMA temp_store = MEMORY", *statements):
            connection.execute(statement)


def _fill(collection: Collection, size: int) -> None:
    """Add a second record to a single one, whose vector has a size.

    Of one vector no graph is written; each reader would make it anew, and write it with whatever was in its memory.
    """
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
