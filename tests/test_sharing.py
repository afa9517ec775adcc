"""A computer whose stories folder is another, or none, takes nothing away from a library that others have too."""

from pathlib import Path

import pytest

from index.__main__ import main
from index.errors import StoriesError
from index.intake.removal import remove_story
from index.rebuild import rebuild
from index.server.mirror import MirroredStore
from index.sharing import lacking, refuse_to_replace
from index.store import PassageStore
from tests.builders import TextEmbedder
from tests.chroma_server import Library
from ui.settings import PageSettings
from ui.workshop import Workshop

STORY = "# Elsewhere\n\nI sailed for nine years, and then I drew maps for those who sail."


@pytest.fixture
def mirror(library: Library, stories_folder: Path) -> MirroredStore:
    """The mirror of a chat server, of what another computer built."""
    rebuild(stories_folder, library.mirror("builder"), TextEmbedder())
    return library.mirror("chat")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A stories folder with a story of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "sailor.md").write_text(STORY)
    return folder


def test_a_folder_with_none_of_its_stories_replaces_no_shared_library(mirror: MirroredStore, elsewhere: Path) -> None:
    with pytest.raises(StoriesError, match=r"elsewhere: none of the stories .*--force"):
        refuse_to_replace(elsewhere, mirror)
    with pytest.raises(StoriesError, match="--force"):
        refuse_to_replace(elsewhere / "nowhere", mirror)


def test_a_folder_with_some_of_its_stories_may_change_it(mirror: MirroredStore, stories_folder: Path) -> None:
    (stories_folder / "welder.md").unlink()
    refuse_to_replace(stories_folder, mirror)
    assert lacking(stories_folder, mirror) == {"welder.md"}


def test_an_index_of_ones_own_may_be_replaced(tmp_path: Path, stories_folder: Path, elsewhere: Path) -> None:
    store = PassageStore(tmp_path / "own")
    rebuild(stories_folder, store, TextEmbedder())
    refuse_to_replace(elsewhere, store)


def test_removing_the_only_file_of_a_folder_does_not_empty_a_shared_library(
    mirror: MirroredStore, stories_folder: Path, elsewhere: Path
) -> None:
    file = elsewhere / "baker.md"
    (stories_folder / "baker.md").rename(file)
    (elsewhere / "sailor.md").unlink()
    with pytest.raises(StoriesError, match="--force"):
        remove_story(elsewhere, "baker.md", mirror, TextEmbedder())
    assert file.exists()
    assert "baker.md" in mirror.open().story_ids


def test_the_commands_refuse_and_force_replaces(
    mirror: MirroredStore,
    library: Library,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("index.__main__.Embedder", lambda *_: TextEmbedder())
    for name, value in library.settings(mirror.folder).items():
        monkeypatch.setenv(name, value)
    before = mirror.open().story_ids
    (elsewhere.parent / "other.md").write_text(STORY.replace("maps", "charts"))
    assert main(["build", "--stories", str(elsewhere)]) == 2
    assert main(["add", str(elsewhere.parent / "other.md"), "--stories", str(elsewhere.parent / "none")]) == 2
    assert capsys.readouterr().err.count("none of the stories of the library in http://127.0.0.1") == 2
    assert library.mirror("other").open().story_ids == before
    assert main(["build", "--stories", str(elsewhere), "--force"]) == 0
    assert library.mirror("other").open().story_ids == ("sailor.md",)


def test_on_the_page_nothing_is_changed_where_a_shared_story_has_no_file(
    mirror: MirroredStore, library: Library, stories_folder: Path
) -> None:
    mirror.refresh()
    settings = PageSettings(stories=stories_folder, index=mirror.folder, chroma_url=library.url, device="cpu")
    workshop = Workshop(settings)
    assert workshop.why_not() == ""
    (stories_folder / "welder.md").unlink()
    assert "1 of its stories" in workshop.why_not()
    work = workshop.build()
    while not work.progress.has_ended:
        pass
    assert (work.progress.state, work.progress.problem) == ("refused", workshop.why_not())
