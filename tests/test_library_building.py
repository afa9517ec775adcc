"""Work on the library in a process of its own: how far it is, how it ends, and that one waits for the other."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest

from index.__main__ import main
from index.errors import BuildLockedError
from index.store import PassageStore
from tests.library import write_library
from tests.work import PATIENCE, ended, script, until
from ui.building import Progress, Purpose, Work
from ui.escaping import inert
from ui.settings import PageSettings
from ui.working import told_of
from ui.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    write_library(tmp_path / "stories")
    return Workshop(PageSettings(stories=tmp_path / "stories", index=tmp_path / "index", device="cpu"))


def test_a_build_tells_how_far_it_is_and_publishes(workshop: Workshop, tmp_path: Path) -> None:
    progress = ended(workshop.build())
    assert progress.state == "done", progress.problem
    assert progress.embedded == progress.total > 0
    assert progress.report["stories"] == 4
    assert "the library has 4 stories now" in told_of(progress)
    pointer = PassageStore(tmp_path / "index").pointer()
    assert pointer is not None
    removed = ended(workshop.remove("baker.md"))
    assert removed.state == "done", removed.problem
    assert not (tmp_path / "stories" / "baker.md").exists()
    assert "is removed" in told_of(removed, Purpose(removed="From bread to back end"))


def test_progress_is_printed_as_lines_of_json(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0, raising=False)
    folders = ["--stories", str(write_library(tmp_path / "stories")), "--index", str(tmp_path / "index")]
    assert main(["build", "--progress", "--json", "--device", "cpu", *folders]) == 0
    *steps, report = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert report["stories"] == 4
    assert [step["embedded"] for step in steps] == sorted(step["embedded"] for step in steps)
    assert steps[-1]["embedded"] == steps[-1]["total"]


def test_an_error_is_told_in_its_own_words(workshop: Workshop, tmp_path: Path) -> None:
    for file in (tmp_path / "stories").iterdir():
        file.unlink()
    progress = ended(workshop.build())
    assert progress.state == "failed"
    assert "there is no story in it" in progress.problem
    assert "Traceback" not in progress.problem


def test_what_breaks_down_is_no_traceback_on_the_page() -> None:
    progress = ended(script("raise RuntimeError('secret')"))
    assert progress.state == "failed"
    assert "secret" not in progress.problem
    assert "python -m index build" in progress.problem


def test_a_command_that_cannot_be_started_fails() -> None:
    assert ended(Work(["/no/such/program"], lambda: None, threading.Lock())).state == "failed"


def test_a_build_that_was_started_elsewhere_is_told_in_words(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.workshop.LOCK_SECONDS", 0.1)
    with PassageStore(tmp_path / "index").building():
        progress, build = (ended(work) for work in (workshop.remove("baker.md"), workshop.build()))
    assert progress.state == build.state == "refused"
    assert "Somebody else is building" in progress.problem
    assert "“Bring up to date” tries again" in told_of(build)
    told = told_of(progress, Purpose(removed="From bread to back end"))
    assert "was not removed" in told
    assert "tries again" not in told, "no build would remove it"
    assert (tmp_path / "stories" / "baker.md").exists(), "nothing is removed while another builds"


def test_a_lock_that_is_held_for_a_moment_is_waited_for(workshop: Workshop, tmp_path: Path) -> None:
    with PassageStore(tmp_path / "index").building():
        work = workshop.build()
        time.sleep(0.3)
    assert ended(work).state == "done"


def test_one_waits_for_the_other(tmp_path: Path) -> None:
    turn, out = threading.Lock(), tmp_path / "order"
    write = f"import time; f = open({str(out)!r}, 'a'); f.write('<'); f.flush(); time.sleep(0.3); f.write('>')"
    for work in [script(write, turn) for _ in range(3)]:
        ended(work)
    assert out.read_text() == "<><><>"


def test_work_that_waits_for_its_turn_is_stopped_without_being_begun(tmp_path: Path) -> None:
    turn, out = threading.Lock(), tmp_path / "made"
    with turn:
        work = script(f"open({str(out)!r}, 'w')", turn)
        until("waiting", work)
        work.stop()
        assert work.progress.has_ended, "whoever stopped it sees so at once"
    time.sleep(0.2)
    assert work.progress.state == "stopped"
    assert not out.exists()


def test_what_was_stopped_while_it_was_checked_has_not_failed() -> None:
    checking, go_on = threading.Event(), threading.Event()

    def check() -> None:
        checking.set()
        go_on.wait(PATIENCE)
        raise BuildLockedError("not now")

    work = Work([sys.executable, "-c", ""], check, threading.Lock())
    assert checking.wait(PATIENCE)
    work.stop()
    go_on.set()
    time.sleep(0.2)
    assert (work.progress.state, work.progress.problem) == ("stopped", "")


def test_nobody_waits_for_ever_for_what_tells_of_itself_in_an_unknown_way(caplog: pytest.LogCaptureFixture) -> None:
    progress = ended(script('print(\'{"embedded": "many", "total": 9}\', flush=True)'))
    assert progress.state == "failed"
    assert "python -m index build" in progress.problem
    assert "ValueError" in caplog.text


def test_of_two_who_remove_one_of_the_last_two_stories_each_the_second_is_refused(tmp_path: Path) -> None:
    stories = write_library(tmp_path / "stories")
    for file in ("nurse.txt", "welder.md"):
        (stories / file).unlink()
    workshop = Workshop(PageSettings(stories=stories, index=tmp_path / "index", device="cpu"))
    assert ended(workshop.build()).state == "done"
    first, second = workshop.remove("baker.md"), workshop.remove("lawyer.md")
    states = {ended(work).state: work.progress.problem for work in (first, second)}
    assert states.keys() == {"done", "refused"}
    assert "the only story" in states["refused"]
    assert len(list(stories.iterdir())) == 1
    pointer = PassageStore(tmp_path / "index").pointer()
    assert pointer is not None, "the index was not cleared"
    assert len(pointer.stories) == 1


def test_the_work_that_goes_on_is_known_to_all_and_the_waiting_one_after_it(workshop: Workshop) -> None:
    assert workshop.current() is None
    with workshop._turn:
        first = workshop.build()
        assert workshop.current() is first
        assert workshop.bring_up_to_date() is first, "a build that waits will take up all there is"
        removal = workshop.remove("baker.md", Purpose(removed="A"))
        first.stop()
        assert workshop.current() is removal
        assert workshop.bring_up_to_date() not in {first, removal}
        workshop._going_on()[-1].stop()
    ended(removal)
    assert workshop.current() is None


def test_what_has_ended_is_not_stopped_any_more() -> None:
    work = script("print('{\"stories\": 1}')")
    assert ended(work).state == "done"
    work.stop()
    assert work.progress.state == "done"


def test_an_error_of_the_check_is_told() -> None:
    def check() -> None:
        raise BuildLockedError("not now")

    assert ended(Work([sys.executable, "-c", ""], check, threading.Lock())).problem == "not now"


def test_time_left_and_speed_are_those_of_what_was_seen() -> None:
    progress = Progress("embedding", embedded=60, total=160, at_first=10, seconds=5.0)
    assert progress.per_second == 10.0
    assert progress.seconds_left == 10.0
    told = told_of(progress)
    assert "60 of 160 passages · 10 a second · about 10 s left" in told
    assert 'max="160" value="60"' in told
    assert Progress("embedding", embedded=10, total=160, at_first=10).seconds_left is None
    assert "about 25 min left" in told_of(Progress("embedding", embedded=20, total=15_020, at_first=10, seconds=1.0))


def test_what_was_saved_is_said_to_be_safe() -> None:
    told = told_of(Progress("stopped"), Purpose(("“A” is saved as a&b.md.",), saved=("a&b.md",)))
    assert "is safe in the stories folder" in told
    assert "a&#38;b" in told


def test_files_that_could_not_be_used_are_named() -> None:
    report = {"stories": 3, "faults": [{"file": "<x>.md", "what": "it is empty.", "story_kept": False}]}
    told = told_of(Progress("done", report=report))
    assert 'class="failed"' in told
    assert "&#60;x&#62;" in told


def test_traces_of_a_removed_story_are_told() -> None:
    assert "an answer that is still being written" in told_of(
        Progress("done", report={"traces": ["x"]}), Purpose(removed="A")
    )


def test_votes_that_quote_a_removed_story_are_told_without_their_path() -> None:
    told = told_of(Progress("done", report={"votes": ["/srv/index/feedback.jsonl"]}), Purpose(removed="A"))
    assert "none of its words is left in the index" in told
    assert "Votes on answers that quote it are kept" in told
    assert "srv" not in told


def test_where_a_removed_story_could_not_be_looked_for_is_told() -> None:
    report = {"traces": [], "unsearched": "The server's own files keep it until `chroma vacuum` is run."}
    told = told_of(Progress("done", report=report), Purpose(removed="A"))
    assert "none of its words" in told
    assert inert("The server's own files keep it until `chroma vacuum` is run.") in told


def test_nothing_is_changed_on_the_page_before_a_shared_library_is_here(tmp_path: Path) -> None:
    stories, index = write_library(tmp_path / "stories"), tmp_path / "index"
    shared = Workshop(PageSettings(stories=stories, index=index, chroma_url="http://127.0.0.1:1", device="cpu"))
    progress = ended(shared.build())
    assert (progress.state, progress.problem) == ("refused", shared.why_not())
    assert "has nothing yet of the library" in progress.problem
    assert Workshop(PageSettings(stories=stories, index=index, device="cpu")).why_not() == ""
