"""Of all computers with one library one builds; one that died, or was taken for dead, holds nobody up."""

import threading

import pytest

from index.errors import BuildLockedError
from index.server import lock
from index.server.remote import REGISTRY
from tests.chroma_server import Library
from tests.shards import BUILT, MADE, contents, publish


def test_of_builders_on_two_computers_one_builds_and_the_other_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.1)
    one, two = library.mirror("one"), library.mirror("two")
    with (
        one.building(),
        pytest.raises(BuildLockedError, match=f"{library.database}.*another build is running"),
        two.building(),
    ):
        pass
    with two.building():
        pass


def test_the_lock_of_a_builder_that_died_is_taken_by_one_of_those_who_wait(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT", 0.1)
    monkeypatch.setattr(lock, "DEAD", 0.6)
    library.connection().create(f"{REGISTRY}-lock", {"beat": 7})  # whoever made it says nothing any more
    outcomes: list[str] = []

    def build(name: str) -> None:
        try:
            with library.mirror(name).building():
                outcomes.append("built")
                everybody.wait(20)
        except BuildLockedError:
            outcomes.append("locked")
            everybody.set()

    everybody = threading.Event()
    waiting = [threading.Thread(target=build, args=(f"{number}",)) for number in range(2)]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    assert sorted(outcomes) == ["built", "locked"]
    assert f"{REGISTRY}-lock" not in library.names()


def test_a_builder_that_was_taken_for_dead_publishes_nothing_and_deletes_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep, other = library.mirror("asleep"), library.mirror("other")
    monkeypatch.setattr(lock, "DEAD", 0.5)
    monkeypatch.setattr(lock, "BEAT", 60.0)
    with asleep.building() as building:
        entry = building.write([contents("a.md", ["By the one who slept."])], MADE)
        monkeypatch.setattr(lock, "BEAT", 0.1)
        publish(other, [contents("b.md", ["By the other."])])
        before = library.names()
        with pytest.raises(BuildLockedError, match="took over meanwhile"):
            building.publish([entry], MADE, BUILT)
        asleep._remote.keep_only([entry.name])
        assert set(before) <= set(library.names())
    assert library.mirror("reader").open().story_ids == ("b.md",)
