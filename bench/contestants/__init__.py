"""Crossroads, and what others would build in its place: bare, or with LlamaIndex, Haystack or LangChain, as these show.

Each reads a folder of stories, cuts, embeds and stores them with its own defaults, and finds chunks for a question.
Only the model is not theirs: all have the packaged one. Each lies in a file of its own, which is imported with it.
"""

from importlib import import_module
from typing import Any

from bench.contestants.contestant import SUFFIX, Chunk, Contestant, Folders, Passages

__all__ = [
    "CONTESTANTS",
    "OURS",
    "PEERS",
    "SUFFIX",
    "Chunk",
    "Contestant",
    "Folders",
    "Passages",
    "contestant_class",
    "load",
]

OURS = "Crossroads"
CONTESTANTS = {
    OURS: "crossroads",
    "Bare": "bare",
    "LlamaIndex": "llama_index",
    "Haystack": "haystack",
    "LangChain": "langchain",
}
"""The names of all, each with its module here; the class is called as the contestant is."""
PEERS = ("LlamaIndex", "Haystack", "LangChain")
"""Those that are frameworks, with their own way of cutting."""


def load(name: str) -> Contestant:
    """One of `CONTESTANTS`, its model loaded. Raises `ModuleNotFoundError` where it is not installed."""
    made: Contestant = contestant_class(name)()
    return made


def contestant_class(name: str) -> Any:
    """The class of one of `CONTESTANTS`, which imports no library that it stands for."""
    return getattr(import_module(f"bench.contestants.{CONTESTANTS[name]}"), name)
