"""A computer whose stories folder is another, or none, takes nothing away from a library that others have too."""

from pathlib import Path

import pytest

from eval.run import bring_up_to_date
from index.__main__ import main
from index.errors import BuildLockedError, StoreError, StoriesError
from index.intake.removal import remove_story
from index.rebuild import rebuild
from index.server.mirror import MirroredStore
from index.sharing import lacking
from index.store import PassageStore
from rag.settings import RagSettings
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


def test_no_story_is_taken_from_a_shared_library_for_want_of_its_file(
    mirror: MirroredStore, stories_folder: Path
) -> None:
    (stories_folder / "welder.md").unlink()
    (stories_folder / "sailor.md").write_text(STORY)
    with pytest.raises(StoriesError, match=r"welder\.md is not in this folder.*--remove-missing"):
        rebuild(stories_folder, mirror, TextEmbedder())
    assert mirror.open().story_ids == ("baker.md", "lawyer.md", "nurse.txt", "welder.md")
    assert lacking(stories_folder, mirror) == {"welder.md"}
    assert lacking(stories_folder / "nowhere", mirror) == {"baker.md", "lawyer.md", "nurse.txt", "welder.md"}
    rebuild(stories_folder, mirror, TextEmbedder(), leaving={"welder.md"})
    assert mirror.open().story_ids == ("baker.md", "lawyer.md", "nurse.txt", "sailor.md")


def test_what_another_published_while_a_build_waited_is_not_taken_away(
    mirror: MirroredStore, library: Library, stories_folder: Path, elsewhere: Path
) -> None:
    mirror.refresh()
    for file in stories_folder.iterdir():
        (elsewhere / file.name).write_bytes(file.read_bytes())
    rebuild(elsewhere, library.mirror("another"), TextEmbedder())  # of which the mirror knows nothing yet
    with pytest.raises(StoriesError, match=r"sailor\.md is not in this folder"):
        rebuild(stories_folder, mirror, TextEmbedder())
    assert "sailor.md" in library.mirror("reader").open().story_ids


def test_a_story_that_has_another_name_now_is_not_lost(mirror: MirroredStore, stories_folder: Path) -> None:
    (stories_folder / "welder.md").rename(stories_folder / "steel.md")
    assert lacking(stories_folder, mirror) == set()
    rebuild(stories_folder, mirror, TextEmbedder())
    assert mirror.open().story_ids == ("baker.md", "lawyer.md", "nurse.txt", "steel.md")


def test_another_embedder_makes_no_shared_library_anew_without_being_asked(
    mirror: MirroredStore, library: Library, stories_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TextEmbedder, "fingerprint", "another")
    with pytest.raises(StoreError, match=r"made anew for everybody.*text → another.*--force"):
        rebuild(stories_folder, mirror, TextEmbedder())
    with pytest.raises(StoreError, match="made anew for everybody"):
        remove_story(stories_folder, "baker.md", mirror, TextEmbedder())
    assert (stories_folder / "baker.md").exists()
    pointer = library.mirror("reader").pointer()
    assert pointer is not None
    assert pointer.fingerprint["embedder"] == "text"
    assert rebuild(stories_folder, mirror, TextEmbedder(), "everything").published


def test_an_index_of_ones_own_may_be_replaced(tmp_path: Path, stories_folder: Path, elsewhere: Path) -> None:
    store = PassageStore(tmp_path / "own")
    rebuild(stories_folder, store, TextEmbedder())
    rebuild(elsewhere, store, TextEmbedder())
    assert store.open().story_ids == ("sailor.md",)


def test_removing_the_only_file_of_a_folder_does_not_empty_a_shared_library(
    mirror: MirroredStore, stories_folder: Path, elsewhere: Path
) -> None:
    file = elsewhere / "baker.md"
    (stories_folder / "baker.md").rename(file)
    (elsewhere / "sailor.md").unlink()
    with pytest.raises(StoriesError, match="are not in this folder"):
        remove_story(elsewhere, "baker.md", mirror, TextEmbedder())
    assert file.exists()
    assert "baker.md" in mirror.open().story_ids


def test_removing_the_only_story_empties_the_library_and_every_mirror(
    mirror: MirroredStore, library: Library, stories_folder: Path
) -> None:
    for name in ("lawyer.md", "nurse.txt", "welder.md"):
        remove_story(stories_folder, name, mirror, TextEmbedder())
    follower = library.mirror("follower")
    follower.refresh()
    assert follower.open().story_ids == ("baker.md",)
    remove_story(stories_folder, "baker.md", mirror, TextEmbedder())
    follower.refresh()
    assert follower.pointer() is None
    assert follower.prune()
    assert follower.traces(["flour"]) == []


def test_a_removal_touches_nothing_while_a_build_is_running(
    mirror: MirroredStore, library: Library, stories_folder: Path
) -> None:
    with library.remote().locked(), pytest.raises(BuildLockedError):
        remove_story(stories_folder, "baker.md", mirror, TextEmbedder())
    assert (stories_folder / "baker.md").exists()


def test_the_commands_refuse_and_leave_everything_as_it_was(
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
    none = elsewhere.parent / "none"
    assert main(["build", "--stories", str(elsewhere)]) == 2
    assert main(["build", "--stories", str(elsewhere), "--force"]) == 2
    assert main(["add", str(elsewhere.parent / "other.md"), "--stories", str(none)]) == 2
    assert not none.exists()
    assert capsys.readouterr().err.count("would be taken away from everybody") == 3
    assert library.mirror("other").open().story_ids == before
    assert main(["build", "--stories", str(elsewhere), "--remove-missing"]) == 0
    assert library.mirror("other").open().story_ids == ("sailor.md",)


def test_an_evaluation_changes_no_shared_library(
    mirror: MirroredStore, library: Library, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in library.settings(mirror.folder).items():
        monkeypatch.setenv(name, value)
    bring_up_to_date(RagSettings.load(stories=elsewhere))
    assert len(library.mirror("reader").open().story_ids) == 4


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
