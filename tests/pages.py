"""The pages of the documentation, read as Markdown: their fenced blocks, commands, code in running text, and links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

ROOT = Path(__file__).parents[1]
GUIDES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "bench" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)
"""What tells people how to use the project, and how to work on it."""
SHELLS = ("sh", "bash", "shell", "console")

_MARKDOWN = MarkdownIt("commonmark").enable("table").use(anchors_plugin, max_level=6)
_ASSIGNED = re.compile(r"(\w+)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language as written, its text, and the line of its page that it begins in."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> "list[Command]":
        """The commands of a block of shell, comments left out and lines put together that go on."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [command for line in lines if (command := command_of(line)) is not None]


@dataclass(frozen=True)
class Command:
    """A command: the variables set in front of it, its program and what that is given, and all of it as written."""

    variables: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    text: str

    @property
    def program(self) -> str:
        """What is run: `curl` of `/usr/bin/curl`, and of `x=$(curl …)`; "" where variables alone are set."""
        inside = re.match(r"\w+=\$\(\s*(\w+)", self.text)
        return inside[1] if inside else Path(self.words[0]).name if self.words else ""

    @property
    def module(self) -> str:
        """The module that a Python is told to run; "" for none."""
        match self.words:
            case (_, "-m", name, *_) if self.program == "python":
                return name
            case (_, "app.py", *_) if self.program == "python":
                return "app"
            case _:
                return ""

    @property
    def arguments(self) -> list[str]:
        """What a module is given."""
        return list(self.words[2 if self.words[1] == "app.py" else 3 :])


def is_module(name: str) -> bool:
    """Whether a dotted name is that of a module of the project which can be run."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def command_of(line: str) -> Command | None:
    """The command on a line; None where there is none but a comment, perhaps."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # an open quotation mark: prose, perhaps, which no list of programs knows
        words = line.split()
    variables = []
    while words and (assigned := _ASSIGNED.fullmatch(words[0])):
        variables.append((assigned[1], assigned[2]))
        words = words[1:]
    return Command(tuple(variables), tuple(words), line.strip()) if words or variables else None


@dataclass(frozen=True)
class Page:
    """A page of the documentation."""

    file: Path

    def __str__(self) -> str:
        return self.file.relative_to(ROOT).as_posix()

    @cached_property
    def _tokens(self) -> list[Token]:
        return _MARKDOWN.parse(self.file.read_text("utf-8"))

    @property
    def text(self) -> str:
        """All that is written on it."""
        return self.file.read_text("utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Its fenced blocks, in order."""
        fences = [token for token in self._tokens if token.type == "fence"]
        return [Block(one.info.strip().lower(), one.content, (one.map or [0])[0] + 1) for one in fences]

    @property
    def code(self) -> list[str]:
        """What stands between backticks in its text."""
        return [token.content for token in self._inline() if token.type == "code_inline"]

    @property
    def links(self) -> list[str]:
        """Where its links and pictures lead to."""
        return [
            str(where)
            for token in self._inline()
            if (where := token.attrGet({"link_open": "href", "image": "src"}.get(token.type, "")))
        ]

    @property
    def anchors(self) -> set[str]:
        """The names by which its headings can be linked to, as GitHub makes them."""
        return {str(token.attrGet("id")) for token in self._tokens if token.type == "heading_open"}

    def _inline(self) -> Iterator[Token]:
        return (child for token in self._tokens for child in token.children or [])


PAGES = [Page(file) for file in GUIDES]
