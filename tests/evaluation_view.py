"""The desk behind the evaluation's view, over runs of a folder, and how a test asks it for a screen."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from eval.run import How, evaluate
from rag.ask import Rag
from rag.upkeep import Readiness
from tests import desk as tried
from tests.chatbots import Scripted
from tests.desk import open_desk
from ui.evaluation_desk import Desk, Reply
from ui.settings import PageSettings
from ui.site import Site


@dataclass(frozen=True)
class View:
    """The desk behind the view, over a folder of runs, and the chatbot that its runs ask."""

    desk: Desk
    runs: Path
    chatbot: Scripted
    tried: tried.Desk

    def ask(self, want: object, **more: object) -> Reply:
        return self.desk.answer({"want": want, **more})

    def html(self, want: str, **more: object) -> str:
        """What is shown; fails where there is a problem instead."""
        reply = self.ask(want, **more)
        assert "problem" not in reply, reply
        return str(reply["html"])

    def problem(self, want: object, **more: object) -> str:
        """The sentence that comes back instead of a screen."""
        reply = self.ask(want, **more)
        assert set(reply) == {"problem"}
        return plain(reply["problem"])

    def run(self, name: str, **changes: Any) -> str:
        """A run of the desk's three cases, as the command makes it."""
        made = replace(self.chatbot, **changes)
        evaluate([self.tried.read()], self.tried.settings, self.runs / name, lambda: made, How(builds=False))
        return name


def plain(markup: str) -> str:
    """The words of some markup."""
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), re.sub(r"<[^>]*>", " ", markup))


def opened(folder: Path, *, editable: bool = True) -> View:
    made = open_desk(folder)
    ready = Readiness()
    ready.settle()
    settings = PageSettings.load(stories=folder / "stories", index=folder / "index")
    site = Site(cast("Rag", made.chatbot), settings, ready, editable)
    return View(Desk(site, folder / "runs", folder / "kept"), folder / "runs", made.chatbot, made)
