"""What a shard keeps of its stories' texts is read back to the character, and only what is asked for is read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import chroma
from index.shard import Shard
from index.store import PassageStore
from index.stories import Story
from index.texts import Telling, Texts
from tests.shards import contents, publish

CHARACTERS = st.characters(exclude_categories=["Cs"])
METADATA = {
    "text": 'a "quoted" back\\slash,\n日本語 🥖',
    "whole": -7,
    "large": 2**70,
    "real": 0.1,
    "yes": True,
    "none": None,
    "list": [1, "é", [None, False], {}],
    "mapping": {"b": {"c": []}, "a": ""},
    "": "of no name",
}


def telling(identity: str, *parts: str, **metadata: object) -> Telling:
    """A story whose passages are these parts."""
    made = contents(identity, list(parts))
    story = Story(identity, f"{identity} – 🥖", "https://example.org/ü", metadata, made.story.text, "sha")
    return story, tuple(made.passages)


def kept(tellings: list[Telling], folder: Path) -> list[Telling]:
    """The same stories, written to a folder and read from there."""
    Texts.of(tellings).save(folder)
    texts = Texts.load(folder, len(tellings))
    found, row = [], 0
    for place, (story, passages) in enumerate(tellings):
        found.append(texts.telling(place, story.id, range(row, row + len(passages))))
        row += len(passages)
    return found


TELLINGS = {
    "letters of one to four bytes": [telling("a.md", "I baked. ", "é𝄞 👩\u200d🍳 e\u0301 नमस्ते\n\n", "\u2028end")],
    "metadata of every kind": [telling("a.md", "I baked.", **METADATA)],
    "no text": [telling("a.md", ""), telling("b.md", "I coded.")],
    "no text at all": [telling("a.md", "")],
    "several": [telling("a.md", "ü", "é"), telling("b/c #1.md", "x"), telling("d.md", "𝄞", "y", "z", tags=["t"])],
}


@pytest.mark.parametrize("told", TELLINGS.values(), ids=TELLINGS)
def test_stories_are_read_back_to_the_character(told: list[Telling], tmp_path: Path) -> None:
    assert kept(told, tmp_path / "texts") == told


@given(st.lists(st.lists(st.text(CHARACTERS), min_size=1, max_size=4), min_size=1, max_size=4))
def test_passages_stand_in_their_story_where_they_say(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]]
) -> None:
    told = [telling(f"{number}.md", *parts) for number, parts in enumerate(texts)]
    found = kept(told, tmp_path_factory.mktemp("texts") / "texts")
    assert found == told
    for story, passages in found:
        assert [story.text[one.start : one.end] for one in passages] == [one.text for one in passages]
        assert "".join(one.text for one in passages) == story.text


def test_records_are_stories_without_their_texts(tmp_path: Path) -> None:
    told = TELLINGS["several"]
    Texts.of(told).save(tmp_path / "texts")
    found = [Texts.load(tmp_path / "texts", len(told)).record(place, story.id) for place, (story, _) in enumerate(told)]
    assert [(story.id, story.title, story.metadata, story.text) for story in found] == [
        (story.id, story.title, story.metadata, "") for story, _ in told
    ]


def test_a_text_that_is_not_as_long_as_its_passages_is_refused() -> None:
    made = Texts.of([telling("a.md", "I baked.")])
    longer = Texts(made.utf8, made.starts, made.ends + 1)
    with pytest.raises(ValueError, match=r"a\.md end elsewhere"):
        longer.telling(0, "a.md", range(1))


def test_texts_that_are_no_text_are_refused() -> None:
    made = Texts.of([telling("a.md", "I baked.")])
    for wrong in (0, 255):
        broken = Texts(np.full_like(made.utf8, wrong), made.starts, made.ends)
        with pytest.raises(ValueError):  # noqa: PT011  # of JSON, or of UTF-8
            broken.record(0, "a.md")


def test_texts_are_mapped_and_told_apart_from_chroma(store: PassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [contents("a.md", ["I baked. ", "é𝄞"]), contents("b.md", ["I coded."])]
    publish(store, made)
    shard = store.shard("000001")
    assert isinstance(shard, Shard)
    monkeypatch.setattr(chroma, "opened", None)
    assert shard.tellings(["b.md", "a.md"]) == {
        item.story.id: (item.story, tuple(item.passages)) for item in made[::-1]
    }
    assert [story.id for story in shard.records()] == ["a.md", "b.md"]
    mapped = shard._texts.utf8.base
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
