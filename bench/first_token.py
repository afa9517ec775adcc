"""What an answer by a language model costs in time to its first word, over asking the service with nothing around it.

python bench/first_token.py [--stories DIR] [--index DIR] [--times 20] [--think 0.0] [--json FILE]

A small server of our own speaks OpenAI's protocol on this machine, and says its first word after `--think` seconds.
It is asked by httpx alone, by the openai client, by LangChain's, and by Crossroads, in turn, with the messages that
Crossroads sends. Medians of all times, in milliseconds. The retrieval is told apart, since it is paid by every answer.
The index must have been built.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx
import openai
from langchain_openai import ChatOpenAI

from rag.ask import Rag, open_rag
from rag.settings import RagSettings
from tests.language_model import ScriptedModel, spoken

Prompt = Any
"""Messages in OpenAI's form, as Crossroads sent them."""
WARM_UP = 2
"""Rounds that are not counted: they open connections and load the embedding model."""


def main() -> None:
    """Measure, and print a table."""
    options = _options()
    with ScriptedModel(spoken("They say that it took them about two years. [1]", options.think)) as model:
        settings = RagSettings.load(
            stories=options.stories, index=options.index, llm="openai:scripted", llm_base_url=model.url
        )
        rag = open_rag(settings)
        prompts: dict[str, Prompt] = {}
        for one in rag.examples(8):
            if not rag.ask(one).refused:
                prompts[one] = model.requests[-1]["messages"]
        questions = list(prompts)
        contestants = {"httpx": bare(model.url), "openai": client(model.url), "langchain": chain(model.url)}
        times: dict[str, list[float]] = {name: [] for name in [*contestants, "crossroads", "retrieval"]}
        for number in range(options.times + WARM_UP):
            question = questions[number % len(questions)]
            found = {name: ask(prompts[question]) for name, ask in contestants.items()}
            found |= crossroads(rag, question)
            if number >= WARM_UP:
                for name, seconds in found.items():
                    times[name].append(seconds * 1000)
    report(times)
    if options.json:
        options.json.write_text(json.dumps(times) + "\n", "utf-8")


def bare(url: str) -> Callable[[Prompt], float]:
    """Seconds to the first word over httpx."""
    http = httpx.Client(trust_env=False)

    def ask(prompt: Prompt) -> float:
        began = time.perf_counter()
        body = {"model": "scripted", "messages": prompt, "stream": True}
        with http.stream("POST", f"{url}/chat/completions", json=body) as response:
            next(line for line in response.iter_lines() if '"content"' in line)
            return time.perf_counter() - began

    return ask


def client(url: str) -> Callable[[Prompt], float]:
    """Seconds to the first word over the openai package."""
    opened = openai.OpenAI(base_url=url, api_key="none")

    def ask(prompt: Prompt) -> float:
        began = time.perf_counter()
        with opened.chat.completions.create(model="scripted", messages=prompt, stream=True) as stream:
            next(chunk for chunk in stream if chunk.choices and chunk.choices[0].delta.content)
            return time.perf_counter() - began

    return ask


def chain(url: str) -> Callable[[Prompt], float]:
    """Seconds to the first word over LangChain's chat model."""
    model = ChatOpenAI(model="scripted", base_url=url, api_key=lambda: "none")

    def ask(prompt: Prompt) -> float:
        began = time.perf_counter()
        stream: Iterator[object] = model.stream(prompt)
        next(chunk for chunk in stream if getattr(chunk, "text", ""))
        return time.perf_counter() - began

    return ask


def crossroads(rag: Rag, question: str) -> dict[str, float]:
    """Seconds to the first word of an answer, its retrieval told apart."""
    answer = rag.ask(question)
    if answer.notice:
        sys.exit(f"“{question}” was not answered by the model: {answer.notice}")
    retrieval = answer.seconds["retrieve"]
    return {"crossroads": answer.seconds["first"] - retrieval, "retrieval": retrieval}


def report(times: dict[str, list[float]]) -> None:
    """Print medians and what Crossroads costs over each of the others."""
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{'':24}{'median ms':>10}{'slowest':>10}{'Crossroads over it':>22}")
    for name, median in medians.items():
        over = "" if name in {"crossroads", "retrieval"} else f"{medians['crossroads'] - median:+22.1f}"
        print(f"{name:24}{median:10.1f}{max(times[name]):10.1f}{over}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time to the first word of an answer by a language model.")
    parser.add_argument("--stories", type=Path, help="folder of the stories (CROSSROADS_STORIES)")
    parser.add_argument("--index", type=Path, help="folder of the index (CROSSROADS_INDEX)")
    parser.add_argument("--times", type=int, default=20, help="how often each is asked (20)")
    parser.add_argument("--think", type=float, default=0.0, help="seconds before each word of the service")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all times there, in milliseconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
