"""bench.contestants: each builds a made-up story before anything is measured, and nothing of it is left."""

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from bench.contestants import BUILT, contestant_class
from bench.offline import SWITCHES
from bench.peers import write_texts
from tests.library import write_library

ROOT = Path(__file__).parents[1]
QUESTION = "What did the bootcamp cost?"
BUILD = f"""
import json, sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from bench.contestants import BUILT, Folders, load, warm_up

folders = Folders(*map(Path, sys.argv[2:]))
module, warmed = import_module(f"bench.contestants.{{BUILT[sys.argv[1]]}}"), []

@contextmanager
def seen():
    with warm_up.made_up() as own:
        yield own
        warmed.append((own.texts / f"{{warm_up.NAME}}.txt").stat().st_size)

module.made_up = seen
one = load(sys.argv[1])
one.prepare(folders)
before, chunks = len(warmed), one.build(folders)
built = one.embedded()
kept = folders.scratch / "kept"
kept.mkdir()
one.keep(kept)
one.take_up(kept)
found = [chunk.text for chunk in one.find("{QUESTION}", "{QUESTION}", 20)]
print(json.dumps({{"warmed": before, "chunks": chunks, "built": built, "found": found}}))
"""
"""Prepares, builds, keeps, opens again and asks; a process of its own, since what a library switches on stays on."""


@pytest.mark.parametrize("name", BUILT)
def test_a_made_up_story_is_built_before_and_nothing_of_it_stays(name: str, tmp_path: Path) -> None:
    try:
        assert all(map(version, contestant_class(name).packages))
    except PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    folders = [write_library(tmp_path / "stories"), tmp_path / "texts", tmp_path / "scratch"]
    write_texts(folders[0], folders[1])
    folders[2].mkdir()
    told = subprocess.run(
        [sys.executable, "-c", BUILD, name, *folders],
        cwd=ROOT, env=os.environ | SWITCHES, stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["warmed"] == 1
    assert found["chunks"] == len(found["built"]) > 0
    assert not [text for text in found["built"] if "in a warehouse" in text]
    assert 0 < len(found["found"]) <= found["chunks"]
    assert any("bootcamp" in text for text in found["found"])
