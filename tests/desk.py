"""A desk at which evaluations are tried: a set, its stories, and a chatbot that says what it is told to."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.__main__ import main
from eval.cases import EvalSet
from eval.reading import read_set
from eval.reporting.figures import Report
from eval.run import How, evaluate
from index.settings import Settings
from index.stories import read_stories
from rag.answer import Answer
from tests.chatbots import Scripted, Shelf, answered, hits_of, quoted, refused
from tests.library import write_library

GOLD = "It took me seven months."
CASES: list[dict[str, Any]] = [
    {
        "id": "c1",
        "type": "single",
        "question": "How long?",
        "answerable": True,
        "gold": [{"story": "baker.md", "quote": GOLD}],
    },
    {
        "id": "c2",
        "type": "followup",
        "question": "And then?",
        "answerable": True,
        "history": [{"role": "user", "content": "Hm?"}],
    },
    {"id": "c3", "type": "out_of_scope", "question": "Rain tomorrow?", "answerable": False},
]


@dataclass(frozen=True)
class Desk:
    """A folder with a set and its stories, and a chatbot for them."""

    folder: Path
    chatbot: Scripted

    @property
    def settings(self) -> Settings:
        return Settings.load(stories=self.folder / "stories", index=self.folder / "index")

    @property
    def set(self) -> Path:
        return self.folder / "set.jsonl"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def run(self, how: How | None = None, **changes: Any) -> Report:
        chatbot = replace(self.chatbot, **changes)
        return evaluate([self.read()], self.settings, self.out, lambda: chatbot, how)[0]

    def asked(self, chatbot: Scripted, how: How | None = None) -> Report:
        """Run with another chatbot."""
        return evaluate([self.read()], self.settings, self.out, lambda: chatbot, how)[0]

    def read(self) -> EvalSet:
        return read_set(self.set)

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "results.jsonl").read_text("utf-8").split("\n") if line]

    def command(self, *more: str) -> int:
        """The exit code of the command, which may write over an earlier run."""
        places = [
            "--stories",
            str(self.folder / "stories"),
            "--index",
            str(self.folder / "index"),
            "--out",
            str(self.out),
            "--force",
        ]
        return main(["run", str(self.set), *places, *more])


def write_set(file: Path, cases: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")


def open_desk(folder: Path) -> Desk:
    """The made-up library, three cases on it, and a chatbot that handles them all rightly. No index is built."""
    stories = read_stories(write_library(folder / "stories")).stories
    baker = next(story for story in stories if story.id == "baker.md")
    hits = (hits_of([baker]) * 20)[:20]
    replies: dict[str, Answer | BaseException] = {
        "How long?": replace(
            answered("How long?", [quoted(1, baker, GOLD)], hits), seconds={"retrieve": 0.1, "answer": 0.2}
        ),
        "And then?": answered("And then?", [quoted(1, baker, "I sent forty applications")], hits),
        "Rain tomorrow?": refused("Rain tomorrow?", hits),
    }
    chatbot = Scripted(Shelf(stories), replies)
    write_set(folder / "set.jsonl", CASES)
    return Desk(folder, chatbot)
