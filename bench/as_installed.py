"""A program as it runs for its users: with the packages that `make app` installs, and none of those beside them here.

What development and the peers need changes what others import, and so how long a start takes: Gradio takes up `mcp`
where it is there, and pandas `pyarrow`. Nothing is uninstalled: a process is begun that does not find them.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = "crossroads"

_BEGIN = """
import os, runpy, sys
from importlib.machinery import PathFinder

hidden = frozenset(sys.argv[1].split(","))

class WithoutThem(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in hidden else super().find_spec(name, path, target)

sys.meta_path[:] = [WithoutThem if finder is PathFinder else finder for finder in sys.meta_path]
kind = sys.argv[2]
sys.argv = sys.argv[3:] if kind == "-m" else sys.argv[2:]
if kind == "-m":
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
elif kind == "-c":
    exec(sys.argv.pop(1))
else:
    sys.path[0] = os.path.dirname(os.path.abspath(kind))
    runpy.run_path(kind, run_name="__main__")
"""


def as_installed(*arguments: str | Path, options: Sequence[str] = ()) -> list[str]:
    """The command that begins Python as `python` with such arguments does, where only the project is installed.

    The arguments begin with `-m`, `-c` or a file; `options` are the interpreter's own.
    """
    return without(beside(PROJECT), *arguments, options=options)


def without(modules: Iterable[str], *arguments: str | Path, options: Sequence[str] = ()) -> list[str]:
    """The same where some top-level modules are not found."""
    return [sys.executable, *options, "-c", _BEGIN, ",".join(sorted(modules)), *map(str, arguments)]


@cache
def beside(*packages: str) -> frozenset[str]:
    """The modules of all packages here but some and what these bring."""
    there = {name for name, _ in _brought_by(packages)}
    return frozenset(
        module
        for module, providers in packages_distributions().items()
        if module.isidentifier() and there.isdisjoint(map(_canonical, providers))
    )


def _brought_by(packages: Iterable[str]) -> set[tuple[str, str]]:
    """Packages with all that they require here, each with "" and with its extras that are wanted."""
    found: set[tuple[str, str]] = set()
    waiting = [(_canonical(package), "") for package in packages]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _needed(*one)
    return found


def _needed(package: str, extra: str) -> Iterator[tuple[str, str]]:
    """What a package with an extra requires on this machine; nothing of one that is not here."""
    try:
        lines = requires(package) or []
    except PackageNotFoundError:
        return
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield from ((_canonical(requirement.name), own) for own in ("", *requirement.extras))


def _canonical(name: str) -> str:
    """A package's name as registries compare names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
