"""The evaluation's commands: `python -m eval run SET`, and the others that `--help` lists.

Exit codes: 0; 1 when a metric is beyond its threshold, or every case failed; 2 after bad input, told in one message.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from rag.command import run

COMMANDS = {
    "run": "eval.commands.run",
    "validate-scorer": "eval.commands.validate_scorer",
    "make": "eval.commands.make",
    "compare": "eval.commands.compare",
    "export": "eval.commands.export",
}
"""Each command's name, and the module that has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    options = _parser().parse_args(arguments)
    return run(lambda: int(options.command(options)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description="Measure answers, citations and retrieval.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = import_module(module)
        described = command.HELP[0].upper() + command.HELP[1:] + "."
        added = commands.add_parser(name, parents=[command.flags()], help=command.HELP, description=described)
        added.set_defaults(command=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
