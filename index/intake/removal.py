"""Removal: a story out of the folder and out of the index, and the proof that nothing of it is left there.

After the build every file of the index is searched for the story's sentences, byte by byte. What could still hold
them is an older generation that a running chat answers from; it is waited for.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from index import intake
from index.embedding import Embedder
from index.folder import story_files
from index.passages import sentence_spans
from index.rebuild import rebuild
from index.sharing import lacking, refuse_to_take_away
from index.store import PassageStore

PATIENCE = 20.0
"""Seconds to wait for readers of older generations."""
TELLING_WORDS = 5
# A sentence of fewer words says nothing of whose it is.


@dataclass(frozen=True)
class Removal:
    """What a removal came to: the sentences that were looked for, and the files that still hold one of them.

    `unsearched` says in a sentence where they could not be looked for; "" where there is no such place.
    """

    story_id: str
    sentences: int
    searched: int
    traces: tuple[Path, ...]
    unsearched: str = ""


def remove_story(folder: Path, identity: str, store: PassageStore, embedder: Embedder) -> Removal:
    """Delete a story's file, build the index without it, and look for what is left.

    Raises `StoriesError` for an unknown story, `BuildLockedError` if a build is running, and what
    `refuse_to_take_away` does, before anything is touched; and whatever `rebuild` raises: the file is gone then, and
    the next build takes the story out of the index.
    """
    with store.building() as building:
        refuse_to_take_away(folder, store, lacking(folder, store), {identity})
        sentences = _sentences(store, identity)
        intake.remove(folder, identity)
        if next(story_files(folder), None) is None:
            building.clear()
        else:
            rebuild(folder, store, embedder, leaving={identity}, held=building)
    waited = time.monotonic() + PATIENCE
    while not store.prune() and time.monotonic() < waited:
        time.sleep(0.2)
    files = [file for file in store.folder.rglob("*") if file.is_file()]
    gone = sentences - _still_told(store, sentences)
    return Removal(identity, len(gone), len(files), tuple(store.traces(sorted(gone))), store.unsearched())


def _sentences(store: PassageStore, identity: str) -> set[str]:
    """The telling sentences of a story as it is published; none if it is not."""
    pointer = store.pointer()
    if pointer is None or identity not in pointer.stories:
        return set()
    text = store.open().story(identity).text
    sentences = {text[start:end] for start, end in sentence_spans(text)}
    return {sentence for sentence in sentences if len(sentence.split()) >= TELLING_WORDS}


def _still_told(store: PassageStore, sentences: set[str]) -> set[str]:
    """Those sentences that stand in a story which is published still."""
    if store.pointer() is None:
        return set()
    generation = store.open()
    return {sentence for sentence in sentences if generation.contains(sentence)}
