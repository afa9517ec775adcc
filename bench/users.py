"""Twenty people at once: `python -m bench.users`. Starts the app and lets conversations with it run side by side.

Each person asks, reads, and asks on. Told is how long they wait for the first words, alone and together: the bar is a
95th percentile of three times the wait of one who is alone. `--slow` has a scripted language model write each answer
for two seconds: nobody's first words may wait for a stranger's stream.

What is asked comes in as the page itself sends it (but for what could be asked next, which it looks up after an answer,
for one visitor at a time); with `--door api` as programs ask, each question then leaning on those before it. The
clients run on the same cores, and take their share.
"""

import argparse
import asyncio
import itertools
import json
import random
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.retrieve import percentile
from bench.start import ROOT, running
from eval.reading import read_set

SLOW_WORDS, SLOW_PAUSE = 40, 0.05
"""What the scripted model writes: so many words, with so many seconds before each."""


Door = Callable[[str, Sequence[dict[str, str]]], AsyncIterator[str]]
"""A way to ask: a question and the conversation before it become an answer that grows."""

ANSWER = 'class=\\"answer'
"""How an answer's markup begins, in JSON."""

BAR = 3.0
"""How many times as long as who is alone people may wait for the first words, at the 95th percentile."""
ALONE = 4
"""Whoever is alone asks so many times the questions that each of many does."""
FIRST = "How did they begin?"
"""What is asked while the page is loaded."""


@dataclass(frozen=True)
class Asked:
    """One question: seconds until the first words and until the last, and what went wrong, if anything did.

    The seconds of one that went wrong are no answer's.
    """

    first: float
    last: float
    error: str = ""


def main() -> int:
    """Measure, and print. Returns the exit code: 1 where the bar is missed."""
    options = _parser().parse_args()
    questions = [case.question for case in read_set(options.set).cases if case.answerable and not case.history]
    chance = random.Random(7)  # noqa: S311  # the same every time
    with tempfile.TemporaryDirectory() as made, _model(slow=options.slow) as environment:
        folder = options.index or Path(made) / "index"
        with running(options.stories, folder, environment) as app:
            talks = [(1, options.questions * ALONE)] * 2 + [(options.users, options.questions)]
            drawn = [[chance.sample(questions, count) for _ in range(users)] for users, count in talks]
            # The first questions of an app are slow, also when its models are loaded: they do not count.
            _, alone, together = (asyncio.run(_conversations(app.address, own, options)) for own in drawn)
    if options.json:
        told = {name: [asdict(one) for one in found] for name, found in (("alone", alone), ("together", together))}
        options.json.write_text(json.dumps(told) + "\n", "utf-8")
    return report(alone, together, options.users)


def report(alone: Sequence[Asked], together: Sequence[Asked], users: int) -> int:
    """Print what was measured. Returns 1 where the bar is missed."""
    print(f"{'':16}{'asked':>7}{'errors':>8}{'first words p50':>17}{'p95':>8}{'slowest':>9}{'finished p50':>14}  (s)")
    for name, found in (("one person", alone), (f"{users} people", together)):
        answered = _answered(found)
        print(f"{name:16}{len(found):7}{len(found) - len(answered):8}", end="")
        firsts, lasts = [one.first for one in answered], [one.last for one in answered]
        if answered:
            print(
                f"{percentile(firsts, 0.5):17.3f}{percentile(firsts, 0.95):8.3f}{max(firsts):9.3f}"
                f"{percentile(lasts, 0.5):14.3f}",
                end="",
            )
        print()
    for error in sorted({one.error for one in (*alone, *together) if one.error}):
        print(f"error: {error}")
    if not (_answered(alone) and _answered(together)):
        return 1
    high, high_alone = (percentile([one.first for one in _answered(found)], 0.95) for found in (together, alone))
    times, failed = high / high_alone, any(one.error for one in (*alone, *together))
    print(f"95th percentile: {times:.1f} times that of one person (bar: {BAR})")
    return int(failed or times > BAR)


def _answered(found: Sequence[Asked]) -> list[Asked]:
    """Those that nothing went wrong with."""
    return [one for one in found if not one.error]


async def _conversations(address: str, questions: Sequence[Sequence[str]], options: argparse.Namespace) -> list[Asked]:
    """What people met who ask at once, each their own questions."""
    think = options.think if len(questions) > 1 else 0.0
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        door = DOORS[options.door](client)
        await _asked(door, FIRST, [])  # the page is there before anybody asks
        talks = [
            _conversation(door, own, random.Random(number), think)  # noqa: S311
            for number, own in enumerate(questions)
        ]
        return list(itertools.chain.from_iterable(await asyncio.gather(*talks)))


