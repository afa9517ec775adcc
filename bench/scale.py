"""What does it cost to grow past one machine: builds on Ray, and an index in a Chroma server?

    python -m bench.scale [--builds 20000] [--passages 5000 100000] [--servers 1 3] [--queries 200] [--keep DIR]

Three tables. *Builds*: passages a second of `python -m index build` alone and with `--ray`, both kept to one core for
one worker, and to two for two. *Queries*: milliseconds of a retrieval from an index folder, and from the mirror of a
Chroma server that is followed meanwhile as chats do, by so many processes at once.
*Traffic*: how long uploading and fetching take, what the server has on its disk, and how long after a story was changed
and published so many processes have that, while the build goes on to write its shard again.

The libraries are made ones (`library.py`); those of the last two tables have made vectors (`stand_in.py`).
`--builds 0`, or `--passages` without a number, leaves a table out. `--keep` names a folder for libraries and indexes,
which then are made once.

Bar: a build on Ray takes at most a quarter longer than one without, at 20,000 passages.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from bench.engines import chroma_server, kept_to, ray_cluster
from bench.library import write_library
from bench.retrieve import PASSAGES_A_STORY, SET, Library, make, percentile, read_questions
from bench.stand_in import StandIn
from bench.start import ROOT
from index.errors import CrossroadsError
from index.live import LiveIndex
from index.opening import open_store
from index.rebuild import rebuild
from index.settings import Settings
from index.store import PassageStore
from rag.retrieval import retrieve
from rag.upkeep import FOLLOW_SECONDS

_Found = TypeVar("_Found")

WATCH_SECONDS = 0.01
"""How often is looked whether something was published."""
WARM = 5
"""Retrievals before anything is measured."""


def main() -> None:
    """Measure and print; or, as one process of the queries' table, print what it measured."""
    options = _parser().parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.queries, options.set)))
        return
    if options.watch:
        print(json.dumps(watch()))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if options.builds:
            for line in builds(options.builds, folder):
                print(line, flush=True)
        if options.passages:
            for line in served(options, folder):
                print(line, flush=True)


def builds(passages: int, folder: Path) -> Iterator[str]:
    """The table of builds."""
    stories = _stories(passages, folder)
    yield "| build | cores | passages | seconds | passages/s | of the time alone |"
    yield "|---|---|---|---|---|---|"
    for cores in (1, 2):
        alone = 0.0
        for nodes in ((), (1,) * cores):
            with kept_to(cores), ray_cluster(nodes) as flags, tempfile.TemporaryDirectory() as index:
                began = time.perf_counter()
                made = _run(
                    "-m", "index", "build", "--json", "--stories", str(stories), "--index", f"{index}/index", *flags
                )
                seconds = time.perf_counter() - began
            alone = alone or seconds
            count, name = json.loads(made)["embedded"], f"--ray, workers: {len(nodes)}" if nodes else "alone"
            yield f"| {name} | {cores} | {count:,} | {seconds:.1f} | {count / seconds:.0f} | {seconds / alone:.2f} |"


