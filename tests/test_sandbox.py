"""Parsers run apart: whatever befalls them befalls their process, and the next file is read as if nothing had been."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.errors import PassingError, StoriesError
from index.formats.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
MEMORY = 600_000_000


def process(_name: str, _data: bytes) -> int:
    return os.getpid()


def hang(_name: str, _data: bytes) -> None:
    while True:
        time.sleep(0.01)


def eat(_name: str, _data: bytes) -> None:
    eaten = []
    while True:
        eaten.append(bytearray(10_000_000))


def die(_name: str, _data: bytes) -> None:
    os._exit(1)


def refuse(name: str, _data: bytes) -> None:
    raise StoriesError(f"{name}: no.")


def stumble(_name: str, _data: bytes) -> None:
    raise KeyError("/Root")


def lack(_name: str, _data: bytes) -> None:
    raise ImportError("libpages.so.7: cannot open shared object file")


def lack_there(name: str, _data: bytes) -> int:
    if str(os.getpid()) == name:
        raise ImportError("libpages.so.7: failed to map segment")
    return 5


def write(name: str, data: bytes) -> None:
    with Path(name).open("wb", buffering=0) as file:
        file.write(data)


def measure(_name: str, data: bytes) -> int:
    return len(data)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(seconds=20, memory=MEMORY)
    yield sandbox
    sandbox.close()


def test_one_other_process_reads_file_after_file(sandbox: Sandbox) -> None:
    first, second = sandbox.run(process, "a.pdf", b""), sandbox.run(process, "b.pdf", b"")
    assert first == second != os.getpid()


def test_a_large_file_gets_there(sandbox: Sandbox) -> None:
    assert sandbox.run(measure, "a.pdf", bytes(5_000_000)) == 5_000_000


def test_what_the_parser_says_is_passed_on(sandbox: Sandbox) -> None:
    with pytest.raises(StoriesError, match=r"^a\.pdf: no\.$"):
        sandbox.run(refuse, "a.pdf", b"")


def test_a_parsers_own_error_is_told_as_damage(sandbox: Sandbox) -> None:
    with pytest.raises(StoriesError, match=r"^a\.pdf: it is damaged, .*KeyError '/Root'") as caught:
        sandbox.run(stumble, "a.pdf", b"")
    assert not isinstance(caught.value, PassingError)


def test_a_library_that_cannot_be_loaded_is_not_the_files_fault(sandbox: Sandbox) -> None:
    with pytest.raises(PassingError, match=r"^a\.pdf: a library .* cannot be loaded \(ImportError libpages\.so\.7"):
        sandbox.run(lack, "a.pdf", b"")


def test_a_worker_without_room_for_a_library_is_replaced_and_the_file_tried_once_more(
    sandbox: Sandbox,
) -> None:
    full = str(sandbox.run(process, "a.pdf", b""))
    assert sandbox.run(lack_there, full, b"") == 5
    with pytest.raises(PassingError, match="cannot be loaded"):
        sandbox.run(lack, "a.pdf", b"")
    first, second = sandbox.run(process, "a.pdf", b""), sandbox.run(process, "a.pdf", b"")
    assert first == second != int(full)


def test_where_no_process_can_be_started_the_file_is_tried_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("loky.ProcessPoolExecutor", refuse)
        with pytest.raises(PassingError, match=r"^a\.pdf: no process .*\(no room\)\. It is tried again when you build"):
            sandbox.run(measure, "a.pdf", b"abc")
    assert sandbox.run(measure, "a.pdf", b"abc") == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps count of a process's address space")
def test_a_parser_that_eats_memory_is_stopped_and_the_next_file_read(sandbox: Sandbox) -> None:
    with pytest.raises(PassingError, match=r"^a\.pdf: .*600 MB of memory\. It is tried again when you build"):
        sandbox.run(eat, "a.pdf", b"")
    assert sandbox.run(measure, "b.pdf", b"abc") == 3


def test_a_parser_that_dies_is_told_and_the_next_file_read(sandbox: Sandbox) -> None:
    before = sandbox.run(process, "a.pdf", b"")
    with pytest.raises(PassingError, match=r"^a\.pdf: its reader broke down"):
        sandbox.run(die, "a.pdf", b"")
    assert sandbox.run(process, "b.pdf", b"") != before


def test_a_parser_that_hangs_is_ended() -> None:
    sandbox = Sandbox(seconds=6, memory=MEMORY)  # within which a busy machine starts a process
    worker = sandbox.run(process, "a.pdf", b"")
    with pytest.raises(PassingError, match=r"^a\.pdf: reading it took more than 6 seconds"):
        sandbox.run(hang, "a.pdf", b"")
    assert not _runs(worker)
    sandbox.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no file sizes")
def test_a_parser_cannot_write_files(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(StoriesError, match="damaged"):
        sandbox.run(write, str(tmp_path / "a"), b"loot")
    assert (tmp_path / "a").read_bytes() == b""


def test_threads_take_turns(sandbox: Sandbox) -> None:
    sizes: list[int] = []
    threads = [
        threading.Thread(target=lambda size=size: sizes.append(sandbox.run(measure, "a.pdf", bytes(size))))
        for size in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sizes) == list(range(8))


def test_a_closed_sandbox_leaves_no_process_and_opens_again() -> None:
    sandbox = Sandbox(memory=MEMORY)
    worker = sandbox.run(process, "a.pdf", b"")
    sandbox.close()
    assert not _runs(worker)
    assert sandbox.run(measure, "a.pdf", b"a") == 1
    sandbox.close()


def test_a_script_without_a_main_guard_may_read_pages_and_leaves_no_process() -> None:
    script = """
        from index.formats import read_document
        from index.formats.sandbox import run_apart
        from tests.test_sandbox import process
        print(read_document("a.html", b"<p>I baked bread.</p>").text)
        print(run_apart(process, "a", b""))
    """
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=textwrap.dedent(script),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    text, worker = ran.stdout.split("\n")[:2]
    assert text == "I baked bread."
    assert ran.stderr == ""
    assert not _runs(int(worker))


def test_who_reads_only_markdown_loads_no_parser_and_starts_no_process() -> None:
    script = """
        import sys
        from index.formats import read_document
        read_document("a.md", b"I baked bread.")
        print(sorted({"loky", "mammoth", "pypdf", "trafilatura"} & set(sys.modules)))
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stdout == "[]\n"


def _runs(pid: int) -> bool:
    """Whether a process is there, for up to a few seconds in which it may go."""
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
