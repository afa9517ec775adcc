"""The house keeps its shape: imports point one way, each heavy library has one owner, every module says what it is for.

Each rule is a function from sources (path → text) to faults, run over the real tree and over a tree with a
planted fault.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent

ROOMS = ("index", "rag", "eval", "ui", "app")
"""From the lowest up: a room may import those before it."""

EVALUATION_VIEW = re.compile(r"ui/evaluation(?:_\w+)?\.py")
"""The modules of `ui` that may import `eval`."""

OWNERS = {
    # What runs a model of its own: the embedder, cross-encoders (in index/, since `index search` reranks too), the LLM;
    # and what multiplies as they do, in few bits.
    "torch": (
        "index/embedding.py",
        "index/devices.py",
        "index/encoder.py",
        "index/bert.py",
        "index/threads.py",
        "index/loading.py",
        "index/cross_encoder.py",
        "index/first_look.py",
        "rag/local_model.py",
    ),
    "sentence_transformers": ("index/loading.py", "index/cross_encoder.py"),
    "transformers": ("index/loading.py", "index/cross_encoder.py", "rag/local_model.py"),
    "chromadb": ("index/chroma.py", "index/server/connection.py", "index/server/faults.py"),
    "pypdf": ("index/formats/pdf.py",),
    "mammoth": ("index/formats/word.py",),
    "trafilatura": ("index/formats/webpage.py",),
    "loky": ("index/formats/sandbox.py", "index/writers.py"),
    "ray": ("index/on_ray.py", "index/ray_cluster.py"),
    "langchain": ("rag/",),
    "gradio": ("app.py", "ui/"),
}
"""Who may import a library, and every package whose name begins like it (langchain_openai, gradio_client)."""

Sources = Mapping[str, str]
Rule = Callable[[Sources], list[str]]


def tree_sources(root: Path) -> dict[str, str]:
    """The Python files of the rooms, as path → text. The path is relative, with forward slashes."""
    files = [root / "app.py", *(file for room in ROOMS for file in (root / room).rglob("*.py"))]
    return {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8") for file in sorted(files)}


def looks_back(sources: Sources) -> list[str]:
    """Imports of a room from below it, and of `eval` from `ui` outside the evaluation view."""
    faults = []
    for path, module in imports_of(sources):
        room, imported = room_of(path), module.partition(".")[0]
        if imported not in ROOMS or imported == room:
            continue
        passes_eval_by = room == "ui" and imported == "eval" and not EVALUATION_VIEW.fullmatch(path)
        if passes_eval_by or ROOMS.index(imported) > ROOMS.index(room):
            faults.append(f"{path} imports {module}")
    return faults


def strangers(sources: Sources) -> list[str]:
    """Imports of a heavy library outside the files that own it."""
    faults = []
    for path, module in imports_of(sources):
        for library, owners in OWNERS.items():
            if re.match(rf"{library}(?:_|\.|$)", module) and not any(owns(owner, path) for owner in owners):
                faults.append(f"{path} imports {module}, which belongs to {' and '.join(owners)}")
    return faults


def bare_eval(sources: Sources) -> list[str]:
    """Statements that bind the name `eval`, and so hide the builtin function."""
    return [
        f"{path}:{node.lineno} binds the name eval"
        for path, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
        if (name.asname or name.name.partition(".")[0]) == "eval"
    ]


def without_docstring(sources: Sources) -> list[str]:
    """Modules that do not say what they are for."""
    return [path for path, source in sources.items() if not ast.get_docstring(ast.parse(source))]


def undeclared(sources: Sources) -> list[str]:
    """Imports of packages that pyproject.toml does not ask for, and that are there by luck if at all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for extra, lines in project["optional-dependencies"].items() if extra != "dev" for line in lines]
    declared = {normalised(line) for line in project["dependencies"] + extras}
    providers = packages_distributions()
    faults = []
    for path, module in imports_of(sources):
        package = module.partition(".")[0]
        if package in ROOMS or package in sys.stdlib_module_names:
            continue
        if declared.isdisjoint(normalised(name) for name in providers.get(package, [package])):
            faults.append(f"{path} imports {module}, which is no dependency in pyproject.toml")
    return faults


