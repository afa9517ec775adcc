"""What two runs' manifests say differently: who answered, which sets, which index, which settings and versions.

Reads manifests as they are, so that a setting or a library that comes later is compared without a change here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FIRST = ("answerer", "sets", "cases", "index", "settings", "versions")
"""The parts of a manifest by how much they explain; others follow."""
ALWAYS_OTHER = ("started", "rebuilt", "index.folder", "index.built", "index.generation")
"""Times, what is told apart, and what `settings.index` and `index.stories_sha256` say already."""
ABSENT = "(none)"
SHA_SHOWN = 12
"""Characters that tell two digests apart."""


@dataclass(frozen=True)
class Change:
    """One thing of a manifest, by its path such as `settings.passages`, before and after."""

    name: str
    before: str
    after: str


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Everything that differs, what explains most first."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    names = sorted(dict.fromkeys([*old, *new]), key=lambda name: _rank(name.partition(".")[0]))
    return tuple(
        Change(name, old.get(name, ABSENT), new.get(name, ABSENT))
        for name in names
        if name not in ALWAYS_OTHER and old.get(name) != new.get(name)
    )


def _rank(part: str) -> int:
    return FIRST.index(part) if part in FIRST else len(FIRST)


def _leaves(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its path; of a list of named things, the name makes a step of it."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(found, list) and found and all(isinstance(item, Mapping) and "name" in item for item in found):
        yield from _leaves({item["name"]: {**item, "name": None} for item in found}, path)
    else:
        yield path, _shown(path, found)


def _shown(path: str, value: Any) -> str:
    text = ABSENT if value is None or value == "" else str(value)
    return text[:SHA_SHOWN] if path.endswith("sha256") else text
