"""Command: what the commands that answer questions have in common: flags for settings, and how they end."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.errors import CrossroadsError
from index.processes import allow_open_files, print_anything, print_no_more
from rag.settings import RagSettings

TRACING = "LANGSMITH_TRACING_V2"
"""LangChain would send what is asked, and passages with it, wherever an environment that is set up for other work says;
this name of the setting goes before its others."""
FLAGS: dict[str, dict[str, Any]] = {
    "stories": {"type": Path, "help": "folder of the stories (CROSSROADS_STORIES; stories)"},
    "index": {
        "type": Path,
        "help": "folder of the index (CROSSROADS_INDEX; one for each stories folder, in .crossroads/)",
    },
    "embedder": {"help": "sentence-transformers model, name or folder (CROSSROADS_EMBEDDER; the packaged one)"},
    "device": {"help": "auto, cpu, cuda, cuda:N or mps (CROSSROADS_DEVICE; auto)"},
    "llm": {
        "metavar": "PROVIDER:MODEL",
        "help": "language model that answers (CROSSROADS_LLM); unset, stories are quoted",
    },
}
"""Settings that are flags too, each as argparse wants it."""

INTERRUPTED = 130
"""The exit code of what was stopped with Ctrl+C."""


def setting_flags(*names: str) -> argparse.ArgumentParser:
    """The flags of some settings, to be one of another parser's `parents`."""
    parser = argparse.ArgumentParser(add_help=False)
    for name in names:
        parser.add_argument(f"--{name}", **FLAGS[name])
    return parser


def settings_from(options: argparse.Namespace) -> RagSettings:
    """The settings in force, the flags that were given foremost. Raises `SettingsError`."""
    return RagSettings.load(**given(options))


def given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings among a command's flags; None for one that was not given."""
    return {name: getattr(options, name, None) for name in FLAGS}


def run(command: Callable[[], int]) -> int:
    """Run a command. Its exit code, or 2 after an error, which is told in one message."""
    os.environ[TRACING] = "false"
    print_anything()
    allow_open_files()
    try:
        return command()
    except CrossroadsError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201  # as the commands themselves do
        return 2
    except BrokenPipeError:
        print_no_more()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