def served(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The tables of queries and of traffic."""
    traffic = [
        "",
        "| passages | upload s/1,000 | fetch s/1,000 | server's MB | kB/passage | edit published | followed | built |",
        "|---|---|---|---|---|---|---|---|",
    ]
    yield ""
    yield "| passages | processes | from | p50 ms | p95 ms | queries/s |"
    yield "|---|---|---|---|---|---|"
    for asked in options.passages:
        index = folder / f"index-{asked}"
        make(Library(f"made, {asked:,}", _stories(asked, folder), index, asked))
        with tempfile.TemporaryDirectory() as temporary, chroma_server(Path(temporary)) as url:
            mirror = Path(temporary) / "mirror"
            traffic.append(moved(asked, folder, url, mirror, Path(temporary) / "data"))
            for processes in options.servers:
                for name, environment in (
                    ("folder", {"CROSSROADS_INDEX": str(index)}),
                    ("server", {"CROSSROADS_INDEX": str(mirror), "CROSSROADS_CHROMA_URL": url}),
                ):
                    times, seconds = asked_at_once(processes, environment)
                    rate = len(times) / seconds
                    told = f"{percentile(times, 0.5):.1f} | {percentile(times, 0.95):.1f} | {rate:.1f}"
                    yield f"| {asked:,} | {processes} | {name} | {told} |"
            traffic[-1] += followed(asked, folder, url, Path(temporary), max(options.servers))
    yield from traffic


def moved(asked: int, folder: Path, url: str, mirror: Path, data: Path) -> str:
    """Upload the index of so many passages from a copy of it, and fetch it into a mirror: a line of the traffic."""
    copied = mirror.with_name("builder")
    shutil.copytree(folder / f"index-{asked}", copied)
    uploading, _ = _timed(lambda: rebuild(_stories(asked, folder), _opened(copied, url), StandIn()))
    fetching, pointer = _timed(_opened(mirror, url).pointer)
    if pointer is None or not pointer.passages:
        raise RuntimeError("nothing was uploaded")
    count = pointer.passages / 1000
    disk = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1e6
    told = [f"{uploading / count:.2f}", f"{fetching / count:.2f}", f"{disk:.0f}", f"{disk / count:.1f}"]
    return f"| {pointer.passages:,} | {' | '.join(told)} |"


def followed(asked: int, folder: Path, url: str, temporary: Path, processes: int) -> str:
    """Change a story, and build: seconds until it is published, from then until the last process has it, and of all."""
    stories, builder = temporary / "stories", temporary / "builder"
    shutil.copytree(_stories(asked, folder), stories)
    edited = next(stories.rglob("*.md"))
    edited.write_text(edited.read_text("utf-8") + "\n\nThat was told later.\n", "utf-8")
    mirrors = [temporary / f"watcher-{number}" for number in range(processes)]
    for mirror in mirrors:
        shutil.copytree(builder, mirror)
    environments = [{"CROSSROADS_INDEX": str(mirror), "CROSSROADS_CHROMA_URL": url} for mirror in mirrors]
    current = builder / "CURRENT"  # written as soon as the server has it
    with running([(["--watch"], own) for own in environments]) as watching, ThreadPoolExecutor(1) as apart:
        before, began = current.stat().st_mtime_ns, time.time()
        building = apart.submit(_timed, lambda: rebuild(stories, _opened(builder, url), StandIn()))
        published = changed(current, before, building)
        seen = [json.loads(process.communicate()[0]) for process in watching]
    told = (published - began, max(seen) - published, building.result()[0])
    return "".join(f" {seconds:.1f} |" for seconds in told)


def changed(file: Path, before: int, building: "Future[Any]") -> float:
    """Wait until a file is another one than it was at a time, in nanoseconds: the time of that.

    Raises what the build raised, or `RuntimeError`, where the build has ended and the file is the same.
    """
    while True:
        has_ended = building.done()  # asked first: what it wrote at last is seen
        if (now := file.stat()).st_mtime_ns != before:
            return now.st_mtime
        if has_ended:
            raise building.exception() or RuntimeError(f"{file}: the build has ended, and published nothing")
        time.sleep(WATCH_SECONDS)


def watch() -> float:
    """As a chat server, wait until something newer is published and can be searched: the time of that."""
    live = LiveIndex.from_settings(Settings.load())
    before = live.generation().number
    print("ready", flush=True)
    while live.generation().number == before:
        time.sleep(FOLLOW_SECONDS)
        live.follow()
    return time.time()


def asked_at_once(processes: int, environment: Mapping[str, str]) -> tuple[list[float], float]:
    """The milliseconds of every retrieval of so many processes, which begin together; and the seconds of them all."""
    with running([(["--measure", f"chat server {number}"], environment) for number in range(processes)]) as servers:
        began = time.perf_counter()
        for process in servers:
            if process.stdin is not None:
                process.stdin.write("go\n")
                process.stdin.flush()
        times = [one for process in servers for one in json.loads(process.communicate()[0])]
        return times, time.perf_counter() - began


@contextmanager
def running(
    roles: Sequence[tuple[Sequence[str], Mapping[str, str]]],
) -> Iterator[list["subprocess.Popen[str]"]]:
    """More processes of this program, each with a role and an environment, once all are ready. None outlasts this."""
    begun: list[subprocess.Popen[str]] = []
    try:
        begun.extend(_begun(role, environment) for role, environment in roles)
        for process in begun:
            _wait_until_ready(process)
        yield begun
    finally:
        for process in begun:
            with process:
                process.kill()


def _begun(role: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """One more process of this program, with the same flags and a role."""
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "bench.scale", *sys.argv[1:], *role],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _wait_until_ready(process: "subprocess.Popen[str]") -> None:
    if process.stdout is None or process.stdout.readline() != "ready\n":
        raise RuntimeError("a process ended before it had begun")


def measure(_: str, queries: int, questions: Path) -> list[float]:
    """As one chat server of several: be ready, wait for the word, and retrieve for each question; the milliseconds."""
    live = LiveIndex.from_settings(Settings.load())
    asked = read_questions(questions, queries + WARM)
    for question in asked[:WARM]:
        retrieve(live, question, live.generation())
    done = threading.Event()
    following = threading.Thread(target=_follow, args=(live, done), daemon=True)
    following.start()
    print("ready", flush=True)
    sys.stdin.readline()
    times = []
    for question in asked[WARM:]:
        began = time.perf_counter()
        retrieve(live, question, live.generation())
        times.append((time.perf_counter() - began) * 1000)
    done.set()
    following.join()  # else the process may end in the middle of a request
    return times


def _follow(live: LiveIndex, done: threading.Event) -> None:
    while not done.wait(FOLLOW_SECONDS):
        with suppress(CrossroadsError):
            live.follow()


def _opened(index: Path, url: str) -> PassageStore:
    return open_store(Settings.load(index=index, chroma_url=url))


def _stories(passages: int, folder: Path) -> Path:
    """The folder of a made library of about so many passages, which is written if it is not there."""
    stories = folder / f"stories-{passages}"
    if not stories.is_dir():
        write_library(stories, round(passages / PASSAGES_A_STORY))
    return stories


def _run(*command: str) -> str:
    """What a command of ours prints."""
    return subprocess.run([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603  # our own


def _timed(step: Callable[[], _Found]) -> tuple[float, _Found]:
    began = time.perf_counter()
    found = step()
    return time.perf_counter() - began, found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--builds", type=int, default=20_000, metavar="N", help="passages of the builds; 0 for none")
    parser.add_argument(
        "--passages", type=int, nargs="*", default=[5_000, 100_000], metavar="N", help="sizes of the served libraries"
    )
    parser.add_argument(
        "--servers", type=int, nargs="+", default=[1, 3], metavar="N", help="processes that ask at once"
    )
    parser.add_argument("--queries", type=int, default=200, metavar="N", help="questions that each of them asks")
    parser.add_argument("--set", type=Path, default=SET, metavar="FILE", help="where the questions are from")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep libraries and indexes there")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--watch", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
