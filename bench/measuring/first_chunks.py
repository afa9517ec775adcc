"""From a kept store to chunks, as a process: `python -m bench.measuring.first_chunks NAME FOLDER QUESTION`.

Imports no more of the project than the contestants themselves: it runs where only their packages are found.
"""

import sys
from pathlib import Path

from bench.contestants import load
from bench.offline import stay_here

COUNT = 20


def main(name: str, folder: Path, question: str) -> None:
    """Find the first chunks, and say how many."""
    contestant = load(name)
    contestant.take_up(folder)
    print(len(contestant.find(question, question, COUNT)), flush=True)


if __name__ == "__main__":
    stay_here()
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
