"""A shard's stories and passages as records of a Chroma server, and back, to the bit. Pure.

A record's id is its place among the others and its document what people would look for, so that both are short enough
for every Chroma.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from index.embedding import CODE_LENGTH
from index.passages import Passage
from index.server.blobs import packed, unpacked
from index.shard import StoryPassages
from index.stories import story_from_record, story_record

Record = Mapping[str, Any]


def plain_record(identity: str, text: str) -> Record:
    """A record that is only a text; Chroma wants a vector with it."""
    return {"ids": identity, "embeddings": [1.0, 0.0], "documents": text}


def story_records(contents: Sequence[StoryPassages]) -> list[Record]:
    """The stories, without their texts."""
    return [
        {
            "ids": f"{place:09}",
            "embeddings": [1.0, 0.0],
            "documents": item.story.id,
            "metadatas": story_record(item.story),
        }
        for place, item in enumerate(contents)
    ]


def passage_records(contents: Sequence[StoryPassages]) -> Iterator[Record]:
    """The stories' passages, each with the numbers of its sentences and of their tokens, made as they are asked for."""
    every = itertools.chain.from_iterable(map(_passage_records, contents))
    return ({"ids": f"{place:09}", **record} for place, record in enumerate(every))


def contents_of(stories: Sequence[Record], passages: Sequence[Record]) -> list[StoryPassages]:
    """The stories that records were made of, in order of their ids, from the records in any order.

    Raises `LookupError`, `ValueError` or `TypeError` where some are missing.
    """
    record_of = {str(one["documents"]): one["metadatas"] for one in stories}
    by_place = sorted(passages, key=lambda one: (one["metadatas"]["story"], one["metadatas"]["number"]))
    told = itertools.groupby(by_place, key=lambda one: str(one["metadatas"]["story"]))
    contents = [_contents(identity, record_of.pop(identity), list(own)) for identity, own in told]
    if record_of:
        raise LookupError(*record_of)
    return contents


def _passage_records(item: StoryPassages) -> Iterator[Record]:
    parts = zip(item.passages, item.vectors, item.spans, item.sentences, item.tokens, strict=True)
    for passage, vector, spans, sentences, tokens in parts:
        place = {"story": passage.story_id, "number": passage.number, "start": passage.start, "end": passage.end}
        codes = np.concatenate([np.zeros((0, CODE_LENGTH), dtype=np.int8), *tokens])
        numbers = {
            **packed("spans", np.array(spans, dtype=np.int32)),
            **packed("sentences", sentences.astype(np.float16)),
            **packed("tokens", codes),
            **packed("counts", np.array([len(own) for own in tokens], dtype=np.int32)),
        }
        yield {"embeddings": vector, "documents": passage.text, "metadatas": {**place, **numbers}}


def _contents(identity: str, record: Record, own: Sequence[Record]) -> StoryPassages:
    passages = [_passage(one["metadatas"], one["documents"]) for one in own]
    vectors = np.array([one["embeddings"] for one in own], dtype=np.float32)
    story = story_from_record(identity, record, "".join(passage.text for passage in passages))
    numbers = [one["metadatas"] for one in own]
    spans = [[(start, end) for start, end in unpacked("spans", one, np.int32, 2).tolist()] for one in numbers]
    sentences = [unpacked("sentences", one, np.float16, vectors.shape[1]).astype(np.float32) for one in numbers]
    codes = [unpacked("tokens", one, np.int8, CODE_LENGTH) for one in numbers]
    counts = [unpacked("counts", one, np.int32, 1)[:, 0] for one in numbers]
    tokens = [
        np.split(of_passage, np.cumsum(count)[:-1]) if len(count) else []
        for of_passage, count in zip(codes, counts, strict=True)
    ]
    return StoryPassages(story, passages, vectors, spans, sentences, tokens)


def _passage(place: Record, text: str) -> Passage:
    return Passage(str(place["story"]), int(place["number"]), int(place["start"]), int(place["end"]), text)
