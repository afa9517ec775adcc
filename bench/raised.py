"""Every error message that the product can give, read out of its source: nothing is imported or run.

An error is a call of a class of the tree in `index/errors.py`, or of a function that returns one. An object that has
such a class as a field, as the settings that name models do, makes errors of that class. What becomes of the text is
`following.py`'s. Knows nothing of the page.
"""

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.following import Following, Frame, Texts
from bench.source import Function, Source
from bench.wording import is_placeholder


@dataclass(frozen=True)
class Raised:
    """An error's class, and its text."""

    error: str
    text: str


def raised(texts: Mapping[str, str], tree: Sequence[str]) -> set[Raised]:
    """The errors of some classes, the root first, that modules can raise; the modules' texts stand by dotted name."""
    return _Reading(Source(texts), tree).all()


class _Reading:
    def __init__(self, source: Source, tree: Sequence[str]) -> None:
        self._source = source
        self._tree = tree
        self._following = Following(source)
        self._read: set[int] = set()
        """The calls of errors that were read."""
        self._choices = [self._fields(kind, call) for kind in self._with_errors() for call in self._made(kind)]
        """The fields of every constant object that has the class of its errors as a field."""

    def all(self) -> set[Raised]:
        found: set[Raised] = set()
        for function in self._source.functions:
            thrown = [node.exc for node in function.nodes if isinstance(node, ast.Raise)]
            for call in (exc for exc in thrown if isinstance(exc, ast.Call)):
                for given in self._loops(call, function):
                    found.update(self._errors(call, Frame(function, given)))
        for function in self._source.functions:  # what is made, and raised or told elsewhere
            for call in (node for node in function.nodes if isinstance(node, ast.Call) and id(node) not in self._read):
                if isinstance(call.func, ast.Name) and call.func.id in self._tree:
                    found.update(self._errors(call, Frame(function)))
        return {one for one in found if one.text and not is_placeholder(one.text) and not one.text.endswith(":")}

    def _loops(self, call: ast.Call, function: Function) -> list[dict[str, Texts]]:
        """The texts of the names of each turn of a loop over a constant table in which a call stands."""
        around = [node for node in function.nodes if isinstance(node, ast.For) and call in ast.walk(node)]
        for loop in around:
            match loop:
                case ast.For(target=target, iter=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items"))):
                    found = self._source.constant(function.module, name)
                    if found and isinstance(found[1], ast.Dict):
                        turns = zip(found[1].keys, found[1].values, strict=True)
                        return [_bound(target, ast.Tuple([key or value, value])) for key, value in turns]
                case ast.For(target=target, iter=ast.Tuple(elts=turns)):
                    return [_bound(target, turn) for turn in turns]
        return [{}]

    # Errors

    def _errors(self, call: ast.Call, frame: Frame) -> Iterator[Raised]:
        if helpers := self._helpers(call, frame.function):
            for helper, about in itertools.product(helpers, self._about(call, frame)):
                inner = Frame(helper, self._following.arguments(call, helper, frame), about)
                for returned in helper.returned:
                    if isinstance(returned, ast.Call):
                        yield from self._errors(returned, inner)
            return
        self._read.add(id(call))
        for kind in self._kinds(call.func, frame):
            for text in self._told(call.args[0], frame) if call.args else []:
                if not text.startswith("…"):
                    yield Raised(kind, " ".join(text.split()))

    def _told(self, said: ast.expr, frame: Frame) -> Texts:
        """The texts of an error; those of a field are whatever objects of this module are made with."""
        if isinstance(said, ast.Attribute) and said.attr not in frame.about:
            module = frame.function.module
            holders = [kind for kind in self._source.classes if said.attr in dict(self._source.fields(kind))]
            made = [(call, inside) for kind in holders for inside in self._source.functions if inside.module == module
                    for call in self._source.calls(kind) if call in inside.nodes]  # fmt: skip
            held = [(self._fields(call.func.id, call).get(said.attr), inside) for call, inside in made
                    if isinstance(call.func, ast.Name)]  # fmt: skip
            return [text for value, inside in held if value for text in self._following.texts(value, Frame(inside))]
        return self._following.texts(said, frame)

    def _kinds(self, called: ast.expr, frame: Frame) -> list[str]:
        """The classes of the tree that a call makes an error of."""
        match called:
            case ast.Name(id=name):
                return [name] if name in self._tree else []
            case ast.Call(func=ast.Name(id="type")):
                return [self._tree[0]]  # that of another error, whichever it is
            case ast.Attribute(attr=name) if name in frame.about:
                return self._kinds(frame.about[name], frame)
            case _:
                return []

    def _helpers(self, call: ast.Call, inside: Function) -> list[Function]:
        """The functions that a call may be of, if they return an error."""
        found = [one for one in self._following.called(call, inside) if self._returns_error(one)]
        return [one for one in found if one.needed <= len(call.args) + len(call.keywords) <= len(one.parameters)]

    def _returns_error(self, function: Function) -> bool:
        return any(name in ast.unparse(function.node.returns or ast.Constant("")).split("[")[0] for name in self._tree)

    # Constant objects with the class of their errors

    def _with_errors(self) -> list[str]:
        """The classes that have a class of errors as a field."""
        errors = {f"type[{name}]" for name in self._tree}
        kinds = self._source.classes
        return [kind for kind in kinds if any(ast.unparse(what) in errors for _, what in self._source.fields(kind))]

    def _made(self, kind: str) -> list[ast.Call]:
        return list(self._source.made(kind).values())

    def _fields(self, kind: str, call: ast.Call) -> dict[str, ast.expr]:
        names = [name for name, _ in self._source.fields(kind)]
        by_name = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        return {**dict(zip(names, call.args, strict=False)), **by_name}

    def _about(self, call: ast.Call, frame: Frame) -> Sequence[Mapping[str, ast.expr]]:
        """The constant objects that a call of what returns an error may be about."""
        if frame.about or not self._choices:
            return [frame.about]
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        named = self._constants_in(receiver) or self._held(ast.unparse(receiver), frame.function)
        return named or self._choices

    def _held(self, receiver: str, inside: Function) -> list[Mapping[str, ast.expr]]:
        """Those that `self`, or an attribute of it, was made with."""
        if receiver.partition(".")[0] != "self":
            return []
        beginnings = self._source.methods("__init__", inside.of)
        direct = [
            one for start in beginnings for value in start.assigned(receiver) for one in self._constants_in(value)
        ]
        return direct or [one for call in self._source.calls(inside.of) for one in self._constants_in(call)]

    def _constants_in(self, expression: ast.expr) -> list[Mapping[str, ast.expr]]:
        names = {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}
        known = {name: self._fields(kind, call) for kind in self._with_errors()
                 for name, call in self._source.made(kind).items()}  # fmt: skip
        return [known[name] for name in sorted(names & known.keys())]


def _bound(target: ast.expr, value: ast.expr) -> dict[str, Texts]:
    """The texts of names that a loop unpacks a constant into."""
    match target, value:
        case ast.Tuple(elts=targets), ast.Tuple(elts=values):
            pairs = zip(targets, values, strict=False)
            return {name: texts for one, other in pairs for name, texts in _bound(one, other).items()}
        case ast.Name(id=name), ast.Constant(value=str(text)):
            return {name: [text]}
        case _:
            return {}
