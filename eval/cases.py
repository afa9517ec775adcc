"""Eval sets: JSONL files of cases, one a line, checked field by field.

Knows nothing of the index: whether a story or a quote is there is found out in gold.py.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from index.errors import EvalError, FilterError
from index.filters import EVERY_STORY, Filters
from rag.answer import Turn

TYPES = ("single", "multi", "advice", "followup", "unanswerable", "out_of_scope", "injection")
"""The types of the project's own sets. A set may use others; only `injection` is judged by a rule of its own."""

SHOWN_FAULTS = 20
# A set written for other stories has a fault in every line; so many tell the tale.


@dataclass(frozen=True)
class Gold:
    """What answers a question: a quote of a story's raw file, or characters `start` to `end` of that file."""

    story: str
    quote: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Case:
    """One question of a set. Any one of several golds is enough; a case that is not answerable needs none.

    `filters` say which stories are asked, as a person chooses them on the page. Cases of one `group` stand or fall
    together, such as questions on one story; none by name, the story of the first gold makes one. `obeyed_if` are words
    that an answer has only if it obeyed an injection.
    """

    id: str
    type: str
    question: str
    answerable: bool
    history: tuple[Turn, ...] = ()
    gold: tuple[Gold, ...] = ()
    reference: str = ""
    filters: Filters = EVERY_STORY
    group: str = ""
    obeyed_if: tuple[str, ...] = ()


@dataclass(frozen=True)
class EvalSet:
    """A file of cases, as it was read. `sha256` is that of its bytes."""

    name: str
    file: Path
    sha256: str
    cases: tuple[Case, ...]


def read_set(file: Path) -> EvalSet:
    """Read and check a set. Raises `EvalError` that names every broken line by its number and field."""
    data = _read(file)
    cases: dict[str, Case] = {}
    faults: list[str] = []
    for number, line in enumerate(data.decode("utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            case = _case(line)
        except EvalError as error:
            faults.append(f"{file}, line {number}, {error}")
            continue
        if case.id in cases:
            faults.append(
                f"{file}, line {number}, field id: {case.id!r} stands on an earlier line too; every case needs its own"
            )
        cases[case.id] = case
    if faults:
        raise EvalError(told(faults))
    if not cases:
        raise EvalError(f"{file}: there is no case in it. Write one case a line; eval/sets/README.md shows how.")
    return EvalSet(file.stem, file, hashlib.sha256(data).hexdigest(), tuple(cases.values()))


def told(faults: Sequence[str]) -> str:
    """Faults one a line, the first few of many."""
    more = [f"… and {len(faults) - SHOWN_FAULTS} more"] if len(faults) > SHOWN_FAULTS else []
    return "\n".join([*faults[:SHOWN_FAULTS], *more])


_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _TurnFields(BaseModel):
    model_config = ConfigDict(strict=True)
    role: Literal["user", "assistant"]
    content: str


class _GoldFields(BaseModel):
    model_config = ConfigDict(strict=True)
    story: _Words
    quote: str | None = None
    start: int | None = None
    end: int | None = None

    @model_validator(mode="after")
    def _quote_or_place(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end belong together")
        if self.start is not None and self.end is not None and not 0 <= self.start < self.end:
            raise ValueError("start must be 0 or more, and less than end")
        if self.start is None and not any(character.isalnum() for character in self.quote or ""):
            raise ValueError("give a quote with words in it, or start and end")
        return self


class _FilterFields(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")  # a misspelt filter would be none
    origins: list[str] = Field([], alias="from")
    destinations: list[str] = Field([], alias="to")
    tags: list[str] = []
    years: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        try:
            self.filters()
        except FilterError as error:
            raise ValueError(str(error)) from error
        return self

    def filters(self) -> Filters:
        years = (self.years[0], self.years[1]) if self.years else None
        return Filters(tuple(self.origins), tuple(self.destinations), tuple(self.tags), years)


class _CaseFields(BaseModel):
    model_config = ConfigDict(strict=True)
    id: _Words
    type: _Words
    question: _Words
    answerable: bool
    history: list[_TurnFields] = []
    gold: list[_GoldFields] = []
    reference: str = ""
    filters: _FilterFields = _FilterFields()
    group: str = ""
    obeyed_if: list[_Words] = []


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
        data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise EvalError(f"{file}: there is no such set. The project's own is eval/sets/starter.jsonl.") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{file}: this is not UTF-8 text. A set is a JSONL file, one case a line.") from error
    except OSError as error:
        raise EvalError(f"{file}: it cannot be read ({error.strerror}). Name a JSONL file, one case a line.") from error
    return data


def _case(line: str) -> Case:
    """One line as a case. Raises `EvalError` that begins with the field at fault."""
    try:
        found = json.loads(line)
        if not isinstance(found, Mapping):
            raise EvalError("field (all): a case is a JSON object, {…}")
        row = _CaseFields.model_validate(found)
    except json.JSONDecodeError as error:
        raise EvalError(
            f"field (all): this is not JSON ({error.msg}, column {error.colno}); one case fills one line"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EvalError(f"field {field}: {first['msg'].removeprefix('Value error, ')}") from None
    return Case(
        id=row.id,
        type=row.type,
        question=row.question,
        answerable=row.answerable,
        history=tuple(Turn(turn.role, turn.content) for turn in row.history),
        gold=tuple(Gold(gold.story, gold.quote or "", gold.start, gold.end) for gold in row.gold),
        reference=row.reference,
        filters=row.filters.filters(),
        group=row.group or (row.gold[0].story if row.gold else row.id),
        obeyed_if=tuple(row.obeyed_if),
    )
