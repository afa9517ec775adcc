"""From a kept store to chunks, as a process: `python -m bench.measuring.first_chunks NAME FOLDER QUESTION`."""

import sys
from pathlib import Path

from bench.contestants import load
from bench.offline import stay_here

COUNT = 20

if __name__ == "__main__":
    stay_here()
    name, folder, question = sys.argv[1:]
    contestant = load(name)
    contestant.take_up(Path(folder))
    print("found", len(contestant.find(question, question, COUNT)), flush=True)
