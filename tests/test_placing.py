"""Whatever fails, a story is wholly in the folder or not at all, and nothing of anybody's is lost."""

import errno
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from index.errors import StoriesError
from index.intake import Added, Duplicate, preview_text, save
from index.intake.holdings import Holdings
from index.intake.placing import ABANDONED_SECONDS
from tests.folders import BREAD, contents

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("step", ["os.fsync", "os.link", "pathlib.Path.hardlink_to"])
def test_a_disk_that_fails_midway_leaves_the_folder_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (folder / "old.md").write_bytes(BREAD)
    preview = preview_text(Holdings(folder), "I sang every night.")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(step, full)
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(StoriesError, match=r"text.md: it cannot be written .*No space left.*the room on its disk"):
        save(Holdings(folder), preview)
    assert contents(folder) == {"old.md": BREAD}


def test_a_stop_midway_leaves_the_folder_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preview = preview_text(Holdings(folder), "I sang every night.")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.hardlink_to", stop)
    with pytest.raises(KeyboardInterrupt):
        save(Holdings(folder), preview)
    assert contents(folder) == {}


def test_disks_without_hard_links_do_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", unsupported)
    first = preview_text(Holdings(folder), "# Songs\n\nI sang every night.")
    second = preview_text(Holdings(folder), "# Songs\n\nI sang every day.")
    holdings = Holdings(folder)
    (folder / "songs.md").write_text("Put there in between.")
    assert save(holdings, first) == Added("text.md", "songs-2.md", "Songs")
    assert save(holdings, second) == Added("text.md", "songs-3.md", "Songs")
    assert contents(folder)["songs.md"] == b"Put there in between."
    assert len(contents(folder)) == 3


def test_a_double_click_saves_once(folder: Path) -> None:
    preview = preview_text(Holdings(folder), "I sang every night.")
    early, late = Holdings(folder), Holdings(folder)
    assert isinstance(save(early, preview), Added)
    assert save(late, preview) == Duplicate("text.md", "i-sang-every-night.md")
    assert save(Holdings(folder), preview) == Duplicate("text.md", "i-sang-every-night.md")


def test_many_at_once_lose_nothing_and_overwrite_nothing(folder: Path) -> None:
    previews = [preview_text(Holdings(folder), f"# Songs\n\nI sang {number} songs.") for number in range(20)]
    holdings = [Holdings(folder) for _ in previews]
    threads = [threading.Thread(target=save, args=pair) for pair in zip(holdings, previews, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(contents(folder).values()) == sorted(preview.data for preview in previews)


def abandon(file: Path) -> None:
    """Make a file look as if nobody had touched it for long."""
    long_ago = time.time() - ABANDONED_SECONDS - 1
    os.utime(file, (long_ago, long_ago))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_save_left_is_no_story_and_is_gone_after_a_later_one(folder: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from index.intake import preview_text, save
        from index.intake.holdings import Holdings
        Path.hardlink_to = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        holdings = Holdings(Path(sys.argv[1]))
        save(holdings, preview_text(holdings, "I sang every night."))
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(folder)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    (left,) = folder.iterdir()
    assert left.read_bytes() == b"I sang every night.\n"
    save(Holdings(folder), preview_text(Holdings(folder), "I danced."))
    assert left.exists()  # it could be one that is being written
    abandon(left)
    save(Holdings(folder), preview_text(Holdings(folder), "I juggled."))
    assert set(contents(folder)) == {"i-danced.md", "i-juggled.md"}


@pytest.mark.parametrize(
    "name",
    [
        ".1234567890abcdef.tmp",
        ".crossroads.tmp",
        ".crossroads-123.tmp",
        ".crossroads-1234567890abcdef.tmp.md",
        "crossroads-1234567890abcdef.tmp",
        "more/.crossroads-1234567890abcdef.tmp",
    ],
)
def test_nobody_elses_file_is_ever_swept(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(BREAD)
    abandon(folder / name)
    save(Holdings(folder), preview_text(Holdings(folder), "I sang every night."))
    assert contents(folder)[name] == BREAD
