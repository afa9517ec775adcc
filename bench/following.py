"""The texts that an expression may be, as far as its source tells: nothing is imported or run.

Followed are f-strings, concatenations, constants, local names, and functions that return text. What is known only
while the product runs becomes a placeholder in angle brackets, called as the expression is. Knows nothing of errors.
"""

import ast
import itertools
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.source import Function, Source
from bench.wording import is_placeholder, joined, placeholder

MOST = 12
"""A function that could give more texts than these is a placeholder."""
SAME = frozenset({"strip", "rstrip", "lstrip", "removeprefix", "removesuffix", "replace", "capitalize"})
"""Methods after which a text is read as before."""
Texts = list[str]


@dataclass(frozen=True)
class Frame:
    """A function that is looked at: the texts it was given, and the fields of the constant object it is about."""

    function: Function
    given: Mapping[str, Texts] = field(default_factory=dict)
    about: Mapping[str, ast.expr] = field(default_factory=dict)


class Following:
    """Follows the expressions of a source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._under_way: set[tuple[int, int]] = set()
        """The expressions, with their functions, that are being followed: one that is met again is a loop."""

    def arguments(self, call: ast.Call, function: Function, frame: Frame) -> dict[str, Texts]:
        """The texts that a call gives a function."""
        by_name = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        given = {**dict(zip(function.parameters, call.args, strict=False)), **by_name}
        return {name: self.texts(value, frame) for name, value in given.items()}

    def texts(self, expression: ast.expr, frame: Frame) -> Texts:
        """The texts that an expression may be, at least one."""
        mark = id(expression), id(frame.function)
        if mark in self._under_way:
            return [placeholder(expression)]
        self._under_way.add(mark)
        try:
            found = list(dict.fromkeys(self._followed(expression, frame)))
        finally:
            self._under_way.discard(mark)
        return found if 0 < len(found) <= MOST else [placeholder(expression)]

    def called(self, call: ast.Call, inside: Function) -> list[Function]:
        """The functions that a call may be of: of a method of another object, all of that name."""
        match call.func:
            case ast.Name(id=name):
                function = self._source.function(inside.module, name)
                return [function] if function else []
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self._source.methods(name, inside.of)
            case ast.Attribute(attr=name):
                return self._source.methods(name)
            case _:
                return []

    def _followed(self, expression: ast.expr, frame: Frame) -> Texts:  # noqa: C901, PLR0911, PLR0912  # a case a kind
        match expression:
            case ast.Constant(value=value):
                return [str(value)]
            case ast.JoinedStr(values=parts):
                return self._product([self._part(part, frame) for part in parts])
            case ast.BinOp(left=left, op=ast.Add(), right=right) if not _is_number(left) and not _is_number(right):
                return self._product([self.texts(left, frame), self.texts(right, frame)])
            case ast.BinOp():
                return [
                    _computed(expression, [self.texts(part, frame) for part in (expression.left, expression.right)])
                ]
            case ast.IfExp(body=first, orelse=second):
                return [*self.texts(first, frame), *self.texts(second, frame)]
            case ast.BoolOp(values=values):
                return [text for value in values for text in self.texts(value, frame)]
            case ast.List(elts=[]):
                return [""]
            case ast.Dict(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
                return [text for value in values for text in self.texts(value, frame)]
            case ast.ListComp(elt=one) | ast.GeneratorExp(elt=one) | ast.Starred(value=one):
                return self.texts(one, frame)
            case ast.Subscript(value=ast.Name() as value):
                return self._own_name(expression, self.texts(value, frame))
            case ast.Name(id="self"):
                shown = [value for one in self._source.methods("__str__", frame.function.of) for value in one.returned]
                return [text for value in shown for text in self.texts(value, frame)]
            case ast.Name(id=name):
                return self._named(expression, name, frame)
            case ast.Attribute(attr=name) if name in frame.about:
                return self.texts(frame.about[name], frame)
            case ast.Call():
                return self._own_name(expression, self._given_by(expression, frame))
            case _:
                return [placeholder(expression)]

    def _named(self, expression: ast.expr, name: str, frame: Frame) -> Texts:
        if name in frame.given:
            return self._own_name(expression, frame.given[name])
        if assigned := frame.function.assigned(name):
            texts = [text for value in assigned for text in self.texts(value, frame)]
            return self._own_name(expression, texts)
        if name not in frame.function.parameters and (found := self._source.constant(frame.function.module, name)):
            return self.texts(found[1], replace(frame, function=replace(frame.function, module=found[0])))
        return [placeholder(expression)]

    def _own_name(self, expression: ast.expr, texts: Texts) -> Texts:
        """The texts, or a placeholder called as the expression is if they say nothing."""
        says_nothing = all(is_placeholder(text) or not text for text in texts)
        return [placeholder(expression)] if says_nothing else texts

    def _given_by(self, call: ast.Call, frame: Frame) -> Texts:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join"), args=[parts]):
                items = self._items(parts, frame)
                known = self._product([self.texts(one, frame) for one in items or []], between)
                return known if items else self.texts(parts, frame)
            case ast.Call(func=ast.Attribute(value=value, attr="format")):
                fields = {one.arg: self.texts(one.value, frame) for one in call.keywords if one.arg}
                return [text for form in self.texts(value, frame) for text in self._filled(form, fields)]
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in SAME:
                return self.texts(value, frame)
            case ast.Call(func=ast.Name(id="str" | "filter" | "tuple" | "list" | "Path"), args=[*_, last]):
                return self.texts(last, frame)
            case _:
                callees = self.called(call, frame.function) if _is_plain(call.func) else []
                frames = [Frame(one, self.arguments(call, one, frame), frame.about) for one in callees]
                return [text for inner in frames for value in inner.function.returned
                        for text in self.texts(value, inner)]  # fmt: skip

    def _items(self, parts: ast.expr | None, frame: Frame) -> list[ast.expr] | None:
        """The items of a list, or of a constant; None where not all are known."""
        match parts:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                found = [self._items(one.value, frame) if isinstance(one, ast.Starred) else [one] for one in items]
                known = [one for one in found if one is not None]
                return [item for one in known for item in one] if len(known) == len(found) else None
            case ast.Dict(keys=keys):
                return [key for key in keys if key is not None]
            case ast.Name(id=name) if constant := self._source.constant(frame.function.module, name):
                return self._items(constant[1], frame)
            case _:
                return None

    def _part(self, part: ast.expr, frame: Frame) -> Texts:
        """A part of an f-string: short alternatives as one placeholder, and nothing left out that may be there."""
        if not isinstance(part, ast.FormattedValue):
            return self.texts(part, frame)
        texts = [text for text in self.texts(part.value, frame) if text] or [""]
        return joined([_formatted(text, part) for text in texts], placeholder(part.value))

    def _filled(self, form: str, fields: Mapping[str, Texts]) -> Texts:
        parts = string.Formatter().parse(form)
        known = [[[before], joined([text for text in fields.get(name or "", [""]) if text] or [""], f"<{name}>")]
                 for before, name, _, _ in parts]  # fmt: skip
        return self._product([texts for pair in known for texts in pair])

    @staticmethod
    def _product(parts: Sequence[Texts], between: str = "") -> Texts:
        return [between.join(chosen) for chosen in itertools.islice(itertools.product(*parts), MOST + 1)]


def _is_plain(called: ast.expr) -> bool:
    """Whether it is certain what is called: a function, or a method of the same object."""
    return isinstance(called, ast.Name) or (
        ast.unparse(called).startswith("self.") and ast.unparse(called).count(".") == 1
    )


def _formatted(text: str, part: ast.FormattedValue) -> str:
    if is_placeholder(text):
        return f"'{text}'" if part.conversion == ord("r") else text
    how = "".join(str(one.value) for one in getattr(part.format_spec, "values", []) if isinstance(one, ast.Constant))
    number = float(text) if how and text.replace(".", "").replace("_", "").isdigit() else None
    if number is None:
        return repr(text) if part.conversion == ord("r") else text
    return format(int(number) if number == int(number) and how == "," else number, how)


def _computed(expression: ast.BinOp, sides: Sequence[Texts]) -> str:
    """Arithmetic on constants."""
    if isinstance(expression.op, ast.Div) and not any(is_placeholder(texts[0]) for texts in sides):
        return "/".join(texts[0] for texts in sides)  # of a path
    try:
        left, right = (int(texts[0]) for texts in sides)
    except ValueError:
        return placeholder(expression)
    match expression.op:
        case ast.FloorDiv():
            return str(left // right)
        case ast.Pow():
            return str(left**right)
        case ast.Mult():
            return str(left * right)
        case _:
            return placeholder(expression)


def _is_number(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and isinstance(expression.value, int | float)
