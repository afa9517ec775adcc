"""Texts: what a shard's stories say, as it is read for answers: a copy of what Chroma keeps, to be had without a query.

    utf8.npy     uint8, every story's record (JSON, all but its text) and then every story's text, one after the other
    places.npy   int64, where each of these begins, and where each passage ends

The one large file is mapped into memory, so only stories that are asked for are read. Knows nothing of vectors, nor of
which stories there are: whoever calls says which place, in order of the ids, a story has.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from index.passages import Passage
from index.stories import Story, story_from_record, story_record

UTF8, PLACES = "utf8.npy", "places.npy"

Telling = tuple[Story, tuple[Passage, ...]]
"""A story with its whole text, and its passages in order: they tile the text."""


@dataclass(frozen=True)
class Texts:
    """The records, texts and passages of some stories. Safe to use from several threads.

    `utf8` are first all records, then all texts; each begins where `starts` says, whose last is the end of all.
    `ends` are where passages end, in characters of their story.
    """

    utf8: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]

    @classmethod
    def of(cls, tellings: Sequence[Telling]) -> Self:
        """Put stories one after the other."""
        records = [json.dumps(story_record(story), ensure_ascii=False) for story, _ in tellings]
        parts = [part.encode() for part in (*records, *(story.text for story, _ in tellings))]
        starts = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        ends = np.array([passage.end for _, passages in tellings for passage in passages], dtype=np.int64)
        return cls(np.frombuffer(b"".join(parts), dtype=np.uint8), starts, ends)

    @classmethod
    def load(cls, folder: Path, stories: int) -> Self:
        """Map what `save` wrote of so many stories."""
        starts, ends = np.split(np.load(folder / PLACES), [2 * stories + 1])
        return cls(np.asarray(np.load(folder / UTF8, mmap_mode="r")), starts, ends)

    def save(self, folder: Path) -> None:
        """Write into a folder, which is made."""
        folder.mkdir()
        np.save(folder / UTF8, self.utf8)
        np.save(folder / PLACES, np.concatenate([self.starts, self.ends]))

    def record(self, place: int, identity: str) -> Story:
        """The story at a place, **without its text**. Raises `ValueError` for one that is damaged."""
        return self._story(place, identity, "")

    def telling(self, place: int, identity: str, rows: range) -> Telling:
        """The story at a place, whose passages are in these rows. Raises `ValueError` for one that is damaged."""
        text = self._part(len(self.starts) // 2 + place)
        bounds = [0, *self.ends[rows.start : rows.stop].tolist()]
        if bounds[-1] != len(text):
            raise ValueError(f"the passages of {identity} end elsewhere than its text")
        passages = tuple(
            Passage(identity, number, start, end, text[start:end])
            for number, (start, end) in enumerate(itertools.pairwise(bounds))
        )
        return self._story(place, identity, text), passages

    def _story(self, place: int, identity: str, text: str) -> Story:
        return story_from_record(identity, json.loads(self._part(place)), text)

    def _part(self, number: int) -> str:
        start, end = self.starts[number : number + 2]
        return str(self.utf8[start:end].data, "utf-8")
