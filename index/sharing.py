"""Sharing: what a change on one computer must not do to a library that other computers have too.

A build makes the library what this computer's stories folder is. Where that folder is another one, or none, it would
take everything away from everybody. Knows nothing of how a library is shared.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from index.errors import StoriesError
from index.folder import story_files, story_id
from index.store import PassageStore


def refuse_to_replace(folder: Path, store: PassageStore, leaving: Collection[str] = ()) -> None:
    """Raise `StoriesError` where others have this library, and none of it is in the folder but what is `leaving`."""
    if not store.is_shared:
        return
    kept = published(store).difference(leaving)
    if kept and kept == lacking(folder, store).difference(leaving):
        raise StoriesError(
            f"{folder}: none of the stories of the library in {store} is in this folder, and a build would take them "
            "away from everybody who reads them. Build where their files are, or name another place with "
            "CROSSROADS_CHROMA_DATABASE; to replace the library, run `python -m index build --force`."
        )


def lacking(folder: Path, store: PassageStore) -> set[str]:
    """The published stories that have no file in a folder, which need not exist."""
    return published(store) - in_folder(folder)


def published(store: PassageStore) -> set[str]:
    """The ids of the published stories."""
    pointer = store.pointer()
    return set(pointer.stories) if pointer else set()


def in_folder(folder: Path) -> set[str]:
    """The ids of the files in a stories folder; none where there is no such folder."""
    with suppress(StoriesError):
        return {story_id(folder, file) for file in story_files(folder)}
    return set()
