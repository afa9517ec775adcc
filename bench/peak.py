"""How much memory a process held. Imports nothing of the project, so that asking costs nothing."""

import sys


def peak() -> float:
    """The most memory that this process held so far, in MB. Raises `ImportError` on Windows."""
    import resource

    a_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024  # Linux counts in kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / a_megabyte
