"""What a removal says of the files in which a story still stands."""

import json
from pathlib import Path

import pytest

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
