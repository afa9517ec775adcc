"""The commands of the documentation do what it says: those that can run here in seconds are run, in order of each page.

Run in a copy with the starter library, the packaged model and few questions. What cannot be run is listed with the
reason; a command that is neither is an error.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path

import docx
import pytest

from eval.__main__ import main as evaluate
from index.__main__ import main as index
from tests.pages import PAGES, ROOT, Block, Command, Page
from tests.test_documentation import shell

NOT_RUN = {
    r"(CROSSROADS_STORIES=\S+ )?make |source |\.venv/bin/": "makes or enters an environment, which the tests run in",
    r"(python -m )?pip install": "fetches packages",
    r"export |(\w+=\S*\s*)+(#.*)?$": "sets variables for what is not run",
    r"python app\.py": "serves until it is stopped; tests/test_app.py starts it",
    r"python -m index add https?://": "asks another machine; tests/test_fetch.py serves pages of its own",
    r"python -m index build --ray": "wants the extra ray and a cluster; tests/test_on_ray.py has one",
    r"python -m eval run SET --resume": "wants a run that was stopped; tests/test_resume.py stops some",
    r".* --(llm|judge) \w+:": "wants a language model's service; tests have one of their own",
    r"(call=|event=|curl )": "wants a running server; tests/test_api.py calls the same endpoints",
    r"python -m index fetch": "wants a Chroma server; tests/test_mending_mirrors.py has one",
    r"CROSSROADS_(RERANKER|GROUNDER)=": "wants a model that is fetched; tests/test_reranking.py makes one",
    r".* --embedder FOLDER": "wants another model; tests/test_reranking.py and tests/test_weights.py make some",
    r"python -m eval compare (quoting mine|without with)": "wants a run with a model that is not here",
    r"podman ": "wants a container engine; the Containerfile is linted",
    r"chroma ": "serves until it is stopped; tests/test_server.py has such a server",
    r"python -m bench": "measures, for minutes or hours; tests/test_bench_measuring.py does so small",
    r"ray ": "starts a cluster on machines that are not here",
}
"""How commands begin that are not run, and why."""
PYTHON_NOT_RUN = {
    r"gradio_client|crossroads\.(predict|submit)": "wants a running server; tests/test_api.py calls the same endpoints",
}
"""What blocks of Python have in them that are not run, but only compiled, and why."""
CASES = 4
"""Questions of the starter set that are asked: enough for figures of every kind."""
LINES = {"labels.jsonl": '"sentence":', "votes.jsonl": '"vote":'}
"""Files that commands are given, and what the example of one has in it that stands on the same page."""


def why_not(command: Command) -> str:
    """Why a command is not run; "" where it is."""
    return next((why for beginning, why in NOT_RUN.items() if re.match(beginning, command.text)), "")


def is_own(command: Command) -> bool:
    """Whether a command can be run as all here are: in this process."""
    return command.program == "python" and command.module in {"index", "rag", "eval"}


def steps(page: Page) -> list[Command | Block]:
    """What is run of a page, in order: commands and blocks of Python."""
    python = [one for one in page.blocks if one.language == "python" and not _stays(one)]
    blocks = sorted([*shell(page), *python], key=lambda block: block.line)
    return [step for block in blocks for step in ([block] if block in python else block.commands)
            if isinstance(step, Block) or not why_not(step)]  # fmt: skip


def _stays(block: Block) -> bool:
    return any(re.search(mark, block.text) for mark in PYTHON_NOT_RUN)


TO_RUN = [page for page in PAGES if steps(page)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has: stories and their index, a short set, files of their own; what pages call SET, DIR and RUN."""
    folder = tmp_path_factory.mktemp("reader") / "crossroads"
    shutil.copytree(ROOT / "stories", folder / "stories")
    (folder / "DIR").symlink_to("stories")
    (folder / "eval" / "sets").mkdir(parents=True)
    with (ROOT / "eval" / "sets" / "starter.jsonl").open(encoding="utf-8") as cases:
        short = "".join(islice(cases, CASES))
    for name in ("eval/sets/starter.jsonl", "SET"):
        (folder / name).write_text(short, "utf-8")
    (folder / "notes").mkdir()
    written = docx.Document()
    written.add_paragraph("I drove a tram for nine years. Then I learned to test software, and was hired in spring.")
    written.save(str(folder / "notes" / "my-change.docx"))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        assert index(["build"]) == 0  # as `make app` does
        assert evaluate(["run", "SET", "--stories", "DIR", "--out", "RUN"]) == 0
    (folder / "stories" / "how-i-changed.md").write_text(
        "# How I changed\n\nI left the docks to write code.\n", "utf-8"
    )
    return folder


