"""What the documentation says there is, is there: flags, targets, extras, settings, files, headings.

Whatever pages there are is looked at. What cannot be checked is listed here, each with the reason.
"""

import argparse
import json
import re
import runpy
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from index.settings import PREFIX
from tests.pages import GUIDES, PAGES, ROOT, SHELLS, Block, Command, Page, command_of, is_module
from ui.settings import PageSettings

OTHER_TEXT = {
    "---\n": "front matter of a story",
    "app.py ": "the tree of the project",
    "stories.example.org {": "configuration of Caddy",
    "location / {": "configuration of nginx",
}
"""How blocks without a language begin that are no shell, and what they are."""
LANGUAGES = {*SHELLS, "", "python", "json", "yaml", "text", "ini", "nginx", "caddy", "toml", "jsonl", "markdown"}
"""The languages of blocks; what is in each of the first six is checked."""
ELSEWHERE = {
    ".github/workflows/evaluate.yml": "a file of the reader's own repository",
    "bench/.results/": "made by `make bench`, and no part of the tree",
}
"""Code that looks like a path of the tree and is none, and why."""
ROOMS = ("bench", "docs", "eval", "index", "rag", "stories", "tests", "ui", ".ci", ".github")
"""The folders of the tree: what begins with one of them and goes on with a slash is a path."""
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
SETTINGS = {PREFIX + name.upper() for name in PageSettings.model_fields}
OWN_COMMAND = re.compile(r"(?:\w+=\S+ )*python (?:-m (?:index|rag|eval|bench)\b|app\.py)|make [a-z]+")
"""How code in running text begins that is a command of the project's."""

READMES = [Page(file) for room in ROOMS for file in sorted((ROOT / room).rglob("README.md")) if file not in GUIDES]
"""The pages that stand beside what they tell of: of these the links alone are looked at."""

every_page = pytest.mark.parametrize("guide", PAGES, ids=str)


def shell(page: Page) -> list[Block]:
    """The blocks of shell on a page: marked as such, or not marked at all and nothing else that is known."""
    known = tuple(OTHER_TEXT)
    return [one for one in page.blocks if one.language in SHELLS or not (one.language or one.text.startswith(known))]


def commands(page: Page) -> list[Command]:
    """The commands in the blocks of a page, in order."""
    return [command for block in shell(page) for command in block.commands]


def mentioned(page: Page) -> list[Command]:
    """The project's own commands in running text, which may be cut short, and in the messages that a page shows."""
    told = [part for code in page.code for part in (code, *re.findall(r"`([^`]+)`", code))]
    found = [command for code in told if OWN_COMMAND.match(code) and (command := command_of(code))]
    return [command for command in found if "…" not in command.words]


class _Understood(BaseException):
    """No error: a command line was understood, and nothing is to be done."""


@pytest.fixture
def refusal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Command], str]:
    """What a command's own parser has against what it is given, "" for nothing. Nothing is run."""
    parse = argparse.ArgumentParser.parse_args

    def only_parse(parser: argparse.ArgumentParser, arguments: list[str] | None = None) -> None:
        parse(parser, arguments)
        raise _Understood

    def refused(command: Command) -> str:
        if not is_module(command.module):
            return "there is no such module"
        is_package = ROOT.joinpath(*command.module.split(".")).is_dir()
        module = import_module(f"{command.module}.__main__" if is_package else command.module)
        if "ArgumentParser" not in Path(str(module.__file__)).read_text("utf-8"):
            return f"it takes nothing: {command.arguments}" if command.arguments else ""
        monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
        monkeypatch.setattr(sys, "argv", [command.module, *command.arguments])
        try:
            if hasattr(module, "main"):
                module.main()
            runpy.run_path(str(module.__file__), run_name="__main__")
        except _Understood:
            return ""
        except SystemExit as end:
            return "" if not end.code else capsys.readouterr().err.strip().rpartition("error: ")[2]
        return "it parses nothing"

    return refused


@every_page
def test_every_block_is_of_a_kind_that_is_known(guide: Page) -> None:
    assert [block for block in guide.blocks if block.language not in LANGUAGES] == []


@every_page
def test_every_flag_in_a_block_is_one_of_its_commands(guide: Page, refusal: Callable[[Command], str]) -> None:
    assert {
        one.text: why for one in commands(guide) if one.program == "python" and (why := _against(one, refusal))
    } == {}


@every_page
def test_every_flag_in_running_text_is_one_of_its_commands(guide: Page, refusal: Callable[[Command], str]) -> None:
    told = {one.text: why for one in mentioned(guide) if one.program == "python" and (why := _against(one, refusal))}
    assert {text: why for text, why in told.items() if "are required" not in why} == {}


def _against(command: Command, refusal: Callable[[Command], str]) -> str:
    return "" if command.words[1:3] in {("-m", "pip"), ("-m", "venv")} else refusal(command)


@every_page
def test_every_target_of_make_is_there(guide: Page) -> None:
    made = [one for one in (*commands(guide), *mentioned(guide)) if one.program == "make"]
    targets = {word for one in made for word in one.words[1:] if not re.match(r"-|\w+=", word)}
    assert targets - set(TARGETS) == set()


