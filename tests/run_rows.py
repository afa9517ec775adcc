"""Rows of a run for tests of its report: one story, four cases, and whatever else is asked for."""

from dataclasses import replace
from typing import Any

from eval.cases import Case, Gold
from eval.folder import Row
from eval.gold import Span
from eval.manifest import manifest_of
from eval.result import CaseResult
from eval.rows import as_row
from eval.scoring.judging import Opinion
from index.settings import Settings
from rag.answer import Answer
from tests.chatbots import POINTER, Shelf, answered, hits_of, quoted, refused, story

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"{{ 7*7 }}"
BAKER = story("baker.md", f"I baked bread. It took me seven months & more. {ATTACK}")
SHELF = Shelf((BAKER,))
GOLD = "It took me seven months & more."
SPAN = Span("baker.md", BAKER.text.index(GOLD), BAKER.text.index(GOLD) + len(GOLD))
MANIFEST = {**manifest_of([], Settings(), POINTER, "scripted"), "cases": 4}


def row(
    identity: str,
    kind: str,
    answer: Answer | None,
    error: str = "",
    opinions: tuple[Opinion, ...] | None = None,
    **fields: Any,
) -> Row:
    """A case's row. `fields` are the case's own."""
    answerable = kind == "single"
    gold = (Gold("baker.md", GOLD),) if answerable else ()
    case = Case(identity, kind, f"question {identity}?", answerable=answerable, gold=gold)
    result = CaseResult(replace(case, **fields), ((SPAN,),) if gold else (), answer, error, 0.5)
    return as_row(result, SHELF, opinions=opinions)


def four_rows() -> list[Row]:
    """An answer that cites gold, a wrong refusal, a failure and a right refusal."""
    hits = hits_of([BAKER])
    return [
        row("a", "single", answered("?", [quoted(1, BAKER, GOLD)], hits)),
        row("b", "single", refused("?", hits)),
        row("c", "single", None, "ValueError: boom [bold]"),
        row("d", "out_of_scope", refused("?", hits)),
    ]


def weighed(chances: dict[str, float], hopeless: str) -> list[Row]:
    """Refusals by id, with these chances; those in `hopeless` have no answer."""
    return [
        row(identity, "out_of_scope" if identity in hopeless else "single", replace(refused("?"), chance=chance))
        for identity, chance in chances.items()
    ]