async def _conversation(door: Door, questions: Sequence[str], chance: random.Random, think: float) -> list[Asked]:
    """One person: each question after reading the answer before it, for `think` seconds on average."""
    met: list[Asked] = []
    history: list[dict[str, str]] = []
    await asyncio.sleep(chance.uniform(0, think))
    for question in questions:
        asked, said = await _asked(door, question, history)
        met.append(asked)
        history += [{"role": "user", "content": question}, {"role": "assistant", "content": said}]
        await asyncio.sleep(chance.uniform(think / 2, think * 1.5))
    return met


async def _asked(door: Door, question: str, history: Sequence[dict[str, str]]) -> tuple[Asked, str]:
    began, first, said = time.perf_counter(), 0.0, ""
    try:
        async for said in door(question, history):
            first = first or (time.perf_counter() - began if said else 0.0)
    except (httpx.HTTPError, RuntimeError) as error:
        return Asked(first, time.perf_counter() - began, f"{type(error).__name__}: {error}"), said
    return Asked(first, time.perf_counter() - began, "" if said else "nothing was said"), said


def _as_program(client: httpx.AsyncClient) -> Door:
    """As `docs/api.md` has it; what is given is the answer as it grows."""

    async def ask(question: str, history: Sequence[dict[str, str]]) -> AsyncIterator[str]:
        body = {"question": question, "history": list(history)}
        event = (await client.post("/gradio_api/call/v2/ask", json=body)).raise_for_status().json()["event_id"]
        kind = ""
        async for line in _lines(client, f"/gradio_api/call/v2/ask/{event}"):
            kind = line.removeprefix("event: ") if line.startswith("event: ") else kind
            if line.startswith("data: ") and kind == "error":
                raise RuntimeError(line)
            if line.startswith("data: ") and kind in {"generating", "complete"}:
                yield json.loads(line.removeprefix("data: "))[0]["answer"]

    return ask


def _as_page(client: httpx.AsyncClient) -> Door:
    """As the page's composer does; what is given is the markup that comes, once an answer's has begun."""
    known: dict[str, Any] = {}  # the page is loaded once

    async def ask(question: str, _: Sequence[dict[str, str]]) -> AsyncIterator[str]:
        if not known:
            known.update(await _config(client))
        config = known
        named = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        composer, chat = named["composer"], named["chat"]
        values = {part["id"]: part["props"].get("value") for part in config["components"]}
        step = next(step for step in config["dependencies"] if [composer, "submit"] in step["targets"])
        values |= {composer: question, chat: []}
        session = secrets.token_hex(6)
        body = {"data": [values[part] for part in step["inputs"]], "fn_index": step["id"], "trigger_id": composer}
        (await client.post("/gradio_api/queue/join", json={**body, "session_hash": session})).raise_for_status()
        begun = ""
        async for line in _lines(client, f"/gradio_api/queue/data?session_hash={session}"):
            begun = begun or (line if ANSWER in line else "")
            if '"msg":"process_completed"' in line:
                if '"success":true' not in line:
                    raise RuntimeError(line)
                yield begun
                return
            if begun:
                yield begun

    return ask


async def _config(client: httpx.AsyncClient) -> Any:
    """What the page is made of, as it is told when it is loaded."""
    return (await client.get("/config")).raise_for_status().json()


async def _lines(client: httpx.AsyncClient, path: str) -> AsyncIterator[str]:
    async with client.stream("GET", path) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            yield line


DOORS: dict[str, Callable[[httpx.AsyncClient], Door]] = {"page": _as_page, "api": _as_program}


@contextmanager
def _model(*, slow: bool) -> Iterator[dict[str, str]]:
    """The environment of an app that quotes, or of one whose scripted language model takes its time."""
    if not slow:
        yield {}
        return
    from tests.language_model import ScriptedModel, spoken

    words = " ".join(f"word{number}" for number in range(SLOW_WORDS - 2))
    with ScriptedModel(spoken(f"They say {words} [1].", pause=SLOW_PAUSE)) as model:
        yield {
            "CROSSROADS_LLM": "openai:scripted",
            "CROSSROADS_LLM_BASE_URL": model.url,
            "OPENAI_API_KEY": "none",
        }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.users", description="Many people at once.")
    parser.add_argument("--users", type=int, default=20, help="people at once (20)")
    parser.add_argument("--questions", type=int, default=6, help="that each person asks (6)")
    parser.add_argument("--think", type=float, default=6.0, help="seconds of reading between them, on average (6)")
    parser.add_argument("--door", choices=DOORS, default="page", help="how is asked (page)")
    parser.add_argument("--slow", action="store_true", help="a scripted language model that writes for two seconds")
    parser.add_argument("--stories", type=Path, default=ROOT / "stories", help="folder of the stories (stories)")
    parser.add_argument("--index", type=Path, help="an index that is there already, to save its making")
    parser.add_argument("--set", type=Path, default=ROOT / "eval" / "sets" / "starter.jsonl", help="what is asked")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the seconds of every question there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
