"""On what is measured: the machine, the versions, the commit. Names no folder and no host."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.start import ROOT

PACKAGES = (
    "torch",
    "sentence-transformers",
    "chromadb",
    "gradio",
    "numpy",
    "langchain-chroma",
    "langchain-huggingface",
    "langchain-text-splitters",
    "llama-index-core",
    "haystack-ai",
)
WRITTEN = (":(exclude,glob)bench/**/REPORT.md", ":(exclude,glob)bench/**/plots/**")
"""What the benchmark itself writes: no change to what it measures."""


def machine() -> dict[str, Any]:
    """Processor, cores, memory, precision of embedding, versions."""
    import torch

    from index.embedding import Embedder

    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory(),
        "system": platform.system(),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else "",
        "precision": Embedder().precision,
        "versions": versions(),
    }


def machine_apart() -> dict[str, Any]:
    """The same as another process tells it: what this one loaded would stay in memory where a start is to be cold."""
    command = [sys.executable, "-m", "bench.measuring.machine"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own
    found: dict[str, Any] = json.loads(told)
    return found


def versions() -> dict[str, str]:
    """Those of Python and of the packages that matter."""
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def commit() -> str:
    """What is checked out, and what tells how it was changed since, if it was; "unknown" outside a checkout.

    Files that are new count, but for those that git ignores.
    """
    head = _git("rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown"
    changes = hashlib.sha256(_git("diff", "HEAD", "--", ".", *WRITTEN).encode())
    new = _git("ls-files", "-z", "--others", "--exclude-standard", "--", ".", *WRITTEN).split("\0")
    for name in new:
        if (ROOT / name).is_file():
            changes.update(f"{name} {hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}\n".encode())
    return head if changes.digest() == hashlib.sha256().digest() else f"{head}, changed ({changes.hexdigest()[:8]})"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603, S607  # the user's own
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in told if line.startswith("model name")), platform.machine())


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    print(json.dumps(machine()))
