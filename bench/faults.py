"""Kill builds at random times, and fill the disk under them: `python -m bench.faults [--kills 100] [--disk FOLDER]`.

Each build in a process of its own brings an index from one state of a small library to another, and is killed with
signal 9 after a random time. After each the published generation must be one whole state, and the next build must
finish the work and find nothing damaged. `--disk` names a folder on a small file system (a tmpfs, a quota) that is
filled up, all but a random rest, before each of some builds. Exits with 1 if anything was lost or half there.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from index.errors import StoreError
from index.rebuild import rebuild
from index.store import PassageStore
from tests.builders import TextEmbedder
from tests.library import STORIES

State = dict[str, str]
"""Stories by their ids: as files, or as clean texts."""


def main() -> int:
    """Run both parts; print what came of each build. Returns 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--disk", type=Path, help="folder on a small file system, to be filled")
    parser.add_argument("--fills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311  # no secret
    with tempfile.TemporaryDirectory() as folder:
        lost = kills(Path(folder), options.kills, chance)
    if options.disk:
        lost += fills(options.disk, options.fills, chance)
    return min(lost, 1)


def kills(folder: Path, count: int, chance: random.Random) -> int:
    """Kill builds at random times; how many left something else than one whole state."""
    stories, index, outcomes = folder / "stories", folder / "index", Counter[str]()
    files, texts = two_states(stories, index)
    lasting = time.perf_counter()
    build(stories, folder / "timed").wait()
    lasting = time.perf_counter() - lasting
    for number in range(count):
        write(stories, files[number % 2])
        process = build(stories, index)
        time.sleep(chance.random() * lasting * 1.1)
        process.kill()
        ended = process.wait()
        outcomes[judged(index, texts, "in time" if ended == 0 else "killed")] += 1
        rebuild(stories, PassageStore(index), TextEmbedder(), "thorough")
        if read(index) != texts[number % 2]:
            outcomes["LOST after the next build"] += 1
    print(f"{count} builds of about {lasting:.1f} s killed at random times: {dict(outcomes)}")
    return sum(number for outcome, number in outcomes.items() if "LOST" in outcome)


def fills(disk: Path, count: int, chance: random.Random) -> int:
    """Build on a disk with a random rest of room; how many left something else than one whole state."""
    folder = Path(tempfile.mkdtemp(dir=disk))
    with tempfile.TemporaryDirectory() as elsewhere:
        stories, index, outcomes = Path(elsewhere) / "stories", folder / "index", Counter[str]()
        files, texts = two_states(stories, index)
        for number in range(count):
            write(stories, files[number % 2])
            (folder / "filling").write_bytes(bytes(int(shutil.disk_usage(disk).free * (1 - chance.random() / 3))))
            ended = build(stories, index).wait()
            outcomes[judged(index, texts, "fitted" if ended == 0 else "disk full")] += 1
            (folder / "filling").unlink()
            rebuild(stories, PassageStore(index), TextEmbedder(), "thorough")
            if read(index) != texts[number % 2]:
                outcomes["LOST after the next build"] += 1
    shutil.rmtree(folder)
    print(f"{count} builds on a nearly full disk: {dict(outcomes)}")
    return sum(number for outcome, number in outcomes.items() if "LOST" in outcome)


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


def build(stories: Path, index: Path) -> subprocess.Popen[bytes]:
    """Begin a build in a process of its own."""
    command = [sys.executable, "-m", "tests.builders", str(stories), str(index), "", "1"]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603  # our own


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
