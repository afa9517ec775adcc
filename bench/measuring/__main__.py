"""One measurement: `python -m bench.measuring NAME FOLDER '{…}'` prints its figures as JSON, in the last line."""

import json
import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    name, folder, arguments = sys.argv[1:]
    found = import_module(f"bench.measuring.{name}").measure(Path(folder), **json.loads(arguments))
    print(json.dumps(found))
