"""Whatever of the page reads in a library that others share: damage is told without a path, and has to be mended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.embedding import Embedder
from index.live import LiveIndex
from index.rebuild import rebuild
from index.store import PassageStore
from rag.settings import RagSettings
from tests.chatbots import answered, quoted
from tests.evaluation_view import opened
from tests.library import write_library
from tests.sites import event, last, site
from ui.actions import server_functions
from ui.answers import message, question
from ui.api import Library
from ui.changing import _Steps as ChangingSteps
from ui.edge import UNEXPECTED, guarded
from ui.evaluation_desk import Desk
from ui.evaluation_running import Order, Runner
from ui.following import _links
from ui.library import _Steps as LibrarySteps
from ui.narrowing import _Steps as NarrowingSteps
from ui.page import _opened
from ui.reader import Place
from ui.shelf import AT_ONCE
from ui.site import Site
from ui.talk import _examples

STORY = "baker.md"
SELECTION: tuple[Any, Any, Any, Any, Any] = ("", [], [], [], "title")
FIELDS: tuple[Any, Any, Any, Any, Any] = ([], [], [], "", "")


class SharedStore(PassageStore):
    """A folder that mirrors a library of others; whether it is to be mended is noted."""

    is_shared = True
    is_suspected = False

    def suspect(self) -> None:
        self.is_suspected = True


@dataclass(frozen=True)
class Shared:
    """The page of a server whose mirror is damaged, and what its browser had from before that."""

    site: Site
    store: SharedStore
    href: str
    talk: list[dict[str, str]]
    folder: Path

    def call(self, name: str, request: dict[str, Any]) -> Any:
        """What the script's function of this name says."""
        return next(one for one in server_functions(self.site) if one.__name__ == name)(request)

    def case(self) -> Any:
        """A case of a run, whose answer cites the story."""
        view = opened(self.folder / "evaluated")
        run = view.run("run")
        return Desk(self.site, view.runs, self.folder).answer({"want": "case", "name": run, "number": 0})

    def run(self) -> None:
        """A set, whose gold is in the story."""
        tried = opened(self.folder / "evaluated").tried
        Runner(self.site.rag, RagSettings(), self.site.ready)._evaluate(Order(tried.read(), tried.out))


@pytest.fixture
def shared(tmp_path: Path, embedder: Embedder) -> Shared:
    """Its stories cannot be read any more; every file is as long as it was."""
    store, stories = SharedStore(tmp_path / "index"), write_library(tmp_path / "stories")
    rebuild(stories, store, embedder)
    of = site(LiveIndex(store, embedder, waits=False), stories)
    story = PassageStore(store.folder).open().story(STORY)
    answer = answered("How long?", [quoted(1, story, story.text[:20])])
    talk = [{"role": "user", "content": question("How long?")}, {"role": "assistant", "content": message(answer)}]
    (file,) = store.folder.glob("shards/*/texts/utf8.npy")
    np.lib.format.open_memmap(file, "r+")[:] = 0xFF
    return Shared(of, store, Place.of(story, 0, 20, number=1).href, talk, tmp_path)


DOORS: dict[str, Callable[[Shared], object]] = {
    "a program searches": lambda of: Library(of.site.rag).search("bread"),
    "a program reads a story": lambda of: Library(of.site.rag).story(STORY),
    "a citation is opened": lambda of: _opened(of.site.rag, {"place": of.href}),
    "an answer is copied": lambda of: of.call("copied", {"messages": of.talk, "index": 1}),
    "a conversation is taken along": lambda of: of.call("exported", {"messages": of.talk}),
    "a vote is cast": lambda of: of.call("voted", {"ballot": "0" * 32, "vote": "up", "index": 1, "messages": of.talk}),
    "the library is looked at": lambda of: LibrarySteps(of.site).opened(*SELECTION, AT_ONCE),
    "the library is searched": lambda of: LibrarySteps(of.site).narrowed(*SELECTION),
    "more of the library is shown": lambda of: LibrarySteps(of.site).further(*SELECTION, AT_ONCE),
    "the ways are drawn": lambda of: LibrarySteps(of.site).pictured(),
    "a story is removed": lambda of: last(ChangingSteps(of.site).removed(None, event({"place": of.href}))),
    "saved stories are linked": lambda of: _links([STORY], of.site.rag),
    "the filters are shown": lambda of: NarrowingSteps(of.site).shown(*FIELDS),
    "examples are shown": lambda of: _examples(of.site.rag),
    "a case is opened": Shared.case,
    "a set is run": Shared.run,
}


@pytest.mark.parametrize("door", DOORS)
def test_damage_is_told_without_a_path_and_has_to_be_mended(shared: Shared, door: str) -> None:
    shown = str(guarded(lambda: DOORS[door](shared), lambda said: said))
    assert UNEXPECTED not in shown
    assert "shards" not in shown
    assert "--check" not in shown
    assert shared.store.is_suspected


def test_what_nobody_shares_is_told_as_it_is(shared: Shared, embedder: Embedder) -> None:
    own = site(LiveIndex(PassageStore(shared.store.folder), embedder, waits=False), shared.site.settings.stories)
    assert "--check" in guarded(lambda: _opened(own.rag, {"place": shared.href}), lambda said: said)
