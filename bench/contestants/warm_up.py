"""A made-up story that everybody builds before anything is measured: so imports, loads and first passes are over."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contestants.contestant import SUFFIX, Folders

NAME = "made-up.md"
DAYS = 80
DAY = (
    "Day {day} began with counting boxes in a warehouse, and ended with a lesson on programs. The teacher of day {day} "
    "asked for a list of all boxes. It took an hour to write, and another to find out why it was empty."
)


@contextmanager
def made_up() -> Iterator[Folders]:
    """A library of that one story, of some three thousand words, and an empty folder; gone afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = Folders(*(Path(temporary) / name for name in ("stories", "texts", "scratch")))
        for folder in (folders.stories, folders.texts, folders.scratch):
            folder.mkdir()
        text = "\n\n".join(DAY.format(day=day) for day in range(DAYS)) + "\n"
        (folders.stories / NAME).write_text(f"# Made up\n\n{text}", "utf-8")
        (folders.texts / f"{NAME}{SUFFIX}").write_text(text, "utf-8")
        yield folders
