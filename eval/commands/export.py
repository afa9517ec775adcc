"""`python -m eval export RUN`: a run's cases as CSV, its rankings in TREC's format."""

import argparse
from pathlib import Path

from eval.folder import read_run
from eval.reporting.export import write_exports
from index.errors import EvalError

HELP = "write a run as CSV and as TREC runs and qrels"


def flags() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("--out", type=Path, help="where the files go (RUN/export)")
    return parser


def run(options: argparse.Namespace) -> int:
    """Write the files and name them."""
    found = read_run(options.run)
    folder = options.out or options.run / "export"
    try:
        files = write_exports(found.rows, folder)
    except OSError as error:
        raise EvalError(
            f"{folder}: the export cannot be written ({error.strerror}). Name another folder with --out."
        ) from error
    for file in files:
        print(file)
    return 0
