"""ui.stopping: a server that is told to stop ends in good order, whatever its threads are at."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from gradio_client import Client

from tests.apps import ROOT, served
from tests.language_model import Reply, ScriptedModel

PATIENCE = 60
SERVER = """
import atexit, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may be begun deaf to it, in the background
{first}
from ui.stopping import Signals, end
atexit.register(lambda: print("exit functions ran", flush=True))
signals = Signals()
print("serving", flush=True)
try:
    signals.wait()
    print("SIGTERM", flush=True)
except KeyboardInterrupt:
    print("SIGINT", flush=True)
{closing}
threading.Thread(target=time.sleep, args=(3600,)).start()
end(7)
"""


def started(first: str = "", closing: str = "") -> subprocess.Popen[str]:
    """A server whose threads go on for an hour, once it is up. What it does first, and to close, is Python."""
    code = SERVER.format(first=first, closing=closing)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert line_of(process) == "serving\n"
    return process


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert process.stdout
    return process.stdout.readline()


def test_a_server_whose_visitor_waits_for_a_silent_language_model_stops(tmp_path: Path, stories_folder: Path) -> None:
    with ScriptedModel(Reply(ending="silence")) as model:
        settings = {"CROSSROADS_LLM": "openai:tiny", "CROSSROADS_LLM_BASE_URL": model.url, "OPENAI_API_KEY": "none"}
        passing = tmp_path / "passing"
        passing.mkdir()
        with served(tmp_path, stories_folder, CROSSROADS_LLM_TIMEOUT="600", TMPDIR=str(passing), **settings) as address:
            client = Client(address, verbose=False, analytics_enabled=False)
            client.submit("How did the lawyer learn SQL?", api_name="/ask")
            deadline = time.monotonic() + PATIENCE
            while not model.requests:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert list(passing.glob("crossroads-*"))
    assert "Traceback" not in (tmp_path / "app.log").read_text()
    assert not list(passing.glob("crossroads-*")), "what visitors uploaded ends with it"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_exit_functions_and_waits_for_no_thread(number: signal.Signals) -> None:
    process = started()
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert said == f"{number.name}\nexit functions ran\n"
    assert process.returncode == 7


def test_a_second_signal_ends_it_with_its_exit_functions_alone() -> None:
    process = started(closing="time.sleep(3600)")
    process.send_signal(signal.SIGINT)
    assert line_of(process) == "SIGINT\n"
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert said == "exit functions ran\n"
    assert process.returncode == 128 + signal.SIGTERM


def test_a_third_signal_kills_it() -> None:
    process = started(first="atexit.register(lambda: time.sleep(3600))", closing="time.sleep(3600)")
    process.send_signal(signal.SIGTERM)
    assert line_of(process) == "SIGTERM\n"
    process.send_signal(signal.SIGTERM)
    assert line_of(process) == "exit functions ran\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGTERM


def test_what_came_before_anybody_waited_is_known() -> None:
    code = (
        "import os, signal; from ui.stopping import Signals; signals = Signals(); os.kill(os.getpid(), signal.SIGTERM)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(signals.have_come)"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout == b"True\n"


def test_what_was_begun_deaf_to_interrupts_stays_so() -> None:
    process = started("signal.signal(signal.SIGINT, signal.SIG_IGN)")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert said.startswith("SIGTERM\n")
