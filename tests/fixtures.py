"""What many tests share: the packaged model, loaded once a session, and an index of the made-up library."""

from pathlib import Path

import pytest

from index.embedding import Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from tests.library import write_library


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The packaged model on the CPU."""
    return Embedder(device="cpu")


@pytest.fixture
def stories_folder(tmp_path: Path) -> Path:
    """A folder with the made-up stories, to be changed at will."""
    return write_library(tmp_path / "stories")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> LiveIndex:
    """An index of the made-up stories, for reading only."""
    folder = tmp_path_factory.mktemp("built")
    store = PassageStore(folder / "index")
    rebuild(write_library(folder / "stories"), store, embedder)
    return LiveIndex(store, embedder)
