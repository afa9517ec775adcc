"""How much memory a process held. Imports nothing of the project, so that asking costs nothing."""

import re
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float:
    """The most memory that this process held so far, in MB. Raises `ImportError` on Windows.

    Of Linux the kernel's own mark of this program: what `getrusage` tells there may be the process's that started it.
    """
    if STATUS.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text("ascii"))[0]) / 1024
    import resource

    a_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes, elsewhere kB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / a_megabyte
