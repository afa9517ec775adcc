"""What was found wrong with a file is kept as long as it tells of the file as it is; what may pass is tried again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import PassingError
from index.rebuild import RebuildReport, rebuild
from index.store import PassageStore
from index.stories import Fault
from tests.builders import TextEmbedder

BROKEN = b"\x00\xff\x00\xfe" * 50
BUSY = Fault("page.html", "the machine was busy.")


@pytest.fixture
def store(open_index: Callable[[], PassageStore]) -> PassageStore:
    """The index, in either form."""
    return open_index()


@pytest.fixture
def build(stories_folder: Path, store: PassageStore) -> Callable[..., RebuildReport]:
    """Builds the index; `force` makes everything anew."""
    return lambda *, force=False: rebuild(
        stories_folder, store, TextEmbedder(), "everything" if force else "changes", leaving=None
    )


def busy(_parse: object, name: str, _data: bytes) -> None:
    raise PassingError(f"{name}: the machine was busy.")


def locked(file: Path, first_bytes: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    """Reads files, but for one that nobody may read."""

    def read(other: Path) -> bytes:
        if other == file:
            raise PermissionError(13, "Permission denied")
        return first_bytes(other)

    return read


def test_what_may_pass_is_tried_at_every_build(
    stories_folder: Path, build: Callable[..., RebuildReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    (stories_folder / "page.html").write_text("<p>I baked bread.</p>")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("index.formats.run_apart", busy)
        first, second = build(), build()
    assert first.faults == second.faults == (BUSY,)
    assert (second.published, second.plan.unread) == (False, ("page.html",))
    third = build()
    assert (third.plan.added, third.faults, third.stories) == (("page.html",), (), 5)


def test_what_does_not_pass_has_nothing_written_again(
    stories_folder: Path, build: Callable[..., RebuildReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    (stories_folder / "page.html").write_text("<p>I baked bread.</p>")
    monkeypatch.setattr("index.formats.run_apart", busy)
    build()
    monkeypatch.setattr("index.making.Making.shards", lambda *_: pytest.fail("a shard is written, and thrown away"))
    assert build().faults == (BUSY,)


def test_a_story_whose_version_before_stayed_for_what_may_pass_is_read_at_the_next_build(
    stories_folder: Path, build: Callable[..., RebuildReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    (stories_folder / "page.html").write_text("<p>I baked bread.</p>")
    build()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("index.formats.run_apart", busy)
        forced = build(force=True)
    assert (forced.faults, forced.stories) == ((BUSY,), 5)
    again = build()
    assert (again.plan.changed, again.faults, again.embedded) == (("page.html",), (), 0)
    assert not build().published


def test_a_fault_is_forgotten_once_the_file_is_as_it_was(
    stories_folder: Path, build: Callable[..., RebuildReport]
) -> None:
    build()
    sound = (stories_folder / "baker.md").read_bytes()
    (stories_folder / "baker.md").write_bytes(BROKEN)
    assert [fault.file for fault in build().faults] == ["baker.md"]
    assert [fault.file for fault in build().faults] == ["baker.md"]
    (stories_folder / "baker.md").write_bytes(sound)
    report = build()
    assert (report.faults, report.published) == ((), False)


def test_a_fault_is_forgotten_once_the_file_can_be_read_again(
    stories_folder: Path, store: PassageStore, build: Callable[..., RebuildReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    build()
    with monkeypatch.context() as meanwhile:
        for module in ("index.folder", "index.portions"):
            read = locked(stories_folder / "baker.md", Path.read_bytes)
            meanwhile.setattr(f"{module}.first_bytes", read)
        assert [fault.file for fault in build().faults] == ["baker.md"]
    report = build()
    assert (report.faults, report.embedded, report.stories) == ((), 0, 4)
    assert store.published().faults == ()
    assert not build().published
