"""rag.upkeep: what may pass ends nothing, and what nobody had thought of is in the log, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from index.errors import CrossroadsError, EmbedderError, IndexMismatchError, IndexMissingError, ServerError, StoreError
from rag import upkeep as module
from rag.ask import Rag
from rag.upkeep import Upkeep

BROKEN = StoreError("Shard 7 is damaged.")


@dataclass
class Scripted:
    """Fails with these errors, one after the other, and then no more."""

    warming: Sequence[Exception] = ()
    following: Sequence[Exception] = ()
    is_shared: bool = True
    done: list[str] = field(default_factory=list)

    @property
    def index(self) -> SimpleNamespace:
        store = SimpleNamespace(is_shared=self.is_shared)
        return SimpleNamespace(store=store, distrust=lambda: self.done.append("distrust"))

    def warm(self) -> None:
        self._next("warm", self.warming)

    def follow(self) -> None:
        self._next("follow", self.following)

    def _next(self, what: str, errors: Sequence[Exception]) -> None:
        self.done.append(what)
        if self.done.count(what) <= len(errors):
            raise errors[self.done.count(what) - 1]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLLOW_SECONDS", 0.0)


def warmed(rag: Scripted) -> Upkeep:
    upkeep = Upkeep(cast("Rag", rag))
    upkeep.warm()
    return upkeep


def test_a_shared_library_is_waited_for_whatever_is_wrong_with_it(caplog: pytest.LogCaptureFixture) -> None:
    rag = Scripted([IndexMissingError("Being fetched."), BROKEN, BROKEN, IndexMismatchError("Another model.")])
    assert warmed(rag).ready.result(0) is None
    damaged = ["warm", "distrust", "follow"]
    assert rag.done == ["warm", "follow", *damaged, *damaged, "warm", "follow", "warm"]
    assert caplog.text.count("Shard 7 is damaged.") == 1


@pytest.mark.parametrize("error", [BROKEN, IndexMismatchError("Another model."), EmbedderError("No model.")])
def test_what_is_wrong_with_a_folder_is_told_at_once(error: CrossroadsError) -> None:
    assert warmed(Scripted([error], is_shared=False)).ready.exception(0) is error


def test_a_model_that_cannot_be_loaded_is_told_even_where_the_library_is_shared() -> None:
    error = EmbedderError("No model.")
    assert warmed(Scripted([error])).ready.exception(0) is error


def test_a_fault_in_following_is_logged_once_with_its_traceback_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors = [ZeroDivisionError("one"), ZeroDivisionError("one"), ServerError("away"), KeyError("two")]
    upkeep = Upkeep(cast("Rag", Scripted(following=errors)))
    for _ in range(5):
        upkeep.follow()
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    assert "ZeroDivisionError: one" in caplog.text
    assert "KeyError: 'two'" in caplog.text
    assert "away" not in caplog.text


def test_a_fault_in_following_does_not_end_the_warming() -> None:
    rag = Scripted([IndexMissingError("Being fetched.")], [ZeroDivisionError("one")])
    assert warmed(rag).ready.result(0) is None
