"""Shards of stories made up on the spot, for tests of the store: random vectors, no model."""

import numpy as np
import numpy.typing as npt

from index.embedding import CODE_LENGTH
from index.generation import Generation
from index.lexical import terms
from index.passages import Passage
from index.shard import StoryPassages
from index.store import PassageStore
from index.stories import Story

MADE = {"embedder": "made-up"}
BUILT = "2026-01-01T00:00:00+00:00"


def contents(identity: str, texts: list[str], seed: int = 0) -> StoryPassages:
    """A story whose passages are the given texts, with random unit vectors and two sentences a passage."""
    random = np.random.default_rng([seed, *identity.encode()])
    vectors = random.standard_normal((len(texts) * 3, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text = "".join(texts)
    bounds = np.cumsum([0, *map(len, texts)])
    passages = [Passage(identity, n, int(bounds[n]), int(bounds[n + 1]), part) for n, part in enumerate(texts)]
    story = Story(identity, identity.title(), "", {"from": "é"}, text, f"sha-{seed}")
    count = len(texts)
    sentences = [vectors[count + 2 * n : count + 2 * n + 2] for n in range(count)]
    middles = [one.start + len(one.text) // 2 for one in passages]
    spans = [[(one.start, middle), (middle, one.end)] for one, middle in zip(passages, middles, strict=True)]
    codes = random.integers(-127, 128, (count, 3, CODE_LENGTH), dtype=np.int8)
    tokens = [[own[:1], own[1:]] for own in codes]  # of the first sentence one, of the second two
    return StoryPassages(story, passages, vectors[:count], spans, sentences, tokens)


def publish(store: PassageStore, *shards: list[StoryPassages]) -> None:
    """Publish stories, in these shards."""
    with store.building() as building:
        building.publish([building.write(stories, MADE) for stories in shards], MADE, BUILT)


def bm25(generation: Generation, text: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """BM25 of every passage, and of every story."""
    passages, stories = np.zeros(len(generation), np.float32), np.zeros(len(generation.story_ids), np.float32)
    for term in terms(text):
        for scores, found in (
            (passages, generation.lexical.in_passages(term)),
            (stories, generation.lexical.in_stories(term)),
        ):
            scores[found.places] += found.scores
    return passages, stories
