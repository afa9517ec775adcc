"""A run's manifest: what was run, so that two runs can be told apart and one can be done again.

Secrets never get in: API keys are no settings, and what looks like one in a setting is left out.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from eval.cases import EvalSet
from eval.scoring.judging import ModelJudge
from index.generation import Pointer
from index.settings import Settings

VERSIONS = (
    "crossroads",
    "chromadb",
    "PyStemmer",
    "sentence-transformers",
    "torch",
    "langchain",
    "numpy",
    "ir-measures",
    "scipy",
)
"""Distributions whose version a manifest names: those that can change an answer or a score."""


def manifest_of(
    sets: Sequence[EvalSet],
    settings: Settings,
    pointer: Pointer,
    answerer: str,
    judge: ModelJudge | None = None,
) -> dict[str, Any]:
    """The manifest of a run that begins now."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "sets": [
            {
                "name": one.name,
                "file": str(one.file),
                "sha256": one.sha256,
                "cases": len(one.cases),
                "skipped": list(one.skipped),
            }
            for one in sets
        ],
        "answerer": answerer,
        "judge": _judge(judge) if judge else None,
        "settings": {name: _public(name, value) for name, value in settings.model_dump(mode="json").items()},
        "index": {
            "folder": str(settings.index_folder),
            "generation": pointer.generation,
            "built": pointer.built,
            "fingerprint": dict(pointer.fingerprint),
            "stories": len(pointer.stories),
            "stories_sha256": _digest(pointer),
            "passages": pointer.passages,
        },
        "versions": {"python": python_version(), **{name: _version(name) for name in VERSIONS}},
    }


def _judge(judge: ModelJudge) -> dict[str, Any]:
    return {"model": judge.name, "runs": judge.runs, "address": _public("address", judge.address)}


def _digest(pointer: Pointer) -> str:
    """The same for the same stories, whichever builds they came in by."""
    return hashlib.sha256(json.dumps(sorted(pointer.stories.items())).encode()).hexdigest()


def _public(name: str, value: Any) -> Any:
    """A setting's value without what should not be passed on: keys, passwords, and those inside an address."""
    if re.search(r"(?:^|_)(?:key|token|secret|password)$", name):
        return "(set)" if value else value
    return re.sub(r"(?<=://)[^/@\s]*@|[?#].*", "", value) if isinstance(value, str) and "://" in value else value


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
