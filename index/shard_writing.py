"""A shard, written once and then checked: `write_shard`, and `is_sound` for one that was written before.

What its files are, `shard.py` says. Knows nothing of where a shard lies, nor of how it gets its name.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from index import chroma
from index.embedding import CODE_LENGTH, Vectors
from index.errors import StoreError
from index.lexical import Words
from index.reduction import Reduction
from index.seal import DATABASE, is_intact
from index.shard import StoryPassages, reading
from index.stories import Story, story_record, words_digest
from index.texts import Texts

CHECKED_ROWS = 50
# How many vectors of a shard are searched for, to see that they find themselves.
MAY_BE_LOST = 0.1
# How many of these may not: a graph is not exact, so of 5,000 vectors some 10 do not; in a damaged one hardly any does.


def write_shard(folder: Path, contents: Sequence[StoryPassages], fingerprint: Mapping[str, str]) -> None:
    """Write stories, in order of their ids, as a shard into a folder, which is made; then check what was written.

    Raises `StoreError` if the check finds a fault, one of `chroma.disk_errors` if the disk refuses.
    """
    folder.mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="chroma") as thread:
        stored = thread.submit(_write_chroma, folder / "chroma", contents)
        vectors = _write_vectors(folder, contents)
        texts = [passage.text for item in contents for passage in item.passages]
        Words.of(texts, [searched_text(item.story) for item in contents]).save(folder / "words")
        Texts.of([(item.story, tuple(item.passages)) for item in contents]).save(folder / "texts")
        made = {"fingerprint": dict(fingerprint), "stories": [_listed(item) for item in contents]}
        (folder / "shard.json").write_text(json.dumps(made), encoding="utf-8")
        stored.result()
    _check(folder, vectors)


def is_sound(folder: Path, *, thorough: bool = False) -> bool:
    """Whether the shard in a folder is whole: its files are there and have their sizes.

    `thorough` reads them, and searches for a sample of its vectors.
    """
    if not is_intact(folder, thorough=thorough):
        return False
    if thorough:
        try:
            with reading(folder):
                _check(folder, np.load(folder / "vectors.npy", mmap_mode="r"))
        except StoreError:
            return False
    return True


def searched_text(story: Story) -> str:
    """What of a story its words are looked for in: the text, and what its metadata say of the person."""
    return "\n".join([story.title, story.author, story.path, " ".join(story.tags), story.text])


def _write_chroma(folder: Path, contents: Sequence[StoryPassages]) -> None:
    with chroma.created(folder) as add:
        add("passages", _passage_records(contents))
        add("stories", _story_records(contents))


def _passage_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    for item in contents:
        for passage, vector in zip(item.passages, item.vectors, strict=True):
            yield {
                "ids": passage.id,
                "embeddings": vector,
                "documents": passage.text,
                "metadatas": {
                    "story": passage.story_id,
                    "number": passage.number,
                    "start": passage.start,
                    "end": passage.end,
                },
            }


def _story_records(contents: Sequence[StoryPassages]) -> Iterator[dict[str, Any]]:
    for item in contents:
        yield {
            "ids": item.story.id,
            "embeddings": item.vectors.mean(axis=0),
            "documents": item.story.title,
            "metadatas": story_record(item.story),
        }


def _write_vectors(folder: Path, contents: Sequence[StoryPassages]) -> Vectors:
    """Write the arrays of all passages and of all sentences; the passages' vectors."""
    vectors: Vectors = np.concatenate([item.vectors for item in contents]).astype(np.float32)
    sentences = [found for item in contents for found in item.sentences]
    np.save(folder / "vectors.npy", vectors)
    Reduction.of(vectors).save(folder)
    spans = [span for item in contents for of_passage in item.spans for span in of_passage]
    np.save(folder / "spans.npy", np.array(spans, dtype=np.int32).reshape(-1, 2))
    np.save(folder / "sentences.npy", np.concatenate([*sentences, vectors[:0]]).astype(np.float16))
    tokens = [codes for item in contents for of_passage in item.tokens for codes in of_passage]
    none = np.zeros((0, CODE_LENGTH), dtype=np.int8)
    np.save(folder / "tokens.npy", np.concatenate([*tokens, none]))
    np.save(folder / "token_counts.npy", np.array([len(codes) for codes in tokens], dtype=np.int32))
    return vectors


def _listed(item: StoryPassages) -> dict[str, Any]:
    return {
        "id": item.story.id,
        "sha256": item.story.sha256,
        "words": words_digest(item.story.text),
        "sentences": [len(found) for found in item.sentences],
    }


def _check(folder: Path, vectors: Vectors) -> None:
    """Raise `StoreError` unless every passage is in, SQLite finds no fault, and a sample of vectors is found again."""
    with closing(sqlite3.connect(folder / "chroma" / DATABASE)) as database:
        verdict = database.execute("PRAGMA quick_check").fetchone()[0]
    sample = vectors[:: max(1, len(vectors) // CHECKED_ROWS)]
    with chroma.opened(folder / "chroma") as collection:
        passages = collection("passages")
        counted = chroma.count(passages)
        found = passages.query(query_embeddings=list(sample), n_results=1, include=["distances"])["distances"] or []
    lost = sum(not distances or distances[0] > 1e-3 for distances in found)  # noqa: PLR2004  # float32 rounding
    if verdict != "ok" or counted != len(vectors) or lost > MAY_BE_LOST * len(sample):
        raise StoreError(
            f"{folder}: a part of the index failed its check ({counted} of {len(vectors)} passages, "
            f"{lost} of {len(sample)} vectors not found, database: {verdict}). Nothing was published; "
            "what was there before still answers. Check the disk, then build again."
        )
