"""Votes: what readers think of answers, kept in one file on this machine for whoever tends the library.

A vote is a line of JSON in the form that `python -m eval make --feedback` reads (docs/eval-sets.md says which). A vote
that is changed takes the place of the earlier one; one that is withdrawn is gone. Knows nothing of the page.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import portalocker
from pydantic import BaseModel, ConfigDict, Field

from index.errors import StoreError
from rag.answer import Turn
from ui.chat import history, received
from ui.reader import Shelf
from ui.transcript import Exchange, exchanges

FILE = "feedback.jsonl"
LOCK = "feedback.lock"
LARGEST_FILE = 50_000_000
"""Bytes; a file of votes that has grown so large is one that nobody reads, or that somebody fills on purpose."""
LONGEST_TEXT = 20_000
"""Characters of a question, and of an answer, that are kept."""
LONGEST_REASON = 1_000


class Cast(BaseModel):
    """What the browser sends: the vote on the message at `index`. `ballot` names the vote, so that it can be changed.

    No `vote` withdraws it.
    """

    model_config = ConfigDict(strict=True)

    ballot: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    vote: Literal["up", "down", ""]
    index: Annotated[int, Field(ge=1)]
    messages: list[Any]
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


@dataclass(frozen=True)
class Vote:
    """A vote on an answer, with what was asked before it."""

    ballot: str
    vote: str
    exchange: Exchange
    history: tuple[Turn, ...] = ()
    reason: str = ""
    generation: int = 0
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to_line(self) -> str:
        """The vote as a line of the file."""
        fields = {
            "time": self.time.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "vote": self.vote,
            "reason": self.reason,
            "question": self.exchange.question[:LONGEST_TEXT],
            "history": [{"role": turn.role, "content": turn.text[:LONGEST_TEXT]} for turn in self.history],
            "answer": self.exchange.answer[:LONGEST_TEXT],
            "refused": self.exchange.refused,
            "citations": [
                {
                    "number": source.number,
                    "story": source.story.id,
                    "start": source.start,
                    "end": source.end,
                    "text": source.quote,
                }
                for source in self.exchange.sources
                if source.story
            ],
            "generation": self.generation,
            "ballot": self.ballot,
        }
        return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def read_vote(cast: Cast, shelf: Shelf, generation: int) -> Vote | None:
    """The vote that was cast, its citations as the library has them; None where nothing was answered."""
    messages = received(cast.messages)[: cast.index + 1]
    if len(messages) != cast.index + 1 or [item["role"] for item in messages[-2:]] != ["user", "assistant"]:
        return None
    exchange = exchanges(messages[-2:], shelf)[0]
    if not exchange.question or not exchange.answer:
        return None
    said = exchange.generation if 0 < exchange.generation <= generation else generation
    return Vote(cast.ballot, cast.vote, exchange, tuple(history(messages[:-2])), cast.reason.strip(), said)


class VoteFile:
    """The file of votes in a folder. Safe to use from several threads, and from several servers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = folder / LOCK

    def keep(self, vote: Vote) -> None:
        """Write a vote, in place of an earlier one with the same ballot. Raises `StoreError`."""
        line = f"{vote.to_line()}\n".encode()
        with self._alone():
            if self._size() + len(line) > LARGEST_FILE:
                raise StoreError(f"{self.path}: it is full. Move it elsewhere, and votes are kept again.")
            if not self._is_rewritten(vote.ballot, line):
                self._append(line)

    def take_out(self, ballot: str) -> None:
        """Withdraw a vote; one that is not there is withdrawn already. Raises `StoreError`."""
        with self._alone():
            self._is_rewritten(ballot)

    def _append(self, line: bytes) -> None:
        """Write a line behind the others; where the disk refuses the whole of it, none of it stays."""
        with self.path.open("ab", buffering=0) as file:
            before = file.tell()
            try:
                while line:
                    line = line[file.write(line) :]
            except OSError:
                file.truncate(before)
                raise

    def _is_rewritten(self, ballot: str, line: bytes = b"") -> bool:
        """Write the file with another line in place of a ballot's, at once; False where it has no such line."""
        lines = self.path.read_bytes().splitlines(keepends=True) if self._size() else []
        # As a key of the line itself: inside another string its quotation marks would be escaped.
        key = f'"ballot": "{ballot}"'.encode()
        kept = [line for line in lines if key not in line]
        if len(kept) == len(lines):
            return False
        beside = self.path.with_suffix(".tmp")
        try:
            beside.write_bytes(b"".join([*kept, line]))
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)
        return True

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with portalocker.Lock(self._lock, "a", flags=portalocker.LockFlags.EXCLUSIVE):
                yield
        except OSError as error:
            raise StoreError(
                f"{self.path}: votes cannot be written there ({error.strerror}). Make the folder writable."
            ) from error
