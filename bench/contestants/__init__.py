"""Crossroads, and what others would build in its place: bare, or with LlamaIndex, Haystack or LangChain, as these show.

Each reads a folder of stories, cuts, embeds and stores them with its own defaults, and finds chunks for a question.
Only the model is not theirs: all have the packaged one. Each lies in a file of its own, which is imported with it.
"""

from importlib import import_module
from typing import Any

from bench.contestants.contestant import MODEL, SUFFIX, Chunk, Contestant, Folders, Passages

__all__ = [
    "BUILT",
    "CONTESTANTS",
    "MODEL",
    "OURS",
    "PEERS",
    "READING_ALL",
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
"""The names of all that are compared, each with its module here; the class is called as the contestant is."""
READING_ALL = {"LlamaIndex": "LlamaIndexReadingAll"}
"""A peer whose chunks are cut off by the model → the same, told to make chunks that the model reads to their end."""
BUILT = CONTESTANTS | dict.fromkeys(READING_ALL.values(), "llama_index")
"""Whose first build is measured: of those that are told to read all nothing else is."""
PEERS = ("LlamaIndex", "Haystack", "LangChain")
"""Those that are frameworks, with their own way of cutting."""


def load(name: str) -> Contestant:
    """One of `BUILT`, its model loaded. Raises `ModuleNotFoundError` where it is not installed."""
    made: Contestant = contestant_class(name)()
    return made


def contestant_class(name: str) -> Any:
    """The class of one of `BUILT`, which imports no library that it stands for."""
    return getattr(import_module(f"bench.contestants.{BUILT[name]}"), name)
