"""What many tests share: the packaged model, loaded once a session, an index of the made-up library, and the app."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.embedding import Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from tests.apps import ROOT, served
from tests.chroma_server import Library
from tests.desk import Desk, open_desk
from tests.grounders import believing_model, doubting_model
from tests.library import write_library


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The packaged model on the CPU."""
    return Embedder(device="cpu")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model whose vectors are means of its tokens'."""
    from tests.models import TinyModel

    return TinyModel().save(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def stories_folder(tmp_path: Path) -> Path:
    """A folder with the made-up stories, to be changed at will."""
    return write_library(tmp_path / "stories")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stories folder without stories."""
    made = tmp_path / "stories"
    made.mkdir()
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside it."""
    made = tmp_path / "outside"
    made.mkdir()
    return made


@pytest.fixture(params=["folder", "server"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], PassageStore]:
    """Opens an index that is not there yet, in each of its two forms: in a folder, and in a Chroma server."""
    if request.param == "folder":
        return lambda: PassageStore(tmp_path / "index")
    library: Library = request.getfixturevalue("library")
    return lambda: library.mirror("index")


@pytest.fixture
def store(tmp_path: Path) -> PassageStore:
    """A store of an index folder that is not there yet."""
    return PassageStore(tmp_path / "index")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> LiveIndex:
    """An index of the made-up stories, for reading only."""
    folder = tmp_path_factory.mktemp("built")
    store = PassageStore(folder / "index")
    rebuild(write_library(folder / "stories"), store, embedder)
    return LiveIndex(store, embedder)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A set of three cases on the made-up library, and a chatbot that handles them all rightly. No index is built."""
    opened = open_desk(tmp_path)
    monkeypatch.setattr("eval.run.bring_up_to_date", lambda _: None)
    monkeypatch.setattr("rag.ask.open_rag", lambda _: opened.chatbot)
    return opened


@pytest.fixture(scope="session")
def believing(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a grounder to which everything follows."""
    return believing_model(tmp_path_factory.mktemp("believing"))


@pytest.fixture(scope="session")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a grounder to which nothing follows."""
    return doubting_model(tmp_path_factory.mktemp("doubting"))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over the starter library, as the documentation starts it."""
    with served(tmp_path_factory.mktemp("open"), ROOT / "stories") as found:
        yield found
