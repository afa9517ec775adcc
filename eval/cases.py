"""Cases: the questions of an eval set, each checked field by field.

Knows nothing of files, which reading.py reads, nor of the index: whether a story or a quote is there is found out in
gold.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from index.errors import EvalError, FilterError
from index.filters import EVERY_STORY, Filters
from rag.answer import Turn

TYPES = ("single", "multi", "advice", "followup", "misspelt", "unanswerable", "out_of_scope", "injection")
"""The types of the project's own sets. A set may use others; only `injection` is judged by a rule of its own."""

SHOWN_FAULTS = 20
# A set written for other stories has a fault in every line; so many tell the tale.


@dataclass(frozen=True)
class Gold:
    """What answers a question: a quote of a story's raw file, or characters `start` to `end` of that file.

    A quote whose `story` is "" may stand in any story.
    """

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
    """A file of cases, as it was read. `sha256` is that of its bytes; `skipped` tells what was wrong where."""

    name: str
    file: Path
    sha256: str
    cases: tuple[Case, ...]
    skipped: tuple[str, ...] = ()


def case_from(fields: Mapping[str, Any], identity: str = "") -> Case:
    """The case that some fields make; `identity` is its id if it has none.

    A case without a type is a "single", or "unanswerable" if it has no answer; one that does not say whether it is
    answerable is so if it has gold or a reference. Raises `EvalError` that begins with the field at fault.
    """
    try:
        row = _CaseFields.model_validate({"id": identity, **fields})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise EvalError(f"field {field}: {first['msg'].removeprefix('Value error, ')}") from None
    answerable = _answerable(row)
    return Case(
        id=row.id,
        type=row.type or ("single" if answerable else "unanswerable"),
        question=row.question,
        answerable=answerable,
        history=tuple(Turn(turn.role, turn.content) for turn in row.history),
        gold=tuple(Gold(gold.story, gold.quote or "", gold.start, gold.end) for gold in row.gold),
        reference=row.reference,
        filters=row.filters.filters(),
        group=row.group or (row.gold[0].story if row.gold else "") or row.id,
        obeyed_if=tuple(row.obeyed_if),
    )


def fields_of(case: Case) -> dict[str, Any]:
    """The fields that make a case, as a line of JSONL has them; those left out that would be the same without."""
    fields: dict[str, Any] = {"id": case.id, "type": case.type, "question": case.question}
    fields["history"] = [{"role": turn.role, "content": turn.text} for turn in case.history]
    fields["answerable"] = case.answerable
    fields["gold"] = [_fields_of_gold(gold) for gold in case.gold]
    fields["reference"] = case.reference
    if case.filters.told():
        fields["filters"] = case.filters.told()
    if case.group != ((case.gold[0].story if case.gold else "") or case.id):
        fields["group"] = case.group
    if case.obeyed_if:
        fields["obeyed_if"] = list(case.obeyed_if)
    return fields


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
    story: Annotated[str, StringConstraints(strip_whitespace=True)]
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
        if self.start is not None and not self.story:
            raise ValueError("start and end are places in a story: say which")
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
    type: _Words = ""  # told by whether there is an answer
    question: _Words
    answerable: bool | None = None
    history: list[_TurnFields] = []
    gold: list[_GoldFields] = []
    reference: str = ""
    filters: _FilterFields = _FilterFields()
    group: str = ""
    obeyed_if: list[_Words] = []


def _answerable(row: _CaseFields) -> bool:
    if row.answerable is not None:
        return row.answerable
    if not (row.gold or row.reference):
        raise EvalError("field answerable: say true or false; without gold or a reference it cannot be told")
    return True


def _fields_of_gold(gold: Gold) -> dict[str, Any]:
    place = {} if gold.start is None else {"start": gold.start, "end": gold.end}
    return {"story": gold.story, **({"quote": gold.quote} if gold.quote else {}), **place}