def imports_of(sources: Sources) -> Iterator[tuple[str, str]]:
    """Every (path, module) where the file at `path` imports `module`: at its top, inside a function, or by name."""
    for path, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                yield from ((path, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                parents = PurePosixPath(path).parts[: -node.level] if node.level else ()
                yield path, ".".join([*parents, *filter(None, [node.module])])
        for match in re.finditer(r"""(?:import_module|__import__)\(\s*["']([\w.]+)["']""", source):
            yield path, match[1]


def room_of(path: str) -> str:
    """The room a file lies in: its folder at top level, or `app`."""
    return PurePosixPath(path).parts[0].removesuffix(".py")


def owns(owner: str, path: str) -> bool:
    """Whether a file is the owner, or lies in the folder (with a slash at its end) that is."""
    return path == owner or (owner.endswith("/") and path.startswith(owner))


def normalised(requirement: str) -> str:
    """A requirement's package name as registries compare names (PEP 503), without extras and versions."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0]).lower()


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The real tree."""
    return tree_sources(ROOT)


RULES = (looks_back, strangers, bare_eval, without_docstring, undeclared)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: Rule, sources: Sources) -> None:
    assert rule(sources) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_was_looked_at(room: str, sources: Sources) -> None:
    """So that the rules above cannot pass over nothing."""
    assert any(room_of(path) == room and text.strip() for path, text in sources.items())


@pytest.mark.parametrize("library", OWNERS)
def test_every_library_is_used_by_an_owner(library: str, sources: Sources) -> None:
    """So that a rule does not guard a library, or name an owner, that is gone."""
    owned = {path: text for path, text in sources.items() if any(owns(owner, path) for owner in OWNERS[library])}
    assert any(module.partition(".")[0].startswith(library) for _, module in imports_of(owned))


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (looks_back, "index/stories.py", "from rag.ask import Rag"),
        (looks_back, "index/stories.py", "import app"),
        (looks_back, "rag/ask.py", "def later():\n    import ui.chat"),
        (looks_back, "rag/ask.py", "from eval import cases"),
        (looks_back, "eval/run.py", "from ui.chat import respond"),
        (looks_back, "ui/chat.py", "from eval.cases import Case"),
        (looks_back, "ui/reevaluation.py", "from eval.cases import Case"),
        (looks_back, "ui/chat.py", "from app import main"),
        (looks_back, "index/store.py", "import importlib\nimportlib.import_module('rag.ask')"),
        (strangers, "rag/retrieval.py", "import torch"),
        (strangers, "index/rebuild.py", "import torch.nn.functional as F"),
        (strangers, "eval/scoring/scores.py", "from sentence_transformers import SentenceTransformer"),
        (strangers, "ui/library.py", "def look():\n    from chromadb.api import ClientAPI"),
        (strangers, "index/rebuild.py", "from langchain_core.documents import Document"),
        (strangers, "index/portions.py", "import ray.data"),
        (strangers, "rag/ask.py", "import gradio as gr"),
        (bare_eval, "ui/evaluation.py", "import eval"),
        (bare_eval, "ui/evaluation.py", "import eval.cases"),
        (bare_eval, "ui/evaluation.py", "from somewhere import judge as eval"),
        (without_docstring, "rag/prompt.py", "import re"),
        (without_docstring, "rag/prompt.py", ""),
        (without_docstring, "rag/prompt.py", '"""  """'),
        (undeclared, "index/store.py", "import portalocker_of_someone_else"),
        (undeclared, "index/store.py", "from pytest import fixture"),
    ],
)
def test_a_planted_fault_is_found(rule: Rule, path: str, source: str) -> None:
    (fault,) = rule({path: source, "index/errors.py": '"""Sound."""'})
    assert path in fault


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app.py", "import gradio as gr\nfrom ui.page import page\nfrom index.settings import Settings"),
        ("ui/evaluation.py", "from eval.reporting.report import Report"),
        ("ui/evaluation_runs.py", "from eval.folder import read_run"),
        ("eval/run.py", "from index.stories import Story\nfrom eval.cases import Case"),
        ("rag/chat_models.py", "from langchain.chat_models import init_chat_model\nimport langchain_openai"),
        ("index/embedding.py", "def load():\n    import torch"),
        ("index/chroma.py", "import chromadb, numpy, yaml, json"),
    ],
)
def test_what_is_allowed_is_no_fault(path: str, source: str) -> None:
    sources = {path: f'"""Sound."""\n{source}'}
    assert [fault for rule in RULES for fault in rule(sources)] == []
