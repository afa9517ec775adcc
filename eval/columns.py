"""Columns: what a row of a table means, and what the names of ragas mean, as the fields of a case.

Knows nothing of files and lines, nor of which fields a case must have: those are reading.py's and cases.py's.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from index.errors import EvalError

YES = frozenset({"yes", "y", "x", "1", "true"})
NO = frozenset({"no", "n", "0", "false"})
"""What cells say, in any case."""

QUESTIONS = frozenset({"question", "user_input"})
"""Columns of which a table needs one."""


def is_kept(cells: Mapping[str, str]) -> bool | None:
    """What the column `keep` of a review file says: None where it is blank. A row without that column is kept.

    Raises `EvalError` that begins with the field at fault.
    """
    return _truth("keep", cells["keep"]) if "keep" in cells else True


def fields_of_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    """The fields that the cells of a row make: blank ones are left out, lists are read, golds are put together.

    Raises `EvalError` that begins with the field at fault; so it does where somebody reviewed a row and did not say
    whether it is answerable.
    """
    fields: dict[str, Any] = {name: cell for name, cell in cells.items() if cell.strip()}
    if "keep" in cells and "answerable" not in fields:
        raise EvalError("field answerable: say true or false before you keep this row")
    if "answerable" in fields:
        fields["answerable"] = _truth("answerable", cells["answerable"])
    for name in ("history", "gold", "filters"):
        if name in fields:
            fields[name] = _json(name, cells[name])
    if "obeyed_if" in fields:
        fields["obeyed_if"] = _list_in(cells["obeyed_if"]) or [cells["obeyed_if"]]
    for name in ("user_input", "reference_contexts", "contexts", "ground_truths"):
        if name in fields:
            fields[name] = _list_in(cells[name]) or cells[name]
    given = fields.get("gold", [])
    if not isinstance(given, list):
        raise EvalError('field gold: it must be a list of golds, such as [{"story": "…", "quote": "…"}]')
    return {**fields, "gold": [*given, *_golds(fields)]}


def without_ragas_names(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those that ragas names otherwise under the names of a case.

    `user_input` is the question, or a conversation that ends with it; `reference_contexts` are golds of which no story
    is known. Before ragas 0.2 these were `question`, `contexts` and `ground_truth` or `ground_truths`; `contexts`
    beside an `answer` are what a chatbot retrieved, and no gold. Source: SingleTurnSample and MultiTurnSample of
    ragas/dataset_schema.py. Raises `EvalError` that begins with the field at fault.
    """
    found = dict(fields)
    if "user_input" in fields:
        found |= _asked(fields["user_input"])
    name = "contexts" if "contexts" in fields and "answer" not in fields else "reference_contexts"
    if fields.get(name) and not fields.get("gold"):
        found["gold"] = [{"story": "", "quote": context} for context in _texts(name, fields[name])]
    for name in ("ground_truth", "ground_truths"):
        if fields.get(name) and not found.get("reference"):
            found["reference"] = _texts(name, fields[name])[0]
    is_of_ragas = bool(_OF_RAGAS & fields.keys())
    return {name: value for name, value in found.items() if value is not None} if is_of_ragas else found


def column_of(fault: str) -> str:
    """A fault of a field, told by the column that it came from: gold.1.quote is `quote_2`."""

    def column(found: re.Match[str]) -> str:
        number = int(found["number"]) + 1
        return f"field {found['name'] or 'quote'}{f'_{number}' if number > 1 else ''}:"

    return _GOLD_FIELD.sub(column, fault)


_OF_RAGAS = frozenset({"user_input", "reference_contexts", "contexts", "ground_truth", "ground_truths"})
_GOLD_FIELD = re.compile(r"^field gold\.(?P<number>\d+)(?:\.(?P<name>\w+))?:")
_GOLD_COLUMN = re.compile(r"(?P<name>story|quote|start|end)(?:_(?P<number>[1-9]\d*))?")
_HOP = re.compile(r"^\s*<\d+-hop>\s*")
# What ragas writes before the contexts of a question that needs several.


def _golds(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The golds of the columns story, quote, start and end, then of story_2 and so on."""
    golds: dict[int, dict[str, Any]] = {}
    for column, cell in fields.items():
        found = _GOLD_COLUMN.fullmatch(column)
        if found:
            value = _whole(column, cell) if found["name"] in {"start", "end"} else cell
            golds.setdefault(int(found["number"] or 1), {"story": ""})[found["name"]] = value
    return [golds[number] for number in sorted(golds) if golds[number].keys() != {"story"}]


def _truth(name: str, cell: str) -> bool | None:
    said = cell.strip().lower()
    if said and said not in YES | NO:
        raise EvalError(f"field {name}: {cell.strip()!r} is neither yes nor no")
    return said in YES if said else None


def _whole(name: str, cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise EvalError(f"field {name}: {cell.strip()!r} is no whole number") from None


def _json(name: str, cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise EvalError(f"field {name}: this cell must be JSON ({error})") from None


def _list_in(cell: str) -> list[Any]:
    """The list that a cell holds, as JSON or as Python writes it; empty if it holds none."""
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if isinstance(found, list):
            return found
    return []


def _texts(name: str, value: Any) -> list[str]:
    """One text or several, without ragas' marks of hops. Raises `EvalError` where there is none with words in it."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        raise EvalError(f"field {name}: it must be a text, or a list of texts")
    texts = [_HOP.sub("", text) for text in values if any(character.isalnum() for character in text)]
    if not texts:
        raise EvalError(f"field {name}: there are no words in it")
    return texts


def _asked(said: Any) -> dict[str, Any]:
    """The question of a `user_input`; of a conversation its last one, and what was said before it."""
    if not isinstance(said, list):
        return {"question": said}
    turns = [turn for message in said if (turn := _turn(message))]
    places = [place for place, turn in enumerate(turns) if turn["role"] == "user"]
    if not places:
        raise EvalError("field user_input: nothing in this conversation is said by a human")
    return {"question": turns[places[-1]]["content"], "history": turns[: places[-1]]}


def _turn(message: Any) -> dict[str, str] | None:
    """A message as a turn; None for one without words, and for one of a tool."""
    if not isinstance(message, Mapping) or not isinstance(message.get("content"), str):
        raise EvalError('field user_input: a message is {"type": "human" or "ai", "content": "…"}')
    speaker = _SPEAKERS.get(str(message.get("type") or message.get("role")))
    return {"role": speaker, "content": message["content"]} if speaker and message["content"].strip() else None


_SPEAKERS: Mapping[str, str] = {"human": "user", "user": "user", "ai": "assistant", "assistant": "assistant"}


def missing_columns(names: Sequence[str]) -> str:
    """What is wrong with a table's header; "" if nothing is."""
    if not QUESTIONS & set(names):
        return "no column is called question or user_input; the first row must name the columns"
    twice = sorted({name for name in names if name and names.count(name) > 1})
    return f"two columns are called {twice[0]}" if twice else ""
