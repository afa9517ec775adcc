"""The folders that Chroma keeps: what is written to them is what Chroma itself would have written, and as complete."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromadb
import pytest
from chromadb.config import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

from index import chroma
from index.chroma import FULL_TEXT_INDEX
from index.seal import DATABASE

TEXTS = ["I left the ward for a bakery.", "The bakery opens at four.", "", "Évidemment, ce n’était pas facile.", "bak"]
SOUGHT = ["bakery", "Évidemment", "n’était", "ward for a", "nobody said this"]
LETTERS = st.text("abÄé %_'\"-😀\n", max_size=12)


def records(texts: Sequence[str] = TEXTS) -> Iterator[dict[str, Any]]:
    """Texts with vectors and metadata, as they are added."""
    for number, text in enumerate(texts):
        yield {
            "ids": f"story.txt/{number}",
            "embeddings": [1.0, float(number)],
            "documents": text,
            "metadatas": {"number": number},
        }


def made(folder: Path, texts: Sequence[str] = TEXTS) -> Path:
    """A folder with texts, and a second collection of one of them, as a shard has it."""
    with chroma.created(folder) as add:
        add("passages", records(texts))
        add("stories", records(texts[:1]))
    return folder


def made_by_chroma(folder: Path, texts: Sequence[str] = TEXTS) -> Path:
    """A folder with the texts, as Chroma makes it."""
    with closing(client(folder)) as opened:
        passages = opened.create_collection("passages", embedding_function=None)
        for record in records(texts):
            passages.add(**{key: [value] for key, value in record.items()})
    return folder


def client(folder: Path) -> Any:
    """Chroma, by itself."""
    return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))


def found(folder: Path, words: str, condition: str = "$contains", collection: str = "passages") -> list[str]:
    """The ids of records whose document meets a condition of Chroma's."""
    with closing(client(folder)) as opened:
        asked = opened.get_collection(collection, embedding_function=None)
        return sorted(asked.get(where_document={condition: words})["ids"])


def asked(folder: Path, statement: str) -> list[Any]:
    """What the database of a folder answers."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        return database.execute(statement).fetchall()


def tables(folder: Path) -> list[Any]:
    """Everything in the database of a folder, as it was declared."""
    return asked(folder, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")


def check(folder: Path) -> None:
    """Raise `sqlite3.DatabaseError` unless the full-text index is whole, and is that of the texts beside it."""
    asked(folder, "INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('integrity-check')")


@pytest.mark.parametrize("words", SOUGHT)
def test_words_are_found_as_if_chroma_had_indexed_them_itself(tmp_path: Path, words: str) -> None:
    ours, chromas = made(tmp_path / "ours"), made_by_chroma(tmp_path / "chroma")
    for condition in ("$contains", "$not_contains"):
        assert found(ours, words, condition) == found(chromas, words, condition)


def test_words_of_every_collection_are_found(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    assert found(folder, "bakery") == ["story.txt/0", "story.txt/1"]
    assert found(folder, "bakery", collection="stories") == ["story.txt/0"]


@settings(max_examples=15, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=5), LETTERS.filter(bool))
def test_whatever_is_written_is_found_as_chroma_finds_it(texts: list[str], words: str) -> None:
    with TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        ours, chromas = made(Path(scratch) / "ours", texts), made_by_chroma(Path(scratch) / "chroma", texts)
        assert found(ours, words) == found(chromas, words)
        check(ours)


def test_more_records_than_are_added_at_once_are_all_found(tmp_path: Path) -> None:
    texts = [f"Passage {number} of many." for number in range(chroma.ADD_BATCH + 5)]
    folder = made(tmp_path / "made", texts)
    assert len(found(folder, "of many")) == len(texts)
    assert found(folder, f"Passage {len(texts) - 1} ") == [f"story.txt/{len(texts) - 1}"]


def test_the_database_is_chromas_own_and_packed(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    assert tables(folder) == tables(made_by_chroma(tmp_path / "chroma"))
    check(folder)
    assert asked(folder, "SELECT count(*) FROM embedding_fulltext_search") == [(len(TEXTS) + 1,)]
    assert asked(folder, "PRAGMA freelist_count") == [(0,)]
    assert asked(folder, "PRAGMA integrity_check") == [("ok",)]


def test_what_is_added_by_chroma_afterwards_is_indexed_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    with closing(client(folder)) as opened:
        passages = opened.get_collection("passages", embedding_function=None)
        passages.add(ids=["later"], embeddings=[[0.0, 1.0]], documents=["A bakery of my own."])
        passages.delete(ids=["story.txt/1"])
    assert found(folder, "bakery") == ["later", "story.txt/0"]
    check(folder)


class Old(sqlite3.Connection):
    """SQLite as it was before it knew trigrams."""

    def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        if sql == FULL_TEXT_INDEX:
            raise sqlite3.OperationalError("no such tokenizer: trigram")
        return super().execute(sql, *rest)


def test_an_sqlite_without_trigrams_leaves_the_index_to_chroma(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    connect = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", lambda database: connect(database, factory=Old))
        folder = made(tmp_path / "made")
    assert tables(folder) == tables(made_by_chroma(tmp_path / "chroma"))
    assert found(folder, "bakery") == ["story.txt/0", "story.txt/1"]
    check(folder)


def test_an_index_that_is_not_known_is_left_to_chroma(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(chroma, "FULL_TEXT_INDEX", FULL_TEXT_INDEX.replace("trigram", "unicode61"))
    folder = made(tmp_path / "made")
    assert tables(folder) == tables(made_by_chroma(tmp_path / "chroma"))
    assert found(folder, "bakery") == ["story.txt/0", "story.txt/1"]
    check(folder)
