"""What the serving process and those it started hold in memory after some answers. Linux alone tells."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from bench.as_installed import as_installed
from bench.measuring.made import index_at, stories_at
from bench.peak import in_mb
from bench.retrieve import PASSAGES_A_STORY, SET
from bench.start import running
from bench.users import DOORS
from eval.reading import read_set


def measure(folder: Path, passages: int, questions: int) -> dict[str, Any]:
    """RSS and PSS of `app.py`, in MB: shared pages count whole in the first, by share in the second."""
    stories = stories_at(folder, round(passages / PASSAGES_A_STORY)).resolve()
    with running(stories, index_at(folder, passages).resolve(), python=as_installed()) as app:
        asyncio.run(_ask(app.address, [case.question for case in read_set(SET).cases[:questions]]))
        if not Path(f"/proc/{app.process}/smaps_rollup").is_file():
            return {"open": "needs Linux"}
        tree = list(_tree(app.process))
        rollups = [Path(f"/proc/{one}/smaps_rollup") for one in tree]
        held = {name: sum(in_mb(one, name) for one in rollups) for name in ("Rss", "Pss")}
    return held | {"processes": len(tree)}


async def _ask(address: str, questions: list[str]) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=300, trust_env=False) as client:
        for question in questions:
            async for _ in DOORS["api"](client)(question, []):
                pass


def _tree(process: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield process
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        for child in file.read_text("utf-8").split():
            yield from _tree(int(child))
