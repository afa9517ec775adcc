"""Sharing: what a change on one computer must not do to a library that other computers have too.

A build makes the library what this computer's stories folder is. Where that folder is another one, or lacks a file, it
would take stories away from everybody. Knows nothing of how a library is shared.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from index.before import Mode
from index.errors import StoreError, StoriesError
from index.folder import scan_stories, story_files, story_id
from index.generation import Pointer
from index.plan import Plan
from index.store import PassageStore

NAMED = 3
"""So many of the stories that would be lost are named."""


def refuse_to_take_away(
    folder: Path, store: PassageStore, gone: Collection[str], leaving: Collection[str] | None = ()
) -> None:
    """Raise `StoriesError` where others have this library, and would lose stories but those `leaving`; None is any."""
    missing = [] if leaving is None or not store.is_shared else sorted(set(gone).difference(leaving))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        are = "is" if len(missing) == 1 else "are"
        raise StoriesError(
            f"{folder}: of the library in {store}, {', '.join(missing[:NAMED])}{more} {are} "
            "not in this folder, and would be taken away from everybody who reads it. Nothing was changed. Build where "
            "the files are, or name another place with CROSSROADS_CHROMA_DATABASE; what shall go for everybody, goes "
            "with `python -m index build --remove-missing`."
        )


def refuse_to_replace(store: PassageStore, wanted: Plan, mode: Mode, *, is_known: bool) -> None:
    """Raise `StoreError` where others have this library, and a build would make all of it anew without being asked to.

    `is_known` says whether what is published could be read.
    """
    why = wanted.whole if is_known else "what is published there cannot be read by this version"
    if store.is_shared and mode != "everything" and why:
        raise StoreError(
            f"{store}: the library there would be made anew for everybody who reads it, from this computer's stories "
            f"alone ({why}). Set CROSSROADS_EMBEDDER and the version to what made it; or, if it is to be made anew, "
            "run `python -m index build --force` where all of its stories are."
        )


def lacking(folder: Path, store: PassageStore) -> set[str]:
    """The published stories that have no file in a folder, which need not exist, under any name.

    The files are read only where one is missing by its name.
    """
    if not published(store) - in_folder(folder):
        return set()
    with suppress(StoriesError):
        return lost(store.pointer(), scan_stories(folder))
    return published(store)


def lost(pointer: Pointer | None, files: Mapping[str, str]) -> set[str]:
    """The published stories that are in none of some files (story id → sha256), by name or by content."""
    digests = set(files.values())
    stories = pointer.stories if pointer else {}
    return {identity for identity, sha256 in stories.items() if identity not in files and sha256 not in digests}


def published(store: PassageStore) -> set[str]:
    """The ids of the published stories."""
    pointer = store.pointer()
    return set(pointer.stories) if pointer else set()


def in_folder(folder: Path) -> set[str]:
    """The ids of the files in a stories folder; none where there is no such folder."""
    with suppress(StoriesError):
        return {story_id(folder, file) for file in story_files(folder)}
    return set()