@pytest.fixture
def reader(made: Path, tmp_path: Path) -> Iterator[Path]:
    """The same at the beginning of every page, and at the same place, by which an index is found."""
    shutil.copytree(made, tmp_path / "before", symlinks=True)
    yield made
    shutil.rmtree(made)
    shutil.copytree(tmp_path / "before", made, symlinks=True)


@pytest.mark.parametrize("guide", PAGES, ids=str)
def test_every_command_is_run_or_listed_with_a_reason(guide: Page) -> None:
    all_of_it = [command for block in shell(guide) for command in block.commands]
    assert [one.text for one in all_of_it if not is_own(one) and not why_not(one)] == []


def test_every_reason_is_that_of_some_command() -> None:
    texts = [command.text for page in PAGES for block in shell(page) for command in block.commands]
    assert [one for one in NOT_RUN if not any(re.match(one, text) for text in texts)] == []


@pytest.mark.parametrize("guide", TO_RUN, ids=str)
def test_what_a_page_says_can_be_done(
    guide: Page, reader: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(reader)
    monkeypatch.setenv("HOME", str(reader))
    write_examples(guide, reader)
    known: dict[str, object] = {}
    for step in steps(guide):
        if isinstance(step, Block):
            exec(compile(step.text, f"{guide}, line {step.line}", "exec"), known)  # noqa: S102  # the page's own words
        else:
            code = run(step, monkeypatch)
            assert code == 0, f"{guide}: {step.text}\n{capsys.readouterr().err}"


def run(command: Command, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run one of the project's own commands. Returns its exit code."""
    if "--accept" in command.words:
        review(Path(command.words[command.words.index("--accept") + 1]))
    with monkeypatch.context() as patched:
        for name, value in command.variables:
            patched.setenv(name, value)
        words = [str(Path(word).expanduser()) if word[:1] == "~" else word for word in command.arguments]
        return int(import_module(f"{command.module}.__main__").main(words))


def review(drafts: Path) -> None:
    """Keep every draft, as a reviewer would who likes them all."""
    with drafts.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    with drafts.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows({**row, "keep": "yes"} for row in rows)


def write_examples(page: Page, folder: Path) -> None:
    """Write the files that a page shows an example line of."""
    for name, mark in LINES.items():
        for block in page.blocks:
            if block.language == "json" and mark in block.text:
                (folder / name).write_text(json.dumps(json.loads(block.text)) + "\n", "utf-8")


def test_a_command_that_fails_is_told_by_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [missing] = Block("sh", "python -m index status", 1).commands
    assert run(missing, monkeypatch) == 2


@pytest.mark.parametrize(
    ("line", "is_run"),
    [
        ("python -m index build", True),
        ("CROSSROADS_PASSAGES=2 python -m eval run SET", True),
        ("python -m eval run SET --llm openai:gpt-4o-mini", False),
        ("python app.py", False),
        ("A=1  # why", False),
    ],
)
def test_only_what_needs_nothing_else_is_run(line: str, is_run: bool) -> None:
    [command] = Block("sh", line, 1).commands
    assert (is_own(command) and not why_not(command)) == is_run
    assert is_run or why_not(command)


@pytest.mark.parametrize("line", ["crossroads --serve", "It's gone: 3 files were written."])
def test_an_unknown_program_is_neither_run_nor_listed(line: str) -> None:
    [command] = Block("sh", line, 1).commands
    assert not is_own(command)
    assert why_not(command) == ""
