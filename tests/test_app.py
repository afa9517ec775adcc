"""app.py: whatever it cannot serve is one clear message and exit code 2, before anything heavy is loaded."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from index.errors import StoreError
from index.live import LiveIndex
from ui.settings import PageSettings

ROOT = Path(app.__file__).parent


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody else listens at."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as passing:
        return int(passing.getsockname()[1])


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env`, no stories and no index lie where the tests run."""
    monkeypatch.chdir(tmp_path)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message that these arguments are refused with."""
    assert app.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    return captured.err


def test_a_port_in_use(capsys: pytest.CaptureFixture[str], port: int, stories_folder: Path) -> None:
    message = refused(capsys, "--stories", str(stories_folder), "--port", str(port))
    assert f"--port {port}: it is in use" in message
    assert "another with --port" in message


@pytest.mark.parametrize("number", ["0", "-1", "65536", "99999"])
def test_a_port_that_cannot_be(capsys: pytest.CaptureFixture[str], number: str) -> None:
    assert "there is no such port" in refused(capsys, "--port", number)


def test_an_address_that_is_not_this_machines(capsys: pytest.CaptureFixture[str], free_port: int) -> None:
    assert "Choose another" in refused(capsys, "--host", "192.0.2.1", "--no-auth", "--port", str(free_port))


def test_an_address_that_others_reach_without_a_password(capsys: pytest.CaptureFixture[str], free_port: int) -> None:
    message = refused(capsys, "--host", "0.0.0.0", "--port", str(free_port))  # noqa: S104  # that is the case
    assert "CROSSROADS_USER and CROSSROADS_PASSWORD" in message
    assert "--no-auth" in message


def test_a_password_without_a_user(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSROADS_PASSWORD", "open sesame")
    message = refused(capsys)
    assert "CROSSROADS_USER is not" in message
    assert "sesame" not in message


def test_an_unknown_setting(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSROADS_STORYS", "x")
    assert "CROSSROADS_STORYS: there is no such setting. Did you mean CROSSROADS_STORIES?" in refused(capsys)


def test_an_unknown_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        app.main(["--storys", "x"])
    assert exit_.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_missing_stories_folder(capsys: pytest.CaptureFixture[str], free_port: int) -> None:
    message = refused(capsys, "--stories", "nowhere", "--port", str(free_port))
    assert "nowhere: there is no such folder" in message


def test_a_missing_stories_folder_is_told_even_where_an_index_is(
    capsys: pytest.CaptureFixture[str], free_port: int, built: LiveIndex
) -> None:
    message = refused(capsys, "--stories", "nowhere", "--index", str(built.store.folder), "--port", str(free_port))
    assert "nowhere: there is no such folder" in message


def test_an_index_folder_that_is_none(
    capsys: pytest.CaptureFixture[str], free_port: int, stories_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious.txt").touch()
    message = refused(capsys, "--stories", str(stories_folder), "--index", str(tmp_path), "--port", str(free_port))
    assert "this folder is not an index" in message


def test_a_mirrors_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").touch()
    with pytest.raises(StoreError, match="this folder is not an index"):
        app.check_mirror(PageSettings(index=tmp_path, chroma_url="http://127.0.0.1:1"))


def test_a_language_model_that_is_none(
    capsys: pytest.CaptureFixture[str], free_port: int, stories_folder: Path, built: LiveIndex
) -> None:
    folders = ["--stories", str(stories_folder), "--index", str(built.store.folder)]
    assert "provider:model" in refused(capsys, *folders, "--llm", "nonsense", "--port", str(free_port))


def test_an_empty_stories_folder_is_told_by_the_build(
    capfd: pytest.CaptureFixture[str], free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert app.main(["--stories", "empty", "--index", "made", "--port", str(free_port)]) == 2
    captured = capfd.readouterr()
    assert "no index of empty yet" in captured.out
    assert "there is no story in it" in captured.err
    assert "Traceback" not in captured.err


SLOW_TO_STOP = """
import time
try:
    print("begun", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    time.sleep(1)
    print("stopped", flush=True)
"""
BUILDING = f"""
import signal, sys, app
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may be begun deaf to it, in the background
from ui.settings import PageSettings
app.command = lambda *_: [sys.executable, "-c", {SLOW_TO_STOP!r}]
app.build_index(PageSettings())
"""


def test_a_build_that_is_interrupted_ends_by_itself() -> None:
    build = subprocess.Popen(
        [sys.executable, "-c", BUILDING], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert build.stdout is not None
    while build.stdout.readline() != "begun\n":
        pass
    os.killpg(build.pid, signal.SIGINT)  # as Ctrl+C in a terminal does
    said, _ = build.communicate(timeout=60)
    assert said == "stopped\n"


def test_as_a_command_it_exits_with_2_and_shows_no_traceback(port: int, stories_folder: Path) -> None:
    command = [sys.executable, str(ROOT / "app.py"), "--stories", str(stories_folder), "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: --port {port}")


@pytest.mark.parametrize(
    ("settings", "is_offline"),
    [
        (PageSettings(), True),
        (PageSettings(embedder="."), True),
        (PageSettings(llm="openai:any"), True),
        (PageSettings(embedder="BAAI/bge-small-en-v1.5"), False),
        (PageSettings(reranker="cross-encoder/ms-marco-MiniLM-L6-v2"), False),
        (PageSettings(grounder="cross-encoder/nli-MiniLM2-L6-H768"), False),
        (PageSettings(llm="huggingface:any"), False),
    ],
    ids=[
        "packaged",
        "folder",
        "service",
        "embedder of the hub",
        "reranker of the hub",
        "grounder of the hub",
        "language model of the hub",
    ],
)
def test_nothing_is_asked_outside_unless_a_model_of_the_hub_is(
    settings: PageSettings, is_offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {})
    app._ask_nothing_outside(settings)
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert ("HF_HUB_OFFLINE" in os.environ) == is_offline
