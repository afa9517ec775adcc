"""Removal: a story out of the folder and out of the index, and the proof that nothing of it is left there.

After the build every file of the index is searched for the story's sentences, byte by byte. What could still hold
them is an older generation that a running chat answers from; it is waited for.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from index import intake
from index.embedding import Embedder
from index.errors import StoriesError
from index.folder import story_files
from index.passages import sentence_spans
from index.rebuild import plan_rebuild, rebuild
from index.sharing import lacking, published, refuse_to_replace, refuse_to_take_away
from index.store import PassageStore

PATIENCE = 20.0
"""Seconds to wait for readers of older generations."""
TELLING_WORDS = 5
# A sentence of fewer words says nothing of whose it is.


@dataclass(frozen=True)
class Removal:
    """What a removal came to: the sentences that were looked for, and the files that still hold one of them.

    `elsewhere` is how many more of the story's sentences other stories have too, and keep. `unsearched` says where they
    could not be looked for; "" where there is no such place. `votes` are the page's own files that quote the story:
    they lie beside the index, and are kept.
    """

    story_id: str
    sentences: int
    searched: int
    traces: tuple[Path, ...]
    elsewhere: int = 0
    unsearched: str = ""
    votes: tuple[Path, ...] = ()


def remove_story(folder: Path, identity: str, store: PassageStore, embedder: Embedder) -> Removal:
    """Delete a story's file, build the index without it, and look for what is left.

    Raises `StoriesError` for an unknown story, `BuildLockedError` if a build is running, and what
    `refuse_to_take_away` and `refuse_to_replace` do, before anything is touched; and whatever `rebuild` raises: the
    file is gone then, and the next build takes the story out of the index. Where no other is left that can be read,
    the index is emptied.
    """
    with store.building() as building:
        refuse_to_take_away(folder, store, lacking(folder, store), {identity})
        refuse_to_replace(store, plan_rebuild(folder, store, embedder), "changes", is_known=building.is_current)
        sentences = _sentences(store, identity)
        intake.remove(folder, identity)
        if next(story_files(folder), None) is None:
            building.clear()
        else:
            try:
                rebuild(folder, store, embedder, leaving={identity}, held=building)
            except StoriesError:
                if published(store) - {identity}:
                    raise
                building.clear()  # of what is left in the folder nothing can be read
    waited = time.monotonic() + PATIENCE
    while not store.prune() and time.monotonic() < waited:
        time.sleep(0.2)
    kept = _still_told(store, sentences)
    gone = sorted(sentences - kept)
    return Removal(
        story_id=identity,
        sentences=len(gone),
        searched=len(store.files()),
        traces=tuple(store.traces(gone)),
        elsewhere=len(kept),
        unsearched=store.unsearched(),
        votes=tuple(store.votes(gone)),
    )


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
    return store.open().containing(sentences) if store.pointer() is not None else set()
