"""Rebuild: from the stories folder to a published generation. `plan` decides, `rebuild` acts.

What did not change is copied from the published generation, not embedded again. Until the very end, where
the new generation is published in one step, readers see the old one.
"""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from index.embedding import Embedder
from index.errors import StoreError
from index.formats import READER_VERSION
from index.generation import FORMAT, Generation, Pointer, StoryPassages
from index.passages import SPLITTER_VERSION, TARGET_WORDS, Passage, sentences_within, split_story
from index.store import PassageStore
from index.stories import Fault, Library, Story

HEADING_SHARE = 5
# The story's heading in front of a passage may take one fifth of the tokens a model reads.

Progress = Callable[[int, int], object]
"""Told the passages embedded so far, and how many there are to embed."""


@dataclass(frozen=True)
class Plan:
    """What a rebuild has to do, as story ids. `whole` says that everything is made anew, and why."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    same: tuple[str, ...]
    whole: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether what is published is already right."""
        return not (self.added or self.changed or self.gone or self.whole)


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild did. `embedded` counts passages, `seconds` are the whole rebuild's.

    `published` is False where nothing had changed.
    """

    plan: Plan
    faults: tuple[Fault, ...]
    generation: int
    stories: int
    passages: int
    embedded: int
    seconds: float
    published: bool


def plan(stories: Mapping[str, str], pointer: Pointer | None, fingerprint: Mapping[str, str]) -> Plan:
    """Compare the folder (story id → sha256) with what is published. Pure."""
    before = pointer.stories if pointer else {}
    whole = (
        "" if pointer is None or pointer.fingerprint == fingerprint else _difference(pointer.fingerprint, fingerprint)
    )
    return Plan(
        added=tuple(sorted(stories.keys() - before.keys())),
        changed=tuple(sorted(key for key in stories.keys() & before.keys() if stories[key] != before[key])),
        gone=tuple(sorted(before.keys() - stories.keys())),
        same=tuple(sorted(key for key in stories.keys() & before.keys() if stories[key] == before[key])),
        whole=whole,
    )


def fingerprint_of(embedder: Embedder) -> dict[str, str]:
    """What an index depends on besides the stories: where any of it differs, everything is made anew."""
    return {
        "embedder": embedder.fingerprint,
        "splitter": f"{SPLITTER_VERSION}/{TARGET_WORDS}",
        "reader": str(READER_VERSION),
        "store": str(FORMAT),
    }


def rebuild(
    library: Library, store: PassageStore, embedder: Embedder, *, force: bool = False, progress: Progress | None = None
) -> RebuildReport:
    """Bring the index up to the library and publish it.

    `force` makes everything anew, whatever is published. Raises `BuildLockedError` if another build is
    running, `StoreError` if the new generation cannot be written or fails its check, `EmbedderError` if the
    model fails; in each case what was published before still is.
    """
    began = time.perf_counter()
    fingerprint = fingerprint_of(embedder)
    with store.building():
        pointer = None if force else store.pointer()
        wanted = plan({story.id: story.sha256 for story in library.stories}, pointer, fingerprint)
        embedded = 0
        if not (pointer is not None and wanted.is_empty):
            previous = store.open() if pointer is not None and wanted.same and not wanted.whole else None
            contents, embedded = _contents(library.stories, wanted, previous, embedder, progress)
            try:
                pointer = store.publish(contents, fingerprint, datetime.now(UTC).isoformat(timespec="seconds"))
            except OSError as error:
                raise StoreError(
                    f"{store.folder}: the new generation cannot be written ({error.strerror}). Nothing was published; "
                    "what was there before still answers. Free some space or check permissions, then build again."
                ) from error
            published = True
        else:
            published = False
    return RebuildReport(
        plan=wanted,
        faults=library.faults,
        generation=pointer.generation,
        stories=len(pointer.stories),
        passages=pointer.passages,
        embedded=embedded,
        seconds=time.perf_counter() - began,
        published=published,
    )


def heading(story: Story, embedder: Embedder) -> str:
    """What is put in front of a passage when it is embedded: whose story it is. Cut to its share of tokens."""
    words = f"{story.title}. {story.path}".split()
    while words and embedder.count_tokens([" ".join(words)])[0] > embedder.max_tokens // HEADING_SHARE - 2:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)


def _contents(
    stories: Sequence[Story], wanted: Plan, previous: Generation | None, embedder: Embedder, progress: Progress | None
) -> tuple[list[StoryPassages], int]:
    """Every story as it goes into the next generation, in order of the ids, and how many passages were embedded."""
    copied = {} if previous is None else {identity: previous.contents(identity) for identity in wanted.same}
    fresh = [story for story in stories if story.id not in copied]
    made = dict(zip((story.id for story in fresh), _embed(fresh, embedder, progress), strict=True))
    every = {**copied, **made}
    contents = [every[story.id] for story in sorted(stories, key=lambda story: story.id)]
    return contents, sum(len(item.passages) for item in made.values())


def _embed(stories: Sequence[Story], embedder: Embedder, progress: Progress | None) -> list[StoryPassages]:
    """Split and embed stories, all passages and all sentences in one stream of batches."""
    if not stories:
        return []
    limit = embedder.max_tokens - embedder.max_tokens // HEADING_SHARE - 2
    split = [split_story(story, embedder.count_tokens, limit) for story in stories]
    headings = [heading(story, embedder) for story in stories]
    texts = [f"{head}\n{passage.text}" for head, passages in zip(headings, split, strict=True) for passage in passages]
    sentences = [
        _sentence_texts(story, item) for story, passages in zip(stories, split, strict=True) for item in passages
    ]
    total, done = len(texts) + sum(map(len, sentences)), 0

    def embedded(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done * len(texts) // total, len(texts))

    vectors = iter(embedder.embed_passages(texts, embedded))
    flat = embedder.embed_passages([sentence for group in sentences for sentence in group], embedded)
    bounds = np.cumsum([0, *map(len, sentences)])
    grouped = iter([flat[first:last] for first, last in itertools.pairwise(bounds)])
    return [
        StoryPassages(story, passages, np.stack([next(vectors) for _ in passages]), [next(grouped) for _ in passages])
        for story, passages in zip(stories, split, strict=True)
    ]


def _sentence_texts(story: Story, passage: Passage) -> list[str]:
    return [story.text[start:end] for start, end in sentences_within(story.text, passage.start, passage.end)]


def _difference(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    keys = [key for key in now if before.get(key) != now[key]]
    return (
        "; ".join(f"{key}: {before.get(key, 'none')} → {now[key]}" for key in keys)
        or "the index was made by another version"
    )
