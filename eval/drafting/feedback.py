"""Feedback: the votes of the chat's readers → drafts of cases, of the answers that they disliked.

A vote is a line of JSON with the question, the conversation before, the answer and what it cited. Nothing else that a
line may hold is looked at. Knows nothing of who voted, and of how votes are gathered.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints, ValidationError
from rapidfuzz import fuzz

from eval.cases import Gold, told
from eval.drafting.drafts import Draft
from index.errors import EvalError
from rag.answer import Turn

ALIKE = 92.0
"""Two questions after the same conversation are one from this likeness on, in 0..100."""
SHOWN = 200
"""Characters of a disliked answer that the reviewer is shown."""


class _Said(BaseModel):
    role: Literal["user", "assistant"]
    content: str


class _Cited(BaseModel):
    story: str
    text: str


class Vote(BaseModel):
    """A line of the file."""

    vote: Literal["up", "down"]
    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    reason: str = ""
    history: list[_Said] = []
    answer: str = ""
    refused: bool = False
    citations: list[_Cited] = []


def read_votes(file: Path) -> list[Vote]:
    """The votes in a file. Raises `EvalError` that names every broken line by its number and field."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"{file}: it cannot be read as UTF-8 text ({error}). Name a file of votes, JSONL.") from error
    votes, faults = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            votes.append(Vote.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "(all)"
            faults.append(f"{file}, line {number}, field {field}: {first['msg']}")
    if faults:
        raise EvalError(told(faults))
    return votes


def feedback_drafts(votes: Sequence[Vote]) -> list[Draft]:
    """A draft for each question that was answered badly, votes on the same one put together, in order of the first."""
    merged: list[list[Vote]] = []
    for vote in votes:
        if vote.vote == "down":
            same = next((group for group in merged if _is_same(group[0], vote)), None)
            if same is None:
                merged.append([vote])
            else:
                same.append(vote)
    return [_draft(group) for group in merged]


def _is_same(one: Vote, other: Vote) -> bool:
    alike = fuzz.token_sort_ratio(one.question.casefold(), other.question.casefold()) >= ALIKE
    return alike and one.history == other.history


def _draft(votes: Sequence[Vote]) -> Draft:
    first = votes[0]
    cited = dict.fromkeys(Gold(one.story, one.text) for vote in votes for one in vote.citations if one.text.strip())
    draft = Draft(
        story=next((gold.story for gold in cited), ""),
        type="followup" if first.history else "single",
        question=first.question,
        answerable=None,
        gold=tuple(cited),
        history=tuple(Turn(said.role, said.content) for said in first.history),
    )
    return replace(draft, note=_note(votes))


def _note(votes: Sequence[Vote]) -> str:
    """What was disliked, and what is to be decided."""
    first = votes[0]
    times = f"disliked {len(votes)} times" if len(votes) > 1 else "disliked"
    reasons = dict.fromkeys(" ".join(vote.reason.split()) for vote in votes if vote.reason.strip())
    why = f" ({'; '.join(reasons)})" if reasons else ""
    answer = " ".join(first.answer.split())
    shown = f"{answer[:SHOWN]}…" if len(answer) > SHOWN else answer
    did = "refused" if first.refused else f"answered “{shown}”"
    return f"{times}{why}; the chat {did}. Say whether it is answerable, and leave only quotes that answer it"
