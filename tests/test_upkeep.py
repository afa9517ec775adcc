"""rag.upkeep: what may pass ends nothing, and what nobody had thought of is in the log, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from index.errors import EmbedderError, IndexMismatchError, IndexMissingError, ServerError, StoreError
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
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)


def warmed(rag: Scripted) -> Upkeep:
    upkeep = Upkeep(cast("Rag", rag))
    upkeep.warm()
    return upkeep


def is_ready(upkeep: Upkeep) -> bool:
    return upkeep.ready.is_settled and upkeep.ready.error is None


def test_what_is_loaded_is_no_garbage_to_look_through_while_people_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    rag, settled = Scripted(), list[bool]()
    upkeep = Upkeep(cast("Rag", rag))
    monkeypatch.setattr(module, "leave_alone", lambda: settled.append(upkeep.ready.is_settled))
    upkeep.warm()
    assert (rag.done, settled, is_ready(upkeep)) == (["warm"], [False], True)  # nobody is answered meanwhile


def test_a_shared_library_is_waited_for_whatever_is_wrong_with_it(caplog: pytest.LogCaptureFixture) -> None:
    rag = Scripted([IndexMissingError("Being fetched."), BROKEN, BROKEN, IndexMismatchError("Another model.")])
    assert is_ready(warmed(rag))
    damaged = ["warm", "distrust", "follow"]
    assert rag.done == ["warm", "follow", *damaged, *damaged, "warm", "follow", "warm"]
    assert caplog.text.count("Shard 7 is damaged.") == 1


@pytest.mark.parametrize("error", [BROKEN, IndexMismatchError("Another model.")])
def test_what_is_wrong_with_a_folder_is_told_at_once_and_tried_again(
    error: StoreError, monkeypatch: pytest.MonkeyPatch
) -> None:
    rag = Scripted([error], is_shared=False)
    upkeep = Upkeep(cast("Rag", rag))

    def look(_: float) -> None:
        assert not upkeep.ready.is_settled
        with pytest.raises(StoreError) as told:
            upkeep.ready.wait()
        assert told.value is error

    monkeypatch.setattr("rag.upkeep.time.sleep", look)
    upkeep.warm()
    assert is_ready(upkeep)
    assert rag.done == ["warm", "follow", "warm"]


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_model_that_cannot_be_loaded_is_told_for_good(*, is_shared: bool) -> None:
    error = EmbedderError("No model.")
    ready = warmed(Scripted([error], is_shared=is_shared)).ready
    assert (ready.is_settled, ready.error) == (True, error)


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
    assert is_ready(warmed(rag))
