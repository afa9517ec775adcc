"""The project's source as syntax: its functions, what names stand for, and where things are called.

Nothing is imported or run. Knows nothing of errors.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOMS = ("index", "rag", "eval", "ui")
"""The folders that make up the product, besides `app.py`."""


@dataclass(frozen=True, eq=False)
class Function:
    """A function or method: its module, its class ("" for none), and its syntax."""

    module: str
    of: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All that stands in it."""
        return tuple(ast.walk(self.node))

    @property
    def parameters(self) -> list[str]:
        """The names of what it is given, without `self`."""
        given = self.node.args
        names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        return names[1:] if self.of and names[:1] in (["self"], ["cls"]) else names

    @property
    def needed(self) -> int:
        """How many of them have no default and may be given by place."""
        return len(self.node.args.args) - len(self.node.args.defaults) - bool(self.of)

    @property
    def returned(self) -> list[ast.expr]:
        """The expressions that it returns."""
        return [node.value for node in self.nodes if isinstance(node, ast.Return) and node.value is not None]

    def assigned(self, name: str) -> list[ast.expr]:
        """What a local name, or an attribute written as `self.name`, is set to; of a list also what is appended."""
        return self._assigned.get(name, [])

    @cached_property
    def _assigned(self) -> dict[str, list[ast.expr]]:
        found: dict[str, list[ast.expr]] = {}
        for target, value in (pair for node in self.nodes for pair in _assignments(node)):
            found.setdefault(ast.unparse(target), []).append(value)
        return found


class Source:
    """Modules by their dotted names."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._trees = {name: ast.parse(text) for name, text in texts.items()}
        self.functions = [function for name, tree in self._trees.items() for function in _functions(name, tree)]
        self._by_name: dict[str, list[Function]] = {}
        for function in self.functions:
            self._by_name.setdefault(function.node.name, []).append(function)
        self._constants = {
            (name, target.id): value
            for name, tree in self._trees.items()
            for statement in tree.body
            for target, value in _assignments(statement)
            if isinstance(target, ast.Name)
        }
        self._imported = {
            (name, alias.asname or alias.name): (node.module, alias.name)
            for name, tree in self._trees.items()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }

    def constant(self, module: str, name: str) -> tuple[str, ast.expr] | None:
        """What a constant is set to, and in which module; it may be an imported one."""
        where = self._imported.get((module, name), (module, name))
        return (where[0], self._constants[where]) if where in self._constants else None

    def function(self, module: str, name: str) -> Function | None:
        """A function by the name that it has in a module."""
        where = self._imported.get((module, name), (module, name))
        return next((one for one in self._named(where[1]) if not one.of and one.module == where[0]), None)

    def methods(self, name: str, of: str = "") -> list[Function]:
        """The methods of a name: of one class, or of any."""
        return [one for one in self._named(name) if one.of and of in {"", one.of}]

    def calls(self, name: str) -> list[ast.Call]:
        """The calls of a name, wherever they stand."""
        return [call for call in self._calls if isinstance(call.func, ast.Name) and call.func.id == name]

    @cache  # noqa: B019  # a source is read once
    def made(self, kind: str) -> dict[str, ast.Call]:
        """The constants that are objects of a class, each with the call that makes it."""
        made = self._constants.items()
        return {
            name: value
            for (_, name), value in made
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == kind
        }

    @cache  # noqa: B019  # as above
    def fields(self, kind: str) -> list[tuple[str, ast.expr]]:
        """The annotated fields of a class, in order."""
        bodies = [node.body for tree in self._trees.values() for node in tree.body
                  if isinstance(node, ast.ClassDef) and node.name == kind]  # fmt: skip
        return [(node.target.id, node.annotation) for body in bodies for node in body
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]  # fmt: skip

    @cached_property
    def classes(self) -> list[str]:
        """The names of all classes."""
        return [node.name for tree in self._trees.values() for node in tree.body if isinstance(node, ast.ClassDef)]

    @cached_property
    def _calls(self) -> list[ast.Call]:
        return [node for tree in self._trees.values() for node in ast.walk(tree) if isinstance(node, ast.Call)]

    def _named(self, name: str) -> list[Function]:
        return self._by_name.get(name, [])


def read_source(root: Path) -> dict[str, str]:
    """The text of every module of the product under a root, by dotted name."""
    files = [root / "app.py", *(file for room in ROOMS for file in sorted((root / room).rglob("*.py")))]
    named = {".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    return {name: file.read_text("utf-8") for name, file in named.items()}


def _functions(module: str, tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(module, node.name if isinstance(node, ast.ClassDef) else "", child)


def _assignments(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(values):
            return list(zip(names, values, strict=True))
        case ast.Assign(targets=targets, value=value):
            return [(target, value) for target in targets]
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return [(target, value)]
        case ast.AugAssign(target=target, op=ast.Add(), value=value) | ast.NamedExpr(target=target, value=value):
            return [(target, value)]
        case ast.Call(func=ast.Attribute(value=target, attr="append"), args=[value]):
            return [(target, value)]
        case _:
            return []
