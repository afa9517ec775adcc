"""A build that a server, the way to it or a kill ends: what was published answers, and the next build finishes."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import tenacity

from index.errors import ServerError
from index.rebuild import rebuild
from index.server import connection, lock
from index.server.mirror import MirroredStore
from index.server.remote import RemoteLibrary
from tests.builders import SERVER_STEPS, TextEmbedder
from tests.chroma_server import TOKEN, ChromaServer, Library, Line, free_port

ROOT = Path(__file__).parent.parent
KILLED = -9


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several shards of a small library, and nobody waits long for who died."""
    monkeypatch.setattr("index.making.SHARD_PASSAGES", 4)
    monkeypatch.setattr(connection, "WAIT", tenacity.wait_none())
    monkeypatch.setattr(lock, "BEAT", 0.1)
    monkeypatch.setattr(lock, "DEAD", 0.8)


def texts(store: MirroredStore) -> dict[str, str]:
    """Every published story's text, after a search that must find something."""
    generation = store.open()
    assert len(generation.nearest(TextEmbedder().embed_query("bread"), 5)) > 0
    return {identity: generation.story(identity).text for identity in generation.story_ids}


def change(stories: Path) -> None:
    """Between two states of the library a story changes, one is gone, and one is new."""
    (stories / "baker.md").write_text("I baked bread in Nancy, until I did not.")
    (stories / "welder.md").unlink()
    (stories / "sailor.md").write_text("I sailed, and then I drew maps for those who sail.")


@pytest.mark.parametrize("step", SERVER_STEPS)
def test_killed_at_any_step_one_whole_state_is_published_and_the_next_build_finishes(
    library: Library, stories_folder: Path, step: str
) -> None:
    index = library.folder / "killed"
    rebuild(stories_folder, library.mirror("killed"), TextEmbedder(), leaving=None)
    before = texts(library.mirror("reader"))
    change(stories_folder)
    command = [sys.executable, "-m", "tests.builders", str(stories_folder), str(index), step, "1"]
    environment = os.environ | library.settings(index)
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == KILLED

    published = texts(library.mirror("reader"))
    assert (published == before) is (step not in {"published there", "deleting there"})
    report = rebuild(stories_folder, library.mirror("killed"), TextEmbedder(), leaving=None)
    after = texts(library.mirror("reader"))
    assert "sailor.md" in after
    assert "welder.md" not in after
    assert after["baker.md"] == "I baked bread in Nancy, until I did not."
    assert published in (before, after)
    assert report.published is (published == before)
    assert report.embedded == 0
    expected = 2 + 2 * len(library.mirror("reader").open().pointer.shards)
    assert len(library.names()) == expected


def test_what_one_computer_had_uploaded_when_it_died_another_does_not_embed_again(
    library: Library, stories_folder: Path
) -> None:
    index = library.folder / "killed"
    command = [sys.executable, "-m", "tests.builders", str(stories_folder), str(index), "shards uploaded", "1"]
    environment = os.environ | library.settings(index)
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == KILLED
    other = library.mirror("other")
    assert other.pointer() is None
    report = rebuild(stories_folder, other, TextEmbedder(), leaving=None)
    assert (report.embedded, report.stories) == (0, 4)


@pytest.mark.parametrize(
    ("disturbance", "after"),
    [(500, 0), (503, 8), (401, 14), ("cut", 8), ("cut", 18), ("lost", 8), ("lost", 18), ("mute", 16)],
)
def test_a_server_that_fails_in_a_build_is_told_and_the_next_build_finishes(  # noqa: PLR0913, PLR0917  # a table
    library: Library,
    line: Line,
    stories_folder: Path,
    disturbance: str | int,
    after: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(connection, "PATIENCE", httpx.Timeout(2.0))
    rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None)
    before = texts(library.mirror("reader"))
    change(stories_folder)
    line.disturbance, line.after = disturbance, after
    builder = library.mirror("builder", line.url)
    with pytest.raises(ServerError) as failed:
        rebuild(stories_folder, builder, TextEmbedder(), leaving=None)
    assert str(failed.value).startswith(f"{line.url} (default_tenant/{library.database}): ")
    assert TOKEN not in str(failed.value) + caplog.text
    assert texts(library.mirror("builder", line.url)) == before
    assert texts(library.mirror("reader")) == before

    line.disturbance = ""
    rebuild(stories_folder, library.mirror("builder", line.url), TextEmbedder(), leaving=None)
    assert set(texts(library.mirror("reader"))) == {"baker.md", "lawyer.md", "nurse.txt", "sailor.md"}


def test_an_upload_that_fails_embeds_nothing_twice(
    library: Library, stories_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ServerError("it is down")

    monkeypatch.setattr("index.making.SHARD_PASSAGES", 5_000)
    with monkeypatch.context() as failing:
        failing.setattr(RemoteLibrary, "put", fail)
        with pytest.raises(ServerError):
            rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None)
    report = rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None)
    assert (report.embedded, report.published) == (0, True)


def test_what_was_published_when_the_server_failed_is_published_and_the_next_build_clears_up(
    library: Library, stories_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ServerError("it is down")

    rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None)
    change(stories_folder)
    with monkeypatch.context() as failing:
        failing.setattr(RemoteLibrary, "keep_only", fail)
        with pytest.raises(ServerError):
            rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None)
    assert "sailor.md" in texts(library.mirror("reader"))
    assert not rebuild(stories_folder, library.mirror("builder"), TextEmbedder(), leaving=None).published
    assert len(library.names()) == 2 + 2 * len(library.mirror("reader").open().pointer.shards)


def test_a_server_that_is_killed_and_started_again_has_what_was_published(tmp_path: Path, stories_folder: Path) -> None:
    server = ChromaServer(tmp_path, free_port())
    server.start()
    library = Library(server.url, server.new_database(), tmp_path)
    try:
        builder = library.mirror("builder")
        rebuild(stories_folder, builder, TextEmbedder(), leaving=None)
        before = texts(library.mirror("reader"))
        server.stop()
        change(stories_folder)
        with pytest.raises(ServerError, match="cannot be reached"):
            rebuild(stories_folder, builder, TextEmbedder(), leaving=None)
        assert texts(library.mirror("reader")) == before
        server.start()
        rebuild(stories_folder, builder, TextEmbedder(), leaving=None)
        assert "sailor.md" in texts(library.mirror("reader"))
        assert "sailor.md" in texts(library.mirror("another"))
    finally:
        for opened in library.connections:
            opened.close()
        server.stop()
