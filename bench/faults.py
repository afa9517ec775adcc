"""Kill builds at random times, and fill the disk under them: `python -m bench.faults [--kills 100] [--disk FOLDER]`.

Each build in a process of its own brings an index from one state of a small library to another, and is killed with
signal 9 after a random time. After each the published generation must be one whole state, and the next build must
finish the work and find nothing damaged. `--disk` names a folder on a small file system (a tmpfs, a quota) that is
filled up, all but a random rest, before each of some builds. Exits with 1 if anything was lost or half there, or if a
build ended in any other way than well, killed or for want of room.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from index.errors import StoreError
from index.rebuild import rebuild
from index.store import PassageStore
from tests.builders import TextEmbedder
from tests.library import STORIES

State = dict[str, str]
"""Stories by their ids: as files, or as clean texts."""
NO_ROOM = ("No space left on device", "Disk quota exceeded", "database or disk is full", "Failed to apply logs")
"""What a full disk is called: by the system, where there is a quota too, by SQLite, and by Chroma, as was seen."""
BAD = ("LOST", "BROKEN")
"""How outcomes begin that must not be: of an index, and of a build."""


@dataclass(frozen=True)
class Ended:
    """How a build ended: its exit code, minus the signal's number where one ended it, and what it said on stderr."""

    code: int
    said: str

    @property
    def broken(self) -> str:
        """This end, told as one that must not be."""
        return f"BROKEN, {self.code}: {''.join(self.said.strip().splitlines()[-1:])}"


def main() -> int:
    """Run both parts; print what came of each build. Returns 1 if anything was lost or broken."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="builds that are killed (100)")
    parser.add_argument("--disk", type=Path, help="folder on a small file system, to be filled")
    parser.add_argument("--fills", type=int, default=20, help="builds on a disk that fills up, where one is named (20)")
    parser.add_argument("--seed", type=int, default=0, help="of what is random (0)")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311  # no secret
    with tempfile.TemporaryDirectory() as folder:
        lost = kills(Path(folder), options.kills, chance)
    if options.disk:
        lost += fills(options.disk, options.fills, chance)
    return min(lost, 1)


def kills(folder: Path, count: int, chance: random.Random) -> int:
    """Kill builds at random times; how many ended otherwise, or left something else than one whole state.

    Raises `SystemExit` where a build that nobody kills ends badly.
    """
    stories, index, outcomes = folder / "stories", folder / "index", Counter[str]()
    files, texts = two_states(stories, index)
    lasting = time.perf_counter()
    undisturbed = build(stories, folder / "timed")
    lasting = time.perf_counter() - lasting
    if undisturbed.code:
        raise SystemExit(f"error: a build that nobody killed ended with {undisturbed.code}:\n{undisturbed.said}")
    for number in range(count):
        write(stories, files[number % 2])
        ended = build(stories, index, kill_after=chance.random() * lasting * 1.1)
        outcomes[judged(index, texts, end_of_killed(ended))] += 1
        rebuild(stories, PassageStore(index), TextEmbedder(), "thorough")
        if read(index) != texts[number % 2]:
            outcomes["LOST after the next build"] += 1
    print(f"{count} builds of about {lasting:.1f} s killed at random times: {dict(outcomes)}")
    return bad(outcomes)


def fills(disk: Path, count: int, chance: random.Random) -> int:
    """Build on a disk with a random rest of room; how many ended otherwise, or left else than one whole state."""
    with tempfile.TemporaryDirectory(dir=disk) as folder, tempfile.TemporaryDirectory() as elsewhere:
        stories, index, outcomes = Path(elsewhere) / "stories", Path(folder) / "index", Counter[str]()
        files, texts = two_states(stories, index)
        for number in range(count):
            write(stories, files[number % 2])
            with tempfile.TemporaryFile(dir=folder) as filling:  # gone whatever comes
                filling.write(bytes(int(shutil.disk_usage(disk).free * (1 - chance.random() / 3))))
                filling.flush()
                outcomes[judged(index, texts, end_of_filled(build(stories, index)))] += 1
            rebuild(stories, PassageStore(index), TextEmbedder(), "thorough")
            if read(index) != texts[number % 2]:
                outcomes["LOST after the next build"] += 1
    print(f"{count} builds on a nearly full disk: {dict(outcomes)}")
    return bad(outcomes)


def bad(outcomes: Mapping[str, int]) -> int:
    """How many of the outcomes must not be."""
    return sum(number for outcome, number in outcomes.items() if outcome.startswith(BAD))


def end_of_killed(ended: Ended) -> str:
    """How a build ended that was to be killed."""
    return {0: "in time", -signal.SIGKILL: "killed"}.get(ended.code, ended.broken)


def end_of_filled(ended: Ended) -> str:
    """How a build ended that had little room."""
    if ended.code == 0:
        return "fitted"
    return "disk full" if ended.code > 0 and any(words in ended.said for words in NO_ROOM) else ended.broken


def two_states(stories: Path, index: Path) -> tuple[list[State], list[State]]:
    """Build the index of two states of the library, one after the other; their files, and their texts."""
    changed = {name: text.replace("bread", "cake") for name, text in STORIES.items() if name != "welder.md"}
    files = [dict(STORIES), changed]
    texts = []
    for state in files:
        write(stories, state)
        rebuild(stories, PassageStore(index), TextEmbedder())
        texts.append(read(index))
    return files, texts


def write(folder: Path, state: State) -> None:
    """Write a library's files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in state.items():
        (folder / name).write_text(text)


def build(stories: Path, index: Path, kill_after: float | None = None) -> Ended:
    """Build in a process of its own, which is killed after so many seconds if it still runs then."""
    command = [sys.executable, "-m", "tests.builders", str(stories), str(index), "", "1"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stderr=said)  # noqa: S603  # our own
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        code = process.wait()
        said.seek(0)
        return Ended(code, said.read().decode(errors="replace"))


def judged(index: Path, states: list[State], ended: str) -> str:
    """What a reader finds after a build ended: the state before, the one after, or neither."""
    try:
        found = read(index)
    except StoreError as error:
        return f"LOST: {error}"
    return f"{ended}, one whole state" if found in states else "LOST: neither state"


def read(index: Path) -> State:
    """The texts that an index answers from."""
    generation = PassageStore(index).open()
    generation.nearest(TextEmbedder().embed_query("bread"), 5)
    return {identity: generation.story(identity).text for identity in generation.story_ids}


if __name__ == "__main__":
    sys.exit(main())
