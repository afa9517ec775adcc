"""What an expression is called where its value is not known: `<folder>`, `<number of votes>`, `<is or are>`."""

import ast
import re
from collections.abc import Sequence

SHORT = 3
"""Alternatives of at most so many words are told as one placeholder."""
FEW = 3
"""So many alternatives are told."""
TRANSPARENT = frozenset(
    {"join", "split", "format", "lower", "upper", "casefold", "resolve", "as_posix"}
    | {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace"}
)
"""Methods that say less than what they are called on, or with."""
KEYS = {"msg": "reason"}
"""What the values of other libraries' mappings are called here."""
SAYS_NOTHING = frozenset({"__name__", "strerror", "msg", "value", "name"})
"""Attributes that say less than what they belong to; `name` only of what is not `self`."""


def placeholder(expression: ast.expr) -> str:
    """The name of an expression's value, in angle brackets."""
    return f"<{_name(expression)}>"


def is_placeholder(text: str) -> bool:
    """Whether a text is one placeholder and nothing else."""
    return re.fullmatch(r"'?<[^<>]*>'?", text.strip()) is not None


def joined(texts: Sequence[str], instead: str) -> list[str]:
    """The texts; short ones that are no sentences as one placeholder, `<a or b>`, or `instead` if that tells little."""
    if len(texts) == 1 or any(len(text.split()) > SHORT or text.endswith(".") for text in texts):
        return list(texts)
    is_told = len(texts) <= FEW and not any("<" in text or text.isdigit() for text in texts)
    return [f"<{' or '.join(text.strip() for text in texts)}>" if is_told else instead]


def _name(expression: ast.expr) -> str:  # noqa: C901, PLR0911, PLR0912  # one for each kind of syntax
    match expression:
        case ast.Name(id=name):
            return _words(name)
        case ast.Attribute(value=value, attr=name) if name in SAYS_NOTHING and ast.unparse(value) != "self":
            return _name(value)
        case ast.Attribute(attr=name):
            return _words(name)
        case ast.Call(func=ast.Name(id="len"), args=[counted]):
            return f"number of {_name(counted)}"
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments) if name in TRANSPARENT:
            return _name(value if not arguments or not isinstance(value, ast.Constant) else arguments[0])
        case ast.Call(func=ast.Attribute(attr=name)) if name.startswith("get_"):
            return _words(name.removeprefix("get_"))
        case ast.Call(args=[first, *_]):
            return _name(first)
        case ast.Call(func=called):
            return _name(called)
        case ast.Subscript(value=_, slice=ast.Constant(value=str(key))):
            return KEYS.get(key, _words(key))
        case ast.Subscript(value=value) | ast.Starred(value=value) | ast.Await(value=value):
            return _name(value)
        case ast.BinOp(left=left, right=right):
            return _name(right if isinstance(left, ast.Constant) else left)
        case ast.GeneratorExp(elt=one) | ast.ListComp(elt=one):
            return _name(one)
        case ast.IfExp(body=value) | ast.NamedExpr(value=value):
            return _name(value)
        case ast.BoolOp(values=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            return _name(first)
        case ast.JoinedStr(values=parts):
            held = [part.value for part in parts if isinstance(part, ast.FormattedValue)]
            return _name(held[0]) if held else "…"
        case _:
            return "…"


def _words(name: str) -> str:
    return name.strip("_").replace("_", " ").lower()
