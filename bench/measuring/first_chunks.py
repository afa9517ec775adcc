"""From a kept store to chunks, as a process: `python -m bench.measuring.first_chunks NAME FOLDER QUESTION`."""

import sys
from pathlib import Path

from bench.contestants import load
from bench.offline import stay_here

COUNT = 20


def main(name: str, folder: Path, question: str) -> None:
    """Find the first chunks, and say so. Raises `RuntimeError` where they are too few, once that was said."""
    contestant = load(name)
    contestant.take_up(folder)
    found = len(contestant.find(question, question, COUNT))
    print("found", found, flush=True)
    from bench.measuring.ask import fewest  # what it imports is not timed
    from rag.question import understand

    if found < (least := fewest(name, COUNT, understand(question))):
        raise RuntimeError(f"{name} found {found} chunks, not {least}")


if __name__ == "__main__":
    stay_here()
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
