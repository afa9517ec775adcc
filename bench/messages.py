"""Write every error message of the product into docs/troubleshooting.md: python -m bench.messages.

The messages are read out of the source (`bench/raised.py`), so that the page holds what can be said now; what stands
above the page's mark is written by hand, and kept. `tests/test_troubleshooting.py` fails where the page is another.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.raised import Raised, raised
from bench.source import read_source

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "troubleshooting.md"
ERRORS = "index.errors"
"""The module that has the tree of errors."""
MARK = "<!-- What follows is written by `python -m bench.messages`. -->"
_SENTENCES = re.compile(r"(?<=[.?!])\s(?=[A-Z`<])")
_STILL_TOLD = ("Nothing ", "What was ")
# How sentences begin that tell what happened, though another stands before them.


@dataclass(frozen=True)
class Kind:
    """A class of errors: how deep it lies below the root, and what its docstring says."""

    name: str
    depth: int
    about: str


def main() -> int:
    """Write the page anew. Returns the exit code."""
    PAGE.write_text(page(PAGE.read_text("utf-8"), read_source(ROOT)), "utf-8")
    return 0


def page(before: str, texts: Mapping[str, str]) -> str:
    """The page, from how it was and the text of every module by its dotted name."""
    written, mark, _ = before.partition(MARK)
    if not mark:
        raise SystemExit(f"{PAGE}: the line {MARK} is gone. Put it back, below what is written by hand.")
    kinds = tree(texts[ERRORS])
    found = raised(texts, [kind.name for kind in kinds])
    sections = [section(kind, found) for kind in (*kinds[1:], kinds[0])]
    return "\n\n".join([f"{written}{mark}", *filter(None, sections)]) + "\n"


def tree(errors: str) -> list[Kind]:
    """The classes of a module of errors, the root first, each after the one that it is a child of."""
    depths: dict[str, int] = {}
    kinds = []
    for node in ast.parse(errors).body:
        if isinstance(node, ast.ClassDef):
            parent = ast.unparse(node.bases[0])
            depths[node.name] = depths.get(parent, -1) + 1
            kinds.append(Kind(node.name, depths[node.name], ast.get_docstring(node) or ""))
    return kinds


def section(kind: Kind, found: set[Raised]) -> str:
    """A class's heading and messages; "" where it has none."""
    told = sorted({one.text for one in found if one.error == kind.name}, key=lambda text: text.lstrip("'<").casefold())
    heading = f"{'#' * (max(kind.depth, 1) + 1)} {kind.name}"
    return "\n\n".join([heading, kind.about, "\n".join(map(message, told))]) if told else ""


def message(text: str) -> str:
    """A message as an item of a list: what happened, and below it what is to be done, where the message says so."""
    happened, remedy = parts(text)
    return f"- {_code(happened)}" + (f"\\\n  → {_code(remedy)}" if remedy else "")


def parts(text: str) -> tuple[str, str]:
    """What a message says has happened, and what it says is to be done; "" where it is one sentence."""
    first, *others = _SENTENCES.split(text)
    told = list(_leading(others))
    return " ".join([first, *told]), " ".join(others[len(told) :])


def _leading(sentences: list[str]) -> Iterator[str]:
    for sentence in sentences:
        if not sentence.startswith(_STILL_TOLD):
            return
        yield sentence


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


if __name__ == "__main__":
    raise SystemExit(main())
