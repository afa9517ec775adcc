"""Work on the library as pages are told of it: by whoever began it, after a reload, and by anybody else who looks."""

import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, cast

import pytest

from index.errors import StoreError, StoriesError
from index.live import LiveIndex
from tests.library import write_library
from tests.sites import last, site
from tests.work import ENDLESS, until
from ui import following
from ui.building import Purpose, Work
from ui.changing import _Steps
from ui.following import News, Watch, news_of, news_of_all
from ui.site import Site
from ui.workshop import Workshop

DONE = "print('{\"stories\": 4}')"


@pytest.fixture
def stories(tmp_path: Path) -> Path:
    return write_library(tmp_path / "stories")


@pytest.fixture
def begin() -> Iterator[Any]:
    """Begins work that is a Python program, and stops it in the end."""
    begun = []

    def script(text: str, **purpose: Any) -> Work:
        begun.append(Work([sys.executable, "-c", text], lambda: None, threading.Lock(), Purpose(**purpose)))
        return begun[-1]

    yield script
    for work in begun:
        work.stop()


def seen(steps: _Steps, work: Work) -> Work:
    """Make it the work that goes on, begun by another page."""
    steps._workshop._begun = [work]
    return work


def test_who_opens_the_view_is_told_of_what_others_began_and_can_stop_it(
    built: LiveIndex, stories: Path, begin: Any
) -> None:
    steps = _Steps(site(built, stories))
    work = seen(steps, begin(ENDLESS, sentences=("“A” is saved as a.md.",)))
    until("embedding", work)
    updates = steps.followed(None)
    next(updates)
    watch, told, _, stop, again, _ = next(updates)
    assert "1 of 9 passages" in told
    assert "is saved as" in told
    assert (stop["visible"], again["visible"]) == (True, False)
    steps.stopped(watch)
    ended = list(updates)[-1]
    assert ended[0] is None
    assert "Stopped" in ended[1]
    assert (ended[3]["visible"], ended[4]["visible"]) == (False, True)
    assert ended[5] == 1, "the library is looked at anew"


def test_bringing_it_up_to_date_is_not_offered_while_somebody_is_at_it(
    built: LiveIndex, stories: Path, begin: Any
) -> None:
    steps = _Steps(site(built, stories))
    (stories / "new.md").write_text("I was a nurse, and now I test software.")
    assert steps.opened()[2]["visible"] is True
    seen(steps, begin(ENDLESS))
    _, said, again = steps.opened()
    assert said == ""
    assert "visible" not in again


def test_a_page_is_told_of_the_same_work_once(
    built: LiveIndex, stories: Path, begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = _Steps(site(built, stories))
    seen(steps, begin(ENDLESS))
    _, (watch, *_) = islice(steps.followed(None), 2)
    assert len(list(islice(steps.followed(watch), 2))) == 1
    monkeypatch.setattr(following, "LOST_SECONDS", 0.0)
    assert len(list(islice(steps.followed(watch), 2))) == 2, "its line to the server was cut, and it looks again"


def test_where_nothing_goes_on_nothing_is_touched(built: LiveIndex, stories: Path) -> None:
    (untouched,) = _Steps(site(built, stories)).followed(None)
    assert len(untouched) == 6
    assert all(update == {"__type__": "update"} for update in untouched)


def test_a_page_that_begins_work_is_told_of_no_other(built: LiveIndex, stories: Path, begin: Any) -> None:
    steps = _Steps(site(built, stories))
    seen(steps, begin(ENDLESS))
    others = steps.followed(None)
    _, (watch, *_) = islice(others, 2)
    own = steps._begun(lambda: cast("Work", begin(DONE)), watch)
    next(own)
    next(own)
    assert list(others) == []
    assert "4 stories now" in last(own)[1]


def test_what_waits_is_followed_when_it_is_its_turn(stories: Path, built: LiveIndex, begin: Any) -> None:
    workshop = Workshop(site(built, stories).settings)
    workshop._begun = [begin(DONE, saved=("x",)), begin(DONE, removed="A")]
    ended = [news.told for news in news_of_all(workshop, site(built, stories)) if news.watch is None]
    assert len(ended) in {1, 2}, "the second may have ended with the first"
    assert workshop.current() is None


@pytest.mark.parametrize("is_editable", [True, False])
def test_a_removal_is_stopped_by_nobody_and_nothing_by_who_may_only_read(
    built: LiveIndex, stories: Path, begin: Any, *, is_editable: bool
) -> None:
    steps = _Steps(site(built, stories, is_editable=is_editable))
    work = seen(steps, begin(ENDLESS, removed="A" if is_editable else ""))
    _, (watch, *_, stop, _, _) = islice(steps.followed(None), 2)
    assert stop["visible"] is not is_editable
    steps.stopped(watch)
    steps.stopped("a client's own")
    time.sleep(0.2)
    assert not work.progress.has_ended


def test_the_end_is_told_even_where_its_links_cannot_be_made(
    built: LiveIndex, stories: Path, begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged() -> None:
        raise StoreError("The index is damaged.")

    monkeypatch.setattr(built, "generation", damaged)
    news = end_of(begin(DONE, saved=("baker.md",)), site(built, stories))
    assert "4 stories now" in news.told
    assert news.watch is None
    assert not news.is_unfinished


def test_what_was_saved_is_linked_in_the_end(built: LiveIndex, stories: Path, begin: Any) -> None:
    news = end_of(begin(DONE, saved=("baker.md", "gone.md")), site(built, stories))
    assert news.told.count('class="story"') == 1


def test_after_a_removal_that_was_refused_nothing_is_to_be_brought_up_to_date(built: LiveIndex, stories: Path) -> None:
    def refuse() -> None:
        raise StoriesError("This is the only story.")

    work = Work([sys.executable, "-c", ""], refuse, threading.Lock(), Purpose(removed="A"))
    news = end_of(work, site(built, stories))
    assert "was not removed" in news.told
    assert not news.is_unfinished
    build = end_of(Work([sys.executable, "-c", ""], refuse, threading.Lock()), site(built, stories))
    assert build.is_unfinished


def end_of(work: Work, of: Site) -> News:
    return list(news_of(Watch(work), of))[-1]
