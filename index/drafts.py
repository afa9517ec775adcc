"""Draft: a story on its way into a shard: split into passages, with the vectors that are known already.

A passage whose text (with its story's heading) stood in the version before, under the same embedder and with the same
sentences, keeps its vectors: it is never embedded again. A draft may be made and embedded on another machine than the
one that has the version before: that one is told the keys of what is known (`keys`), and puts the story together
(`assemble`). Knows nothing of where versions before are kept.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.embedding import Embedder, Read, Spanned
from index.passages import Passage, Span, sentences_within, split_story
from index.shard import StoryPassages
from index.stories import Story

HEADING_SHARE = 5
# The story's heading in front of a passage may take one fifth of the tokens a model reads.

Known = Mapping[bytes, Read]
"""What became of an embedded text, by its key."""
Keys = frozenset[bytes]
Version = Callable[[], StoryPassages]
"""Reads a version of a story that is in the index, made by the same embedder. Read when needed: vectors are large."""


@dataclass(frozen=True)
class Draft:
    """A story split, its heading, and the version in the index whose vectors can be used again.

    `sentences` are for each passage its sentences' places in the story's text, `known` the keys of that version's
    embedded texts.
    """

    story: Story
    passages: Sequence[Passage]
    sentences: Sequence[Sequence[Span]]
    heading: str
    before: Version | None
    known: Keys

    @property
    def story_id(self) -> str:
        """Whose it is."""
        return self.story.id

    @property
    def missing(self) -> list[Passage]:
        """The passages that have to be embedded."""
        return [passage for passage in self.passages if self.key(passage) not in self.known]

    def text(self, passage: Passage) -> str:
        """A passage as it is embedded: below its story's heading."""
        return _text(self.heading, passage)

    def key(self, passage: Passage) -> bytes:
        """What that text is known by."""
        return _key(self.text(passage), self.spans(passage))

    def spans(self, passage: Passage) -> list[Span]:
        """The sentences of a passage, as places in its embedded text."""
        return _spans(self.heading, passage, self.sentences[passage.number])


def draft(story: Story, embedder: Embedder, before: Version | None = None) -> Draft:
    """Split a story."""
    limit = embedder.max_tokens - embedder.max_tokens // HEADING_SHARE - 2
    passages = split_story(story, embedder.count_tokens, limit)
    sentences = [sentences_within(story.text, passage.start, passage.end) for passage in passages]
    known = keys(before, embedder) if before else Keys()
    return Draft(story, passages, sentences, heading(story, embedder), before, known)


def keys(version: Version, embedder: Embedder) -> Keys:
    """What the embedded texts of a version are known by."""
    return Keys(_vectors(version(), embedder))


def heading(story: Story, embedder: Embedder) -> str:
    """What is put in front of a passage when it is embedded: whose story it is. Cut to its share of tokens."""
    words = f"{story.title}. {story.path}".split()
    while words and embedder.count_tokens([" ".join(words)])[0] > embedder.max_tokens // HEADING_SHARE - 2:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)


def complete(item: Draft, embedder: Embedder, progress: Callable[[int], object] | None = None) -> StoryPassages:
    """Embed what is missing of a draft. `progress` is told how many passages each batch held."""
    texts = missing([item])
    return assemble(item, by_key(texts, embedder.embed_with_sentences(*texts, progress)), embedder)


def missing(drafts: Sequence[Draft]) -> Spanned:
    """The texts that have to be embedded for some drafts."""
    every = [(item, passage) for item in drafts for passage in item.missing]
    return [item.text(passage) for item, passage in every], [item.spans(passage) for item, passage in every]


def by_key(texts: Spanned, reads: Sequence[Read]) -> Known:
    """What became of some texts."""
    return dict(zip(map(_key, *texts), reads, strict=True))


def assemble(item: Draft, made: Known, embedder: Embedder) -> StoryPassages:
    """A draft with its vectors: those that were made for it, and those of the version before."""
    known = {**(_vectors(item.before(), embedder) if item.before else {}), **made}
    found = [known[item.key(passage)] for passage in item.passages]
    return StoryPassages(
        item.story,
        item.passages,
        np.stack([read.rows[0] for read in found]),
        item.sentences,
        [read.rows[1:] for read in found],
        [read.tokens for read in found],
    )


def _vectors(version: StoryPassages, embedder: Embedder) -> Known:
    """The vectors of a version by the keys of the texts that were embedded."""
    head = heading(version.story, embedder)
    texts = [_text(head, passage) for passage in version.passages]
    spans = [_spans(head, passage, own) for passage, own in zip(version.passages, version.spans, strict=True)]
    parts = zip(version.vectors, version.sentences, version.tokens, strict=True)
    return by_key(
        (texts, spans), [Read(np.concatenate([vector[None], sentences]), tokens) for vector, sentences, tokens in parts]
    )


def _text(head: str, passage: Passage) -> str:
    return f"{head}\n{passage.text}"


def _spans(head: str, passage: Passage, sentences: Sequence[Span]) -> list[Span]:
    shift = len(head) + 1 - passage.start
    return [(start + shift, end + shift) for start, end in sentences]


def _key(text: str, spans: Sequence[Span]) -> bytes:
    return hashlib.blake2b(f"{text}\n{spans}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