@every_page
def test_every_extra_is_there(guide: Page) -> None:
    asked = re.findall(r"(?:\.|crossroads)\[([\w,-]+)\]", guide.text)
    assert {extra for found in asked for extra in found.split(",")} - EXTRAS.keys() == set()


@every_page
def test_every_setting_that_is_named_is_there(guide: Page) -> None:
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", guide.text)) - SETTINGS == set()


def test_every_setting_is_told_of() -> None:
    told = "\n".join([(ROOT / ".env.example").read_text("utf-8"), *(page.text for page in PAGES)])
    assert {name for name in SETTINGS if not re.search(rf"\b{name}\b", told)} == set()


@every_page
def test_every_path_is_there(guide: Page) -> None:
    assert [code for code in guide.code if is_path(code) and not leads_somewhere(code)] == []


def is_path(code: str) -> bool:
    """Whether code looks like a path of the tree, a pattern perhaps."""
    return (
        bool(re.fullmatch(rf"({'|'.join(map(re.escape, ROOMS))})/[\w./*-]*|[\w-]+\.py", code)) and code not in ELSEWHERE
    )


def leads_somewhere(path: str) -> bool:
    """Whether there is such a file or folder; a file named without its folder may lie in any."""
    return any(ROOT.glob(path.rstrip("/"))) or any(file for room in ROOMS for file in (ROOT / room).rglob(path))


@pytest.mark.parametrize("guide", [*PAGES, *READMES], ids=str)
def test_every_link_leads_somewhere(guide: Page) -> None:
    assert {link: why for link in guide.links if (why := broken(guide, link))} == {}


def broken(page: Page, link: str) -> str:
    """What is wrong with a link, "" for nothing; one that leads elsewhere is looked at for its form alone."""
    parts = urlsplit(link)
    if parts.scheme:
        return "" if parts.scheme == "https" and "." in parts.netloc else "this is no address of the web"
    file = (page.file.parent / unquote(parts.path)).resolve() if parts.path else page.file
    if not file.exists():
        return "there is no such file"
    if parts.fragment and parts.fragment not in Page(file).anchors:
        return "there is no such heading"
    return "" if file.is_relative_to(ROOT) else "it leads out of the project"


@every_page
def test_python_json_and_yaml_can_be_read(guide: Page) -> None:
    for block in guide.blocks:
        match block.language:
            case "python":
                compile(block.text, f"{guide}, line {block.line}", "exec")
            case "json":
                json.loads(block.text)
            case "yaml":
                yaml.safe_load(block.text)


def made_up(tmp_path: Path, text: str) -> Page:
    """A page that says something wrong."""
    file = tmp_path / "page.md"
    file.write_text(text, "utf-8")
    return Page(file)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("python -m index bild", "invalid choice: 'bild'"),
        ("python -m index build --quick", "unrecognized arguments: --quick"),
        ("python -m eval run SET --limit few", "argument --limit"),
        ("python app.py --door 7", "unrecognized arguments: --door 7"),
        ("python -m bench.scale --swift", "unrecognized arguments: --swift"),
        ("python -m bench.messages --all", "it takes nothing"),
        ("python -m indexes build", "there is no such module"),
        ("python -m index build --force", ""),
        ("CROSSROADS_PASSAGES=2 python -m eval run SET --out after", ""),
    ],
)
def test_a_commands_own_parser_says_what_is_wrong(line: str, why: str, refusal: Callable[[Command], str]) -> None:
    [command] = Block("sh", line, 1).commands
    said = refusal(command)
    assert said == why if not why else why in said


def test_lines_that_go_on_comments_and_variables_are_understood() -> None:
    first, second, third = Block("", "A=1 x \\\n  -y  # why\n\n# nothing\ny=$(curl -s a | cut)\nB='2 3'\n", 1).commands
    assert (first.variables, first.words, first.program) == ((("A", "1"),), ("x", "-y"), "x")
    assert second.program == "curl"
    assert (third.variables, third.program) == ((("B", "2 3"),), "")


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("missing.md", "there is no such file"),
        ("#over-there", "there is no such heading"),
        ("page.md#here-it-is", "it leads out of the project"),
        ("http://example.org/x", "this is no address of the web"),
        ("https://", "this is no address of the web"),
        ("https://example.org/x", ""),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, link: str, why: str) -> None:
    page = made_up(tmp_path, f"# Here it *is*\n\n[there]({link})\n")
    assert page.links == [link]
    assert broken(page, link) == why


def test_headings_are_linked_to_as_on_github(tmp_path: Path) -> None:
    page = made_up(tmp_path, "# What it's *like*: `a_b`\n\n## Twice\n\n## Twice\n")
    assert page.anchors == {"what-its-like-a_b", "twice", "twice-1"}


@pytest.mark.parametrize(
    ("code", "is_one", "is_there"),
    [
        ("index/errors.py", True, True),
        ("index/eror.py", True, False),
        ("errors.py", True, True),
        ("docs/", True, True),
        ("tests/browser/*.py", True, True),
        ("index.errors", False, False),
        ("and/or", False, False),
    ],
)
def test_paths_are_told_from_other_code(code: str, is_one: bool, is_there: bool) -> None:
    assert (is_path(code), is_one and leads_somewhere(code)) == (is_one, is_there)
