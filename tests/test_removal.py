"""What a removal says of the files in which a story still stands."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from index import chroma, deletion
from index.deletion import NEEDLE
from index.intake.removal import Removal, remove_story
from index.rebuild import rebuild
from index.store import PassageStore
from index.telling import removal_json, removal_lines
from tests.builders import TextEmbedder

QUOTED = 'My chef said "go", and I went to café number nine to bake. '


@pytest.fixture
def removal(folder: Path, store: PassageStore) -> Removal:
    """The removal of a story that an answer quoted, and somebody voted on."""
    (folder / "baker.md").write_text(f"{QUOTED}I coded there at night for years.", encoding="utf-8")
    (folder / "singer.md").write_text("I sang every night in a bar, then I taught.", encoding="utf-8")
    rebuild(folder, store, TextEmbedder())
    vote = {"vote": "up", "answer": f"Somebody did. {QUOTED}"}
    (store.folder / "feedback.jsonl").write_text(json.dumps(vote, ensure_ascii=False), encoding="utf-8")
    (store.folder / "feedback.lock").touch()
    return remove_story(folder, "baker.md", store, TextEmbedder())


def test_votes_are_no_part_of_the_index_and_are_named_apart(removal: Removal, store: PassageStore) -> None:
    assert (removal.sentences, removal.traces) == (2, ())
    assert removal.votes == (store.folder / "feedback.jsonl",)
    assert removal.searched == sum(file.is_file() for file in store.folder.rglob("*")) - 2
    assert json.loads(json.dumps(removal_json(removal)))["votes"] == [str(store.folder / "feedback.jsonl")]
    told = removal_lines(removal, store.folder)
    assert told[0].endswith(f"none of its 2 sentences is in any of the index's {removal.searched} files.")
    assert told[1].startswith(f"{store.folder / 'feedback.jsonl'} keeps votes on answers that quote it.")


def test_votes_on_other_stories_are_not_spoken_of(removal: Removal, folder: Path, store: PassageStore) -> None:
    del removal
    (folder / "diver.md").write_text("I repaired oil rigs under water.", encoding="utf-8")
    rebuild(folder, store, TextEmbedder())
    assert remove_story(folder, "diver.md", store, TextEmbedder()).votes == ()


def test_a_shard_is_opened_once_for_all_sentences_that_are_looked_for(
    folder: Path, store: PassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "singer.md").write_text("I sang every night in a bar, then I taught.", encoding="utf-8")
    rebuild(folder, store, TextEmbedder())
    opened: list[Path] = []
    open_chroma = chroma.opened

    def watched(shard: Path) -> AbstractContextManager[Any]:
        opened.append(shard)
        return open_chroma(shard)

    monkeypatch.setattr(chroma, "opened", watched)
    told = ["I sang every night in a bar", "then I taught."]
    assert store.open().containing([*told, "I sang every day", "I baked."]) == set(told)
    assert len(opened) == 1


def test_a_sentence_is_found_wherever_it_lies_in_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "CHUNK", NEEDLE + 2)
    file, sentence = tmp_path / "file", "I baked bread for six years, and coded there at night."
    sought = ["I sang every night in a bar.", sentence]
    for before in range(NEEDLE * 3):
        file.write_text(f"{'x' * before}{sentence[:NEEDLE]}{'x' * NEEDLE}", encoding="utf-8")
        assert deletion.traces([file], sought) == [file]
        file.write_text(f"{'x' * before}{sentence[: NEEDLE - 1]}{'x' * NEEDLE}", encoding="utf-8")
        assert deletion.traces([file], sought) == []
